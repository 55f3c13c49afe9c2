#!/usr/bin/env bash
# Installs what is missing, builds everything and runs every test: sudo ./scripts/test.sh [--slow]
# --slow also runs the tests labelled slow (kernels in QEMU, a bare system): much longer.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH"  # Debian's tools before any other's
. scripts/packages.sh

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
  cmake --build "$folder" > "$folder/build.log" 2>&1 || { tail -n 60 "$folder/build.log" >&2; exit 1; }
}

build build
echo "== clang-tidy"
scripts/tidy.sh build

echo "== building in build-fuzz, with clang and its sanitizers"
cmake --preset fuzz > /dev/null
cmake --build build-fuzz --target all fuzzers > build-fuzz/build.log 2>&1 || { tail -n 60 build-fuzz/build.log >&2; exit 1; }
echo "== unit and replay tests, half a minute of each protocol's fuzzer, with AddressSanitizer and UndefinedBehaviorSanitizer"
ctest --test-dir build-fuzz -L unit -j"$(nproc)" --output-on-failure --no-tests=error

echo "== all tests"
if [ -n "$slow" ]; then
  ctest --test-dir build --output-on-failure --no-tests=error
else
  ctest --test-dir build -LE slow --output-on-failure --no-tests=error
fi
