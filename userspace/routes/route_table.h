// Raw request target -> route template, one table a service. Bounded whatever clients send; see RoutesConfig.
//
// One thread. A template's id and text stay valid for the life of the table.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

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

  /// The template of a request target: origin-form, absolute-form (the path part alone), "*" or authority-form
  /// (method CONNECT: "_authority"). The query string and the fragment are dropped. Steady state: no allocation.
  RouteId route(std::string_view method, std::string_view target);
  std::string_view text(RouteId route) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sockwatch
