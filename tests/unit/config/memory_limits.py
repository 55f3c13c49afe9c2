#!/usr/bin/env python3
"""The memory limits that the agent is shipped with are above the sum of its documented bounds, and these are those of the code.

    memory_limits.py SOURCE_FOLDER"""
import pathlib
import re
import sys

MIB = 1 << 20
UNITS = {"k": 1 << 10, "m": MIB, "g": 1 << 30}


def main():
    source = pathlib.Path(sys.argv[1])
    read = lambda name: (source / name).read_text(encoding="utf-8")
    table = read("docs/architecture.md").split("### Memory")[1]
    rows = re.findall(r"^\| (.*?) \| (\d+) \|$", table, re.M)
    assert len(rows) >= 10, rows
    total = sum(int(mib) for _, mib in rows) * MIB
    text = " ".join(what for what, _ in rows).replace(",", "")

    wrong = []
    for name, pattern in (("config/systemd/sockwatch.service", r"^MemoryMax=(\d+)([MG])"),
                          ("config/kubernetes/daemonset.yaml", r"limits: \{memory: (\d+)([MG])i"),
                          ("docker-compose.yml", r"^    mem_limit: (\d+)([mg])")):
        for number, unit in re.findall(pattern, read(name), re.M) or [("0", "m")]:
            if int(number) * UNITS[unit.lower()] <= total:
                wrong.append(f"{name}: {number}{unit} is not above the sum of all bounds, {total // MIB} MiB")

    number = lambda name, pattern: int(re.search(pattern, read(name))[1].replace("'", ""))
    for name, pattern in (("userspace/config/config.h", r"uint32_t max_total_lines = ([\d']+);"),
                          ("userspace/aggregation/series_room.h", r"kMaxRouteEntries = ([\d']+);"),
                          ("userspace/attribution/service_resolver.h", r"kMaxProcesses = ([\d']+);"),
                          ("userspace/attribution/cgroup_index.h", r"kMaxPaths = ([\d']+);")):
        if str(number(name, pattern)) not in text:
            wrong.append(f"{name}: {number(name, pattern)} is not in docs/architecture.md's table of memory")
    if number("userspace/config/config.h", r"uint32_t max_connections = (65536);") != 65536:
        wrong.append("capture.max_connections is another")
    for line in wrong:
        print(line)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
