"""What the kernel tells of processes and BPF programs: CPU time, memory, run time."""

import ctypes
import datetime
import os
import platform
import re
import struct

import kernel_objects

TICK = os.sysconf("SC_CLK_TCK")
STATISTICS = "/proc/sys/kernel/bpf_stats_enabled"


def describe():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = re.search(r"model name\s*: (.*)", file.read())
    return (f"{datetime.date.today()}, {os.cpu_count()} CPUs ({model.group(1) if model else platform.machine()}), "
            f"kernel {'.'.join(platform.release().split('.')[:2])}")


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def resident_mb(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) / 1024


class BpfStatistics:
    """The kernel's run time of BPF programs, switched on for a while and then left as it was. Slows every program by some 60 ns a run."""

    def __enter__(self):
        with open(STATISTICS, encoding="utf-8") as switch:
            self._was = switch.read()
        self._write("1")
        return self

    def __exit__(self, *_):
        self._write(self._was)

    @staticmethod
    def _write(value):
        with open(STATISTICS, "w", encoding="utf-8") as switch:
            switch.write(value)


class EmptyProgram:
    """A BPF program that returns at once, on the tracepoint of socket sends: its run time is what the statistics count of themselves."""

    PROG_LOAD, RAW_TRACEPOINT_OPEN, RAW_TRACEPOINT = 5, 17, 17
    CODE = struct.pack("<BBhiBBhi", 0xB7, 0, 0, 0, 0x95, 0, 0, 0)  # r0 = 0; exit

    def __enter__(self):
        code, name = ctypes.create_string_buffer(self.CODE), ctypes.create_string_buffer(b"sock_send_length")
        license_ = ctypes.create_string_buffer(b"GPL")
        self._program = self._bpf(self.PROG_LOAD, struct.pack(
            "<IIQQIIQII16s", self.RAW_TRACEPOINT, 2, ctypes.addressof(code), ctypes.addressof(license_), 0, 0, 0, 0, 0, b"bench_empty"))
        self._link = self._bpf(self.RAW_TRACEPOINT_OPEN, struct.pack("<QI4x", ctypes.addressof(name), self._program))
        return self

    def __exit__(self, *_):
        os.close(self._link)
        os.close(self._program)

    @staticmethod
    def _bpf(command, attributes):
        libc = ctypes.CDLL(None, use_errno=True)
        buffer = ctypes.create_string_buffer(attributes, len(attributes))
        fd = libc.syscall({"x86_64": 321, "aarch64": 280}[platform.machine()], command, buffer, len(attributes))
        if fd < 0:
            raise OSError(ctypes.get_errno(), "bpf()")
        return fd

    @staticmethod
    def ns_per_run():
        run_time, runs = next(iter(kernel_objects.programs(os.getpid()).values()))
        return run_time / runs
