# Debian's kernels, booted in QEMU without KVM. Sourced by kernels.sh and arm64.sh, which have set `work` (a folder that is theirs) and
# `packages` (where fetched packages are kept).

skip() {
  echo "skipped: $*"
  exit 77
}

# use_suites SUITE...: apt-get and apt-cache then know these suites of the mirror that this machine's own apt uses, for both architectures, and
# nothing else. Its own lists are not touched.
use_suites() {
  local suite
  mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Component: main' 'Origin: Debian' 'Label: Debian' | head -n 1)
  [ -n "$mirror" ] || skip "apt knows no Debian mirror to fetch kernels from; is there an entry for Debian in its sources, and was apt-get update run?"
  mkdir -p "$packages" "$work/lists/partial" "$work/archives/partial"
  for suite in "$@"; do echo "deb [arch=$architecture] $mirror $suite main"; done > "$work/sources.list"
  # Nothing of this host's apt but how it reaches the mirror: its other options may run programs or switch the cache off.
  {
    apt-config dump | grep -E '^Acquire::(https?::|Check-Valid-Until)' || true
    cat << END
APT::Architecture "$architecture";
APT::Architectures { "$architecture"; };
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "$work/lists";
Dir::State::status "/dev/null";
Dir::Cache "$work";
Acquire::Languages "none";
APT::Sandbox::User "root";
APT::Install-Recommends "false";
END
  } > "$work/apt.conf"
  export APT_CONFIG=$work/apt.conf
  echo "== the lists of packages from $mirror"
  apt-get update -qq > "$work/update.log" 2>&1 || cat "$work/update.log" # a suite that is not there is skipped by who asks for it
}

# fetch_kernel SUITE FOLDER: unpacks the suite's kernel and prints its release; newer ones come in several packages.
fetch_kernel() {
  local suite=$1 folder=$2 release package deb known=
  release=$(apt-cache show --no-all-versions "linux-image-$architecture/$suite" 2> /dev/null | sed -n 's/^Depends:.*\blinux-image-\([^ ]*\) .*/\1/p')
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
    # Of the modules only those that make_initramfs may want: all of them take depmod a minute.
    dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$folder" --wildcards --exclude='*.debug' "./boot/*" '*/vmlinuz' '*/modules.builtin*' '*/modules.order' \
      '*/kernel/drivers/virtio/*' '*/kernel/net/9p/*' '*/kernel/fs/9p/*' '*/kernel/fs/netfs/*' '*/kernel/fs/fscache/*' 2> /dev/null || true
  done
  # Debian 13 and later have /lib in /usr.
  [ -e "$folder/lib/modules" ] || { mkdir -p "$folder/lib" && ln -s ../usr/lib/modules "$folder/lib/modules"; }
  [ -e "$folder/boot/vmlinuz-$release" ] || { mkdir -p "$folder/boot" && ln -s "../lib/modules/$release/vmlinuz" "$folder/boot/vmlinuz-$release"; }
  depmod -b "$folder" "$release" 2> /dev/null # some packages lack what it would sort modules by
  echo "$release"
}

# make_initramfs FOLDER RELEASE BUSYBOX FILE COMMAND: busybox, and the modules that reach the root that is shared with the guest; COMMAND is run
# there by /bin/sh.
make_initramfs() {
  local folder=$1 release=$2 busybox=$3 file=$4 root=$work/initramfs module number=100
  rm -rf "$root"
  mkdir -p "$root/bin" "$root/modules" "$root/proc" "$root/sys" "$root/dev" "$root/host"
  cp "$busybox" "$root/bin/busybox"
  for module in virtio_pci virtio_mmio 9pnet_virtio 9p; do
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
mkdir -p /host/dev/shm
mount -t tmpfs tmpfs /host/dev/shm
mount -t tracefs tracefs /host/sys/kernel/tracing
mount -t cgroup2 cgroup2 /host/sys/fs/cgroup
for folder in /host/tmp /host/run; do mount -t tmpfs tmpfs "$folder"; done
ifconfig lo up
chroot /host /bin/sh -c "$(cat /command)"
echo "guest: ended with $?"
poweroff -f
END
  chmod 755 "$root/init"
  printf '%s\n' "$5" > "$root/command"
  (cd "$root" && find . | cpio --quiet -o -H newc | gzip -1) > "$file"
}

# boot SECONDS LOG ROOT KERNEL INITRAMFS: what the guest says is shown, and kept in LOG; whether its command ended with 0.
boot() {
  local machine=(qemu-system-x86_64) console=ttyS0
  [ "$architecture" != arm64 ] || { machine=(qemu-system-aarch64 -machine virt); console=ttyAMA0; }
  timeout --foreground "$1" "${machine[@]}" -accel tcg,thread=multi -cpu max -m 2048 -smp 2 -display none -monitor none -serial stdio \
    -nic none -no-reboot -kernel "$4" -initrd "$5" -append "console=$console quiet panic=1 no_timer_check" \
    -virtfs "local,path=$3,mount_tag=host,security_model=none,readonly=on,multidevs=remap" < /dev/null 2>&1 | sed -u 's|\r||g' | tee "$2" || true
  grep -q '^guest: ended with 0$' "$2"
}
