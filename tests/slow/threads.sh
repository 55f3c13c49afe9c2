#!/usr/bin/env bash
# The agent and the unit tests under ThreadSanitizer, in build-tsan: two threads that touch one thing, and, since nothing is inlined there and
# the linker compares, two classes of one name. The first race that is found ends the program that has it.
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH="/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH" TSAN_OPTIONS=halt_on_error=1

linker=
if command -v ld.gold > /dev/null; then
  linker="-fuse-ld=gold -Wl,--detect-odr-violations -Wl,--fatal-warnings"
else
  echo "threads: no ld.gold (Debian 13: package binutils-gold), so classes of one name are not looked for"
fi
cmake --preset tsan -DCMAKE_EXE_LINKER_FLAGS="$linker" > /dev/null
cmake --build --preset tsan > build-tsan/build.log 2>&1 || { tail -n 60 build-tsan/build.log >&2; exit 1; }
ctest --test-dir build-tsan -L unit --output-on-failure --no-tests=error
# Scrapes of every kind, passwords that change, signals. No test that saturates a server: the agent is some ten times slower so.
ctest --test-dir build-tsan -R '^(counters|command_line_live|prometheus_agent|openmetrics_agent|web_users|web_tls)$' \
  --output-on-failure --no-tests=error
