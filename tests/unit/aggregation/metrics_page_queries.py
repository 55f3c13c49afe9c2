"""Prometheus's own parser reads every PromQL example of docs/metrics.md."""

import json
import re
import shutil
import subprocess
import sys
import tempfile

with open(sys.argv[1], encoding="utf-8") as page:
    queries = [line for block in re.findall(r"```promql\n(.*?)```", page.read(), re.S) for line in block.splitlines()]
assert len(queries) >= 10, queries
if not shutil.which("promtool"):
    print("SKIPPED: promtool is not installed (package prometheus)")
    sys.exit(77)


def check(expressions):
    rules = {"groups": [{"name": "examples", "rules": [{"record": f"example:{n}", "expr": e} for n, e in enumerate(expressions)]}]}
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        json.dump(rules, file)  # which is YAML
        file.flush()
        return subprocess.run(["promtool", "check", "rules", file.name], capture_output=True, text=True)


checked = check(queries)
assert checked.returncode == 0, checked.stdout + checked.stderr
assert f"{len(queries)} rules found" in checked.stdout, checked.stdout
assert check(["sum by (service"]).returncode != 0, "promtool takes anything"
