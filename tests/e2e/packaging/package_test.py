"""The Debian package: cpack makes it, lintian has nothing to say, dpkg installs and purges it and leaves nothing behind."""

import argparse
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

import hardening


def files(root):
    return {os.path.relpath(os.path.join(folder, name), root) for folder, _, names in os.walk(root) for name in names
            if "/var/lib/dpkg" not in folder and "/var/log" not in folder}


def install_into_a_prefix(build, folder):
    """What `cmake --install` puts under a prefix is whole there, and nothing is put elsewhere."""
    prefix = os.path.join(folder, "prefix")
    listed = subprocess.run(["cmake", "--install", build, "--prefix", prefix], check=True, capture_output=True, text=True).stdout
    elsewhere = [line for line in listed.splitlines() if line.startswith("-- Install") and "/" in line and prefix not in line]
    assert not elsewhere, elsewhere
    with open(os.path.join(prefix, "lib/systemd/system/sockwatch.service"), encoding="utf-8") as file:
        unit = file.read()
    command = re.search(r"^ExecStart=(.*)$", unit, re.M).group(1).split()
    agent, config = command[0], command[1].removeprefix("--config.file=")
    assert agent.startswith(prefix) and config.startswith(prefix), command
    subprocess.run([agent, "check-config", config], check=True, capture_output=True)
    print("right: cmake --install into a prefix; its unit starts what was installed")


def sanitized(build):
    with open(os.path.join(build, "CMakeCache.txt"), encoding="utf-8") as file:
        return re.search(r"^SOCKWATCH_SANITIZE:\w+=.+$", file.read(), re.M) is not None


def makes_its_user(root):
    """The script that follows the installation makes the unit's user, once; what it calls is put in its way here."""
    with tempfile.TemporaryDirectory() as folder:
        called = os.path.join(folder, "called")
        for name, code in (("adduser", f'echo "$@" >> {called}'), ("getent", f"test -e {called}"), ("systemctl", ":"),
                           ("deb-systemd-helper", ":"), ("deb-systemd-invoke", ":")):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(f"#!/bin/sh\n{code}\n")
            os.chmod(os.path.join(folder, name), 0o755)
        script = os.path.join(root, "var/lib/dpkg/info/sockwatch.postinst")
        environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
        subprocess.run(["sh", script, "configure"], check=True, env={**environment, "DPKG_ROOT": root})
        assert not os.path.exists(called), "a user was made on the host for a package in another root"
        for _ in range(2):
            subprocess.run(["sh", script, "configure"], check=True, env=environment)
        with open(called, encoding="utf-8") as file:
            lines = file.read().splitlines()
        assert len(lines) == 1 and lines[0].startswith("--system --group") and lines[0].endswith(" sockwatch"), lines
    print("right: makes its user, once")


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

        install_into_a_prefix(options.build, folder)

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
        def installed(name):
            """Where the file is: distributions have /lib in /usr."""
            for path in os.path.join(root, name), os.path.join(root, "usr", name):
                if os.path.exists(path):
                    return path
            raise AssertionError(f"{name} is missing")

        for name in ("lib/systemd/system/sockwatch.service", "etc/default/sockwatch", "usr/share/man/man8/sockwatch.8.gz",
                     "usr/share/bash-completion/completions/sockwatch", "usr/share/sockwatch/dashboards/overview.json"):
            installed(name)
        with open(installed("lib/systemd/system/sockwatch.service"), encoding="utf-8") as file:
            assert "User=sockwatch" in file.read(), "the unit runs as root"
        print(f"right: installed; {version}")
        if sanitized(options.build):
            print("skipped: a build with sanitizers is not hardened")
        else:
            soft = hardening.missing(agent)
            assert not soft, f"the program lacks: {'; '.join(soft)}"
            print("right: the program is hardened")

        makes_its_user(root)
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
