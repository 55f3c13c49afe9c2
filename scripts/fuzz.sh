#!/usr/bin/env bash
# Runs the fuzzers for so many seconds each, and keeps what they learn: scripts/fuzz.sh SECONDS [NAME...] (http, redis, config...).
# What breaks one is a file in build-fuzz/found; the fuzzer with that file as its only argument shows it again.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH"

case "${1:-}" in
  "" | *[!0-9]*) echo "usage: fuzz.sh SECONDS [NAME...]" >&2; exit 2 ;;
esac
seconds=$1
shift
cmake --preset fuzz > /dev/null
cmake --build --preset fuzz > build-fuzz/build.log 2>&1 || { tail -n 60 build-fuzz/build.log >&2; exit 1; }
[ $# -gt 0 ] || set -- $(cd build-fuzz/tests/fuzz && ls -- *_fuzz | sed 's/_fuzz$//')
mkdir -p build-fuzz/found
failed=
for name; do
  corpus=build-fuzz/corpus/$name
  mkdir -p "$corpus"
  echo "== $name, $seconds s"
  nice -n 19 "build-fuzz/tests/fuzz/${name}_fuzz" -max_total_time="$seconds" -max_len=8192 -timeout=60 -rss_limit_mb=2048 \
    -print_final_stats=1 -artifact_prefix="build-fuzz/found/$name-" "$corpus" "build-fuzz/tests/fuzz/seeds/$name" \
    > "build-fuzz/found/$name.log" 2>&1 || { failed="$failed $name"; tail -n 30 "build-fuzz/found/$name.log"; }
  grep -E '^Done|cov: ' "build-fuzz/found/$name.log" | tail -n 2
done
[ -z "$failed" ] || { echo "fuzz.sh: broken:$failed; see build-fuzz/found" >&2; exit 1; }
