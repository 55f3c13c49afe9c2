#include "attribution/process_table.h"

#include <gtest/gtest.h>

#include "fake_host.h"

namespace sockwatch {
namespace {

class ProcessTableTest : public testing::Test {
 protected:
  void put(uint32_t pid, bool alive) {
    if (alive) host_.start(pid, {});
    KnownProcess& process =
        table_.insert(pid, {.identity = proc_.identity(pid), .comm = "x", .services = {}}, 1);
    table_.add_service(process, {.port = 0, .service = shop_, .source = NameSource::program, .user = 0});
  }
  FakeHost host_;
  ProcReader proc_{host_.procfs()};
  ServiceTable services_{10};
  ServiceId shop_ = services_.intern("shop");
  ProcessTable table_{proc_, services_, 4};
};

TEST_F(ProcessTableTest, AFullTableGivesUpOneThatHasGone) {
  for (uint32_t pid : {1, 2, 3}) put(pid, true);
  put(4, false);
  put(5, true);
  EXPECT_EQ(table_.evicted(), 1u);
  EXPECT_EQ(table_.size(), 4u);
  EXPECT_EQ(table_.find(4), nullptr);
  for (uint32_t pid : {1, 2, 3, 5}) EXPECT_NE(table_.find(pid), nullptr) << pid;
}

TEST_F(ProcessTableTest, OrOneThatLives) {
  for (uint32_t pid : {1, 2, 3, 4, 5}) put(pid, true);
  EXPECT_EQ(table_.evicted(), 1u);
  EXPECT_EQ(table_.size(), 4u);
  EXPECT_NE(table_.find(5), nullptr);
}

TEST_F(ProcessTableTest, APidComesOnce) {
  put(1, true);
  put(1, true);
  EXPECT_EQ(table_.size(), 1u);
  table_.forget(1, 9);
  EXPECT_EQ(services_.gone_since_ns(shop_), 9u);
  table_.forget(1, 10);
  EXPECT_EQ(services_.gone_since_ns(shop_), 9u);
}

TEST_F(ProcessTableTest, SweepsInRounds) {
  for (uint32_t pid : {1, 2, 3}) put(pid, true);
  for (uint32_t pid : {1, 2, 3}) host_.end(pid);
  table_.sweep(2, 5);
  EXPECT_EQ(table_.size(), 1u);
  table_.sweep(2, 6);
  EXPECT_EQ(table_.size(), 0u);
  EXPECT_EQ(services_.gone_since_ns(shop_), 6u);
  table_.sweep(2, 7);
  EXPECT_EQ(services_.gone_since_ns(shop_), 6u);
}

}  // namespace
}  // namespace sockwatch
