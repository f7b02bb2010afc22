"""Who this process is among those that share a store, and whether another one on this machine still lives."""

import os
import socket
from pathlib import Path
from secrets import token_hex

PROC = Path("/proc")


def holder() -> str:
    """host/place/process id/start/random: no two exporters ever have the same one."""
    pid = os.getpid()
    return f"{socket.gethostname()[:64]}/{_place(PROC)}/{pid}/{_started(PROC, pid)}/{token_hex(4)}"


def is_gone(name: str, proc: Path = PROC) -> bool:
    """Whether a holder is known to have ended: a process of this machine and its namespace that is no longer there."""
    parts = name.split("/")
    if len(parts) != 5 or not parts[1] or parts[1] != _place(proc) or not parts[2].isdecimal():
        return False
    return _started(proc, int(parts[2])) != parts[3]


def _place(proc: Path) -> str:
    """This boot and the namespace in which process ids count; "" where neither can be told."""
    try:
        boot = (proc / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}:{(proc / 'self/ns/pid').stat().st_ino}"
    except OSError:
        return ""


def _started(proc: Path, pid: int) -> str:
    """When a process was started, in ticks since the boot; "" for one that is dead, or only waits to be buried."""
    try:
        fields = (proc / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in {"Z", "X"} else fields[19]
