#include "routes/route_table.h"

#include <absl/container/flat_hash_map.h>
#include <absl/hash/hash.h>

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "routes/route_trie.h"
#include "routes/segment_class.h"
#include "routes/segment_template.h"

namespace sockwatch {
namespace {

constexpr size_t kCacheSlots = 256;
constexpr std::string_view kOther = "_other";
constexpr std::string_view kAuthority = "_authority";
constexpr std::string_view kRest = "*";
constexpr std::string_view kToken = "{token}";
constexpr size_t kRoomForCut = 3;  // "/*" and the slash before a segment

// The path part of an origin-form or absolute-form target; nothing for what is neither.
std::optional<std::string_view> path_of(std::string_view target) {
  target = target.substr(0, target.find_first_of("?#"));
  if (!target.empty() && target.front() == '/') return target;
  const size_t scheme = target.find("://");
  if (scheme == std::string_view::npos || scheme == 0) return std::nullopt;
  for (char c : target.substr(0, scheme))
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '+' && c != '-' && c != '.') return std::nullopt;
  const size_t slash = target.find('/', scheme + 3);
  return slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
}

// "." or ".." as it is or as it may be written; 0 of anything else.
size_t dots(std::string_view segment) {
  size_t n = 0;
  for (size_t i = 0; i < segment.size(); ++n) {
    if (segment[i] == '.') {
      ++i;
    } else if (segment.size() - i >= 3 && segment[i] == '%' && segment[i + 1] == '2' && (segment[i + 2] | 0x20) == 'e') {
      i += 3;
    } else {
      return 0;
    }
  }
  return n <= 2 ? n : 0;
}

/// At most `limit` of the path's segments, as a server takes them: "a/../b" is "b", "a/./b" is "a/b".
void split(std::string_view path, size_t limit, std::vector<std::string_view>& segments) {
  segments.clear();
  size_t beyond = 0;  // segments after the limit
  for (size_t start = 0; start < path.size();) {
    const size_t end = std::min(path.find('/', start), path.size());
    const std::string_view segment = path.substr(start, end - start);
    start = end + 1;
    const size_t steps = dots(segment);
    if (segment.empty() || steps == 1) continue;
    if (steps == 2) {
      if (beyond > 0) {
        --beyond;
      } else if (!segments.empty()) {
        segments.pop_back();
      }
    } else if (segments.size() < limit) {
      segments.push_back(segment);
    } else {
      ++beyond;
    }
  }
}

bool ends_in_folder(std::string_view path) {
  return path.size() > 1 && (path.back() == '/' || dots(path.substr(path.rfind('/') + 1)) > 0);
}

bool is_placeholder(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

bool matches(const std::vector<std::string_view>& pattern, const std::vector<std::string_view>& path) {
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == kRest && i + 1 == pattern.size()) return path.size() >= i;
    if (i >= path.size() || (!is_placeholder(pattern[i]) && pattern[i] != path[i])) return false;
  }
  return pattern.size() == path.size();
}

// What stands for the segment `raw` that follows `before`.
std::string_view template_behind(std::string_view before, std::string_view raw, std::string& buffer) {
  if (raw.empty() || dots(raw) > 0) return kToken;  // of ";x" and "..;x": nobody's name, and no step that was taken
  if (raw.find('{') != std::string_view::npos)      // nobody makes placeholders of ours
    return value_placeholder(raw).empty() ? kToken : value_placeholder(raw);
  const std::string_view made = template_of(raw, buffer);
  return !is_placeholder(made) && is_secret(before, raw) ? kToken : made;
}

}  // namespace

struct RouteTable::Impl {
  struct Cached {
    uint64_t hash = 0;
    RouteId route = 0;
    uint32_t generation = UINT32_MAX;
    RouteUses* uses = nullptr;  ///< the trie's, where the trie made the route
  };
  /// A path that nothing answers to.
  struct Unmatched {
    RouteId route = 0;
    uint64_t used_ns = 0;
  };

  Impl(const RoutesConfig& routes, RouteMemory route_memory)
      : config(routes), memory(route_memory), trie(routes.max_children, routes.max_nodes, memory), buffers(routes.max_segments) {
    intern("_overflow");
    intern("_unmatched");
    set_patterns(routes.patterns);
  }

  void set_patterns(const std::vector<std::string>& texts_of_patterns) {
    config.patterns = texts_of_patterns;
    cache.clear();
    longest = config.max_segments;
    patterns.clear();
    for (const std::string& pattern : config.patterns) {
      split(pattern, pattern.size(), patterns.emplace_back());
      longest = std::max(longest, patterns.back().size());
    }
  }

  ~Impl() { memory.give_back(trie.nodes() + ids.size() - kReserved); }

  RouteId intern(std::string_view text) {
    const auto it = ids.find(text);
    if (it != ids.end()) return it->second;
    RouteId id = static_cast<RouteId>(texts.size());
    if (id >= kReserved && !memory.take()) return overflow();
    if (!free_ids.empty()) {
      id = free_ids.back();
      free_ids.pop_back();
      texts[id] = text;
    } else if (texts.size() >= 2 * static_cast<size_t>(config.max_nodes) + kReserved + kUnmatchedNames) {
      memory.give_back(1);
      return overflow();
    } else {
      texts.emplace_back(text);
    }
    ids.emplace(texts[id], id);
    return id;
  }

  RouteId overflow() {
    ++overflowed;
    return kOverflow;
  }

  RouteId find(std::string_view method, std::string_view target, Answer answer, uint64_t now_ns);
  RouteId guess(bool trailing_slash, Answer answer, uint64_t now_ns);
  void make_text(bool cut, bool trailing_slash);
  RouteId unmatched_name(uint64_t now_ns);

  RoutesConfig config;
  RouteMemory memory;
  size_t longest = 0;  ///< segments that are looked at; of a longer path one more is told
  std::vector<std::vector<std::string_view>> patterns;  // views into config.patterns
  RouteTrie trie;
  std::deque<std::string> texts;  // addresses stay
  std::vector<RouteId> free_ids;
  absl::flat_hash_map<std::string_view, RouteId> ids;
  std::vector<Unmatched> unmatched;  // kUnmatchedNames at most
  std::vector<Cached> cache;
  uint64_t overflowed = 0;
  // Of the target at hand; members, so that they keep their memory.
  RouteUses* uses = nullptr;
  bool lasting = false;  ///< the route is the same whatever is answered
  std::vector<std::string_view> parts;
  std::vector<std::string> buffers;  // one a segment
  std::string made;
};

RouteId RouteTable::Impl::find(std::string_view method, std::string_view target, Answer answer, uint64_t now_ns) {
  uses = nullptr;
  lasting = true;
  if (method == "CONNECT") return intern(kAuthority);
  if (target == "*") return intern("*");
  const std::optional<std::string_view> path = path_of(target);
  if (!path || !is_clean_text(*path)) return intern(kOther);
  split(*path, longest + 1, parts);
  for (size_t i = 0; i < patterns.size(); ++i)
    if (matches(patterns[i], parts)) return intern(config.patterns[i]);
  return guess(ends_in_folder(*path), answer, now_ns);
}

RouteId RouteTable::Impl::guess(bool trailing_slash, Answer answer, uint64_t now_ns) {
  const bool cut = parts.size() > config.max_segments;
  if (cut) parts.resize(config.max_segments);
  std::string_view before;
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::string_view raw = parts[i].substr(0, parts[i].find(';'));
    parts[i] = template_behind(before, raw, buffers[i]);
    before = raw;
  }
  if (answer == Answer::unmatched) {
    uses = trie.find(parts);
    make_text(cut, trailing_slash);
    if (uses != nullptr) return intern(made);
    lasting = false;
    return unmatched_name(now_ns);
  }
  uses = trie.settle(parts, answer == Answer::served, now_ns);
  if (uses == nullptr) return overflow();
  make_text(cut, trailing_slash);
  const RouteId route = intern(made);
  std::erase_if(unmatched, [&](const Unmatched& known) { return known.route == route; });
  return route;
}

void RouteTable::Impl::make_text(bool cut, bool trailing_slash) {
  made.clear();
  for (std::string_view segment : parts) {
    if (made.size() + segment.size() + kRoomForCut > config.max_length) {
      cut = true;
      break;
    }
    made += '/';
    made += segment;
  }
  if (cut) {
    made += "/*";
  } else if (trailing_slash || made.empty()) {
    made += '/';
  }
}

RouteId RouteTable::Impl::unmatched_name(uint64_t now_ns) {
  const auto known = ids.find(made);
  for (Unmatched& one : unmatched) {
    if (known == ids.end() || one.route != known->second) continue;
    one.used_ns = now_ns;
    return one.route;
  }
  if (unmatched.size() >= kUnmatchedNames) return kUnmatched;
  const RouteId route = intern(made);
  if (route != kOverflow) unmatched.push_back({.route = route, .used_ns = now_ns});
  return route;
}

RouteTable::RouteTable(const RoutesConfig& config, RouteMemory memory) : impl_(std::make_unique<Impl>(config, memory)) {}
RouteTable::~RouteTable() = default;
RouteTable::RouteTable(RouteTable&&) noexcept = default;

void RouteTable::set_patterns(const std::vector<std::string>& patterns) { impl_->set_patterns(patterns); }

RouteId RouteTable::route(std::string_view method, std::string_view target, Answer answer, uint64_t now_ns) {
  Impl& table = *impl_;
  if (table.cache.empty()) table.cache.resize(kCacheSlots);
  // absl's hash is seeded at start: nobody can choose targets that fall together.
  const std::string_view raw = target.substr(0, target.find('?'));
  const uint64_t hash = absl::Hash<std::pair<bool, std::string_view>>{}({method == "CONNECT", raw});
  Impl::Cached& cached = table.cache[hash & (kCacheSlots - 1)];
  if (cached.hash == hash && cached.generation == table.trie.generation()) {
    if (cached.uses != nullptr && answer != Answer::unmatched) cached.uses->add(answer == Answer::served, now_ns);
    return cached.route;
  }
  const RouteId route = table.find(method, raw, answer, now_ns);
  if (route != kOverflow && table.lasting)
    cached = {.hash = hash, .route = route, .generation = table.trie.generation(), .uses = table.uses};
  return route;
}

void RouteTable::expire_unmatched(uint64_t before_ns, const std::function<void(RouteId)>& gone) {
  std::erase_if(impl_->unmatched, [&](const Impl::Unmatched& one) {
    if (one.used_ns >= before_ns) return false;
    gone(one.route);
    return true;
  });
}

void RouteTable::make_room(uint64_t before_ns, const std::function<bool(RouteId)>& in_use) {
  Impl& table = *impl_;
  table.trie.prune(before_ns);
  table.cache.clear();
  for (auto it = table.ids.begin(); it != table.ids.end();) {
    const RouteId id = it->second;
    const bool named = std::any_of(table.unmatched.begin(), table.unmatched.end(), [&](const auto& one) { return one.route == id; });
    if (id < kReserved || named || in_use(id)) {
      ++it;
    } else {
      table.ids.erase(it++);
      table.free_ids.push_back(id);
      table.memory.give_back(1);
    }
  }
}

void RouteTable::give_up(uint64_t entries, const std::function<bool(RouteId)>& in_use) {
  make_room(impl_->trie.unused_since(entries), in_use);
}

std::string_view RouteTable::text(RouteId route) const { return impl_->texts[route]; }
uint64_t RouteTable::overflowed() const { return impl_->overflowed; }

}  // namespace sockwatch
