// What the client asks.
#include "protocols/postgresql/postgresql.h"

#include <algorithm>
#include <utility>

#include "protocols/postgresql/message.h"
#include "protocols/common/sql_operation.h"

namespace sockwatch {

using namespace postgresql;

void PostgreSql::client_message(char type, const Reader& r) {
  std::string_view body = r.kept;
  switch (type) {
    case 'Q':
      push(Pending::Kind::query, r, sql_operation(body));
      unsynced_ = false;
      break;
    case 'P': {
      const std::string_view name = take_name(body);
      unit_operation_ = sql_operation(body);
      if (unit_start_ns_ == 0) unit_start_ns_ = r.start_ns;
      unsynced_ = true;
      remember_statement(name);
      push(Pending::Kind::parse, r, unit_operation_);
      break;
    }
    case 'B':
      bind(body, r);
      break;
    case 'E':
      execute(body, r);
      break;
    case 'c':
    case 'f':
      end_copy(r);
      break;
    case 'C':
      if (!body.empty()) {
        const char what = body[0];
        body.remove_prefix(1);
        const std::string_view name = take_name(body);
        if (const auto known = statements_.find(name); what == 'S' && known != statements_.end()) statements_.erase(known);
        if (const auto known = portals_.find(name); what == 'P' && known != portals_.end()) portals_.erase(known);
      }
      break;
    case 'F':
      push(Pending::Kind::query, r, kOtherOperation);
      break;
    case 'X':
      terminated_ = true;
      break;
    case 'S':
      push(Pending::Kind::sync, r, {});
      unit_start_ns_ = 0;
      unsynced_ = false;
      break;
    default:
      break;
  }
}

void PostgreSql::remember_statement(std::string_view name) {
  if (name.size() > kMaxStatementName) {
    sink_.on_parse_error(ParseError::target_cut);
    return;
  }
  if (const auto known = statements_.find(name); known != statements_.end()) {
    known->second = unit_operation_;
  } else if (statements_.size() < kMaxStatements) {
    statements_.emplace(std::string(name), unit_operation_);
  } else {
    sink_.on_parse_error(ParseError::pipeline_limit);
  }
}

void PostgreSql::bind(std::string_view body, const Reader& r) {
  const std::string_view portal = take_name(body);
  const auto statement = statements_.find(take_name(body));
  unit_operation_ = statement != statements_.end() ? statement->second : kOtherOperation;
  if (unit_start_ns_ == 0) unit_start_ns_ = r.start_ns;
  unsynced_ = true;
  if (const auto known = portals_.find(portal); known != portals_.end()) {
    known->second = {unit_operation_};
  } else if (portal.size() > kMaxStatementName) {
    sink_.on_parse_error(ParseError::target_cut);
  } else if (portals_.size() < kMaxStatements) {
    portals_.emplace(std::string(portal), Portal{unit_operation_});
  } else {
    sink_.on_parse_error(ParseError::pipeline_limit);
  }
}

void PostgreSql::execute(std::string_view body, const Reader& r) {
  const auto portal = portals_.find(take_name(body));
  const bool continues = portal != portals_.end() && std::exchange(portal->second.executed, true);
  const size_t before = pending_.size();
  push(Pending::Kind::execute, r, portal != portals_.end() ? portal->second.operation : unit_operation_);
  if (pending_.size() > before) pending_.back().continues = continues;
  unit_start_ns_ = 0;
  unsynced_ = true;
}

// Where the client did not wait to be asked for the rows, what it asked before them is told apart from what it asks behind them.
void PostgreSql::end_copy(const Reader& r) {
  if (copying_ || pending_.empty() || pending_.back().kind == Pending::Kind::query) return;
  push(Pending::Kind::copy_end, r, {});
}

void PostgreSql::push(Pending::Kind kind, const Reader& r, std::string_view operation) {
  if (failed_ && kind != Pending::Kind::sync) return;  // the server passes over it
  const bool execute = kind == Pending::Kind::execute;
  const bool replicates = kind == Pending::Kind::query && is_replication_command(r.kept, replicates_);
  Pending made{.kind = kind,
               .replicates = replicates,
               .start_ns = execute && unit_start_ns_ != 0 ? unit_start_ns_ : r.start_ns,
               .tgid = r.tgid,
               .operation = operation,
               .text = {}};
  if (lost_) {
    if (kind == Pending::Kind::query || execute) report(made, operation, QueryStatus::unknown, r.start_ns);
    return;
  }
  const bool cycle_ends = kind == Pending::Kind::query || kind == Pending::Kind::sync;
  if (cycle_ends && cycles_ > 0 && r.flight != cycle_run_) overlap_.suspect();
  if (cycle_ends) cycle_run_ = r.flight;
  cycles_ += cycle_ends ? 1 : 0;
  if (kind == Pending::Kind::query) {
    const std::string_view rest = next_statement(r.kept);
    if (sql_operation(rest) != kOtherOperation) made.text = rest;
  }
  text_bytes_ += made.text.size();
  pending_.push_back(std::move(made));
}

}  // namespace sockwatch
