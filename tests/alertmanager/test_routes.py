"""Every row of the policy's tables of who is told, asked of amtool."""

import pytest

from tests.support.alertmanager import CONFIG, amtool
from tests.support.alertmanager_routes import ARRIVES, ROWS, Row


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.event)
def test_alert_reaches_its_receivers(row: Row) -> None:
    expected = f"--verify.receivers={','.join(row.receivers)}"
    labels = [f"{name}={value}" for name, value in row.labels.items()]
    result = amtool("config", "routes", "test", f"--config.file={CONFIG}", expected, *labels)
    assert result.returncode == 0, f"wanted {row.receivers}: {result.stdout}{result.stderr}"


def test_every_receiver_has_a_row() -> None:
    assert {receiver for row in ROWS for receiver in row.receivers} == set(ARRIVES)
