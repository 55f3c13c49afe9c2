#!/usr/bin/env python3
"""Writes every dashboard of this folder: dashboards/generate.py [FOLDER]. The JSON files are made; change this one."""

import json
import os
import sys

GATEWAY = ["api-gateway", "discovery", "sona", "auth", "sync", "ingestion", "playback"]
SERVICE = 'service=~"$service"'
TARGET = 'job=~"$job",instance=~"$instance"'


def target(expr, legend="", exemplar=False, fmt="time_series"):
    return {"expr": expr, "legendFormat": legend, "exemplar": exemplar, "format": fmt, "refId": "",
            "datasource": {"type": "prometheus", "uid": "${datasource}"}}


def panel(title, description, unit, targets, kind="timeseries", width=12, height=8, **options):
    for letter, one in zip("ABCDEF", targets):
        one["refId"] = letter
    defaults = {"unit": unit, "min": 0}
    if unit == "percentunit":
        defaults["max"] = 1
    return {"title": title, "description": description, "type": kind, "targets": targets, "gridPos": {"w": width, "h": height},
            "datasource": {"type": "prometheus", "uid": "${datasource}"}, "fieldConfig": {"defaults": defaults, "overrides": []},
            "options": options}


def rate(metric, by, labels):
    return f"sum by ({by}) (rate({metric}{{{labels}}}[$__rate_interval]))"


def quantile(q, metric, by, labels):
    return f"histogram_quantile({q}, sum by ({by}, le) (rate({metric}_bucket{{{labels}}}[$__rate_interval])))"


def variable(name, label, query, multi=True):
    return {"name": name, "label": label, "type": "query", "query": {"query": query, "refId": name}, "definition": query, "refresh": 2, "sort": 1,
            "datasource": {"type": "prometheus", "uid": "${datasource}"}, "multi": multi, "includeAll": multi,
            **({"allValue": ".+", "current": {"text": "All", "value": "$__all"}} if multi else {})}


def variables(service=True, fixed=None):
    made = [{"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"},
            variable("job", "Job", "label_values(sockwatch_build_info, job)"),
            variable("instance", "Instance", 'label_values(sockwatch_build_info{job=~"$job"}, instance)')]
    if fixed:
        made.append({"name": "service", "label": "Service", "type": "constant", "query": fixed, "hide": 2,
                     "current": {"text": fixed, "value": fixed}})
    elif service:
        made.append(variable("service", "Service", f"label_values(http_requests_total{{{TARGET}}}, service)", service == "many"))
    return made


def dashboard(uid, title, description, panels, templating):
    x = y = row = 0
    for number, one in enumerate(panels, 1):
        place = one["gridPos"]
        if x + place["w"] > 24:
            x, y, row = 0, y + row, 0
        place.update(x=x, y=y)
        x, row = x + place["w"], max(row, place["h"])
        one["id"] = number
    return {"uid": uid, "title": title, "description": description, "tags": ["sockwatch"], "editable": True, "schemaVersion": 38, "version": 1,
            "time": {"from": "now-1h", "to": "now"}, "refresh": "10s", "timezone": "browser", "graphTooltip": 1, "panels": panels,
            "templating": {"list": templating}, "annotations": {"list": []}, "links": []}


def ratio(status, by, labels):
    matching = labels + f',status=~"{status}"'
    return f"{rate('http_requests_total', by, matching)} / {rate('http_requests_total', by, labels)}"


def overview():
    where = f"{TARGET},{SERVICE}"
    return dashboard("sockwatch-overview", "sockwatch: all services", "Rate, errors and duration of every HTTP service.", [
        panel("Requests", "Requests that each service received.", "reqps", [target(rate("http_requests_total", "service", where), "{{service}}")]),
        panel("Errors", "Share of requests that were answered with 5xx.", "percentunit",
              [target(f"({ratio('5..', 'service', where)}) or 0 * {rate('http_requests_total', 'service', where)}", "{{service}}")]),
        panel("p95 duration", "From the first byte of a request to the last byte of its response: one in twenty takes longer.", "s",
              [target(quantile(0.95, "http_request_duration_seconds", "service", where), "{{service}}", exemplar=True)]),
        panel("Open connections", "Accepted connections, idle ones included.", "short", [target(f"sum by (service) (active_connections{{{where}}})", "{{service}}")]),
        panel("Database connections", "Connections that are running a query or hold a transaction open.", "short",
              [target(f"sum by (service, db_system) (db_connections_active{{{where}}})", "{{service}} {{db_system}}")]),
        panel("Cache hits", "Share of the keys that were asked for and were there.", "percentunit",
              [target(f"{rate('cache_hits_total', 'service, cache_type', where)} / ({rate('cache_hits_total', 'service, cache_type', where)} "
                      f"+ {rate('cache_misses_total', 'service, cache_type', where)})", "{{service}} {{cache_type}}")]),
    ], variables("many"))


def service_panels():
    where = f"{TARGET},{SERVICE}"
    duration = "http_request_duration_seconds"
    return [
        panel("Request rate", "Requests received, by method.", "reqps", [target(rate("http_requests_total", "method", where), "{{method}}")]),
        panel("Duration", "Half, 95 % and 99 % of the requests are faster.", "s",
              [target(quantile(q, duration, "service", where), f"p{round(q * 100)}", exemplar=True) for q in (0.5, 0.95, 0.99)]),
        panel("Errors", "Share of requests answered with 4xx and 5xx.", "percentunit",
              [target(f"({ratio(f'{n}..', 'service', where)}) or 0 * {rate('http_requests_total', 'service', where)}", f"{n}xx") for n in (4, 5)]),
        panel("Active connections", "Accepted connections that are open.", "short", [target(f"sum by (service) (active_connections{{{where}}})", "open")]),
        panel("Database pool", "Connections to databases: busy or in a transaction, and idle.", "short",
              [target(f"sum by (db_system) (db_connections_{state}{{{where}}})", f"{{{{db_system}}}} {state}") for state in ("active", "idle", "in_transaction")]),
        panel("Cache hit rate", "Share of the keys that were asked for and were there.", "percentunit",
              [target(f"{rate('cache_hits_total', 'cache_type', where)} / ({rate('cache_hits_total', 'cache_type', where)} "
                      f"+ {rate('cache_misses_total', 'cache_type', where)})", "{{cache_type}}")]),
        panel("Top routes", "The ten routes with the most requests.", "reqps",
              [target(f"topk(10, {rate('http_requests_total', 'method, path', where)})", "{{method}} {{path}}")]),
        panel("Durations", "How long requests take, as a heat map.", "s",
              [target(rate(f"{duration}_bucket", "le", where), "{{le}}", fmt="heatmap")], kind="heatmap", calculate=False),
        panel("Queries", "Queries to databases, by operation.", "ops", [target(rate("db_queries_total", "operation", where), "{{operation}}")]),
        panel("Peers", "Requests that the service sent to others.", "reqps", [target(rate("http_client_requests_total", "peer", where), "{{peer}}")]),
        panel("Clients", "Services on observed hosts that send requests to this one.", "reqps",
              [target(f'sum by (service) (rate(http_client_requests_total{{{TARGET},peer=~"$service"}}[$__rate_interval]))', "{{service}}")], width=24),
    ]


def agent():
    return dashboard("sockwatch-agent", "sockwatch: the agent", "The agent's own health: what it sees, loses and costs.", [
        panel("Segments", "Sends and receives on watched sockets.", "ops", [target(rate("sockwatch_segments_total", "instance", TARGET), "{{instance}}")]),
        panel("Lost", "Records that did not reach the parsers, by cause. Anything above 0 makes counts too low.", "ops",
              [target(rate("sockwatch_lost_segments_total", "instance, reason", TARGET), "{{instance}} {{reason}}")]),
        panel("Transactions", "Requests and queries observed.", "ops", [target(rate("sockwatch_transactions_total", "protocol, role", TARGET), "{{protocol}} {{role}}")]),
        panel("CPU", "Cores that the agent takes.", "short", [target(rate("process_cpu_seconds_total", "instance", TARGET), "{{instance}}")]),
        panel("Memory", "Resident memory of the agent.", "bytes", [target(f"sum by (instance) (process_resident_memory_bytes{{{TARGET}}})", "{{instance}}")]),
        panel("Ring", "Highest fill of a ring between two scrapes, of its size.", "percentunit",
              [target(f"max by (instance) (sockwatch_ring_used_bytes_max{{{TARGET}}}) / max by (instance) (sockwatch_ring_size_bytes{{{TARGET}}})", "{{instance}}")]),
        panel("Drain lag", "Age of the oldest record when it was read.", "s", [target(f"max by (instance) (sockwatch_drain_lag_seconds_max{{{TARGET}}})", "{{instance}}")]),
        panel("Series", "Time series of services.", "short", [target(f"sum by (instance) (sockwatch_series{{{TARGET}}})", "{{instance}}")]),
        panel("Parse errors", "Bytes that the parsers could make no sense of.", "ops",
              [target(rate("sockwatch_parse_errors_total", "reason", TARGET), "{{reason}}")]),
        panel("Connections", "Connections under observation.", "short", [target(f"sum by (instance) (sockwatch_connections{{{TARGET}}})", "{{instance}}")]),
    ], variables(service=False))


def dashboards():
    yield "overview.json", overview()
    yield "service.json", dashboard("sockwatch-service", "sockwatch: one service", "Everything about one service.", service_panels(), variables("one"))
    for name in GATEWAY:
        yield f"gateway/{name}.json", dashboard(f"sockwatch-{name}", f"Gateway: {name}", f"The service {name} of the media gateway.",
                                                service_panels(), variables(fixed=name))
    yield "agent.json", agent()


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    for name, made in dashboards():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(made, file, indent=1, sort_keys=True)
            file.write("\n")


if __name__ == "__main__":
    main()
