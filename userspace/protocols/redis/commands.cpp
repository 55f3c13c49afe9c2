#include "protocols/redis/commands.h"

#include <algorithm>
#include <array>

namespace sockwatch {
namespace {

using enum KeyRule;
using E = RedisEffect;

// In alphabetical order. Commands that may write look keys up without counting (LPOP, GETSET's key apart): they have no rule.
constexpr RedisCommand kCommands[] = {
    {"ACL"}, {"APPEND"}, {"ASKING"}, {"AUTH"}, {"BGREWRITEAOF"}, {"BGSAVE"}, {"BITCOUNT", size}, {"BITFIELD"}, {"BITFIELD_RO"},
    {"BITOP"}, {"BITPOS"}, {"BLMOVE"}, {"BLMPOP"}, {"BLPOP"}, {"BRPOP"}, {"BRPOPLPUSH"}, {"BZMPOP"}, {"BZPOPMAX"}, {"BZPOPMIN"},
    {"CLIENT", none, E::client}, {"CLUSTER"}, {"COMMAND"}, {"CONFIG"}, {"COPY"}, {"DBSIZE"}, {"DEBUG"}, {"DECR"}, {"DECRBY"},
    {"DEL"}, {"DELEX"}, {"DIGEST"}, {"DISCARD", none, E::discard}, {"DUMP", value}, {"ECHO"}, {"EVAL"}, {"EVALSHA"},
    {"EVALSHA_RO"}, {"EVAL_RO"}, {"EXEC", none, E::exec}, {"EXISTS", how_many}, {"EXPIRE"}, {"EXPIREAT"},
    {"EXPIRETIME", time_to_live}, {"FAILOVER"}, {"FCALL"}, {"FCALL_RO"}, {"FLUSHALL"}, {"FLUSHDB"}, {"FUNCTION"}, {"GEOADD"},
    {"GEODIST", value}, {"GEOHASH", any}, {"GEOPOS", any}, {"GEORADIUS", elements}, {"GEORADIUSBYMEMBER", elements},
    {"GEORADIUSBYMEMBER_RO", elements}, {"GEORADIUS_RO", elements}, {"GEOSEARCH", elements}, {"GEOSEARCHSTORE", elements},
    {"GET", value}, {"GETBIT"}, {"GETDEL", value}, {"GETEX", value}, {"GETRANGE", elements}, {"GETSET", value}, {"HDEL"},
    {"HELLO"}, {"HEXISTS", size}, {"HEXPIRE"}, {"HEXPIREAT"}, {"HEXPIRETIME"}, {"HGET", value}, {"HGETALL", elements}, {"HGETDEL"},
    {"HGETEX"}, {"HINCRBY"}, {"HINCRBYFLOAT"}, {"HKEYS", elements}, {"HLEN", size}, {"HMGET", each}, {"HMSET"}, {"HPERSIST"},
    {"HPEXPIRE"}, {"HPEXPIREAT"}, {"HPEXPIRETIME"}, {"HPTTL"}, {"HRANDFIELD", value}, {"HSCAN"}, {"HSET"}, {"HSETEX"}, {"HSETNX"},
    {"HSTRLEN", size}, {"HTTL"}, {"HVALS", elements}, {"INCR"}, {"INCRBY"}, {"INCRBYFLOAT"}, {"INFO"}, {"JSON.GET", value},
    {"JSON.MGET", each}, {"KEYS"}, {"LASTSAVE"}, {"LATENCY"}, {"LCS"}, {"LINDEX", value}, {"LINSERT"}, {"LLEN", size}, {"LMOVE"},
    {"LMPOP"}, {"LOLWUT"}, {"LPOP"}, {"LPOS", value}, {"LPUSH"}, {"LPUSHX"}, {"LRANGE", elements}, {"LREM"}, {"LSET"}, {"LTRIM"},
    {"MEMORY"}, {"MGET", each}, {"MIGRATE"}, {"MODULE"}, {"MONITOR", none, E::leaves}, {"MOVE"}, {"MSET"}, {"MSETEX"}, {"MSETNX"},
    {"MULTI", none, E::multi}, {"OBJECT", value_if_key}, {"PERSIST"}, {"PEXPIRE"}, {"PEXPIREAT"}, {"PEXPIRETIME", time_to_live},
    {"PFADD"}, {"PFCOUNT", size_if_one}, {"PFDEBUG"}, {"PFMERGE"}, {"PFSELFTEST"}, {"PING"}, {"PSETEX"},
    {"PSUBSCRIBE", none, E::subscribe}, {"PSYNC", none, E::leaves}, {"PTTL", time_to_live}, {"PUBLISH"}, {"PUBSUB"},
    {"PUNSUBSCRIBE", none, E::unsubscribe}, {"QUIT"}, {"RANDOMKEY"}, {"READONLY"}, {"READWRITE"}, {"RENAME"}, {"RENAMENX"},
    {"REPLCONF"}, {"REPLICAOF"}, {"RESET", none, E::reset}, {"RESTORE"}, {"RESTORE-ASKING"}, {"ROLE"}, {"RPOP"}, {"RPOPLPUSH"},
    {"RPUSH"}, {"RPUSHX"}, {"SADD"}, {"SAVE"}, {"SCAN"}, {"SCARD", size}, {"SCRIPT"}, {"SDIFF"}, {"SDIFFSTORE"}, {"SELECT"},
    {"SENTINEL"}, {"SET", value_if_get}, {"SETBIT"}, {"SETEX"}, {"SETNX"}, {"SETRANGE"}, {"SHUTDOWN"}, {"SINTER"}, {"SINTERCARD"},
    {"SINTERSTORE"}, {"SISMEMBER", size}, {"SLAVEOF"}, {"SLOWLOG"}, {"SMEMBERS", elements}, {"SMISMEMBER", any}, {"SMOVE"},
    {"SORT", elements}, {"SORT_RO", elements}, {"SPOP"}, {"SPUBLISH"}, {"SRANDMEMBER", value}, {"SREM"}, {"SSCAN"},
    {"SSUBSCRIBE", none, E::subscribe}, {"STRLEN", size}, {"SUBSCRIBE", none, E::subscribe}, {"SUBSTR", elements}, {"SUNION"},
    {"SUNIONSTORE"}, {"SUNSUBSCRIBE", none, E::unsubscribe}, {"SWAPDB"}, {"SYNC", none, E::leaves}, {"TIME"}, {"TOUCH", how_many},
    {"TTL", time_to_live}, {"TYPE", type_name}, {"UNLINK"}, {"UNSUBSCRIBE", none, E::unsubscribe}, {"UNWATCH"}, {"WAIT"},
    {"WAITAOF"}, {"WATCH"}, {"XACK"}, {"XACKDEL"}, {"XADD"}, {"XAUTOCLAIM"}, {"XCLAIM"}, {"XDEL"}, {"XDELEX"}, {"XGROUP"},
    {"XINFO"}, {"XLEN", size}, {"XPENDING"}, {"XRANGE", elements}, {"XREAD"}, {"XREADGROUP"}, {"XREVRANGE", elements}, {"XSETID"},
    {"XTRIM"}, {"ZADD"}, {"ZCARD", size}, {"ZCOUNT", size}, {"ZDIFF"}, {"ZDIFFSTORE"}, {"ZINCRBY"}, {"ZINTER"}, {"ZINTERCARD"},
    {"ZINTERSTORE"}, {"ZLEXCOUNT", size}, {"ZMPOP"}, {"ZMSCORE", any}, {"ZPOPMAX"}, {"ZPOPMIN"}, {"ZRANDMEMBER", value},
    {"ZRANGE", elements}, {"ZRANGEBYLEX", elements}, {"ZRANGEBYSCORE", elements}, {"ZRANGESTORE"}, {"ZRANK", value}, {"ZREM"},
    {"ZREMRANGEBYLEX"}, {"ZREMRANGEBYRANK"}, {"ZREMRANGEBYSCORE"}, {"ZREVRANGE", elements}, {"ZREVRANGEBYLEX", elements},
    {"ZREVRANGEBYSCORE", elements}, {"ZREVRANK", value}, {"ZSCAN"}, {"ZSCORE", value}, {"ZUNION"}, {"ZUNIONSTORE"},
};
constexpr auto by_name = [](const RedisCommand& a, const RedisCommand& b) { return a.name < b.name; };
static_assert(std::is_sorted(std::begin(kCommands), std::end(kCommands), by_name));
constexpr RedisCommand kOther = {"_OTHER"};
constexpr size_t kLongest = 20;

// With what the command's words decide decided.
KeyRule rule_of(const RedisCommand& command, uint32_t arguments, bool has_get) {
  switch (command.rule) {
    case value_if_get:
      return has_get ? value : none;
    case value_if_key:
      return arguments > 1 ? value : none;
    case size_if_one:
      return arguments == 1 ? size : none;
    default:
      return command.rule;
  }
}

}  // namespace

const RedisCommand& redis_command(std::string_view name) {
  std::array<char, kLongest> capitals{};
  if (name.empty() || name.size() > kLongest) return kOther;
  std::transform(name.begin(), name.end(), capitals.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  const RedisCommand wanted{{capitals.data(), name.size()}};
  const auto* it = std::lower_bound(std::begin(kCommands), std::end(kCommands), wanted, by_name);
  return it != std::end(kCommands) && it->name == wanted.name ? *it : kOther;
}

bool is_known(const RedisCommand& command) { return &command != &kOther; }

KeyCounts count_keys(const RedisCommand& command, uint32_t arguments, bool has_get, const RedisReply& reply) {
  constexpr KeyCounts hit{1, 0};
  constexpr KeyCounts miss{0, 1};
  const KeyRule rule = rule_of(command, arguments, has_get);
  if (rule == none) return {};
  // The key was there, and of another type.
  if (reply.error) return reply.beginning().starts_with("WRONGTYPE") ? hit : KeyCounts{};
  const uint64_t kMost = UINT32_MAX;
  switch (rule) {
    case value:
      return reply.null || (reply.type == '*' && reply.elements == 0) ? miss : hit;
    case each:
      if (reply.null) return miss;
      return {static_cast<uint32_t>(std::min(kMost, reply.elements - std::min(reply.nulls, reply.elements))),
              static_cast<uint32_t>(std::min(kMost, reply.nulls))};
    case how_many: {
      const auto there = static_cast<uint32_t>(std::clamp<int64_t>(reply.integer, 0, arguments));
      return {there, arguments - there};
    }
    case size:
      return reply.integer > 0 ? hit : miss;
    case elements: {
      const bool number = reply.type == '$' || reply.type == ':';
      return reply.null || (number ? reply.integer == 0 : reply.elements == 0) ? miss : hit;
    }
    case any:
      return reply.null || reply.nulls + reply.zeros >= reply.elements ? miss : hit;
    case time_to_live:
      return reply.integer == -2 ? miss : hit;
    case type_name:
      return reply.beginning() == "none" ? miss : hit;
    case value_if_get:
    case value_if_key:
    case size_if_one:
    case none:
      break;
  }
  return {};
}

}  // namespace sockwatch
