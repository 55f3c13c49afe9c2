// Tells words from what a generator made: "ListObjectsV2" and "targetHttpProxies" are names, "dQw4w9WgXcQ" is a value.
//
// A piece is weighed by its neighbouring letters: how much more often one follows the other in words than in letters drawn
// at random, and how often capitals, small letters and digits change places. Counting consonants or changes alone takes
// the names of operations for tokens.
#pragma once

#include <string_view>

namespace sockwatch {

/// `piece`: letters and digits without separators. Nobody would choose it as a name.
bool is_random_piece(std::string_view piece);

/// Eight hexadecimal digits or more, some of them numbers; sixteen of any kind.
bool is_hash(std::string_view text);

}  // namespace sockwatch
