"""Which processes of this machine are gone."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from fairlead.app.holder import holder, is_gone

TELL = "from fairlead.app.holder import holder; print(holder(), flush=True); input()"


def test_this_process_lives_under_a_name_of_its_own() -> None:
    one, two = holder(), holder()
    assert one != two
    assert len(one) <= 256
    assert not is_gone(one)


def test_killed_process_is_gone_also_before_it_is_buried() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", TELL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        name = other.stdout.readline().strip()
        assert not is_gone(name)
        other.kill()
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
        assert is_gone(name)
        assert other.wait() == -signal.SIGKILL
    assert is_gone(name)


def test_another_process_with_the_same_number_is_another_one() -> None:
    host, place, pid, started, token = holder().split("/")
    assert is_gone("/".join((host, place, pid, f"{started}0", token)))


def test_nothing_is_known_of_other_machines_and_strange_names() -> None:
    host, _, pid, started, token = holder().split("/")
    for name in ("/".join((host, "other:1", pid, started, token)), f"{host}//1/2/x", "test", "", "a/b/c/d/e"):
        assert not is_gone(name)


def test_where_there_is_no_proc_nothing_is_known(tmp_path: Path) -> None:
    assert not is_gone(holder(), tmp_path)
