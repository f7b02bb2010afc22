"""The page about the console names every path with who may, and no other."""

import re
from pathlib import Path

from fastapi.routing import APIRoute

from fairlead.console import exceptions
from fairlead.console.moves import MOVES
from fairlead.console.routes import ROUTERS

PAGE = (Path(__file__).parents[2] / "exporter" / "docs" / "console.md").read_text()


def test_every_path_is_documented_with_who_may() -> None:
    documented = dict(re.findall(r"^\| `([^`]+)` \| (\w+) \|", PAGE, re.MULTILINE))
    found: dict[str, str] = {}
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            needs = {getattr(one.call, "permission", None) for one in route.dependant.dependencies} - {None}
            found[route.path_format] = str(next(iter(needs), "anybody"))
    assert documented == found


def test_every_move_is_documented() -> None:
    rows = {line.split("/")[1]: line for line in PAGE.splitlines() if "{move}" in line}
    assert re.findall(r"`([a-z-]+)`", rows["incidents"]) == list(MOVES)
    assert re.findall(r"`([a-z-]+)`", rows["exceptions"]) == list(exceptions.MOVES)
