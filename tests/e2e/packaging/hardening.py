"""What the linker and the compiler were asked to do for the packaged program, read from its file: see cmake/sockwatch.cmake."""

import platform
import re
import subprocess


def read(*options):
    return subprocess.run(["readelf", "--wide", *options], check=True, capture_output=True, text=True, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"}).stdout


def instructions(path):
    return subprocess.run(["objdump", "--disassemble", "--no-show-raw-insn", path], check=True, capture_output=True, text=True).stdout


def missing(path):
    """What of it is not there, in words."""
    header, segments, dynamic, symbols = read("--file-header", path), read("--segments", path), read("--dynamic", path), read("--dyn-syms", path)
    code = instructions(path)
    stack = re.search(r"GNU_STACK.*", segments)
    checks = {
        "position-independent": re.search(r"Type:\s+DYN \(Position-Independent", header) or "PIE" in dynamic,
        "relocations are read-only once the program runs (RELRO)": "GNU_RELRO" in segments,
        "every symbol is bound before that (BIND_NOW)": re.search(r"FLAGS.*\bNOW\b", dynamic),
        "the stack is not executable": stack and "RWE" not in stack.group(0),
        "stack protector": "__stack_chk_fail" in symbols,
        "fortified calls of the C library": re.search(r"__(memcpy|snprintf|vsnprintf|read|fread|printf)\w*_chk", symbols),
        "assertions of the C++ library": "__glibcxx_assert_fail" in symbols,
    }
    if platform.machine() == "x86_64":
        # The note that the whole program is fit for it needs start files of the C library that are, too: Debian 12's are not.
        checks["indirect branches land on marks only"] = code.count("endbr64") > 100
        checks["large stack frames are touched page by page"] = re.search(r"or[qlb]\s+\$0x0,(0x\w+)?\(%rsp\)", code)
    elif platform.machine() == "aarch64":
        checks["indirect branches land on marks only"] = re.search(r"\t(bti|paciasp)\b", code)
    return [name for name, there in checks.items() if not there]
