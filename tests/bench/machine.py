"""What the figures depend on: the machine and the versions; no date, no name, no path."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("fairlead", "numpy", "pyarrow", "scipy", "duckdb")


def facts() -> list[tuple[str, str]]:
    """Pairs of what and which."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return [
        ("processor", _processor()),
        ("cores", str(cores())),
        ("memory", f"{memory:.0f} GiB"),
        ("system", f"{platform.system()} {platform.machine()}"),
        ("Python", platform.python_version()),
        *((name, version(name)) for name in PACKAGES),
    ]


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    found = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(found, platform.processor() or "unknown")
