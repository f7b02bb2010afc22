"""One analysis always ends in one run per family, never in an exception."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fairlead.core.families import FAMILIES
from fairlead.core.measurement import NotComputed
from fairlead.core.plan import CategoricalColumn, Plan, Window
from fairlead.core.run import Run
from fairlead.core.summary import Summary
from fairlead.errors import SourceError
from fairlead.monitor.check import Subject, check
from tests.support.monitored import BASELINE, Clock, load_baseline, subject, usual

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
WINDOW = Window(datetime(2026, 3, 9, tzinfo=UTC), datetime(2026, 3, 10, tzinfo=UTC))


def checked(model: Subject, *families: str) -> list[Run]:
    return check(
        model, families or ("data",), WINDOW, trigger="scheduled", load_baseline=load_baseline, clock=Clock(NOW)
    )


def test_run_says_what_was_analysed_with_what() -> None:
    (run,) = checked(subject())
    assert (run.model, run.model_version, run.family, run.trigger) == ("credit", "3", "data", "scheduled")
    assert (run.window, run.baseline, run.samples, run.failure) == (WINDOW, BASELINE.version, 200, None)
    assert run.measurements
    assert not run.not_computed


def test_families_share_one_pass() -> None:
    passes = []

    def summarise(plan: Plan, window: Window) -> Summary:
        passes.append(window)
        return usual(plan, window)

    runs = checked(subject(summarise=summarise), "data", "fairness", "model", "quality")
    assert [run.family for run in runs] == ["data", "fairness", "model", "quality"]
    assert passes == [WINDOW]


def test_pass_is_planned_with_the_edges_of_the_baseline() -> None:
    plans: list[Plan] = []

    def summarise(plan: Plan, window: Window) -> Summary:
        plans.append(plan)
        return usual(plan, window)

    checked(subject(summarise=summarise))
    assert plans[0].numerical["income"].bins is BASELINE.bins["income"]


def unreadable(plan: Plan, window: Window) -> Summary:
    raise SourceError("logs.parquet: must be readable Parquet, got 3 bytes")


def crashing(plan: Plan, window: Window) -> Summary:
    raise ZeroDivisionError("division by zero")


def empty(plan: Plan, window: Window) -> Summary:
    return Summary(undated=7)


@pytest.mark.parametrize(
    ("model", "failure"),
    [
        (subject(summarise=unreadable), "logs.parquet: must be readable Parquet, got 3 bytes"),
        (subject(summarise=crashing), "model 'credit': internal error: ZeroDivisionError: division by zero"),
        (subject("without"), "model 'without': no active baseline"),
        (
            subject(summarise=empty),
            "model 'credit': must have rows from 2026-03-09T00:00:00Z to 2026-03-10T00:00:00Z, "
            "got none (7 rows have no readable timestamp)",
        ),
    ],
)
def test_what_goes_wrong_is_the_failure_of_every_family(model: Subject, failure: str) -> None:
    runs = checked(model, *FAMILIES)
    assert [run.family for run in runs] == list(FAMILIES)
    assert {run.failure for run in runs} == {failure}
    assert not any(run.measurements or run.not_computed for run in runs)


def labelled(plan: Plan, window: Window) -> Summary:
    return replace(usual(plan, window), labelled=80, correct=60)


def test_cohort_is_the_window_as_it_was_a_label_delay_ago() -> None:
    passes: dict[str, tuple[Plan, Window]] = {}

    def summarise(plan: Plan, window: Window) -> Summary:
        passes["current"] = plan, window
        return usual(plan, window)

    def join(plan: Plan, window: Window) -> Summary:
        passes["cohort"] = plan, window
        return labelled(plan, window)

    known = replace(subject(summarise=summarise), join=join, label_delay=timedelta(days=7))
    model = replace(known, plan=replace(known.plan, label="outcome"))
    (run,) = checked(model, "model")
    assert passes["current"][1] == WINDOW
    assert passes["current"][0].label is None
    assert passes["cohort"][1] == Window(WINDOW.start - timedelta(days=7), WINDOW.end - timedelta(days=7))
    assert passes["cohort"][0] == replace(model.plan, label="outcome").of_labels()
    (accuracy,) = [m for m in run.measurements if m.metric == "performance_accuracy_ratio"]
    assert (accuracy.value, accuracy.samples) == (60 / 80, 80)


def test_families_that_need_no_labels_do_not_wait_for_them() -> None:
    model = replace(subject(), join=crashing)
    runs = checked(model, "data", "fairness", "model", "quality")
    failed = [run.family for run in runs if run.failure]
    assert failed == ["fairness", "model"]
    assert checked(model, "data", "quality")[0].failure is None


def test_statistic_that_crashes_fails_its_own_family_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(comparison: object) -> object:
        raise RuntimeError("broken statistic")

    monkeypatch.setitem(FAMILIES, "data", (broken,))
    data, model = checked(subject(), "data", "model")
    assert data.failure == "model 'credit': internal error: RuntimeError: broken statistic"
    assert model.failure is None
    assert model.measurements


def test_feature_the_baseline_does_not_know_is_named() -> None:
    data, quality = checked(subject(features=("income", "age")), "data", "quality")
    assert data.not_computed == (NotComputed("feature_psi", "not in the baseline", (("feature", "age"),)),)
    assert data.failure is None
    assert not quality.not_computed


def test_feature_that_changed_its_type_is_named() -> None:
    model = subject(features=())
    changed = replace(model, plan=replace(model.plan, categorical={"income": CategoricalColumn("income")}))
    no_columns = replace(changed, summarise=lambda plan, window: replace(usual(plan, window), numerical={}))
    (run,) = checked(no_columns)
    assert run.not_computed == (NotComputed("feature_psi", "not in the baseline", (("feature", "income"),)),)
