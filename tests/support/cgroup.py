"""A cgroup of version 2 for a test."""

import contextlib
import os

from agent import wait_until


def root():
    """Where cgroups of version 2 are mounted; None: nowhere."""
    with open("/proc/mounts", encoding="utf-8") as mounts:
        return next((line.split()[1] for line in mounts if line.split()[2] == "cgroup2"), None)


def _removed(folder):
    try:
        os.rmdir(folder)
    except OSError:  # its last process has not gone yet
        return False
    return True


@contextlib.contextmanager
def cgroup(path):
    """Makes the cgroup `path` ("a.slice/b.service"), gives its folder, and removes what it made when its processes have gone. Gives None
    and says why where that cannot be done."""
    mounted, made = root(), []
    if not mounted:
        print("skipped: no cgroup2 is mounted here")
        yield None
        return
    folder = mounted
    try:
        for name in path.split("/"):
            folder = os.path.join(folder, name)
            if not os.path.isdir(folder):
                os.mkdir(folder)
                made.append(folder)
    except OSError as error:
        print(f"skipped: no cgroup can be made here: {error}")
        folder = None
    try:
        yield folder
    finally:
        for name in reversed(made):
            wait_until(lambda name=name: _removed(name), "the cgroup to be empty", 5)
