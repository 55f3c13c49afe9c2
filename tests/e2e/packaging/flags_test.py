"""Every flag of the program is in its man page, its completion and docs/configuration.md, and what these name is a flag."""

import os
import re
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
AGENT = sys.argv[1]


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def flags(text):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z.-]*[a-z]", text))


help_pages = [subprocess.run([AGENT, *command, "--help"], check=True, capture_output=True, text=True).stdout
              for command in ((), ("record",), ("replay",), ("check-config",), ("doctor",), ("why",), ("run",))]
wanted = set.union(*map(flags, help_pages))
page = re.search(r"## Flags\n(.*?)\n## ", read("docs", "configuration.md"), re.S).group(1)
found = {"the man page": flags(read("packaging", "sockwatch.8").replace("\\-", "-")),
         "the completion": flags(read("packaging", "sockwatch.bash")) - {"--"},
         "docs/configuration.md": flags(page)}
failed = False
for where, names in found.items():
    usual = {"--help", "--version", "--output"}  # --output has a short name, which is the one that is told
    missing, unknown = wanted - names - usual, names - wanted - usual
    failed |= bool(missing or unknown)
    print(f"{'WRONG' if missing or unknown else 'right'}: {where}: {len(names)} flags" + (f"; missing {missing}, unknown {unknown}" if missing or unknown else ""))
sys.exit(failed)
