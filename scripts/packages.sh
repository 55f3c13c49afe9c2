# What sockwatch needs from Debian, in one place. Sourced by the other scripts.

# To build and run the agent.
BUILD_PACKAGES=(
  g++ cmake ninja-build pkg-config clang bpftool git ca-certificates
  libbpf-dev libelf-dev zlib1g-dev libssl-dev libcrypt-dev libcpp-httplib-dev libyaml-cpp-dev libcli11-dev nlohmann-json3-dev libabsl-dev
)
# To build and run the tests.
TEST_PACKAGES=(
  libgtest-dev libgmock-dev clang-tidy libclang-rt-dev python3 python3-yaml python3-prometheus-client curl openssl nginx-light prometheus prometheus-alertmanager
  liburing-dev iproute2 apache2-bin haproxy squid gunicorn uvicorn python3-aiohttp nodejs
  apache2-utils lighttpd php-fpm php-cli ruby ruby-webrick puma starman supervisor socat xinetd
  busybox-static mini-httpd python3-setproctitle
  postgresql postgresql-contrib python3-psycopg2 mariadb-server python3-pymysql lintian
  redis-server redis-tools python3-redis memcached python3-pymemcache
  python3-psycopg python3-asyncpg libmariadb-dev libmemcached-tools
)
# For scripts/demo.sh, which adds Node.js, Java and Go where they are missing.
DEMO_PACKAGES=(python3 python3-psycopg2 python3-redis curl nginx-light perl php-cli php-pgsql postgresql redis-server redis-tools prometheus)
# For the tests labelled slow.
SLOW_PACKAGES=(debootstrap docker.io docker-compose iptables iproute2 chromium qemu-system-x86 qemu-system-arm g++-aarch64-linux-gnu busybox-static
  cpio kmod xz-utils zstd)

# install_missing WHY NAME...: installs what is not there, says what and why, asks nothing.
install_missing() {
  local why=$1 missing=() package
  shift
  if ! command -v apt-get > /dev/null; then
    echo "sockwatch: no apt-get here, so nothing is installed; needed $why, by Debian's names: $*"
    return 0
  fi
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  echo "sockwatch: installing from Debian, $why: ${missing[*]}"
  # No service of a package is started: the tests run their own copies.
  local policy=/usr/sbin/policy-rc.d made_policy=
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' > "$policy" && chmod 755 "$policy" && made_policy=1
  fi
  local status=0 log
  log=$(mktemp -t sockwatch-install.XXXXXX)
  { DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } > "$log" 2>&1 || status=$?
  [ -n "$made_policy" ] && rm -f "$policy"
  if [ "$status" -ne 0 ]; then
    tail -n 20 "$log" >&2
    echo "sockwatch: apt-get could not install them; its last lines stand above" >&2
  fi
  rm -f "$log"
  return "$status"
}

# require_root WHAT: the programs load into the kernel; nothing works without.
require_root() {
  [ "$(id -u)" -eq 0 ] && return 0
  echo "sockwatch: $1 needs root; run it again with sudo" >&2
  exit 1
}
