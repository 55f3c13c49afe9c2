// Statements of SQL: each has an operation of the table, and the next one is behind it.
#include <cstdint>
#include <string_view>
#include <vector>

#include "protocols/common/sql_operation.h"
#include "require.h"

namespace sockwatch {
namespace {

void run(std::string_view text, SqlDialect dialect) {
  while (true) {
    const std::string_view operation = sql_operation(text, dialect);
    REQUIRE(!operation.empty() && operation.size() <= 16);
    REQUIRE(operation.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == std::string_view::npos);
    REQUIRE(operation.data() < text.data() || operation.data() > text.data() + text.size());  // never bytes of the wire
    const std::string_view next = next_statement(text, dialect);
    if (next.empty()) return;
    REQUIRE(next.size() < text.size());
    REQUIRE(next.data() + next.size() == text.data() + text.size());
    text = next;
  }
}

}  // namespace
}  // namespace sockwatch

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::vector<char> copy(data, data + size);
  for (const auto dialect : {sockwatch::SqlDialect::postgresql, sockwatch::SqlDialect::mysql})
    sockwatch::run({copy.data(), copy.size()}, dialect);
  return 0;
}
