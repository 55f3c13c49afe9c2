#include "attribution/cgroup_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sockwatch {
namespace {

using testing::ElementsAre;

const std::string kId = "3f2a9c1be7d84560a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718";
const std::string kOther = "a0a1a2a3a4a5a6a7a8a9b0b1b2b3b4b5b6b7b8b9c0c1c2c3c4c5c6c7c8c9d0d1";
const std::string kPod = "2c48913c-b29f-11e7-9350-020968147796";

struct Case {
  std::string path;
  std::string container;  // innermost
  bool kubernetes;
  std::string unit;
};

class CgroupPath : public testing::TestWithParam<Case> {};

TEST_P(CgroupPath, Tells) {
  const CgroupIdentity identity = identify_cgroup(GetParam().path);
  EXPECT_EQ(identity.container_ids.empty() ? "" : identity.container_ids[0], GetParam().container);
  EXPECT_EQ(identity.kubernetes, GetParam().kubernetes);
  EXPECT_EQ(identity.unit, GetParam().unit);
}

INSTANTIATE_TEST_SUITE_P(
    Containers, CgroupPath,
    testing::Values(
        Case{"/docker/" + kId, kId, false, ""},                                // cgroupfs driver
        Case{"/system.slice/docker-" + kId + ".scope", kId, false, ""},        // systemd driver
        Case{"/../../system.slice/docker-" + kId + ".scope", kId, false, ""},  // seen from another container
        Case{"/../" + kId, kId, false, ""},                                    // the same, cgroupfs
        Case{"/docker/3f2a9c1be7d8", "3f2a9c1be7d8", false, ""},               // a short id
        Case{"/work/3f2a9c1be7d8", "", false, ""},                             // which is none elsewhere
        Case{"/docker/buildkit/" + kId, kId, false, ""},                       // image builds
        Case{"/ecs/0f1e2d3c4b5a/" + kId, kId, false, ""},                      // Amazon's
        Case{"/machine.slice/libpod-" + kId + ".scope", kId, false, ""},       // podman
        Case{"/machine.slice/libpod-" + kId + ".scope/container", kId, false, ""},  // podman 4
        Case{"/libpod_parent/libpod-" + kId, kId, false, ""},                       // podman, cgroupfs
        Case{"/machine.slice/libpod-conmon-" + kId + ".scope", "", false, ""},      // its monitor is none
        Case{"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + kId + ".scope", kId, false,
             ""},
        Case{"/system.slice/shop.service/libpod-payload-" + kId, kId, false, "shop"},  // podman in a unit
        Case{"/system.slice/docker-" + kId + ".scope/system.slice/nginx.service", kId, false, "nginx"},
        Case{"/default/" + kId, kId, false, ""},                         // containerd by itself
        Case{"/docker/" + kOther + "/docker/" + kId, kId, false, ""}));  // Docker in Docker

INSTANTIATE_TEST_SUITE_P(
    Kubernetes, CgroupPath,
    testing::Values(
        Case{"/kubepods/burstable/pod" + kPod + "/" + kId, kId, true, ""},
        Case{"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod2c48913c_b29f_11e7.slice/"
             "cri-containerd-" +
                 kId + ".scope",
             kId, true, ""},
        Case{"/kubepods.slice/kubepods-pod2c48913c.slice/crio-" + kId + ".scope", kId, true, ""},
        Case{"/kubepods.slice/kubepods-pod2c48913c.slice/crio-" + kId + ".scope/container", kId, true, ""},
        Case{"/kubepods.slice/kubepods-pod2c48913c.slice/crio-conmon-" + kId + ".scope", "", true, ""},
        Case{"/kubepods.slice/kubepods-pod2c48913c.slice/docker-" + kId + ".scope", kId, true, ""},
        Case{"/system.slice/containerd.service/kubepods-burstable-pod2c48913c.slice:cri-containerd:" + kId,
             kId, true, ""},
        Case{"/../../pod" + kPod + "/" + kId, kId, true, ""},  // seen from another pod
        Case{"/../cri-containerd-" + kId + ".scope", kId, false, ""},
        Case{"/docker/" + kOther + "/kubelet/kubepods/besteffort/pod" + kPod + "/" + kId, kId, true,
             ""}));  // kind

INSTANTIATE_TEST_SUITE_P(
    Units, CgroupPath,
    testing::Values(
        Case{"", "", false, ""}, Case{"/", "", false, ""}, Case{"/init.scope", "", false, ""},
        Case{"/system.slice/nginx.service", "", false, "nginx"},
        Case{"/system.slice/shop.service/workers", "", false, "shop"},
        Case{"/system.slice/outer.service/inner.service", "", false, "inner"},
        Case{"/system.slice/system-worker.slice/worker@3.service", "", false, "worker"},
        Case{"/system.slice/system-worker.slice/worker@.service", "", false, "worker"},
        Case{"/system.slice/system-postgresql.slice/postgresql@15-main.service", "", false,
             "postgresql@15-main"},
        Case{"/system.slice/my\\x2dshop.service", "", false, "my-shop"},
        Case{"/system.slice/bad\\xzz.service", "", false, "bad\\xzz"},
        Case{"/user.slice/user-1000.slice/session-3.scope", "", false, ""},
        Case{"/user.slice/user-1000.slice/user@1000.service/init.scope", "", false, ""},
        Case{"/user.slice/user-1000.slice/user@1000.service/app.slice/shop.service", "", false, "shop"},
        Case{"/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-firefox-4711.scope", "",
             false, ""},
        Case{"/system.slice/run-u12.service", "", false, ""},  // systemd-run makes these up
        Case{"/system.slice/run-r1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6.service", "", false, ""},
        Case{"/system.slice/run-p812-i813.service", "", false, ""},
        Case{"/system.slice/run-shop.service", "", false, "run-shop"},
        // What starts other people's programs names none of them.
        Case{"/system.slice/supervisor.service", "", false, ""}, Case{"/system.slice/pm2-root.service", "", false, ""},
        Case{"/system.slice/cron.service", "", false, ""}, Case{"/system.slice/crond.service", "", false, ""},
        Case{"/system.slice/ssh.service", "", false, ""}, Case{"/system.slice/cloud-final.service", "", false, ""},
        Case{"/system.slice/rc-local.service", "", false, ""}, Case{"/system.slice/system-getty.slice/getty@tty1.service", "", false, ""},
        Case{"/system.slice/cronos.service", "", false, "cronos"}, Case{"/system.slice/pm2.service", "", false, ""},
        Case{"/system.slice/ssh-portal.service", "", false, "ssh-portal"},
        Case{"/system.slice/.service", "", false, ""},
        Case{"/system.slice/docker.service", "", false, "docker"}, Case{"////", "", false, ""}));

TEST(CgroupPath, KeepsTheContainersAroundTheInnermost) {
  EXPECT_THAT(identify_cgroup("/docker/" + kOther + "/docker/" + kId).container_ids,
              ElementsAre(kId, kOther));
  std::string deep;
  for (int i = 0; i < 50; ++i) deep += "/docker/" + kId;
  EXPECT_EQ(identify_cgroup(deep).container_ids.size(), kMaxNested);
}

CgroupIdentity of_file(const std::string& text) { return identify_cgroup(cgroup_paths(text)); }

TEST(CgroupFile, OfVersionTwo) {
  EXPECT_EQ(of_file("0::/system.slice/shop.service\n").unit, "shop");
  EXPECT_EQ(unified_cgroup_path("0::/system.slice/shop.service\n"), "/system.slice/shop.service");
}

TEST(CgroupFile, OfVersionOne) {
  const std::string text = "12:memory:/docker/" + kId + "\n1:name=systemd:/docker/" + kId + "\n";
  EXPECT_THAT(of_file(text).container_ids, ElementsAre(kId));
  EXPECT_EQ(unified_cgroup_path(text), "");
}

TEST(CgroupFile, OfBothAtOnce) {
  // Version 2 speaks first; what it leaves open, systemd's own hierarchy tells before the others.
  const std::string text =
      "9:name=systemd:/system.slice/shop.service\n4:memory:/system.slice/other.service\n0::/\n";
  EXPECT_EQ(of_file("4:memory:/system.slice/other.service\n" + text).unit, "shop");
  EXPECT_EQ(of_file("4:memory:/docker/" + kId + "\n0::/system.slice/x.service\n").container_ids.size(), 1u);
  EXPECT_EQ(of_file("4:memory:/system.slice/a.service\n0::/system.slice/b.service\n").unit, "b");
  EXPECT_THAT(cgroup_paths(text),
              ElementsAre("/", "/system.slice/shop.service", "/system.slice/other.service"));
  EXPECT_EQ(unified_cgroup_path(text), "/");
}

TEST(CgroupFile, OfAProcessWhoseCgroupWasRemoved) {
  EXPECT_THAT(of_file("0::/docker/" + kId + " (deleted)\n").container_ids, ElementsAre(kId));
}

TEST(CgroupFile, Garbage) {
  EXPECT_TRUE(cgroup_paths("").empty());
  EXPECT_TRUE(cgroup_paths("\n\n:\nno colons\n").empty());
  EXPECT_THAT(cgroup_paths("0::"), ElementsAre(""));
  EXPECT_EQ(of_file(std::string(65536, ':')).unit, "");
  EXPECT_EQ(of_file(std::string(65536, '/')).unit, "");
}

}  // namespace
}  // namespace sockwatch
