"""A secret in a file of its own, as orchestrators mount them: one line, whitespace around it does not count."""

import re
from pathlib import Path

LEAST, MOST = 16, 4096
EXPECTED = f"a file with a secret of {LEAST} to {MOST} visible ASCII characters"
VISIBLE = re.compile(rb"[!-~]*")


class UnusableSecretError(Exception):
    """Why a file holds no secret; says nothing of what it holds."""


def secret_of(path: Path) -> str:
    """The secret in a file."""
    try:
        if path.exists() and not path.is_file():
            raise UnusableSecretError(f"no file: {path}")
        with path.open("rb") as file:
            content = file.read(MOST + 64)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnusableSecretError(f"{reason.lower()}: {path}") from None
    text = content.strip()
    if not VISIBLE.fullmatch(text):
        raise UnusableSecretError(f"spaces or other characters in {path}")
    if not LEAST <= len(text) <= MOST:
        raise UnusableSecretError(f"{len(text) if len(text) <= MOST else f'more than {MOST}'} characters in {path}")
    return text.decode("ascii")
