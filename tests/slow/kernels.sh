#!/usr/bin/env bash
# The agent on other kernels than this host's: kernels.sh SOCKWATCH [URING_SERVER] [SUITE...]. Debian's of the suites below boot in QEMU, each on
# this host's own root file system, read-only; kernels_inside.py runs in it and looks. No KVM is needed.
#
# The packages come from the mirror that this machine's own apt uses; its lists are not touched. Needs root. Leaves nothing behind; with
# SOCKWATCH_KERNELS_CACHE=DIRECTORY it leaves the packages there, for the next run.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
export PATH="/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH" # Debian's tools before any other's
. scripts/packages.sh
require_root "kernels.sh"
agent=$(realpath "${1:-build/sockwatch}")
[ -x "$agent" ] || { echo "kernels: there is no $agent; build it first" >&2; exit 1; }
uring=
[ $# -eq 0 ] || shift
if [ -x "${1:-}" ]; then uring="--uring $(realpath "$1")"; shift; fi
install_missing "to boot other kernels" "${SLOW_PACKAGES[@]}"

# Suite, and what kernels_inside.py looks at there.
kernels=(
  "bullseye refused"                                                          # 5.10
  "bookworm core auto/auto fexit/descriptors"                                 # 6.1: no tracepoints
  "bookworm-backports core tracepoint/storage fexit/descriptors cost whole"   # 6.12
  "sid core auto/auto"                                                        # 7
)
boot_seconds=12000 # all of a guest's checks, emulated, on a busy machine

architecture=amd64
work=$(mktemp -d -p /var/tmp sockwatch-kernels.XXXXXX)
packages=${SOCKWATCH_KERNELS_CACHE:-$work/packages}
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT TERM HUP
. tests/slow/guest.sh

if [ $# -gt 0 ]; then
  chosen=()
  for suite in "$@"; do for row in "${kernels[@]}"; do [ "${row%% *}" != "$suite" ] || chosen+=("$row"); done; done
  kernels=("${chosen[@]}")
fi
use_suites "${kernels[@]%% *}"

tried=0 failed=
for row in "${kernels[@]}"; do
  suite=${row%% *} checks=${row#* } folder=$work/kernel
  echo "== $suite: $checks"
  if ! release=$(fetch_kernel "$suite" "$folder"); then
    echo "skipped: the kernel of $suite cannot be fetched from $mirror"
    continue
  fi
  tried=$((tried + 1))
  make_initramfs "$folder" "$release" /bin/busybox "$work/initramfs.gz" "exec env -i HOME=/tmp LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin \
PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 SOCKWATCH_TEST_PATIENCE=8 /usr/bin/python3 '$here/kernels_inside.py' '$agent' $uring $checks"
  boot "$boot_seconds" "$work/log" / "$folder/boot/vmlinuz-$release" "$work/initramfs.gz" || failed="$failed $release"
  rm -rf --one-file-system "$folder"
done
[ "$tried" -gt 0 ] || skip "no kernel can be fetched from $mirror"
[ -z "$failed" ] || { echo "kernels: wrong on$failed" >&2; exit 1; }
echo "== right on $tried kernels"
