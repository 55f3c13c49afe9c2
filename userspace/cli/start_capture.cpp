#include "cli/start_capture.h"

#include "cli/doctor.h"

namespace sockwatch {

Result<std::unique_ptr<Capture>> start_capture(const Config& config) {
  Result<std::unique_ptr<Capture>> started = Capture::start(config.capture);
  if (started) return started;
  // What the kernel says follows from what is missing, and is harder to read.
  std::string message;
  for (const Check& check : diagnose(config)) {
    if (check.state != Check::State::missing) continue;
    message += (message.empty() ? "" : "\nsockwatch: ") + check.detail + (check.advice.empty() ? "" : "; " + check.advice);
  }
  if (!message.empty()) return Error{message};
  return Error{started.error().message + "; `sockwatch doctor` finds nothing that is missing here: please report this line"};
}

}  // namespace sockwatch
