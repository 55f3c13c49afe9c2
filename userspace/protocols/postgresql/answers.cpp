// What the server answers, and the queries that this completes.
#include "protocols/postgresql/postgresql.h"

#include "protocols/common/sql_operation.h"

namespace sockwatch {
namespace {

// The two that are compared to notice an answer that cannot be that question's.
bool is_plain(std::string_view operation) {
  return operation == "SELECT" || operation == "INSERT" || operation == "UPDATE" || operation == "DELETE";
}

}  // namespace

Verdict PostgreSql::server_message(char type, const Reader& r, uint64_t ts_ns) {
  switch (type) {
    case 'C':
      copying_ = false;
      complete(r.kept, ts_ns);
      break;
    case 'G':
      begin_copy();
      break;
    case 'E':
      copying_ = false;
      fail(ts_ns);
      break;
    case 'Z':
      ready(r.kept.empty() ? 'I' : r.kept[0], ts_ns);
      break;
    case '1':
      if (!pending_.empty() && pending_.front().kind == Pending::Kind::parse) pop();
      break;
    case 'I':  // an empty statement
      skip_parses();
      if (!pending_.empty() && pending_.front().kind == Pending::Kind::execute) pop();
      break;
    case 's':
      suspend(ts_ns);
      break;
    case 'V':
      if (!pending_.empty()) report(pending_.front(), kOtherOperation, QueryStatus::ok, ts_ns);
      statements_done_ = true;
      break;
    case 'W':  // replication
      if (!pending_.empty()) {
        report(pending_.front(), pending_.front().operation, QueryStatus::ok, ts_ns);
        pop();
      }
      settle_all(QueryStatus::unknown, ts_ns);
      closed_ = true;
      return Verdict::finished;
    default:
      break;
  }
  return Verdict::mine;
}

// While the client hands over rows, the server passes over each Sync.
void PostgreSql::begin_copy() {
  copying_ = true;
  skip_parses();
  if (pending_.empty() || pending_.front().kind != Pending::Kind::execute) return;
  const auto after = pending_.begin() + 1;
  auto end = after;
  while (end != pending_.end() && end->kind == Pending::Kind::sync) ++end;
  cycles_ -= static_cast<size_t>(end - after);
  pending_.erase(after, end);
}

// More rows are to be asked for, and perhaps never will be: the query is counted now.
void PostgreSql::suspend(uint64_t ts_ns) {
  skip_parses();
  if (pending_.empty() || pending_.front().kind != Pending::Kind::execute) return;
  report(pending_.front(), pending_.front().operation, QueryStatus::ok, ts_ns);
  pop();
}

// What has no answer of its own, or had it in what is behind.
void PostgreSql::skip_parses() {
  while (!pending_.empty() && (pending_.front().kind == Pending::Kind::parse || pending_.front().kind == Pending::Kind::copy_end)) pop();
}

void PostgreSql::pop() {
  const Pending& front = pending_.front();
  if (front.kind == Pending::Kind::query || front.kind == Pending::Kind::sync) --cycles_;
  text_bytes_ -= front.text.size();
  pending_.pop_front();
}

void PostgreSql::complete(std::string_view tag, uint64_t ts_ns) {
  skip_parses();
  if (pending_.empty() || pending_.front().kind == Pending::Kind::sync) {
    sink_.on_parse_error(ParseError::orphan_response);
    return;
  }
  Pending& front = pending_.front();
  const std::string_view operation = sql_operation(tag);
  if (unproven_ && is_plain(operation) && is_plain(front.operation) && operation != front.operation) {
    sink_.on_parse_error(ParseError::orphan_response);
    lose(ts_ns);
    return;
  }
  unproven_ = false;
  report(front, operation, QueryStatus::ok, ts_ns);
  if (front.kind == Pending::Kind::execute) {
    pop();
    return;
  }
  // A simple query's next statement begins where this one ended.
  statements_done_ = true;
  front.start_ns = ts_ns;
  front.operation = sql_operation(front.text);
  text_bytes_ -= front.text.size();
  front.text = std::string(next_statement(front.text));
  text_bytes_ += front.text.size();
}

void PostgreSql::fail(uint64_t ts_ns) {
  if (pending_.empty() || pending_.front().kind == Pending::Kind::sync) return;  // of the session, not of a query
  report(pending_.front(), pending_.front().operation, QueryStatus::error, ts_ns);
  statements_done_ = true;
  if (pending_.front().kind == Pending::Kind::query) return;
  // What follows up to the Sync is passed over.
  while (!pending_.empty() && pending_.front().kind != Pending::Kind::sync) pop();
  failed_ = pending_.empty();
}

void PostgreSql::ready(char status, uint64_t ts_ns) {
  ready_once_ = true;
  transaction_ = status;
  failed_ = false;
  while (!pending_.empty()) {
    const Pending::Kind kind = pending_.front().kind;
    if (kind == Pending::Kind::execute) report(pending_.front(), pending_.front().operation, QueryStatus::unknown, ts_ns);
    pop();
    if (kind == Pending::Kind::query || kind == Pending::Kind::sync) break;
  }
  statements_done_ = false;
}

void PostgreSql::report(const Pending& pending, std::string_view operation, QueryStatus status, uint64_t end_ns) {
  if (pending.replicates || (pending.continues && status != QueryStatus::error)) return;
  sink_.on_query({.role = role(),
                  .operation = operation.empty() ? kOtherOperation : operation,
                  .status = status,
                  .tgid = pending.tgid,
                  .start_ns = pending.start_ns,
                  .duration_ns = end_ns > pending.start_ns ? end_ns - pending.start_ns : 0});
}

}  // namespace sockwatch
