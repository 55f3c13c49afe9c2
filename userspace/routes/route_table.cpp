#include "routes/route_table.h"

#include <absl/container/flat_hash_map.h>
#include <absl/hash/hash.h>

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "routes/route_trie.h"
#include "routes/segment_class.h"

namespace sockwatch {
namespace {

constexpr size_t kMaxText = 256;
constexpr size_t kCacheSlots = 1024;
constexpr std::string_view kOther = "_other";
constexpr std::string_view kAuthority = "_authority";
constexpr std::string_view kRest = "*";

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

/// At most `limit` of the path's segments.
void split(std::string_view path, size_t limit, std::vector<std::string_view>& segments) {
  segments.clear();
  for (size_t start = 0; start < path.size() && segments.size() < limit;) {
    const size_t end = std::min(path.find('/', start), path.size());
    if (end > start) segments.push_back(path.substr(start, end - start));
    start = end + 1;
  }
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

}  // namespace

struct RouteTable::Impl {
  struct Cached {
    uint64_t hash = 0;
    RouteId route = 0;
    uint32_t generation = UINT32_MAX;
    uint64_t* hits = nullptr;  ///< the trie's count, where the trie made the route
  };

  explicit Impl(const RoutesConfig& routes) : config(routes), trie(routes.max_children, routes.max_nodes) {
    intern("_overflow");
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

  RouteId intern(std::string_view text) {
    const auto it = ids.find(text);
    if (it != ids.end()) return it->second;
    if (texts.size() >= 2 * static_cast<size_t>(config.max_nodes) + 1) return overflow();
    texts.emplace_back(text);
    const auto id = static_cast<RouteId>(texts.size() - 1);
    ids.emplace(texts.back(), id);
    return id;
  }

  RouteId overflow() {
    ++overflowed;
    return kOverflow;
  }

  RouteId find(std::string_view method, std::string_view target);
  RouteId guess(bool trailing_slash);

  RoutesConfig config;
  size_t longest = 0;  ///< segments that are looked at; of a longer path one more is told
  std::vector<std::vector<std::string_view>> patterns;  // views into config.patterns
  RouteTrie trie;
  std::deque<std::string> texts;  // addresses stay
  absl::flat_hash_map<std::string_view, RouteId> ids;
  std::vector<Cached> cache;
  uint64_t overflowed = 0;
  // Of the target at hand; members, so that they keep their memory.
  uint64_t* hits = nullptr;
  std::vector<std::string_view> parts;
  std::string made;
};

RouteId RouteTable::Impl::find(std::string_view method, std::string_view target) {
  hits = nullptr;
  if (method == "CONNECT") return intern(kAuthority);
  if (target == "*") return intern("*");
  const std::optional<std::string_view> path = path_of(target);
  if (!path || !is_clean_text(*path)) return intern(kOther);
  split(*path, longest + 1, parts);
  for (size_t i = 0; i < patterns.size(); ++i)
    if (matches(patterns[i], parts)) return intern(config.patterns[i]);
  return guess(path->size() > 1 && path->back() == '/');
}

RouteId RouteTable::Impl::guess(bool trailing_slash) {
  bool cut = parts.size() > config.max_segments;
  if (cut) parts.resize(config.max_segments);
  for (std::string_view& segment : parts) {
    segment = segment.substr(0, segment.find(';'));
    const std::string_view placeholder = placeholder_for(segment);
    if (!placeholder.empty()) {
      segment = placeholder;
    } else if (segment.empty() || segment.front() == '{') {
      segment = "{token}";  // nobody's name, and no placeholder of ours
    }
  }
  hits = trie.settle(parts);
  if (hits == nullptr) return overflow();
  made.clear();
  for (std::string_view segment : parts) {
    if (made.size() + segment.size() + 4 > kMaxText) {
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
  return intern(made);
}

RouteTable::RouteTable(const RoutesConfig& config) : impl_(std::make_unique<Impl>(config)) {}
RouteTable::~RouteTable() = default;
RouteTable::RouteTable(RouteTable&&) noexcept = default;

void RouteTable::set_patterns(const std::vector<std::string>& patterns) { impl_->set_patterns(patterns); }

RouteId RouteTable::route(std::string_view method, std::string_view target) {
  Impl& table = *impl_;
  if (table.cache.empty()) table.cache.resize(kCacheSlots);
  // absl's hash is seeded at start: nobody can choose targets that fall together.
  const std::string_view raw = target.substr(0, target.find('?'));
  const uint64_t hash = absl::Hash<std::pair<bool, std::string_view>>{}({method == "CONNECT", raw});
  Impl::Cached& cached = table.cache[hash & (kCacheSlots - 1)];
  if (cached.hash == hash && cached.generation == table.trie.generation()) {
    if (cached.hits != nullptr) ++*cached.hits;
    return cached.route;
  }
  const RouteId route = table.find(method, raw);
  if (route != kOverflow)
    cached = {.hash = hash, .route = route, .generation = table.trie.generation(), .hits = table.hits};
  return route;
}

std::string_view RouteTable::text(RouteId route) const { return impl_->texts[route]; }
uint64_t RouteTable::overflowed() const { return impl_->overflowed; }

}  // namespace sockwatch
