"""The whole metrics page of a fixed snapshot is what it was, and promtool accepts it.

``make golden`` rewrites tests/golden/metrics.txt; look at the difference before committing it.
"""

import os
import re
import subprocess
from pathlib import Path

from fairlead import __version__
from fairlead.demo.processes import find_binary
from tests.support.metrics import QUANTILE
from tests.support.page import plain, process

GOLDEN = Path(__file__).with_name("metrics.txt")
OF_THE_INTERPRETER = re.compile(r"(# (HELP|TYPE) )?(python|process)_")


def stable(page: str) -> str:
    """Without what depends on the interpreter, the release or the moment."""
    lines = [line for line in page.splitlines(keepends=True) if not OF_THE_INTERPRETER.match(line)]
    page = "".join(lines).replace(f'version="{__version__}"', 'version="X"')
    return re.sub(r"(?m)^(\w+_created(?:{.*})?) .*$", r"\1 0", page)


def test_page() -> None:
    page = stable((plain() + process().text()).decode())
    if os.environ.get("FAIRLEAD_REWRITE_GOLDEN"):
        GOLDEN.write_text(page)
    assert page == GOLDEN.read_text(), "the page changed: if that is meant, run make golden and commit the difference"


def test_promtool_has_nothing_against_the_page_but_one_label() -> None:
    checked = subprocess.run(
        [find_binary("promtool"), "check", "metrics"],
        input=plain() + process().text(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (checked.stdout, set(checked.stderr.decode().splitlines())) == (b"", {QUANTILE})
