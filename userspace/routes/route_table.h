// Raw request target -> route template, one table a service. Bounded whatever clients send; see RoutesConfig.
//
// Names stay, values become placeholders (segment_template.h). A position of the path that keeps producing new names
// collapses into {var}, but for those that are well established (route_trie.h). Configured patterns come before all
// guessing. Query, fragment and ;parameters are dropped, runs of slashes are one, dot segments are resolved; a trailing
// slash stays. What is no path ("_other"), or has no room ("_overflow"), is said so.
//
// A path that was only ever answered with "there is no such thing" (Answer::unmatched) is no route: it takes no room from
// routes and collapses none. The first few keep their name for a while, the rest is "_unmatched".
//
// One thread. A template's id and text stay valid until make_room() takes them back. Memory: at most
// RoutesConfig::max_nodes trie nodes and twice as many templates, of RoutesConfig::max_length bytes at most; 8 KiB of
// cache once the first target has come. Of all tables together: what `memory` bounds.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "routes/route_trie.h"

namespace sockwatch {

/// A template's small number within its table, dense from 0.
using RouteId = uint32_t;

/// What a request's answer says of its path.
enum class Answer : uint8_t {
  served,     ///< there is such a path, and who asked got what it asked for
  refused,    ///< a redirect, a refusal, a failure, no answer: there may be such a path
  unmatched,  ///< there is none
};

class RouteTable {
 public:
  static constexpr RouteId kOverflow = 0;         ///< "_overflow"
  static constexpr RouteId kUnmatched = 1;        ///< "_unmatched"
  static constexpr size_t kUnmatchedNames = 20;   ///< paths that are no routes and keep their name

  explicit RouteTable(const RoutesConfig& config, RouteMemory memory = {});
  ~RouteTable();
  RouteTable(RouteTable&&) noexcept;

  /// Patterns to try from now on instead of RoutesConfig::patterns; templates keep their ids.
  void set_patterns(const std::vector<std::string>& patterns);
  /// The template of a request target: origin-form, absolute-form (the path part alone), "*" or authority-form
  /// (method CONNECT: "_authority"). Steady state: no allocation.
  /// `now_ns`: CLOCK_MONOTONIC, for what is unused.
  RouteId route(std::string_view method, std::string_view target, Answer answer = Answer::served, uint64_t now_ns = 0);
  /// Forgets the names of unmatched paths that have not been asked for since `before_ns`; `gone` is told of each.
  void expire_unmatched(uint64_t before_ns, const std::function<void(RouteId)>& gone);
  /// Makes room: forgets paths that have not been asked for since `before_ns`, and every id that is not `in_use`; these
  /// will be given to other templates.
  void make_room(uint64_t before_ns, const std::function<bool(RouteId)>& in_use);
  std::string_view text(RouteId route) const;
  /// For another service: forgets at least so many of the nodes and texts that have not been used for longest, and every id
  /// that is not `in_use`.
  void give_up(uint64_t entries, const std::function<bool(RouteId)>& in_use);
  /// Targets that had no room.
  uint64_t overflowed() const;

 private:
  static constexpr RouteId kReserved = 2;  ///< ids that are never taken back
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sockwatch
