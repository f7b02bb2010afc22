"""`alerting.slack`: where messages go that Alertmanager hands to fairlead, so that it keeps the limit of an hour."""

from pathlib import Path

from fairlead.config.existing import missing_files
from fairlead.config.plain import Mapping, Mistakes, entries
from fairlead.config.section import PathText, Section


class SlackShape(Section):
    """One entry of `alerting.slack`."""

    url_file: PathText


def check_slack(alerting: Mapping, folder: Path) -> Mistakes:
    """Files exist."""
    for name, entry in entries(alerting, "slack"):
        yield from missing_files(entry, ("url_file",), folder, ("alerting", "slack", name))
