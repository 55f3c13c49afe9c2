// Errors as values: a Result holds either a T or an Error whose message tells the user what happened and
// what to do about it.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace sockwatch {

struct Error {
  std::string message;
};

template <typename T = std::monostate>
class [[nodiscard]] Result {
 public:
  Result() requires std::is_same_v<T, std::monostate> = default;
  Result(T value) : state_(std::move(value)) {}
  Result(Error error) : state_(std::move(error)) {}

  explicit operator bool() const { return std::holds_alternative<T>(state_); }
  /// Only when the result holds a value.
  T& value() & { return std::get<T>(state_); }
  const T& value() const& { return std::get<T>(state_); }
  T&& value() && { return std::get<T>(std::move(state_)); }
  T* operator->() { return &value(); }
  T& operator*() & { return value(); }
  /// Only when the result holds an error.
  const Error& error() const { return std::get<Error>(state_); }

 private:
  std::variant<T, Error> state_;
};

}  // namespace sockwatch
