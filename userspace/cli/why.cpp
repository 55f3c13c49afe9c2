#include "cli/why.h"

#include <ostream>

#include "attribution/name_explainer.h"
#include "config/values.h"

namespace sockwatch {
namespace {

constexpr size_t kMostProcesses = 20;  // of one name that are told of

}  // namespace

bool why(const Config& config, const std::string& whom, std::ostream& out) {
  NameExplainer explainer(config.attribution, config.procfs);
  std::vector<Explanation> found;
  if (const Result<uint64_t> pid = parse_number(whom, 1, 1u << 22); pid) {
    if (std::optional<Explanation> one = explainer.of_process(static_cast<uint32_t>(pid.value()))) found.push_back(std::move(*one));
  }
  if (found.empty()) found = explainer.of_name(whom, kMostProcesses);
  for (const Explanation& one : found) out << to_text(one);
  return !found.empty();
}

}  // namespace sockwatch
