// What the client asks.
#include "protocols/mysql/mysql.h"

#include <algorithm>
#include <utility>

#include "protocols/mysql/payload.h"
#include "protocols/common/sql_operation.h"

namespace sockwatch {

using namespace mysql;

namespace {

struct Known {
  uint8_t code;
  std::string_view operation;
};
// Commands that are answered by OK, EOF, an error or one line.
constexpr Known kSimple[] = {
    {0x02, "USE"},   {0x05, "CREATE"}, {0x06, "DROP"},   {0x07, "FLUSH"}, {0x08, "SHUTDOWN"}, {0x09, "STATISTICS"}, {0x0c, "KILL"},
    {0x0d, "DEBUG"}, {0x0e, "PING"},   {0x1a, "RESET"},  {0x1b, "SET"},    {0x1f, kResetConnection},
};

}  // namespace

std::string_view MySql::prepared(std::string_view payload) const {
  const uint32_t number = four(payload, 1);
  if (number == UINT32_MAX) return last_prepared_.empty() ? kOtherOperation : last_prepared_;
  const auto known = statements_.find(number);
  return known != statements_.end() ? known->second : kOtherOperation;
}

Verdict MySql::command(const MySqlPacketReader& packet, uint64_t ts_ns) {
  using Kind = Command::Kind;
  std::string_view payload = packet.payload();
  const uint8_t code = byte(payload, 0);
  if (pending_.size() >= kMaxPending) {
    sink_.on_parse_error(ParseError::pipeline_limit);
    lose(ts_ns);
    return Verdict::mine;
  }
  switch (code) {
    case 0x01:  // quit
      ready_once_ = false;
      return Verdict::mine;
    case 0x03: {
      std::string_view text = payload.substr(1);
      uint64_t count = 0;
      if (attributes_ && take_number(text, count) && count == 0) text.remove_prefix(std::min<size_t>(1, text.size()));
      // Behind attributes with values the text is not sought.
      if (count > 0) text = {};
      const std::string_view operation = sql_operation(text, SqlDialect::mysql);
      const std::string_view rest = operation == kCompoundOperation ? std::string_view() : next_statement(text, SqlDialect::mysql);
      begin(Kind::results, operation, packet, std::string(rest));
      return Verdict::mine;
    }
    case 0x04:
      begin(Kind::fields, "SHOW", packet);
      return Verdict::mine;
    case 0x0a:
      begin(Kind::results, "SHOW", packet);
      return Verdict::mine;
    case 0x11:
      begin(Kind::log_in, "_OTHER", packet);
      return Verdict::mine;
    case 0x15:  // a replica signs on
      begin(Kind::simple, {}, packet);
      return Verdict::mine;
    case 0x12:
    case 0x1e:  // replication
      lose(ts_ns);
      closed_ = true;
      return Verdict::finished;
    case 0x16:
      last_prepared_ = sql_operation(payload.substr(1), SqlDialect::mysql);
      begin(Kind::prepare, "PREPARE", packet);
      if (!pending_.empty()) pending_.back().prepares = last_prepared_;
      return Verdict::mine;
    case 0x17:
    case 0xfa:
      begin(Kind::results, prepared(payload), packet);
      return Verdict::mine;
    case kLongData:  // for a parameter: no answer
      return Verdict::mine;
    case 0x19:
      statements_.erase(four(payload, 1));
      return Verdict::mine;
    case 0x1c:
      begin(Kind::rows, "FETCH", packet);
      return Verdict::mine;
    default:
      break;
  }
  const auto* known = std::find_if(std::begin(kSimple), std::end(kSimple), [&](const Known& k) { return k.code == code; });
  begin(Kind::simple, known != std::end(kSimple) ? known->operation : kOtherOperation, packet);
  return Verdict::mine;
}

void MySql::begin(Command::Kind kind, std::string_view operation, const MySqlPacketReader& packet, std::string rest) {
  Command made{.kind = kind, .operation = operation, .rest = std::move(rest), .tgid = packet.tgid(), .start_ns = packet.start_ns()};
  if (lost_) {
    report(made, QueryStatus::unknown, packet.start_ns());
    return;
  }
  rest_bytes_ += made.rest.size();
  pending_.push_back(std::move(made));
}

}  // namespace sockwatch
