// Which of the things that could name a process does: docs/attribution.md, one test a step.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "fake_engine.h"
#include "fake_host.h"

// Rules are written down with the fields that matter; the others stay empty.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

namespace sockwatch {
namespace {

const std::string kId = "3f2a9c1be7d84560a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718";
const std::string kOuterId = "a0a1a2a3a4a5a6a7a8a9b0b1b2b3b4b5b6b7b8b9c0c1c2c3c4c5c6c7c8c9d0d1";
const std::string kPodCgroup =
    "0::/kubepods.slice/kubepods-pod2c48913c.slice/cri-containerd-" + kId + ".scope\n";
const std::string kPodMounts =
    "1 2 8:1 /var/lib/kubelet/pods/2c48913c/containers/shop-api/0f3a /dev/termination-log rw - ext4 "
    "/dev/sda1 rw\n";

class ResolverOrder : public testing::Test {
 protected:
  std::string name(const FakeProcess& process, AttributionConfig config = FakeHost::no_engine()) {
    host_.start(7, process);
    ServiceResolver resolver = host_.resolver(config);
    return name_of(resolver, 7);
  }
  static AttributionConfig asking(const FakeEngine& engine) {
    AttributionConfig config;
    config.docker_socket = engine.socket();
    return config;
  }
  FakeHost host_;
};

// A process that every rule has a name for; each test takes away what the one before it went by.
FakeProcess everything() {
  FakeProcess process;
  process.executable = "/usr/bin/python3.11";
  process.arguments = {"python3", "orders.py"};
  process.comm = "python3";
  process.environment = {"PATH=/bin", "SERVICE_NAME=by-service-name", "OTEL_SERVICE_NAME=by-otel",
                         "HOSTNAME=pod-x7k2p"};
  process.cgroup = kPodCgroup;
  process.mounts = kPodMounts;
  return process;
}

TEST_F(ResolverOrder, ARuleOfTheConfigurationComesFirst) {
  AttributionConfig config = FakeHost::no_engine();
  config.rules = {{.service = "by-rule", .exe = "*python*"}};
  EXPECT_EQ(name(everything(), config), "by-rule");
}

TEST_F(ResolverOrder, ThenTheEnvironmentInTheOrderOfTheConfiguration) {
  EXPECT_EQ(name(everything()), "by-otel");
  AttributionConfig config = FakeHost::no_engine();
  config.service_env = {"SERVICE_NAME", "OTEL_SERVICE_NAME"};
  EXPECT_EQ(name(everything(), config), "by-service-name");
  FakeProcess process = everything();
  process.environment = {"OTEL_SERVICE_NAME=", "OTEL_SERVICE_NAME_X=no", "xSERVICE_NAME=no",
                         "SERVICE_NAME=yes"};
  EXPECT_EQ(name(process), "yes");
  process.environment = {"OTEL_SERVICE_NAME= \t", "SERVICE_NAME"};  // nothing in it
  EXPECT_EQ(name(process), "shop-api");
}

TEST_F(ResolverOrder, ThenTheContainerOfKubernetes) {
  FakeProcess process = everything();
  process.environment = {"HOSTNAME=pod-x7k2p"};
  EXPECT_EQ(name(process), "shop-api");
}

TEST_F(ResolverOrder, WithoutItsMountsByWhatTheEngineWasTold) {
  FakeProcess process = everything();
  process.environment = {"HOSTNAME=pod-x7k2p"};
  process.mounts.clear();
  const FakeEngine engine([](const std::string&) {
    return container_answer("k8s_shop_pod_ns_uid_0", "shop:1",
                            R"({"io.kubernetes.container.name":"by-label"})");
  });
  EXPECT_EQ(name(process, asking(engine)), "by-label");
}

TEST_F(ResolverOrder, OrByItsPodWithoutWhatWasMadeUp) {
  FakeProcess process = everything();
  process.mounts.clear();
  process.environment = {"HOSTNAME=shop-6d5f7c9b8-x2x4z"};
  EXPECT_EQ(name(process), "shop");
  host_.set_host_name("node-17");
  process.environment = {"HOSTNAME=node-17"};  // on the host's network: the node's name says nothing
  EXPECT_EQ(name(process), "orders");
  process.environment = {};
  EXPECT_EQ(name(process), "orders");  // never the id
}

TEST_F(ResolverOrder, ThenTheContainersNameOfItsEngine) {
  FakeProcess process = everything();
  process.environment.clear();
  process.cgroup = "0::/system.slice/docker-" + kId + ".scope\n";
  const FakeEngine engine(
      [](const std::string& id) { return id == kId ? container_answer("by-engine") : no_such_container(); });
  EXPECT_EQ(name(process, asking(engine)), "by-engine");
}

TEST_F(ResolverOrder, AnEngineWithinAContainerIsTheOuterContainer) {
  FakeProcess process = everything();
  process.environment.clear();
  process.cgroup = "0::/docker/" + kOuterId + "/docker/" + kId + "\n";
  const FakeEngine engine(
      [](const std::string& id) { return id == kOuterId ? container_answer("outer") : no_such_container(); });
  EXPECT_EQ(name(process, asking(engine)), "outer");
}

TEST_F(ResolverOrder, AContainerThatNobodyNamesIsItsUnitOrItsId) {
  FakeProcess process = everything();
  process.environment.clear();
  process.cgroup = "0::/system.slice/shop.service/libpod-payload-" + kId + "\n";
  EXPECT_EQ(name(process), "shop");
  process.cgroup = "0::/system.slice/docker-" + kId + ".scope\n";
  EXPECT_EQ(name(process), "3f2a9c1be7d8");
}

TEST_F(ResolverOrder, ThenTheUnit) {
  FakeProcess process = everything();
  process.environment.clear();
  process.cgroup = "0::/system.slice/by-unit.service\n";
  EXPECT_EQ(name(process), "by-unit");
  process.cgroup = "9:name=systemd:/system.slice/by-unit.service\n0::/\n";
  EXPECT_EQ(name(process), "by-unit");
}

TEST_F(ResolverOrder, ThenTheScript) {
  FakeProcess process = everything();
  process.environment.clear();
  process.cgroup = "0::/user.slice/user-1000.slice/session-3.scope\n";
  EXPECT_EQ(name(process), "orders");
}

TEST_F(ResolverOrder, ThenTheExecutable) {
  FakeProcess process = everything();
  process.environment.clear();
  process.cgroup = "";
  process.executable = "/usr/sbin/nginx (deleted)";
  process.arguments = {"nginx: worker process"};
  EXPECT_EQ(name(process), "nginx");
}

TEST_F(ResolverOrder, ByTheLinkThatItWasCalledBy) {
  FakeProcess process = everything();
  process.environment.clear();
  process.cgroup = "";
  process.executable = "/usr/bin/redis-check-rdb";
  std::filesystem::create_directories(host_.file("/usr/bin"));
  std::ofstream(host_.file("/usr/bin/redis-check-rdb")) << "x";
  process.arguments = {"redis-server 127.0.0.1:6379"};
  EXPECT_EQ(name(process), "redis-check-rdb");  // anybody can say so
  std::filesystem::create_symlink("redis-check-rdb", host_.file("/usr/bin/redis-server"));
  EXPECT_EQ(name(process), "redis-server");
  process.arguments = {"/opt/redis/bin/redis-server", "--port", "1"};
  EXPECT_EQ(name(process), "redis-server");
  process.arguments = {"-redis-server"};
  EXPECT_EQ(name(process), "redis-check-rdb");
}

TEST_F(ResolverOrder, ThenTheCommandNameOfTheProcess) {
  FakeProcess process = everything();
  process.environment.clear();
  process.cgroup = "";
  process.executable = "";
  process.comm = "by-comm";
  EXPECT_EQ(name(process), "by-comm");  // and not "shopd", which is the thread's
}

TEST_F(ResolverOrder, AProcessThatNobodyToldIsUnknown) {
  ServiceResolver resolver = host_.resolver();
  EXPECT_EQ(resolver.resolve({}, 80), ServiceResolver::kUnknown);
  EXPECT_EQ(name_of(resolver, 0, "told"), "told");
  EXPECT_EQ(resolver.resolve({.tgid = 4711, .cgroup_id = 0, .comm = ""}, 80), ServiceResolver::kUnknown);
}

TEST_F(ResolverOrder, NamesAreMadeFitForALabel) {
  FakeProcess process = everything();
  process.environment = {"SERVICE_NAME= shop\n\xff "};
  EXPECT_EQ(name(process), "shop__");
}

TEST_F(ResolverOrder, WorkersAndTheirMasterAreOneService) {
  ServiceResolver resolver = host_.resolver();
  FakeProcess process = everything();
  process.environment.clear();
  process.cgroup = "";
  int pid = 100;
  for (const char* title : {"gunicorn: master [shop.wsgi:app]", "gunicorn: worker [shop.wsgi:app]"}) {
    process.arguments = {title};
    host_.start(++pid, process);
    EXPECT_EQ(name_of(resolver, pid), "shop");
  }
  process.arguments = {"python3", "/usr/bin/gunicorn", "shop.wsgi:app"};  // before it wrote its title
  host_.start(++pid, process);
  EXPECT_EQ(name_of(resolver, pid), "shop");
}

TEST_F(ResolverOrder, CgroupsOfVersionOneAloneNameTheLivingToo) {
  FakeProcess process = everything();
  process.environment.clear();
  process.cgroup = "12:memory:/docker/" + kId + "\n11:cpu,cpuacct:/docker/" + kId +
                   "\n1:name=systemd:/docker/" + kId + "\n";
  const FakeEngine engine([](const std::string&) { return container_answer("by-engine"); });
  EXPECT_EQ(name(process, asking(engine)), "by-engine");
}

}  // namespace
}  // namespace sockwatch
