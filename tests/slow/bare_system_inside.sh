#!/usr/bin/env bash
# Runs in the bare tree of bare_system.sh. No curl, no Python yet: bash asks, and the perl of Debian's base system answers.
set -euo pipefail
cd /root/sockwatch
agent= shop=
trap 'kill $agent $shop 2> /dev/null || true' EXIT

# wait_for WHAT SECONDS COMMAND...: polls until the command succeeds.
wait_for() {
  local what=$1 end=$((SECONDS + $2))
  shift 2
  until "$@"; do
    if [ "$SECONDS" -ge "$end" ]; then
      echo "bare_system: waited in vain for $what" >&2
      cat run.log >&2
      exit 1
    fi
    if ! kill -0 "$agent"; then
      echo "bare_system: run.sh ended early" >&2
      cat run.log >&2
      exit 1
    fi
    sleep 0.2
  done
}

# get PORT PATH: prints the answer, head and body.
get() {
  ( exec 3<> "/dev/tcp/127.0.0.1/$1" && printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$2" >&3 && cat <&3 ) 2> /dev/null
}
ready() { get "$port" /-/ready | grep ' 200 ' > /dev/null; }
counted() { get "$port" /metrics | grep -F "http_requests_total{service=\"bare-shop\",method=\"GET\",path=\"/orders/{id}\",status=\"200\"} 1"; }

port=$(perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport')

echo "== ./scripts/run.sh, the first time"
began=$SECONDS
./scripts/run.sh "--web.listen-address=127.0.0.1:$port" > run.log 2>&1 &
agent=$!
wait_for "/metrics to answer" 7200 ready # two cores that others use as well have taken more than half an hour
echo "it answers after $((SECONDS - began)) s"

OTEL_SERVICE_NAME=bare-shop perl -MIO::Socket::INET -e '
  $| = 1;
  my $listener = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") or die;
  print $listener->sockport, "\n";
  my $client = $listener->accept;
  while (<$client>) { last if /^\r\n/ }
  print $client "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
  close $client;
  sleep;' > shop.port &  # one that were gone with its answer might be named by its command alone
shop=$!
wait_for "the server's port" 60 test -s shop.port
get "$(cat shop.port)" /orders/17 | grep hello > /dev/null
wait_for "the request to be counted" 60 counted
kill "$shop"
wait "$shop" || true
shop=

kill -TERM "$agent"
wait "$agent" || { echo "bare_system: run.sh ended with $? on SIGTERM" >&2; cat run.log >&2; exit 1; }

echo "== ./scripts/run.sh, a second time"
began=$SECONDS
./scripts/run.sh "--web.listen-address=127.0.0.1:$port" > run.log 2>&1 &
agent=$!
wait_for "/metrics to answer again" 600 ready
echo "it answers after $((SECONDS - began)) s"
if grep -q installing run.log; then
  echo "bare_system: the second start installed something" >&2
  exit 1
fi
kill -TERM "$agent"
wait "$agent"
agent=

echo "== ./scripts/test.sh"
./scripts/test.sh
echo "== both commands work on a bare system"
