// Snapshots for the tests.
#pragma once

#include <memory>

#include "aggregation/snapshot.h"

namespace sockwatch {

/// One family of each type with few series.
std::shared_ptr<const Snapshot> small_snapshot();

/// A counter with `series` series of realistic labels, about 110 bytes of text each.
std::shared_ptr<const Snapshot> large_snapshot(size_t series);

}  // namespace sockwatch
