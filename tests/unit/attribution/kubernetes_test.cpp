#include "attribution/kubernetes.h"

#include <gtest/gtest.h>

namespace sockwatch {
namespace {

TEST(KubernetesContainerName, IsInTheKubeletsMounts) {
  EXPECT_EQ(kubernetes_container_name(
                "2351 2341 0:265 / /proc rw,nosuid - proc proc rw\n"
                "2362 2341 8:1 /var/lib/kubelet/pods/2c48913c/etc-hosts /etc/hosts rw - ext4 /dev/sda1 rw\n"
                "2363 2341 8:1 /var/lib/kubelet/pods/2c48913c/containers/shop-api/0f3a9c1b "
                "/dev/termination-log rw - ext4 "
                "/dev/sda1 rw\n"),
            "shop-api");
  // The kubelet's folder may be a file system of its own.
  EXPECT_EQ(
      kubernetes_container_name("1 2 8:1 /pods/2c48913c/containers/shop/0f3a9c1b /dev/termination-log rw"),
      "shop");
}

TEST(KubernetesContainerName, IsNowhereElse) {
  for (const char* mounts :
       {"", "\n\n", "1 2", "1 2 8:1 / / rw", "1 2 8:1 /pods/x /y rw", "1 2 8:1 /pods/x/containers /y rw",
        "1 2 8:1 /pods/x/containers/name /y rw", "1 2 8:1 /pods/x/volumes/containers/y /y rw",
        "1 2 8:1 / /pods/x/containers/shop/file rw"})
    EXPECT_EQ(kubernetes_container_name(mounts), "") << mounts;
}

struct Case {
  const char* pod;
  const char* workload;
};

class WorkloadOfPod : public testing::TestWithParam<Case> {};

TEST_P(WorkloadOfPod, Is) { EXPECT_EQ(workload_of_pod(GetParam().pod), GetParam().workload); }

INSTANTIATE_TEST_SUITE_P(
    All, WorkloadOfPod,
    testing::Values(Case{"shop-6d5f7c9b8-x2x4z", "shop"}, Case{"shop-api-6d5f7c9b8d-x2x4z", "shop-api"},
                    Case{"node-agent-x7k2p", "node-agent"}, Case{"db-0", "db"}, Case{"db-12", "db"},
                    Case{"shop", "shop"}, Case{"shop-api", "shop-api"}, Case{"shop-thing", "shop-thing"},
                    Case{"", ""}, Case{"-x7k2p", "-x7k2p"}, Case{"cron-28391040-zxb7q", "cron-28391040"},
                    Case{"web-frontend", "web-frontend"}));

}  // namespace
}  // namespace sockwatch
