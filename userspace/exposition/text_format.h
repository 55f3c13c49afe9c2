// The Prometheus text exposition format, version 0.0.4: a snapshot in, its text out.
#pragma once

#include <string>
#include <string_view>

#include "aggregation/snapshot.h"

namespace sockwatch {

inline constexpr std::string_view kTextContentType = "text/plain; version=0.0.4; charset=utf-8";

/// Appends every family of `snapshot` to `out`: HELP, TYPE, then its series in their order. Families without
/// series are left out. Whole numbers up to 2^53 are written without an exponent, others in the shortest form
/// that reads back as the same double.
void write_text(const Snapshot& snapshot, std::string& out);

}  // namespace sockwatch
