#!/usr/bin/env bash
# docker-compose.yml with its demo, for real: images built from the Dockerfiles, every container up and healthy, Prometheus full of what the
# agent sees of them. compose_checks.py looks.
#
# No registry is needed: debootstrap makes the base image, and Debian's packages stand in for the public images of Prometheus, Alertmanager,
# PostgreSQL and Redis (compose/standins.Dockerfile). Grafana is in no Debian release: it is left out here.
#
# A Docker engine of this test's own does it, on a socket and data of its own. Containers run under one in a network namespace of its own: no
# bridge, address, port or packet filter rule of this host changes; its mounts are in a namespace of their own, too. Needs root. Leaves
# nothing behind; with SOCKWATCH_COMPOSE_CACHE=DIRECTORY it leaves the images there, for the next run.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
export PATH="/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH" # Debian's tools before any other's
. scripts/packages.sh
require_root "compose.sh"
install_missing "for the compose test" "${SLOW_PACKAGES[@]}"

work=$(mktemp -d -p /var/tmp sockwatch-compose.XXXXXX)
data=${SOCKWATCH_COMPOSE_CACHE:-$work}/docker
engine=
groups=()
for folder in /sys/fs/cgroup /sys/fs/cgroup/*; do
  [ -d "$folder" ] && [ ! -e "$folder/docker" ] && groups+=("$folder/docker")
done

docker() { DOCKER_BUILDKIT=0 /usr/bin/docker -H "unix://$work/docker.sock" "$@"; }
compose() { env -i HOME="$work" PATH="$PATH" DOCKER_HOST="unix://$work/docker.sock" /usr/bin/docker-compose --env-file "$work/env" -p sockwatch --profile demo "$@"; }

# start_engine NAMESPACES OPTION...
start_engine() {
  local namespaces=$1 end=$((SECONDS + 60))
  shift
  unshare --propagation slave $namespaces sh -c 'ip link set lo up && exec dockerd "$@"' dockerd -H "unix://$work/docker.sock" --data-root "$data" \
    --exec-root "$work/exec" --pidfile "$work/pid" "$@" >> "$work/engine.log" 2>&1 < /dev/null &
  engine=$!
  until docker info > /dev/null 2>&1; do
    if ! kill -0 "$engine" 2> /dev/null || [ "$SECONDS" -ge "$end" ]; then
      echo "compose: the Docker engine did not start; the end of its output:" >&2
      tail -n 20 "$work/engine.log" >&2
      exit 1
    fi
    sleep 0.2
  done
}
stop_engine() {
  [ -n "$engine" ] || return 0
  kill "$engine" 2> /dev/null || true
  wait "$engine" 2> /dev/null || true
  engine=
}
finish() {
  trap - EXIT
  trap '' INT TERM HUP
  if [ -n "$engine" ] && [ -e "$work/env" ]; then
    compose down --volumes --timeout 5 > "$work/down.log" 2>&1 || cat "$work/down.log" >&2
    local left
    left=$(docker ps -aq)
    [ -z "$left" ] || docker rm -f $left > /dev/null
  fi
  stop_engine
  rm -rf --one-file-system "$work"
  for folder in "${groups[@]}"; do
    [ ! -d "$folder" ] || rmdir "$folder" 2> /dev/null || true
  done
}
trap 'status=$?; finish; exit $status' EXIT
trap 'exit 130' INT TERM HUP

# quietly NAME COMMAND...: its output only if it fails.
quietly() {
  local log=$work/$1.log began=$SECONDS
  echo "== $1"
  shift
  "$@" > "$log" 2>&1 || { tail -n 40 "$log" >&2; exit 1; }
  echo "   $((SECONDS - began)) s"
}

# To build, the host's network as it is: nothing is changed in it.
mkdir -p "$data"
start_engine --mount --bridge none --iptables=false --ip-forward=false --ip-masq=false

base=sockwatch-test/debian:12
if ! docker image inspect "$base" > /dev/null 2>&1; then
  mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Component: main' 'Origin: Debian' 'Label: Debian' | head -n 1)
  [ -n "$mirror" ] || { echo "compose: apt knows no Debian mirror; was apt-get update run?" >&2; exit 1; }
  quietly "a bare Debian 12" debootstrap --variant=minbase bookworm "$work/tree" "$mirror"
  quietly "its image" bash -o pipefail -c 'tar -C "$1" -c . | /usr/bin/docker -H "unix://$2" import - "$3"' import "$work/tree" "$work/docker.sock" "$base"
  rm -rf --one-file-system "$work/tree"
fi
bases=(--network host --build-arg BUILD_IMAGE="$base" --build-arg RUNTIME_IMAGE="$base")
quietly "the agent's image" docker build "${bases[@]}" -t sockwatch:local .
quietly "the demo's image" docker build "${bases[@]}" -t sockwatch-demo:local -f demo/Dockerfile .
for standin in prometheus alertmanager postgres redis; do
  quietly "an image for $standin" docker build --network host --build-arg BASE="$base" --target "$standin" -t "sockwatch-test/$standin" \
    -f tests/slow/compose/standins.Dockerfile tests/slow/compose
done
stop_engine

start_engine "--mount --net"
{
  cat .env.example
  for standin in prometheus alertmanager postgres redis; do echo "${standin^^}_IMAGE=sockwatch-test/$standin"; done
  echo "DOCKER_SOCKET=$work/docker.sock"
  echo "ALERTMANAGER_SECRETS=$work/secrets"
  # As .env.example says, for Debian 12's engine.
  version=$(docker version --format '{{.Server.Version}}')
  [ "${version%%.*}" -ge 23 ] || printf 'CAP_BPF=SYS_ADMIN\nCAP_PERFMON=CAP_SYS_ADMIN\n'
} > "$work/env"
echo "== docker-compose up, Docker $version"
echo "   skipped: the service grafana, whose image cannot be had here"
mapfile -t services < <(compose config --services | grep -vx grafana)
compose up -d --no-build --no-deps "${services[@]}" > "$work/up.log" 2>&1 || { cat "$work/up.log" >&2; exit 1; }
if ! nsenter --target "$engine" --net /usr/bin/python3 -B "$here/compose_checks.py" --docker-host "unix://$work/docker.sock" --services "${services[@]}"; then
  compose ps >&2
  compose logs --no-color --tail 15 >&2
  exit 1
fi

echo "== docker-compose stop"
agent=$(compose ps -q agent)
compose stop agent > /dev/null 2>&1
code=$(docker inspect --format '{{.State.ExitCode}}' "$agent")
[ "$code" = 0 ] || { echo "compose: the agent ended with $code when it was told to stop" >&2; exit 1; }
echo "== all of it works"
