"""The BPF programs and maps that a process holds, read from its file descriptors, so that another agent's are not taken for its own."""

import json
import os
import shutil
import subprocess

BPFTOOL = shutil.which("bpftool") or "/usr/sbin/bpftool"


def _descriptors(pid):
    for fd in os.listdir(f"/proc/{pid}/fdinfo"):
        try:
            with open(f"/proc/{pid}/fdinfo/{fd}", encoding="utf-8") as file:
                yield dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        except FileNotFoundError:  # closed meanwhile
            continue


def programs(pid):
    """{id: (run_time_ns, run_cnt)}; both stand still unless kernel.bpf_stats_enabled is 1."""
    return {int(d["prog_id"]): (int(d["run_time_ns"]), int(d["run_cnt"])) for d in _descriptors(pid) if "run_time_ns" in d}


def maps(pid):
    return {int(d["map_id"]) for d in _descriptors(pid) if "map_id" in d}


def loaded(kind):
    """Ids of every program ("prog") or map ("map") in the kernel, whoever holds it."""
    listed = subprocess.run([BPFTOOL, "-j", kind, "list"], capture_output=True, check=True).stdout
    return {entry["id"] for entry in json.loads(listed or "[]")}
