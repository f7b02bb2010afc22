"""`alerting.slack`: where messages go that Alertmanager hands to fairlead, so that it keeps the limit of an hour."""

from pathlib import Path

from fairlead.config.plain import Mapping, Mistakes, entries
from fairlead.config.section import PathText, Section
from fairlead.config.wording import shown


class SlackShape(Section):
    """One entry of `alerting.slack`."""

    url_file: PathText


def check_slack(alerting: Mapping, folder: Path) -> Mistakes:
    """Files exist."""
    for name, entry in entries(alerting, "slack"):
        path = entry.get("url_file")
        if path and not _is_file(folder / path):
            message = f"must be an existing file, got {shown(path)} (no file {folder / path})"
            yield ("alerting", "slack", name, "url_file"), message


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a forbidden folder, a name that is too long
        return False
