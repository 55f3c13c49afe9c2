#include "agent/config_reload.h"

#include <chrono>

#include "config/reload.h"
#include "util/log.h"

namespace sockwatch {
namespace {

double seconds_since_1970() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

ConfigReload::ConfigReload(Config running, Load load, Apply apply)
    : running_(std::move(running)),
      load_(std::move(load)),
      apply_(std::move(apply)),
      time_(seconds_since_1970()) {}

Result<> ConfigReload::run() {
  Result<Config> fresh = load_();
  successful_ = static_cast<bool>(fresh);
  if (!fresh) {
    log_error("the configuration has mistakes; the one in force stays",
              {{"mistakes", fresh.error().message}});
    return fresh.error();
  }
  Reloaded reloaded = reload(running_, fresh.value());
  running_ = std::move(reloaded.config);
  time_ = seconds_since_1970();
  apply_(running_);
  log_info("the configuration has been read anew");
  for (const std::string& key : reloaded.pending)
    log_warn("the key has changed, and takes effect when the agent is started again", {{"key", key}});
  return {};
}

void ConfigReload::fill(SelfMetrics& self) const {
  self.config_reloaded = successful_;
  self.config_reload_time = time_;
}

}  // namespace sockwatch
