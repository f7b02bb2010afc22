"""Reading what the command line printed."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fairlead.core.measurement import Measurement
from fairlead.core.plan import Window
from fairlead.core.run import Run
from fairlead.core.thresholds import Thresholds
from fairlead.demo.commands import Row, analyze, rows
from fairlead.demo.workspace import DemoError
from fairlead.report import Report

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_rows_are_the_measurements_that_have_thresholds_and_the_composite_score() -> None:
    measurements = (
        Measurement("feature_psi", 0.3, (("feature", "income"),), noise=0.04),
        Measurement("feature_missing_ratio", 0.5, (("feature", "income"),)),
    )
    window = Window(NOON, NOON)
    run = Run("m", "1", "data", window, "manual", NOON, NOON, "v1", 100, measurements)
    limits = {("feature_psi", "critical", "", ""): 0.25, ("drift_score", "warning", "", ""): 0.15}
    found = rows(Report(NOON, [run], Thresholds(limits)).as_document())
    assert found[0] == Row("m", "data", "feature_psi", "income", 0.3, 0.04, "critical")
    assert [(row.metric, row.severity) for row in found[1:]] == [("drift_score", "warning")]


def test_a_command_that_fails_is_shown_with_its_exit_code_and_its_words(tmp_path: Path) -> None:
    with pytest.raises(DemoError) as error:
        analyze(tmp_path / "missing.yml", NOON)
    assert "analyze --as-of 2026-03-01T12:00:00+00:00" in str(error.value)
    assert "exit code 4" in str(error.value)
    assert "missing.yml" in str(error.value)
