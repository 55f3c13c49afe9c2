"""The Debian package: cpack makes it, lintian has nothing to say, dpkg installs and purges it and leaves nothing behind."""

import argparse
import glob
import os
import shutil
import subprocess
import sys
import tempfile


def files(root):
    return {os.path.relpath(os.path.join(folder, name), root) for folder, _, names in os.walk(root) for name in names
            if "/var/lib/dpkg" not in folder and "/var/log" not in folder}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["cpack", "--config", os.path.join(options.build, "CPackConfig.cmake"), "-B", folder], check=True, capture_output=True)
        package, = glob.glob(os.path.join(folder, "*.deb"))
        print(f"made {os.path.basename(package)}, {os.path.getsize(package)} bytes")
        if shutil.which("lintian"):
            done = subprocess.run(["lintian", "--fail-on", "error,warning", package], capture_output=True, text=True,
                                  env={**os.environ, "LC_ALL": "C.UTF-8"})
            assert done.returncode == 0, done.stdout + done.stderr
            print("right: lintian has nothing to say")
        else:
            print("skipped: lintian is not installed")

        root = os.path.join(folder, "root")
        for name in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers", "var/log"):
            os.makedirs(os.path.join(root, name))
        open(os.path.join(root, "var/lib/dpkg/status"), "w").close()
        before = files(root)
        dpkg = ["dpkg", f"--root={root}", "--force-depends", "--force-script-chrootless", "--log=/dev/null"]
        subprocess.run([*dpkg, "--install", package], check=True, capture_output=True)
        agent = os.path.join(root, "usr/sbin/sockwatch")
        version = subprocess.run([agent, "--version"], check=True, capture_output=True, text=True).stdout.strip()
        config = os.path.join(root, "etc/sockwatch/sockwatch.yml")
        subprocess.run([agent, "check-config", config], check=True, capture_output=True)
        for name in ("lib/systemd/system/sockwatch.service", "usr/share/man/man8/sockwatch.8.gz",
                     "usr/share/bash-completion/completions/sockwatch", "usr/share/sockwatch/dashboards/overview.json"):
            assert os.path.exists(os.path.join(root, name)) or os.path.exists(os.path.join(root, "usr", name)), f"{name} is missing"
        print(f"right: installed; {version}")

        with open(config, "a", encoding="utf-8") as file:
            file.write("# ours\n")
        subprocess.run([*dpkg, "--remove", "sockwatch"], check=True, capture_output=True)
        assert os.path.exists(config), "the changed configuration did not outlast the removal"
        subprocess.run([*dpkg, "--purge", "sockwatch"], check=True, capture_output=True)
        left = files(root) - before
        assert not left, f"left behind: {left}"
        assert not os.path.exists(os.path.join(root, "etc/sockwatch")), "the folder of the configuration is left behind"
        print("right: purged, nothing is left")
    return 0


if __name__ == "__main__":
    sys.exit(main())
