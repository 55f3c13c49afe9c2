#include "protocols/http1/http1.h"
#include "protocols/memcached/memcached.h"
#include "protocols/mysql/mysql.h"
#include "protocols/parser.h"
#include "protocols/postgresql/postgresql.h"
#include "protocols/redis/redis.h"

namespace sockwatch {

const Protocol (&protocols())[kProtocols] {
  static constexpr Protocol table[] = {
      {Http1::kName, ProtocolKind::http, &Http1::make},
      {PostgreSql::kName, ProtocolKind::database, &PostgreSql::make},
      {MySql::kName, ProtocolKind::database, &MySql::make},
      {Redis::kName, ProtocolKind::cache, &Redis::make},
      {Memcached::kName, ProtocolKind::cache, &Memcached::make},
  };
  return table;
}

std::string_view to_string(ParseError error) {
  switch (error) {
    case ParseError::bad_request_line: return "bad_request_line";
    case ParseError::bad_response: return "bad_response";
    case ParseError::bad_chunk: return "bad_chunk";
    case ParseError::unseen_request: return "unseen_request";
    case ParseError::unseen_response: return "unseen_response";
    case ParseError::orphan_response: return "orphan_response";
    case ParseError::pipeline_limit: return "pipeline_limit";
    case ParseError::target_cut: return "target_cut";
    case ParseError::bad_message: return "bad_message";
    case ParseError::encrypted: return "encrypted";
    case ParseError::compressed: return "compressed";
  }
  return "unknown";
}

}  // namespace sockwatch
