#!/usr/bin/env bash
# Runs the fuzzers, ten minutes each unless told otherwise, and keeps what they learn in build-fuzz/corpus:
#   scripts/fuzz.sh [--keep] [SECONDS [NAME...]]      (http, redis, config...)
# What breaks one is a file in build-fuzz/found; the fuzzer with that file as its only argument shows it again. --keep also puts
# into tests/fuzz/corpus what reaches code that no input there and no seed does, as far as it is short: CI begins from that.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH"

keep=
if [ "${1:-}" = --keep ]; then keep=1; shift; fi
seconds=${1:-600}
case "$seconds" in
  "" | *[!0-9]*) echo "usage: fuzz.sh [--keep] [SECONDS [NAME...]]" >&2; exit 2 ;;
esac
[ $# -eq 0 ] || shift
cmake --preset fuzz > /dev/null
cmake --build --preset fuzz > build-fuzz/build.log 2>&1 || { tail -n 60 build-fuzz/build.log >&2; exit 1; }
[ $# -gt 0 ] || set -- $(cd build-fuzz/tests/fuzz && ls -- *_fuzz | sed 's/_fuzz$//')
mkdir -p build-fuzz/found
failed=
for name; do
  fuzzer=build-fuzz/tests/fuzz/${name}_fuzz corpus=build-fuzz/corpus/$name seeds=build-fuzz/tests/fuzz/seeds/$name kept=tests/fuzz/corpus/$name
  mkdir -p "$corpus"
  from=("$seeds")
  [ -d "$kept" ] && from+=("$kept")
  echo "== $name, $seconds s"
  nice -n 19 "$fuzzer" -max_total_time="$seconds" -max_len=8192 -timeout=60 -rss_limit_mb=2048 \
    -print_final_stats=1 -artifact_prefix="build-fuzz/found/$name-" "$corpus" "${from[@]}" \
    > "build-fuzz/found/$name.log" 2>&1 || { failed="$failed $name"; tail -n 30 "build-fuzz/found/$name.log"; }
  grep -E '^Done|cov: ' "build-fuzz/found/$name.log" | tail -n 2
  if [ -n "$keep" ]; then
    # Into a folder that holds the seeds, so that what they reach already is not kept.
    merged=$(mktemp -d)
    cp "$seeds"/* "$merged"
    [ -d "$kept" ] && cp "$kept"/* "$merged"
    before=$(ls "$merged")
    nice -n 19 "$fuzzer" -merge=1 -max_len=1024 "$merged" "$corpus" > "build-fuzz/found/$name-merge.log" 2>&1 || tail -n 5 "build-fuzz/found/$name-merge.log"
    mkdir -p "$kept"
    comm -13 <(echo "$before" | sort) <(ls "$merged" | sort) | while read -r input; do cp "$merged/$input" "$kept"; done
    rm -r "$merged"
    echo "$kept: $(ls "$kept" | wc -l) inputs, $(du -sb "$kept" | cut -f1) bytes"
  fi
done
[ -z "$failed" ] || { echo "fuzz.sh: broken:$failed; see build-fuzz/found" >&2; exit 1; }
