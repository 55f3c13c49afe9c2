#include "attribution/compose_names.h"

#include <string_view>
#include <utility>

namespace sockwatch {
namespace {

constexpr const char* kProject = "com.docker.compose.project";
constexpr const char* kService = "com.docker.compose.service";
constexpr const char* kPodmanProject = "io.podman.compose.project";
constexpr const char* kStack = "com.docker.stack.namespace";
constexpr const char* kSwarmService = "com.docker.swarm.service.name";

std::string label(const ContainerInfo& container, const char* key) {
  const auto found = container.labels.find(key);
  return found == container.labels.end() ? std::string() : found->second;
}

// "shop-web-1", "shop_web_1", "shop-web-run-3f2a9c1be7d8": what Compose makes up.
bool is_made_up(std::string_view name, const ComposeService& of) {
  if (!name.starts_with(of.project)) return false;
  name.remove_prefix(of.project.size());
  if (name.empty() || (name[0] != '-' && name[0] != '_') || !name.substr(1).starts_with(of.service)) return false;
  name.remove_prefix(1 + of.service.size());
  if (name.starts_with("-run-") || name.starts_with("_run_")) return true;
  return name.size() > 1 && (name[0] == '-' || name[0] == '_') &&
         name.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

}  // namespace

std::vector<std::string> compose_labels() { return {kProject, kService, kPodmanProject, kStack, kSwarmService}; }

std::optional<ComposeService> compose_service(const ContainerInfo& container) {
  if (std::string service = label(container, kSwarmService); !service.empty()) {
    const std::string stack = label(container, kStack);
    if (!stack.empty() && service.starts_with(stack + "_")) service.erase(0, stack.size() + 1);
    return ComposeService{.project = stack, .service = std::move(service)};
  }
  ComposeService of{.project = label(container, kProject), .service = label(container, kService)};
  if (of.project.empty()) of.project = label(container, kPodmanProject);
  if (of.service.empty() || !is_made_up(container.name, of)) return std::nullopt;
  return of;
}

std::string ComposeNames::name(const ComposeService& service) {
  std::string whole = service.project.empty() ? service.service : service.project + "/" + service.service;
  const auto known = services_.find(service.service);
  if (known == services_.end()) {
    if (services_.size() >= kMaxServices) return whole;
    services_.emplace(service.service, Known{.project = service.project});
    return service.service;
  }
  if (!known->second.contested && known->second.project != service.project) {
    known->second.contested = true;
    contested_.push_back(service.service);
  }
  return known->second.contested ? whole : service.service;
}

std::vector<std::string> ComposeNames::take_contested() { return std::exchange(contested_, {}); }

}  // namespace sockwatch
