// A web configuration file: read, or refused, every mistake on a line of its own; what would end a header field is refused.
#include <cstdint>
#include <string>
#include <string_view>

#include "config/web_config_file.h"
#include "require.h"

namespace sockwatch {
namespace {

void run(std::string_view yaml) {
  const auto file = parse_web_config_file(yaml, "a.yml");
  if (file) {
    for (const auto& [name, value] : file.value().headers) {
      REQUIRE(!name.empty() && name.find_first_of(": \r\n") == std::string::npos);
      REQUIRE(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
    }
    for (const auto& [name, hash] : file.value().users) REQUIRE(hash.starts_with("$2") && hash.size() == 60);
    return;
  }
  require_each_line_begins(file.error().message, "a.yml");
}

}  // namespace
}  // namespace sockwatch

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sockwatch::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
