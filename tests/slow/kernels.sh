#!/usr/bin/env bash
# The agent on other kernels than this host's: kernels.sh [sockwatch]. Debian's of the suites below boot in QEMU, each on this host's own root
# file system, read-only; kernels_inside.py runs in it and looks. No KVM is needed.
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
install_missing "to boot other kernels" "${SLOW_PACKAGES[@]}"

# Suite, and what is expected of the agent there.
kernels=("bookworm too-old" "bookworm-backports works" "sid works")
boot_seconds=4000 # all of a guest's checks, emulated, on a busy machine

work=$(mktemp -d -p /var/tmp sockwatch-kernels.XXXXXX)
packages=${SOCKWATCH_KERNELS_CACHE:-$work/packages}
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT TERM HUP
mkdir -p "$packages"

skip() {
  echo "skipped: $*"
  exit 77
}

# ---- The packages

mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Component: main' 'Origin: Debian' 'Label: Debian' | head -n 1)
[ -n "$mirror" ] || skip "apt knows no Debian mirror to fetch kernels from; is there an entry for Debian in its sources, and was apt-get update run?"
mkdir -p "$work/lists/partial" "$work/archives/partial"
for row in "${kernels[@]}"; do echo "deb $mirror ${row% *} main"; done > "$work/sources.list"
# Nothing of this host's apt but how it reaches the mirror: its other options may run programs or switch the cache off.
{
  apt-config dump | grep -E '^Acquire::(https?::|Check-Valid-Until)' || true
  cat << END
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "$work/lists";
Dir::State::status "/dev/null";
Dir::Cache "$work";
Acquire::Languages "none";
APT::Sandbox::User "root";
END
} > "$work/apt.conf"
export APT_CONFIG=$work/apt.conf
echo "== the lists of packages from $mirror"
apt-get update -qq > "$work/update.log" 2>&1 || cat "$work/update.log" # a suite that is not there is skipped below

# fetch_kernel SUITE FOLDER: unpacks the suite's kernel and prints its release; newer ones come in several packages.
fetch_kernel() {
  local suite=$1 folder=$2 release package deb known=
  release=$(apt-cache show --no-all-versions "linux-image-amd64/$suite" 2> /dev/null | sed -n 's/^Depends:.*\blinux-image-\([^ ]*\) .*/\1/p')
  [ -n "$release" ] || return 1
  mkdir -p "$folder"
  for package in linux-base linux-image linux-binary linux-modules; do
    known=$(apt-cache show --no-all-versions "$package-$release" 2> /dev/null | sed -n 's/^Filename:.*\///p' | head -n 1)
    [ -n "$known" ] || continue
    deb=$(find "$packages" -name "$package-${release}_*.deb")
    if [ -z "$deb" ]; then
      (cd "$packages" && apt-get download -qq "$package-$release" > "$work/download.log" 2>&1) || return 1
      deb=$(find "$packages" -name "$package-${release}_*.deb")
    fi
    dpkg-deb -x "$deb" "$folder"
  done
  # Debian 13 and later have /lib in /usr.
  [ -e "$folder/lib/modules" ] || { mkdir -p "$folder/lib" && ln -s ../usr/lib/modules "$folder/lib/modules"; }
  [ -e "$folder/boot/vmlinuz-$release" ] || { mkdir -p "$folder/boot" && ln -s "../lib/modules/$release/vmlinuz" "$folder/boot/vmlinuz-$release"; }
  depmod -b "$folder" "$release" 2> /dev/null # some packages lack what it would sort modules by
  echo "$release"
}

# ---- The guest

# make_initramfs FOLDER RELEASE FILE: busybox, and the modules that reach this host's files.
make_initramfs() {
  local folder=$1 release=$2 file=$3 root=$work/initramfs module
  rm -rf "$root"
  mkdir -p "$root/bin" "$root/modules" "$root/proc" "$root/sys" "$root/dev" "$root/host"
  cp /bin/busybox "$root/bin/"
  local number=100
  for module in virtio_pci 9pnet_virtio 9p; do
    modprobe -d "$folder" -S "$release" --show-depends "$module" 2> /dev/null || true # built in
  done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++' > "$work/modules"
  while read -r module; do
    number=$((number + 1))
    local name=$root/modules/$number.ko
    case "$module" in
      *.xz) xz -dc "$module" > "$name" ;;
      *.zst) zstd -qdc "$module" > "$name" ;;
      *) cp "$module" "$name" ;;
    esac
  done < "$work/modules"
  cat > "$root/init" << 'END'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
for module in /modules/*; do insmod "$module"; done
mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=262144,cache=loose host /host || poweroff -f
mount -t proc proc /host/proc
mount -t sysfs sysfs /host/sys
mount -t devtmpfs devtmpfs /host/dev
mount -t tracefs tracefs /host/sys/kernel/tracing
mount -t cgroup2 cgroup2 /host/sys/fs/cgroup
for folder in /host/tmp /host/run; do mount -t tmpfs tmpfs "$folder"; done
ifconfig lo up
read -r command < /command
chroot /host /bin/sh -c "$command"
echo "kernels: the guest ends with $?"
poweroff -f
END
  chmod 755 "$root/init"
  printf 'exec env -i HOME=/tmp LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin PYTHONDONTWRITEBYTECODE=1 SOCKWATCH_TEST_READY_SECONDS=1800 /usr/bin/python3 %q %q %q\n' \
    "$here/kernels_inside.py" "$agent" "$4" > "$root/command"
  (cd "$root" && find . | cpio --quiet -o -H newc | gzip -1) > "$file"
}

# boot SUITE RELEASE FOLDER EXPECTED
boot() {
  local release=$2 folder=$3 log=$work/$2.log
  make_initramfs "$folder" "$release" "$work/initramfs.gz" "$4"
  timeout --foreground "$boot_seconds" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -m 2048 -smp 2 -display none -monitor none -serial stdio \
    -nic none -no-reboot -kernel "$folder/boot/vmlinuz-$release" -initrd "$work/initramfs.gz" -append "console=ttyS0 quiet panic=1 no_timer_check" \
    -virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap < /dev/null 2>&1 | sed -u 's|\r||g' | tee "$log" || true
  grep -q '^kernels: the guest ends with 0$' "$log"
}

tried=0 failed=
for row in "${kernels[@]}"; do
  suite=${row% *} expected=${row#* }
  echo "== $suite: the agent there $expected"
  if ! release=$(fetch_kernel "$suite" "$work/$suite"); then
    echo "skipped: the kernel of $suite cannot be fetched from $mirror"
    continue
  fi
  tried=$((tried + 1))
  boot "$suite" "$release" "$work/$suite" "$expected" || failed="$failed $release"
  rm -rf --one-file-system "$work/${suite:?}"
done
[ "$tried" -gt 0 ] || skip "no kernel can be fetched from $mirror"
[ -z "$failed" ] || { echo "kernels: wrong on$failed" >&2; exit 1; }
echo "== right on $tried kernels"
