#!/usr/bin/env bash
# Runs clang-tidy over the code that meets hostile bytes: scripts/tidy.sh BUILD_FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:?the build folder}
find userspace/protocols userspace/stream userspace/capture userspace/pipeline userspace/agent userspace/routes userspace/aggregation \
  userspace/attribution -name '*.cpp' -print0 |
  xargs -0 -n 4 -P "$(nproc)" clang-tidy -p "$build" --quiet --warnings-as-errors='*' 2> /dev/null
