// What the commands of Redis are called and what their replies say of a key's presence.
#pragma once

#include <cstdint>
#include <string_view>

namespace sockwatch {

/// A reply of Redis, as far as it matters here.
struct RedisReply {
  char type = 0;          ///< the first byte: '+', '$', '*' ...
  bool null = false;
  bool error = false;
  int64_t integer = 0;    ///< ':'; of a string its length
  uint64_t elements = 0;  ///< of an aggregate; a map has two an entry
  uint64_t nulls = 0;     ///< of its elements ...
  uint64_t zeros = 0;     ///< ... and those that are the number 0
  char text[16] = {};     ///< a line's or string's first bytes; of an aggregate, those of its first element
  uint8_t text_size = 0;

  std::string_view beginning() const { return {text, text_size}; }
};

/// How a command's reply tells hits and misses, as Redis counts them in keyspace_hits and keyspace_misses.
enum class KeyRule : uint8_t {
  none,
  value,        ///< null: a miss
  each,         ///< an aggregate of one value a key or field
  how_many,     ///< the number of keys that are there, of those that were asked for
  size,         ///< 0: a miss, since what is empty does not exist
  elements,     ///< an empty aggregate or string, and 0 where they are stored: a miss, for the same reason
  any,          ///< an aggregate of nulls and zeros alone: a miss
  time_to_live, ///< -2: a miss
  type_name,    ///< "none": a miss
  value_if_get, ///< `value` when the command has the word GET
  value_if_key, ///< `value` when there is a key behind the first argument
  size_if_one,  ///< `size` when there is a single key; of several it tells nothing
};

/// What a command does to the connection.
enum class RedisEffect : uint8_t { none, multi, exec, discard, subscribe, unsubscribe, client, leaves, reset };

struct RedisCommand {
  std::string_view name;  ///< in capitals; lives for ever
  KeyRule rule = KeyRule::none;
  RedisEffect effect = RedisEffect::none;
};

/// The command of a name in any case; "_OTHER" for those that are not known.
const RedisCommand& redis_command(std::string_view name);
/// Whether the name is known.
bool is_known(const RedisCommand& command);

struct KeyCounts {
  uint32_t hits = 0;
  uint32_t misses = 0;
};
/// `arguments`: words of the command, its name left out; `has_get`: one of them is GET.
KeyCounts count_keys(const RedisCommand& command, uint32_t arguments, bool has_get, const RedisReply& reply);

}  // namespace sockwatch
