"""The programs that older kernels load call no kernel function (kfunc): before 5.17 such a call is refused even where it is never reached."""

import re
import subprocess
import sys

# Of the tracepoints' layer, or loaded only where preemption can be disabled.
MAY = {"sw_send", "sw_recv", "sw_state", "sw_destroy", "sw_exec"}
FUNCTIONS = ("bpf_rdonly_cast", "bpf_preempt_disable", "bpf_preempt_enable")


def readelf(option, path):
    return subprocess.run(["readelf", "-W", option, path], check=True, capture_output=True, text=True).stdout


def main(path):
    sections = dict(re.findall(r"\[ *(\d+)\] (\S+) +PROGBITS", readelf("-S", path)))
    programs = [(sections.get(section), int(start, 16), int(size), name) for start, size, section, name in re.findall(
        r"^ *\d+: ([0-9a-f]+) +(\d+) FUNC +\S+ +\S+ +(\d+) (\S+)$", readelf("-s", path), re.M)]
    callers, section = set(), None
    for line in readelf("-r", path).splitlines():
        if match := re.match(r"Relocation section '\.rel(\S+)'", line):
            section = match.group(1)
        elif any(line.endswith(f" {name}") for name in FUNCTIONS) and section not in (".BTF", ".BTF.ext") and not section.startswith(".debug"):
            at = int(line.split()[0], 16)
            callers |= {name for where, start, size, name in programs if where == section and start <= at < start + size} or {section}
    if callers != MAY:
        sys.exit(f"kernel functions are called by {sorted(callers)}, not by {sorted(MAY)}")


main(sys.argv[1])
