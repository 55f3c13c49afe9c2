#!/usr/bin/env bash
# Installs what is missing, builds everything and runs every test: sudo ./scripts/test.sh [--slow]
# --slow also runs the tests labelled slow (kernels in QEMU, a bare system): much longer.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH"  # Debian's tools before any other's
. scripts/packages.sh
. scripts/kernel.sh
. scripts/build.sh

slow=
case "${1:-}" in
  "") ;;
  --slow) slow=1 ;;
  *) echo "test.sh: unknown option $1; the only one is --slow" >&2; exit 2 ;;
esac
require_root "test.sh"
require_kernel
install_missing "to build sockwatch" "${BUILD_PACKAGES[@]}"
install_missing "to test it" "${TEST_PACKAGES[@]}" ${slow:+"${SLOW_PACKAGES[@]}"}

# build FOLDER CMAKE_OPTION...
build() {
  local folder=$1
  shift
  echo "== building in $folder"
  cmake -G Ninja -B "$folder" -S . -DSOCKWATCH_BUILD_TESTS=ON "$@" > /dev/null
  build_in "$folder"
}

build build
echo "== whether this kernel takes the programs"
try_to_load build/sockwatch
echo "== clang-tidy"
scripts/tidy.sh build

echo "== building in build-fuzz, with clang and its sanitizers"
cmake --preset fuzz > /dev/null
build_in build-fuzz all fuzzers
echo "== unit and replay tests, half a minute of each protocol's fuzzer, with AddressSanitizer and UndefinedBehaviorSanitizer"
ctest --test-dir build-fuzz -L unit -j"$(nproc)" --output-on-failure --no-tests=error

echo "== all tests"
if [ -n "$slow" ]; then
  ctest --test-dir build --output-on-failure --no-tests=error
else
  ctest --test-dir build -LE slow --output-on-failure --no-tests=error
fi
