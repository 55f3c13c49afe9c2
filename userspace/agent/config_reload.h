// Reads the configuration anew while the agent runs, and remembers how that went.
//
// One thread (the counting one).
#pragma once

#include <functional>

#include "aggregation/self_metrics.h"
#include "config/config.h"
#include "util/result.h"

namespace sockwatch {

class ConfigReload {
 public:
  using Load = std::function<Result<Config>()>;
  using Apply = std::function<void(const Config&)>;

  /// `load` gives the configuration as it would be at a start; `apply` is told what is to hold from now on.
  ConfigReload(Config running, Load load, Apply apply);

  /// A configuration with a mistake changes nothing; the error tells every one of them, and so does the log.
  Result<> run();
  void fill(SelfMetrics& self) const;

 private:
  Config running_;
  Load load_;
  Apply apply_;
  bool successful_ = true;
  double time_;
};

}  // namespace sockwatch
