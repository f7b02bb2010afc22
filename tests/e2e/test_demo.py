"""The demonstration that the README names, as a stranger runs it."""

import subprocess
import sys
from pathlib import Path


def test_demo_keeps_its_promises(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fairlead.demo", "--once", "--directory", str(tmp_path / "demo")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for told in ("ModelDisparateImpact", "compliance-officer@example.com", "slack-critical"):
        assert told in done.stdout
