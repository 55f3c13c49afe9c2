// What a service may be called: a name found anywhere becomes one that may stand in a label. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sockwatch {

inline constexpr size_t kMaxServiceName = 128;  ///< bytes

/// Valid UTF-8 without control characters, at most kMaxServiceName bytes (cut between characters), without
/// blanks around it. Control characters and bytes that are no UTF-8 become "_". Empty when nothing is left.
std::string clean_service_name(std::string_view raw);

}  // namespace sockwatch
