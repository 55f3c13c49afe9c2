// The text formats of Prometheus: a snapshot in, its text out. Version 0.0.4, and OpenMetrics 1.0.0, which
// has units, exemplars and an end.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "aggregation/snapshot.h"

namespace sockwatch {

enum class TextFormat : uint8_t {
  prometheus,         ///< 0.0.4
  openmetrics,        ///< 1.0.0
  openmetrics_draft,  ///< 0.0.1, as older Prometheus servers ask for it: the same text by another name
};

std::string_view content_type(TextFormat format);

/// Whom a page is written for.
struct Viewer {
  /// It stores what it gets, and works out rates from it: a series that it has not met shows 0 to it once, all buckets too, if
  /// it has come before. To others OpenMetrics says of each counter and histogram when it was created.
  bool stores = false;
  std::optional<uint64_t> seen = {};  ///< Snapshot::newest_birth of what it was sent last; none: it has not come before

  bool operator==(const Viewer&) const = default;
};

/// Appends every family of `snapshot` to `out`: what it is, then its series in their order. Families without
/// series are left out; those of one name that follow one another are one. Whole numbers up to 2^53 are
/// written without an exponent, others in the shortest form that reads back as the same double.
void write_text(const Snapshot& snapshot, TextFormat format, std::string& out, const Viewer& viewer = {});

/// The same in pieces: `take` is called for each, in order.
void write_text(const Snapshot& snapshot, TextFormat format, const std::function<void(std::string_view)>& take,
                const Viewer& viewer = {});

}  // namespace sockwatch
