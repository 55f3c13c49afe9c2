// The PROXY protocol's second version: a header of bytes that a load balancer puts before what the client says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sockwatch {

class ProxyHeader {
 public:
  static constexpr size_t kNotOne = SIZE_MAX;

  /// How many of `bytes`, which go on where the last call's ended, belong to it, empty lines before it included: all of them
  /// until it has ended. kNotOne: they began like one, and are none.
  size_t take(std::string_view bytes);

 private:
  size_t size_ = 0;     ///< bytes of the fixed part so far
  uint32_t length_ = 0; ///< of the addresses behind it, what has not passed
};

}  // namespace sockwatch
