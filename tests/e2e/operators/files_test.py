"""The files in config/ are what Prometheus and Alertmanager take, and the rules do what they say."""

import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
CONFIG = os.path.join(ROOT, "config")
failed = []


def run(*command):
    if not shutil.which(command[0]):
        print(f"skipped: {command[0]} is not installed")
        return
    done = subprocess.run(command, cwd=CONFIG, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(f"{'right' if done.returncode == 0 else 'WRONG'}: {' '.join(command)}")
    if done.returncode:
        print(done.stdout)
        failed.append(command)


def uncommented(text):
    """The examples that stand in comments as if they were not: lines that begin with `# ` and look like YAML."""
    lines = []
    for line in text.splitlines():
        match = re.match(r"^(\s*)# (\s*(?:- )?[\w\"\[\]]+:.*|\s*- .*)$", line)
        lines.append(match.group(1) + match.group(2) if match and not line.lstrip().startswith("# An") else line)
    return "\n".join(lines) + "\n"


def examples():
    """The commented examples of prometheus.yml are valid too."""
    with open(os.path.join(CONFIG, "prometheus.yml")) as f:
        text = f.read()
    # Only what belongs to federation and storage: the agent's TLS needs files that are not there.
    head, tail = text.split("  # For federation:", 1)
    path = os.path.join(CONFIG, ".prometheus-examples.yml")
    try:
        with open(path, "w") as f:
            f.write(head + "  # For federation:" + uncommented(tail))
        with open(path) as f:
            whole = f.read()
        for word in ("/federate", "api/v1/receive", "api/v1/push"):
            if not re.search(rf"^[^#\n]*{word}", whole, re.M):
                failed.append(word)
                print(f"WRONG: no example with {word}")
        run("promtool", "check", "config", os.path.basename(path))
    finally:
        os.unlink(path)


def ratios():
    """Both sides of every ratio are records of the same level, and so sums over the same labels."""
    with open(os.path.join(CONFIG, "rules", "recording.yml")) as f:
        text = f.read()
    found = re.findall(r"record: (\S+:ratio_\w+)\n\s+expr: (\S+) / (\S+)\n", text)
    if len(found) != len(re.findall(r"record: \S+:ratio_", text)):
        failed.append("ratios")
        print("WRONG: a ratio that is not of two records")
    for name, over, under in found:
        good = name.split(":")[0] == over.split(":")[0] == under.split(":")[0] and f"record: {over}\n" in text and f"record: {under}\n" in text
        print(f"{'right' if good else 'WRONG'}: {name} is {over} / {under}")
        if not good:
            failed.append(name)


def main():
    run("promtool", "check", "config", "prometheus.yml")
    run("promtool", "check", "rules", "rules/recording.yml", "rules/alerts.yml")
    run("promtool", "test", "rules", "rules/tests/alerts_test.yml")
    run("promtool", "test", "rules", "rules/tests/believable_test.yml")
    run("amtool", "check-config", "alertmanager.yml")
    examples()
    ratios()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
