// What stands for one segment of a path in a template: /users/{id}, not /users/8731.
#pragma once

#include <string>
#include <string_view>

namespace sockwatch {

/// The segment itself where it is a name; "{id}", "{uuid}", "{hash}", "{date}", "{email}" or "{token}" where it is a value;
/// the names around a value where it is both: "Products({id})", "SHOP-{id}", "logs-{date}", "{id}:cancel". What might be a
/// secret (a token, a session, an address) never stays. The result is `segment`, is static, or lies in `buffer`, whose
/// memory is used again. `segment` is clean text and not empty.
std::string_view template_of(std::string_view segment, std::string& buffer);

/// Whether what follows the segment `before` is a secret even where it looks like a word: /otp/tulip, /invite/tulip. Words
/// that say what to do (/invite/accept) are none.
bool is_secret(std::string_view before, std::string_view segment);

/// A name with a placeholder for each of its numbers, "step-{id}" of "step-17", in `buffer`. Empty where it has none, or
/// where a number tells a version ("v2", "jquery-3.7").
std::string_view without_numbers(std::string_view segment, std::string& buffer);

}  // namespace sockwatch
