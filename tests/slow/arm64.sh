#!/usr/bin/env bash
# The agent on arm64: arm64.sh [SUITE...]. It is built by a cross compiler against a tree of Debian's arm64 packages, which are only unpacked, and
# runs in that tree on Debian's arm64 kernel in QEMU: its objects load, live servers are counted to the request.
#
# The packages come from the mirror that this machine's own apt uses; its lists are not touched. Needs root. Leaves nothing behind; with
# SOCKWATCH_KERNELS_CACHE=DIRECTORY it leaves the packages there, for the next run.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
export PATH="/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH" # Debian's tools before any other's
. scripts/packages.sh
require_root "arm64.sh"
install_missing "to build for arm64 and to boot it" "${BUILD_PACKAGES[@]}" "${SLOW_PACKAGES[@]}"

boot_seconds=6000 # emulated, on a busy machine
[ $# -gt 0 ] || set -- bookworm-backports # 6.12
architecture=arm64
work=$(mktemp -d -p /var/tmp sockwatch-arm64.XXXXXX)
packages=${SOCKWATCH_KERNELS_CACHE:-$work/packages}
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT TERM HUP
. tests/slow/guest.sh
use_suites bookworm "$@"

# ---- The tree: packages unpacked, none configured, so that nothing of arm64 has to run here

tree=$work/tree debs=$packages/arm64
mkdir -p "$debs/partial" "$tree"/usr/{bin,sbin,lib} "$tree"/{dev,etc,host,proc,root,run,sys,tmp}
for folder in bin sbin lib; do ln -s "usr/$folder" "$tree/$folder"; done
echo "== unpacking bookworm's arm64 packages"
apt-get install -qq -y --download-only -t bookworm -o Dir::Cache::archives="$debs" \
  python3 nginx-light curl procps busybox-static dash bash coreutils libc6-dev libstdc++-12-dev \
  libbpf-dev libelf-dev zlib1g-dev libssl-dev libcrypt-dev libcpp-httplib-dev libyaml-cpp-dev libcli11-dev nlohmann-json3-dev libabsl-dev \
  > "$work/download.log" 2>&1 || { tail -n 5 "$work/download.log"; skip "arm64's packages cannot be fetched from $mirror"; }
for deb in "$debs"/*.deb; do dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$tree" --keep-directory-symlink; done
printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/nonexistent:/bin/false\n' > "$tree/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' > "$tree/etc/group"
printf '127.0.0.1 localhost\n' > "$tree/etc/hosts"

# ---- The agent

echo "== building for arm64"
cmake -G Ninja -B "$work/build" -S . --toolchain cmake/arm64.cmake -DCMAKE_SYSROOT="$tree" -DSOCKWATCH_BUILD_TESTS=OFF > "$work/build.log" 2>&1 &&
  nice cmake --build "$work/build" --target sockwatch >> "$work/build.log" 2>&1 || { tail -n 30 "$work/build.log" >&2; exit 1; }
mkdir -p "$tree/opt/sockwatch"
cp "$work/build/sockwatch" "$tree/opt/sockwatch/"
cp -r tests "$tree/opt/sockwatch/tests"

# ---- The guest

failed=
for suite in "$@"; do
  folder=$work/kernel
  if ! release=$(fetch_kernel "$suite" "$folder"); then
    skip "the arm64 kernel of $suite cannot be fetched from $mirror"
  fi
  echo "== $suite: $release"
  make_initramfs "$folder" "$release" "$tree/bin/busybox" "$work/initramfs.gz" "exec env -i HOME=/tmp LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin \
PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 SOCKWATCH_TEST_PATIENCE=16 /usr/bin/python3 /opt/sockwatch/tests/slow/kernels_inside.py /opt/sockwatch/sockwatch core"
  boot "$boot_seconds" "$work/log" "$tree" "$folder/boot/vmlinuz-$release" "$work/initramfs.gz" || failed="$failed $release"
  rm -rf --one-file-system "$folder"
done
[ -z "$failed" ] || { echo "arm64: wrong on$failed" >&2; exit 1; }
echo "== right on arm64"
