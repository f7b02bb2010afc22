"""The smallest fairlead.yml, changed and loaded."""

from pathlib import Path

from fairlead.config.load import load
from fairlead.config.schema import Model

SMALLEST = """\
thresholds: thresholds.yml
models:
- name: credit
  version: "3"
  risk: high
  team: lending
  source: {path: logs/*.parquet}
  columns: {timestamp: ts, prediction: decision}
  features: {income: {type: numerical}}
"""


def write(folder: Path, *changes: tuple[str, str]) -> Path:
    """Write it to a folder with each text replaced by another."""
    text = SMALLEST
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    folder.mkdir(exist_ok=True)
    (folder / "thresholds.yml").touch()
    (folder / "fairlead.yml").write_text(text, encoding="utf-8")
    return folder / "fairlead.yml"


def put_beside(folder: Path) -> None:
    """The files that tests/config/valid.yml names, and some that a mistake in it may name."""
    for name in ("thresholds.yml", "authority"):
        (folder / name).touch()
    tokens = {
        "token": "t" * 16 + "\n",
        "other-token": "o" * 64,
        "empty-token": "\n",
        "secret": "c" * 32,
        "short-token": "s" * 15,
    }
    for name, content in {**tokens, "two-tokens": "first-of-two-tokens\nsecond-of-two-tokens\n"}.items():
        (folder / name).write_text(content)


def first(folder: Path, *changes: tuple[str, str]) -> Model:
    """Its model with each text replaced by another."""
    return load(write(folder, *changes)).models[0]


def model(folder: Path, columns: str = "", keys: str = "") -> Model:
    """Its model with more columns (", a: b") and more keys ("a: b", one a line)."""
    inserted = "".join(f"  {line}\n" for line in keys.splitlines())
    return first(folder, ("decision}", f"decision{columns}}}"), ("  features:", f"{inserted}  features:"))
