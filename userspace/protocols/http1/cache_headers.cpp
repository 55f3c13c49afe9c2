#include "protocols/http1/cache_headers.h"

#include <algorithm>

#include "protocols/ascii.h"

namespace sockwatch {
namespace {

/// The place behind a quoted string that begins at `at`; npos when it does not end.
size_t skip_string(std::string_view text, size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

/// Takes what stands before `separator`, outside of quoted strings, off the front of `text`. False: a string
/// has no end.
bool take_until(std::string_view& text, char separator, std::string_view& part) {
  size_t at = 0;
  while (at < text.size() && text[at] != separator) {
    at = text[at] == '"' ? skip_string(text, at) : at + 1;
    if (at == std::string_view::npos) return false;
  }
  part = trim_blanks(text.substr(0, at));
  text.remove_prefix(std::min(at + 1, text.size()));
  return true;
}

/// One cache's member of Cache-Status: its name, and `hit` or `fwd=reason` among the parameters.
bool read_member(std::string_view member, CacheAnswer& answer) {
  bool hit = false;
  bool forwarded = false;
  std::string_view parameter;
  if (!take_until(member, ';', parameter)) return false;  // the name
  while (!member.empty()) {
    if (!take_until(member, ';', parameter)) return false;
    if (parameter == "hit" || parameter == "hit=?1") {
      hit = true;
    } else if (parameter == "hit=?0") {
      hit = false;
    } else if (parameter.starts_with("fwd=")) {
      // A cache that was not to be asked has not missed.
      const std::string_view reason = parameter.substr(4);
      forwarded = reason != "bypass" && reason != "method";
    }
  }
  answer = hit ? CacheAnswer::hit : forwarded ? CacheAnswer::miss : CacheAnswer::none;
  return true;
}

bool is_or_ends_with(std::string_view word, std::string_view lower_case) {
  if (word.size() <= lower_case.size()) return equals_lower(word, lower_case);
  const size_t rest = word.size() - lower_case.size();
  return word[rest - 1] == '_' && equals_lower(word.substr(rest), lower_case);
}

/// HIT, TCP_MEM_HIT, RefreshHit (CloudFront), and the words of nginx and Cloudflare.
CacheAnswer answer_of(std::string_view word) {
  for (const std::string_view hit : {"stale", "revalidated", "updating", "refreshhit"})
    if (equals_lower(word, hit)) return CacheAnswer::hit;
  if (is_or_ends_with(word, "hit")) return CacheAnswer::hit;
  if (is_or_ends_with(word, "miss") || equals_lower(word, "expired")) return CacheAnswer::miss;
  return CacheAnswer::none;
}

}  // namespace

// A list whose last member is the cache nearest to the client.
void CacheHeaders::cache_status(std::string_view value) {
  said_ = true;
  CacheAnswer nearest = CacheAnswer::none;
  while (!value.empty()) {
    std::string_view member;
    CacheAnswer answer = CacheAnswer::none;
    if (!take_until(value, ',', member) || !read_member(member, answer))
      return;  // not a list: ignored as a whole
    if (answer != CacheAnswer::none) nearest = answer;
  }
  if (nearest != CacheAnswer::none) cache_status_ = nearest;
}

void CacheHeaders::cf_cache_status(std::string_view value) {
  said_ = true;
  cloudflare_ = answer_of(value);
}

// "Hit from cloudfront", "TCP_MISS from proxy", or a list of which each cache has added to the end.
void CacheHeaders::x_cache(std::string_view value) {
  said_ = true;
  while (!value.empty()) {
    const size_t comma = std::min(value.find(','), value.size());
    const std::string_view element = trim_blanks(value.substr(0, comma));
    value.remove_prefix(std::min(comma + 1, value.size()));
    const CacheAnswer answer = answer_of(element.substr(0, element.find_first_of(" \t;(/")));
    if (answer != CacheAnswer::none) x_cache_ = answer;
  }
}

void CacheHeaders::age(std::string_view value) {
  const bool number = !value.empty() && value.find_first_not_of("0123456789") == std::string_view::npos;
  aged_ = number && value.find_first_not_of('0') != std::string_view::npos;
}

CacheAnswer CacheHeaders::answer(bool whole) const {
  for (const CacheAnswer answer : {cache_status_, cloudflare_, x_cache_})
    if (answer != CacheAnswer::none) return answer;
  return aged_ && !said_ && whole ? CacheAnswer::hit : CacheAnswer::none;
}

}  // namespace sockwatch
