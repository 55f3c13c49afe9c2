// The programs load, attach and unload on this kernel, by every way of listing that it has.
#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "capture/capture.h"

namespace sockwatch {
namespace {

size_t loaded_programs() {
  size_t n = 0;
  uint32_t id = 0;
  while (bpf_prog_get_next_id(id, &id) == 0) {
    const int fd = bpf_prog_get_fd_by_id(id);
    if (fd < 0) continue;
    bpf_prog_info info{};
    uint32_t size = sizeof(info);
    if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0 && std::string(info.name).starts_with("sw_") &&
        info.created_by_uid == geteuid())
      ++n;
    close(fd);
  }
  return n;
}

CaptureConfig forced(AttachMode attach, ListingMode listing = ListingMode::automatic) {
  CaptureConfig config;
  config.attach = attach;
  config.listing = listing;
  return config;
}

class Load : public ::testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root";
  }
};

TEST_F(Load, AndListsByDescriptorsOnAnyKernel) {
  auto capture = Capture::start(forced(AttachMode::automatic, ListingMode::descriptors));
  ASSERT_TRUE(capture) << capture.error().message;
  EXPECT_EQ((*capture)->plan().listing, CapturePlan::Listing::descriptors);
  EXPECT_EQ((*capture)->complete_scope(), ListingScope::held);
  EXPECT_GT(loaded_programs(), 0u);
  const auto sockets = (*capture)->list(Capture::Listing::complete);
  EXPECT_TRUE(sockets) << sockets.error().message;
}

TEST_F(Load, ByWhatTheKernelHas) {
  auto capture = Capture::start({});
  ASSERT_TRUE(capture) << capture.error().message;
  const auto sockets = (*capture)->list(Capture::Listing::complete);
  EXPECT_TRUE(sockets) << sockets.error().message;
}

TEST_F(Load, WhatIsForcedWorksOrIsRefusedInWords) {
  for (const AttachMode attach : {AttachMode::tracepoint, AttachMode::fexit}) {
    for (const ListingMode listing : {ListingMode::storage, ListingMode::descriptors}) {
      const auto capture = Capture::start(forced(attach, listing));
      if (capture) continue;
      EXPECT_NE(capture.error().message.find("; leave out --capture."), std::string::npos) << capture.error().message;
    }
  }
}

}  // namespace
}  // namespace sockwatch
