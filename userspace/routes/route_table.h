// Raw request target -> route template, one table a service. Bounded whatever clients send; see RoutesConfig.
//
// Names stay, values become placeholders (segment_template.h). A position of the path that keeps producing new names
// collapses into {var}, but for those that are well established (route_trie.h). Configured patterns come before all
// guessing. Query, fragment and ;parameters are dropped, runs of slashes are one, dot segments
// are resolved; a trailing slash stays. What is no path
// ("_other"), or has no room ("_overflow"), is said so.
//
// One thread. A template's id and text stay valid for the life of the table. Memory: at most RoutesConfig::max_nodes
// trie nodes and twice as many templates, of
// RoutesConfig::max_length bytes at most; 32 KiB of cache once the first target has come.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace sockwatch {

/// A template's small number within its table, dense from 0.
using RouteId = uint32_t;

class RouteTable {
 public:
  static constexpr RouteId kOverflow = 0;  ///< "_overflow"

  explicit RouteTable(const RoutesConfig& config);
  ~RouteTable();
  RouteTable(RouteTable&&) noexcept;

  /// Patterns to try from now on instead of RoutesConfig::patterns; templates keep their ids.
  void set_patterns(const std::vector<std::string>& patterns);
  /// The template of a request target: origin-form, absolute-form (the path part alone), "*" or authority-form
  /// (method CONNECT: "_authority"). Steady state: no allocation.
  RouteId route(std::string_view method, std::string_view target);
  std::string_view text(RouteId route) const;
  /// Targets that had no room.
  uint64_t overflowed() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sockwatch
