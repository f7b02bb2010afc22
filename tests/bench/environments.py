"""Installs each peer in a virtual environment of its own."""

import shutil
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from tests.bench.contender import Contender
from tests.bench.rounds import reason, run_alone

HERE = Path(__file__).parent
INSTALL_TIMEOUT = 1200.0


@dataclass(frozen=True, slots=True)
class Peer:
    """A line of peers.toml; the first package is the peer itself."""

    name: str
    packages: tuple[str, ...]
    does: str

    @property
    def version(self) -> str:
        """The version that is asked for."""
        return self.packages[0].partition("==")[2]

    @property
    def script(self) -> Path:
        """What is run with its Python."""
        return HERE / "peers" / f"{self.name.replace('-', '_')}.py"


def load() -> dict[str, Peer]:
    """All peers by name."""
    document = tomllib.loads((HERE / "peers.toml").read_text(encoding="utf-8"))
    return {name: Peer(name, tuple(entry["packages"]), entry["does"]) for name, entry in document.items()}


def install(peer: Peer, folder: Path, log: Path) -> str | None:
    """Why the peer could not be installed, if so; an environment with exactly these packages is used again."""
    home = folder / peer.name
    stamp = home / ".installed"
    wanted = "\n".join((sys.version, *peer.packages))
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return None
    shutil.rmtree(home, ignore_errors=True)
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        return "uv must be on PATH, got none"
    steps = (
        [uv, "venv", "--quiet", "--python", sys.executable, str(home)],
        [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(_python(home)), *peer.packages],
    )
    for step in steps:
        code = run_alone(step, INSTALL_TIMEOUT, log)
        if code != 0:
            shutil.rmtree(home, ignore_errors=True)
            return f"no installation within {INSTALL_TIMEOUT:.0f} s" if code is None else reason(log, code)
    stamp.write_text(wanted, encoding="utf-8")
    return None


def contender(peer: Peer, folder: Path, place: Path) -> Contender:
    """The installed peer at work on the task in a folder."""
    report = place / "report.json"
    arguments = [str(path) for path in (HERE / "peer.py", peer.script, place / "task.json", report)]
    command = [str(_python(folder / peer.name)), "-I", "-W", "ignore", *arguments]
    return Contender(peer.name, command, report, peer=True, version=peer.version)


def _python(home: Path) -> Path:
    return home / "bin" / "python"
