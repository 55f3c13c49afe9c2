// What counting allocates: nothing, once the series are known.
#include <gtest/gtest.h>

#include <string>

#include "aggregation/registry.h"
#include "counted_allocations.h"

namespace sockwatch {
namespace {

// New targets of known templates, changing statuses, peers, durations and traces.
class Traffic {
 public:
  explicit Traffic(NamingMode naming) : registry_(config(naming), {}) {}

  void pass(int i) {
    for (int at = 12, rest = i; at >= 7; --at, rest /= 10)
      target_[static_cast<size_t>(at)] = static_cast<char>('0' + rest % 10);
    trace_[31] = static_cast<char>('1' + i % 9);
    Transaction t;
    t.method = "GET";
    t.target = target_;
    t.trace_id = trace_;
    t.status = i % 7 == 0 ? Status::unknown() : Status::code(i % 5 == 0 ? 404 : 200);
    t.cache = i % 2 == 0 ? CacheAnswer::hit : CacheAnswer::miss;
    t.start_ns = static_cast<uint64_t>(i);
    t.duration_ns = uint64_t{1} << (i % 35);
    registry_.record(0, "shop", {}, t);
    t.role = Role::client;
    registry_.record(1, "web", i % 3 == 0 ? "a-rather-long-name-of-a-service" : "10.0.0.1:8080", t);
    registry_.record_cache(1, "web", "redis", 1, 0);
    registry_.record({.service = 1,
                      .service_name = "web",
                      .protocol = &protocols()[kProtocols - 1],
                      .role = Role::client,
                      .peer = "db"},
                     {.operation = "SELECT",
                      .status = i % 4 == 0 ? QueryStatus::error : QueryStatus::ok,
                      .duration_ns = t.duration_ns});
  }

 private:
  static MetricsConfig config(NamingMode naming) {
    MetricsConfig made;
    made.naming = naming;
    return made;
  }

  Registry registry_;
  std::string target_ = "/users/000000/orders/2026-11-23?token=secret";
  std::string trace_ = "4bf92f3577b34da6a3ce929d0e0e4730";
};

TEST(AggregationMemory, NothingIsAllocatedInTheSteadyState) {
  for (const NamingMode naming : {NamingMode::classic, NamingMode::otel, NamingMode::both}) {
    Traffic traffic(naming);
    constexpr int kKnown = 35 * 7 * 5 * 3 * 4;  // every combination has passed
    for (int i = 0; i < kKnown; ++i) traffic.pass(i);
    const size_t before = counted_allocations();
    for (int i = kKnown; i < kKnown + 20000; ++i) traffic.pass(i);
    EXPECT_EQ(counted_allocations(), before) << static_cast<int>(naming);
  }
}

TEST(AggregationMemory, TheCounterCounts) {
  const size_t before = counted_allocations();
  Traffic traffic(NamingMode::classic);
  traffic.pass(0);
  EXPECT_GT(counted_allocations(), before);
}

}  // namespace
}  // namespace sockwatch
