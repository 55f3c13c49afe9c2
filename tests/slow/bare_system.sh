#!/usr/bin/env bash
# The README's two commands on a system where nothing is installed that could help them: a minimal Debian 12 made by debootstrap from
# the mirror that this machine's own apt uses, with a fresh clone of this repository's last commit. bare_system_inside.sh runs in it.
#
# /proc, /sys and /dev are this host's, as root on a bare host would have them, in a mount namespace of its own: whatever happens,
# no mount outlives it. Needs root, debootstrap and git. Leaves nothing behind.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
work=$(mktemp -d -t sockwatch-bare.XXXXXX)
tree=$work/tree
trap 'rm -rf --one-file-system "$work"' EXIT

mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Component: main' 'Origin: Debian' 'Label: Debian' | head -n 1)
if [ -z "$mirror" ]; then
  echo "bare_system: apt knows no Debian mirror; is there an entry for Debian in its sources, and was apt-get update run?" >&2
  exit 1
fi
# A proxy that apt is told of serves debootstrap and the tree's apt as well.
eval "$(apt-config shell proxy Acquire::http::Proxy)"
[ -n "${proxy:-}" ] && export http_proxy=$proxy

echo "== a bare Debian 12"
debootstrap --variant=minbase bookworm "$tree" "$mirror" > "$work/debootstrap.log" 2>&1 || { tail -n 20 "$work/debootstrap.log" >&2; exit 1; }
cp /etc/resolv.conf "$tree/etc/resolv.conf"

echo "== a fresh clone"
git config --file "$work/gitconfig" safe.directory '*' # the checkout may be another user's
GIT_CONFIG_GLOBAL=$work/gitconfig git clone --quiet "file://$repository" "$tree/root/sockwatch"
cp "$here/bare_system_inside.sh" "$tree/root/"

# The tree is a mount of its own, as a system's root is: what runs in it may ask for another propagation.
unshare --mount --propagation private bash -euo pipefail -c '
  mount --bind "$1" "$1"
  for folder in proc sys dev; do mount --rbind "/$folder" "$1/$folder"; done
  exec env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin ${http_proxy:+http_proxy=$http_proxy} \
    chroot "$1" bash /root/bare_system_inside.sh' bare_system "$tree" < /dev/null
