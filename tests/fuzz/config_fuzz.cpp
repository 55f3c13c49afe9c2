// A configuration file: read, or refused with every mistake on a line of its own.
#include <cstdint>
#include <string>
#include <string_view>

#include "config/load_config.h"
#include "config/reload.h"
#include "require.h"

namespace sockwatch {
namespace {

void run(std::string_view yaml) {
  const auto config = parse_config(yaml, "a.yml");
  if (config) {
    REQUIRE(reload(Config{}, config.value()).config.metrics.max_series == config.value().metrics.max_series);
    return;
  }
  require_each_line_begins(config.error().message, "a.yml");
}

}  // namespace
}  // namespace sockwatch

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sockwatch::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
