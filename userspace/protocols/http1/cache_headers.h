// What the caches on a response's way said in its head. Pure; no allocation.
//
// Cache-Status (RFC 9211) counts before CF-Cache-Status, and that before X-Cache; of each, what the cache
// nearest to the client said, as far as it said hit or miss. Age tells of a hit where none of them is there.
#pragma once

#include <string_view>

#include "protocols/transaction.h"

namespace sockwatch {

class CacheHeaders {
 public:
  /// A field's value without blanks around it; fields that come several times are one list.
  void cache_status(std::string_view value);
  void cf_cache_status(std::string_view value);
  void x_cache(std::string_view value);
  void age(std::string_view value);

  /// `whole`: every field of the head was seen.
  CacheAnswer answer(bool whole) const;
  void clear() { *this = {}; }

 private:
  CacheAnswer cache_status_ = CacheAnswer::none;
  CacheAnswer cloudflare_ = CacheAnswer::none;
  CacheAnswer x_cache_ = CacheAnswer::none;
  bool said_ = false;  ///< one of the three is there, whatever it says
  bool aged_ = false;
};

}  // namespace sockwatch
