"""What compose.sh has started: every container healthy, Prometheus scrapes the agent, services are named after their containers and counted
exactly. Runs in the network namespace of the containers."""

import argparse
import http.client
import json
import os
import re
import subprocess
import sys
import urllib.parse
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
from agent import LABEL, SERIES, wait_until  # noqa: E402

AGENT, PROMETHEUS = "http://127.0.0.1:9765", "http://127.0.0.1:9090"
GATEWAY = ("api-gateway", "discovery", "sona", "auth", "sync", "ingestion", "playback")
UNCHECKED = {"load"}  # has no port to ask
CAPABILITIES = {"cap_sys_ptrace": 19, "cap_dac_read_search": 2, "cap_perfmon": 38, "cap_bpf": 39, "cap_sys_admin": 21}
REQUESTS = 60


def docker(*arguments):
    return subprocess.run(["/usr/bin/docker", *arguments], check=True, capture_output=True, text=True).stdout


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def api(path, **parameters):
    return json.loads(get(f"{PROMETHEUS}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"))["data"]


def query(expression):
    """{service: value}"""
    return {found["metric"].get("service", ""): float(found["value"][1]) for found in api("query", query=expression)["result"]}


def samples(name):
    """[(labels, value)] on the agent's page."""
    found = []
    for line in get(AGENT + "/metrics").splitlines():
        match = SERIES.match(line)
        if match and match.group(1) == name:
            found.append((dict(LABEL.findall(match.group(2) or "")), float(match.group(3))))
    return found


def all_healthy(services):
    def states():
        containers = json.loads(docker("inspect", *docker("ps", "-aq").split()))
        return {c["Config"]["Labels"]["com.docker.compose.service"]: c["State"].get("Health", {}).get("Status", c["State"]["Status"])
                for c in containers if "com.docker.compose.service" in c["Config"]["Labels"]}

    def reached():
        state = states()
        return set(state) == set(services) and all(s == ("running" if name in UNCHECKED else "healthy") for name, s in state.items())

    try:
        wait_until(reached, "all containers to be healthy", 180)
    finally:
        print("   " + " ".join(f"{name}={state}" for name, state in sorted(states().items())))


def least_privileges():
    """The agent runs with the capabilities of docker-compose.yml: not privileged, and no other."""
    agent = docker("ps", "-q", "--filter", "label=com.docker.compose.service=agent").strip()
    status = docker("exec", agent, "cat", "/proc/self/status")
    held = int(re.search(r"CapEff:\s*(\S+)", status).group(1), 16)
    names = {name for name, bit in CAPABILITIES.items() if held >> bit & 1}
    others = held & ~sum(1 << bit for bit in CAPABILITIES.values())
    print(f"   the agent's capabilities: {', '.join(sorted(names))}")
    assert not others, f"it has others, too: {others:x}"
    reading = {"cap_sys_ptrace", "cap_dac_read_search"}
    assert names in (reading | {"cap_bpf", "cap_perfmon"}, reading | {"cap_sys_admin"}), names
    assert re.search(r"Seccomp:\s*2", status), "it runs without Docker's seccomp profile"
    # The agent itself has given up those that were for its start.
    with open(f"/proc/{docker('inspect', '--format', '{{.State.Pid}}', agent).strip()}/status", encoding="ascii") as file:
        kept = int(re.search(r"CapPrm:\s*(\S+)", file.read()).group(1), 16)
    assert kept == sum(1 << CAPABILITIES[name] for name in reading), f"it still has {kept:x}"


def prometheus_scrapes():
    wait_until(lambda: query('up{job="sockwatch"}') and list(query('up{job="sockwatch"}').values()) == [1], "the target to be up", 60)
    flags = api("status/flags")
    assert "exemplar-storage" in flags["enable-feature"], "traces beside durations are thrown away"
    assert flags["storage.tsdb.retention.time"] == "30d", flags["storage.tsdb.retention.time"]
    assert len(api("rules")["groups"]) > 1, "no rules"
    wait_until(lambda: api("alertmanagers")["activeAlertmanagers"], "an Alertmanager", 60)
    print("   the target is up, the rules are there, an Alertmanager is known")


def gateway_is_seen():
    """No service of the demo says its name: only Docker can have told it."""
    for metric in ("http_requests_total", "http_client_requests_total"):
        wanted = GATEWAY if metric == "http_requests_total" else ("load", "api-gateway", "sync", "playback")
        wait_until(lambda: set(wanted) <= set(query(f"sum by (service) (rate({metric}[1m])) > 0")), f"{metric} of {', '.join(wanted)}", 120)
    for expression in ('rate(http_requests_total{status=~"5.."}[1m])', "rate(db_queries_total[1m])", "rate(cache_hits_total[1m])"):
        rates = wait_until(lambda: query(f"sum by (service) ({expression}) > 0"), expression, 120)
        print(f"   {expression}: " + ", ".join(f"{service} {rate:.1f}/s" for service, rate in sorted(rates.items())))


def panels_have_data():
    """What Grafana would ask for the dashboards of all services and of the agent; those of one service are as full as its work is varied."""
    for name in ("overview.json", "agent.json"):
        with open(os.path.join(HERE, "..", "..", "dashboards", name), encoding="utf-8") as file:
            board = json.load(file)
        expressions = [(panel["title"], target["expr"]) for panel in board["panels"] for target in panel["targets"]]
        for title, expression in expressions:
            for variable, value in (("$__rate_interval", "1m"), ("$service", "|".join(GATEWAY)), ("$job", ".+"), ("$instance", ".+")):
                expression = expression.replace(variable, value)
            wait_until(lambda: any(v == v for v in query(expression).values()), f"data for {name}, {title}: {expression}", 90)
        print(f"   {name}: data for all {len(expressions)} queries")


def ids_do_not_last():
    """Docker may have answered late while it started so many. Once it has, nothing more is counted under a container's id."""
    def counts():
        found = {}
        for labels, value in samples("http_requests_total"):
            found[labels["service"]] = found.get(labels["service"], 0) + value
        return found

    before = counts()
    wait_until(lambda: counts().get("api-gateway", 0) >= before["api-gateway"] + 200, "200 more requests through the gateway", 60)
    after = counts()
    ids = [service for service in after if re.fullmatch("[0-9a-f]{12}", service)]
    assert all(after[service] == before.get(service) for service in ids), f"counted under a container's id: {ids}"
    print(f"   counted under an id before Docker answered: {sum(int(after[service]) for service in ids)} requests; since then none")


def counted_exactly():
    """A container of another network, reached over a bridge, with a name that only Docker knows."""
    name = f"shop-{os.getpid()}"
    docker("run", "-d", "--name", name, "--entrypoint", "python3", "sockwatch-demo:local", "-m", "http.server", "8000")
    try:
        address = docker("inspect", "--format", "{{.NetworkSettings.IPAddress}}", name).strip()

        def ask(path):
            connection = http.client.HTTPConnection(address, 8000, timeout=5)
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            connection.close()
            return answer.status

        def listens():
            try:
                return ask("/") == 200
            except OSError:
                return False

        wait_until(listens, "the container's server", 30)
        for number in range(REQUESTS):
            assert ask(f"/orders/{number}") == 404
        def counted():
            return {(labels["method"], labels["path"], labels["status"]): int(value)
                    for labels, value in samples("http_requests_total") if labels["service"] == name}

        right = {("GET", "/", "200"): 1, ("GET", "/orders/{id}", "404"): REQUESTS}
        try:
            wait_until(lambda: counted() == right, "the requests to be counted", 15)
        finally:
            print(f"   a container's service: {name}: {counted()}")
    finally:
        docker("rm", "-f", name)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--docker-host", required=True)
    parser.add_argument("--services", nargs="+", required=True)
    options = parser.parse_args()
    os.environ["DOCKER_HOST"] = options.docker_host
    print("== the containers")
    all_healthy(options.services)
    least_privileges()
    print("== Prometheus")
    prometheus_scrapes()
    gateway_is_seen()
    panels_have_data()
    ids_do_not_last()
    print("== one container, exactly")
    counted_exactly()
    return 0


if __name__ == "__main__":
    sys.exit(main())
