// The name of a Kubernetes container, told without asking Kubernetes. Pure.
#pragma once

#include <string>
#include <string_view>

namespace sockwatch {

/// The container's name in /proc/PID/mountinfo's text: the kubelet mounts a file of
/// ".../pods/<uid>/containers/<name>/..." into every container. Empty: there is none.
std::string_view kubernetes_container_name(std::string_view mountinfo);

/// A pod's name without what its controller made up: "shop-6d5f7c9b8-x2x4z" (Deployment), "agent-x7k2p"
/// (DaemonSet, Job) and "db-0" (StatefulSet) are "shop", "agent" and "db".
std::string_view workload_of_pod(std::string_view pod);

}  // namespace sockwatch
