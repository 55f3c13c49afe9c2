#!/usr/bin/env bash
# Installs what is missing, builds the agent and runs it: sudo ./scripts/run.sh [sockwatch's own options]
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH"  # Debian's tools before any other's
. scripts/packages.sh
. scripts/kernel.sh
. scripts/build.sh

require_root "run.sh"
require_kernel "$@"
install_missing "to build sockwatch" "${BUILD_PACKAGES[@]}"
if [ ! -e build/build.ninja ]; then
  echo "sockwatch: configuring"
  cmake -G Ninja -B build -S . -DSOCKWATCH_BUILD_TESTS=OFF > build-configure.log 2>&1 ||
    { cat build-configure.log >&2; exit 1; }
  rm -f build-configure.log
fi
echo "sockwatch: building (some minutes the first time, a second later on)"
build_in build sockwatch
echo "sockwatch: trying whether this kernel takes the programs"
try_to_load build/sockwatch "$@"
echo "sockwatch: starting; the next line tells where the metrics are; Ctrl-C stops it"
exec build/sockwatch "$@"
