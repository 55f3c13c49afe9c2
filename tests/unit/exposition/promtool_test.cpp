// Prometheus's own checker reads what the text format writes.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "exposition/text_format.h"
#include "sample_snapshot.h"

namespace sockwatch {
namespace {

/// promtool's exit status, 127 where there is none; what it had to say is on standard error.
int check_metrics(const std::string& text) {
  FILE* promtool = popen("promtool check metrics >&2", "w");
  if (promtool == nullptr) return -1;
  fwrite(text.data(), 1, text.size(), promtool);
  const int status = pclose(promtool);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool has_promtool() { return std::system("command -v promtool >/dev/null") == 0; }

TEST(Promtool, AcceptsEveryType) {
  if (!has_promtool()) GTEST_SKIP() << "promtool is not installed (package prometheus)";
  std::string text;
  write_text(*small_snapshot(), TextFormat::prometheus, text);
  EXPECT_EQ(check_metrics(text), 0) << text;
}

TEST(Promtool, AcceptsManySeries) {
  if (!has_promtool()) GTEST_SKIP() << "promtool is not installed (package prometheus)";
  std::string text;
  write_text(*large_snapshot(1'000), TextFormat::prometheus, text);
  EXPECT_EQ(check_metrics(text), 0);
}

TEST(Promtool, RefusesBrokenTextSoTheOthersMeanSomething) {
  if (!has_promtool()) GTEST_SKIP() << "promtool is not installed (package prometheus)";
  EXPECT_NE(check_metrics("m{a=\"b} 1\n"), 0);
}

}  // namespace
}  // namespace sockwatch
