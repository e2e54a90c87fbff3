"""On what machine, and with what, a run was made."""

import importlib.metadata
import os
import platform
import re
import subprocess
from pathlib import Path

_ROOT = Path(__file__).parent.parent


def machine() -> dict[str, str | int | float]:
    """The machine, and how busy it was when this was asked."""
    told = Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*: (.+)$", told, re.MULTILINE)
    memory = re.search(r"^MemTotal:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return {
        "processor": model[1] if model else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory, GiB": round(int(memory[1]) / 2**20, 1) if memory else 0,
        "kernel": platform.release(),
        "load at start": os.getloadavg()[0],
    }


def versions() -> dict[str, str]:
    """Of everything that is measured, and what it runs on."""
    found = {
        "Kumoniwa": f"{importlib.metadata.version('kumoniwa')}, {_output('git', 'describe', '--always', '--dirty')}"
    }
    for name in ("moto", "ministack"):
        python = str(_ROOT / "build" / "peers" / "bin" / "python")
        found[name] = _output(python, "-c", f"import importlib.metadata as m; print(m.version('{name}'))")
    found["Python"] = platform.python_version()
    if "version" in (qemu := _output("qemu-system-x86_64", "--version")):
        found["QEMU"] = qemu.split("version ")[1].split()[0]
    return found


def _output(*command: str) -> str:
    """What a program says, nothing where it is missing or fails."""
    try:
        return subprocess.run(command, cwd=_ROOT, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
