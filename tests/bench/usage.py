"""Runs a command and writes what it took: python -I -S usage.py RESULT COMMAND…

A process of its own, as small as Python can be: the peak memory that the kernel reports of a command is never below
that of the process which started it.
"""

import json
import os
import sys
import time
from pathlib import Path


def main(result: str, *command: str) -> int:
    """The exit code of the command; wall and CPU time in seconds and peak memory in MiB go to the result file."""
    start = time.perf_counter()
    process = os.posix_spawnp(command[0], command, os.environ)
    _, status, used = os.wait4(process, 0)
    wall = time.perf_counter() - start
    peak = used.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    taken = {"wall": wall, "cpu": used.ru_utime + used.ru_stime, "peak": peak}
    Path(result).write_text(json.dumps(taken), encoding="utf-8")
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
