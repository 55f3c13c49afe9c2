#!/usr/bin/env bash
# A media gateway of seven small services, watched: sudo ./scripts/demo.sh [--free-ports]
# Each service is in another runtime; PostgreSQL, Redis, a steady load with errors and slow requests, the agent and Prometheus run beside
# them. Nothing needs Docker. Ctrl-C ends all of it and removes its files.
#
# The ports can be set: PORT_API_GATEWAY (8080), PORT_DISCOVERY (8081), PORT_SONA, PORT_AUTH, PORT_SYNC, PORT_INGESTION, PORT_PLAYBACK,
# PORT_AGENT (9765), PORT_PROMETHEUS (9090), PORT_POSTGRES, PORT_REDIS (free ones); --free-ports takes free ones for all that are not
# set. SOCKWATCH names an agent that is built already.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH" # Debian's tools before any other's
. scripts/packages.sh
. scripts/kernel.sh
. scripts/build.sh

free_ports=
case "${1:-}" in
  "") ;;
  --free-ports) free_ports=1 ;;
  *) echo "demo.sh: unknown option $1; the only one is --free-ports" >&2; exit 2 ;;
esac
require_root "demo.sh"
require_kernel
install_missing "for the demo" "${DEMO_PACKAGES[@]}"
# Of these, one that is there already does, wherever it came from.
for runtime in node:nodejs javac:default-jdk-headless go:golang-go; do
  command -v "${runtime%%:*}" > /dev/null || install_missing "for the demo" "${runtime#*:}" || true
done

work=
pids=()   # in the order of their start; each leads a process group of its own
names=()
finish() {
  trap - EXIT
  trap '' INT TERM HUP
  local index signal deadline=$((SECONDS + 15))
  for ((index = ${#pids[@]} - 1; index >= 0; index--)); do
    signal=TERM
    [ "${names[index]}" = postgres ] && signal=INT # its "fast" shutdown
    kill "-$signal" "${pids[index]}" 2> /dev/null || true
  done
  for ((index = 0; index < ${#pids[@]}; index++)); do
    while kill -0 "${pids[index]}" 2> /dev/null && [ "$SECONDS" -lt "$deadline" ]; do sleep 0.1; done
    kill -KILL -- "-${pids[index]}" 2> /dev/null || true # whatever of its group is left
    wait "${pids[index]}" 2> /dev/null || true
  done
  [ -n "$work" ] && rm -rf --one-file-system "$work"
}
trap 'status=$?; finish; exit $status' EXIT
trap 'echo; echo "demo: stopping"; finish; exit 0' INT TERM HUP

work=$(mktemp -d -t sockwatch-demo.XXXXXX)
chmod 755 "$work"
cp -r demo "$work/demo" # the services run as nobody, who need not be able to read the checkout

# start NAME USER COMMAND...: in the background, its output in $work/NAME.log. It gets a SIGTERM if this script is killed.
start() {
  local name=$1 user=$2
  shift 2
  setsid setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups --pdeathsig TERM "$@" > "$work/$name.log" 2>&1 < /dev/null &
  pids+=($!)
  names+=("$name")
}

# wait_for NAME SECONDS COMMAND...: until the command succeeds or NAME, the last thing started, ends.
wait_for() {
  local name=$1 end=$((SECONDS + $2))
  shift 2
  until "$@" > /dev/null 2>&1; do
    if ! kill -0 "${pids[-1]}" 2> /dev/null || [ "$SECONDS" -ge "$end" ]; then
      echo "demo: $name did not come up; the end of its output:" >&2
      tail -n 20 "$work/$name.log" >&2
      exit 1
    fi
    sleep 0.1
  done
}
answers() { curl -sf -m 2 -o "$work/answer" "http://127.0.0.1:$1$2"; }

SERVICES=(api-gateway discovery sona auth sync ingestion playback)
declare -A port
choose_ports() {
  local name variable number=8080 free
  free=($(/usr/bin/python3 -c '
import socket
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(11)]
print(*(s.getsockname()[1] for s in held))'))
  local index=0 default
  for name in "${SERVICES[@]}" agent prometheus postgres redis; do
    variable=${name^^}
    variable=PORT_${variable//-/_}
    case $name in agent) default=9765 ;; prometheus) default=9090 ;; postgres | redis) default=${free[index]} ;; *) default=$((number++)) ;; esac
    [ -n "$free_ports" ] && default=${free[index]}
    port[$name]=${!variable:-$default}
    index=$((index + 1))
    if (exec 3<> "/dev/tcp/127.0.0.1/${port[$name]}") 2> /dev/null; then
      echo "demo: port ${port[$name]} for $name is taken; free it, set $variable to another, or use --free-ports" >&2
      exit 1
    fi
  done
}
choose_ports

agent=${SOCKWATCH:-build/sockwatch}
if [ -z "${SOCKWATCH:-}" ]; then
  install_missing "to build sockwatch" "${BUILD_PACKAGES[@]}"
  echo "demo: building the agent (some minutes the first time)"
  [ -e build/build.ninja ] || cmake -G Ninja -B build -S . -DSOCKWATCH_BUILD_TESTS=OFF > "$work/build.log" 2>&1 ||
    { tail -n 40 "$work/build.log" >&2; exit 1; }
  build_in build sockwatch
fi

echo "demo: PostgreSQL and Redis"
postgres_bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
install -d -o postgres -g postgres "$work/postgres"
as_postgres() { setpriv --reuid postgres --regid "$(id -g postgres)" --clear-groups "$@"; }
(cd / && as_postgres "$postgres_bin/initdb" -A trust -D "$work/postgres/data" > "$work/initdb.log" 2>&1) ||
  { cat "$work/initdb.log" >&2; exit 1; }
start postgres postgres "$postgres_bin/postgres" -D "$work/postgres/data" -k "$work/postgres" -h 127.0.0.1 -p "${port[postgres]}"
wait_for postgres 30 "$postgres_bin/pg_isready" -h 127.0.0.1 -p "${port[postgres]}"
psql -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "${port[postgres]}" -U postgres -f "$work/demo/schema.sql"
install -d -o nobody -g nogroup "$work/redis"
start redis nobody redis-server --bind 127.0.0.1 --port "${port[redis]}" --save "" --dir "$work/redis"
wait_for redis 30 redis-cli -p "${port[redis]}" ping

# The agent is there before the services are: it sees every connection from its beginning. nginx writes over its own environment,
# so SERVICE_NAME cannot name it: a rule does, for this copy of nginx and no other of the host's.
install -d -o nobody -g nogroup "$work/api-gateway"
cp "$(command -v nginx)" "$work/api-gateway/nginx"
cat > "$work/sockwatch.yml" <<END
attribution:
  rules:
    - service: api-gateway
      exe: $work/api-gateway/nginx
END
start agent root "$agent" --config.file="$work/sockwatch.yml" --web.listen-address="127.0.0.1:${port[agent]}"
wait_for agent 30 answers "${port[agent]}" /-/ready

# service NAME RUNTIME COMMAND...: RUNTIME missing means Python in its place.
declare -A noun=([discovery]=services [sona]=tracks [auth]=sessions [sync]=devices [ingestion]=uploads [playback]=streams)
declare -A downstream=([sync]="http://127.0.0.1:${port[auth]}/sessions"
  [playback]="http://127.0.0.1:${port[discovery]}/services http://127.0.0.1:${port[sona]}/tracks")
service() {
  local name=$1 runtime=$2
  shift 2
  if ! command -v "$runtime" > /dev/null; then
    echo "demo: no $runtime here: $name runs in Python"
    set -- /usr/bin/python3 -B service.py
  fi
  start "$name" nobody env -C "$work/demo/services" -i PATH="$PATH" HOME=/nonexistent SERVICE_NAME="$name" PORT="${port[$name]}" \
    NOUN="${noun[$name]}" DATABASE="host=127.0.0.1 port=${port[postgres]} user=postgres dbname=postgres" REDIS_PORT="${port[redis]}" \
    DOWNSTREAM="${downstream[$name]:-}" PHP_CLI_SERVER_WORKERS=4 "$@"
  wait_for "$name" 60 answers "${port[$name]}" /healthz
}
echo "demo: the services"
if command -v go > /dev/null; then
  GO111MODULE=off go build -o "$work/discovery" "$work/demo/services/discovery.go"
fi
service discovery go "$work/discovery"
service sona python3 /usr/bin/python3 -B service.py
service auth node node auth.js
service sync javac java -XX:+UseSerialGC -Xmx128m -XX:-UsePerfData Sync.java
service ingestion php php -q -S "127.0.0.1:${port[ingestion]}" ingestion.php
service playback perl perl playback.pl
gateway=(-e "s,@WORK@,$work,")
for name in "${SERVICES[@]}"; do
  variable=${name^^}
  gateway+=(-e "s,@PORT_${variable//-/_}@,${port[$name]},")
done
sed "${gateway[@]}" demo/nginx.conf.in > "$work/nginx.conf"
start api-gateway nobody "$work/api-gateway/nginx" -c "$work/nginx.conf" -e stderr
wait_for api-gateway 30 answers "${port[api-gateway]}" /healthz

start load nobody env SERVICE_NAME=load /usr/bin/python3 -B "$work/demo/load.py" "http://127.0.0.1:${port[api-gateway]}"

cat > "$work/prometheus.yml" <<END
global: {scrape_interval: 5s}
scrape_configs:
  - job_name: sockwatch
    honor_labels: true
    static_configs: [{targets: ["127.0.0.1:${port[agent]}"]}]
END
install -d -o nobody -g nogroup "$work/prometheus"
start prometheus nobody prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/prometheus" \
  --enable-feature=exemplar-storage --web.listen-address="127.0.0.1:${port[prometheus]}"
wait_for prometheus 60 answers "${port[prometheus]}" /-/ready

cat <<END

The demo runs. Ctrl-C ends it.
  gateway     http://127.0.0.1:${port[api-gateway]}
  metrics     http://127.0.0.1:${port[agent]}/metrics
  Prometheus  http://127.0.0.1:${port[prometheus]}
Ask Prometheus, after half a minute:
  sum by (service) (rate(http_requests_total[1m]))                                        requests
  sum by (service) (rate(http_requests_total{status=~"5.."}[1m])) / sum by (service) (rate(http_requests_total[1m]))
  histogram_quantile(0.95, sum by (service, le) (rate(http_request_duration_seconds_bucket[1m])))
  sum by (service, peer) (rate(http_client_requests_total[1m]))                           who calls whom
END
# Any of them ending is an error: say which.
wait -n "${pids[@]}" && status=0 || status=$?
for index in "${!pids[@]}"; do
  kill -0 "${pids[index]}" 2> /dev/null && continue
  echo "demo: ${names[index]} ended with $status; the end of its output:" >&2
  tail -n 20 "$work/${names[index]}.log" >&2
done
exit 1
