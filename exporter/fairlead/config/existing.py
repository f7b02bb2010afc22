"""Rules of sections that name files, or a user with a password."""

from collections.abc import Iterable
from pathlib import Path

from fairlead.config.plain import Mapping, Mistakes
from fairlead.config.wording import Loc, shown


def missing_files(content: Mapping, names: Iterable[str], folder: Path, loc: Loc = ()) -> Mistakes:
    """Keys whose files are not there; relative paths start at the folder."""
    for name in names:
        path = content.get(name)
        if path and not _is_file(folder / path):
            yield (*loc, name), f"must be an existing file, got {shown(path)} (no file {folder / path})"


def half_a_login(content: Mapping, loc: Loc) -> Mistakes:
    """A user without a password, or a password without a user."""
    if "username" in content and "password_file" not in content:
        yield (*loc, "username"), "must be given with password_file, got it alone"
    elif "password_file" in content and "username" not in content:
        yield (*loc, "password_file"), "must be given with username, got it alone"


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a forbidden folder, a name that is too long
        return False
