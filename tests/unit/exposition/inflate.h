// Undoes gzip, for the tests.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sockwatch {

/// The text of one complete gzip member with nothing behind it; nothing when that is not what `packed` is.
std::optional<std::string> inflate_gzip(std::string_view packed);

}  // namespace sockwatch
