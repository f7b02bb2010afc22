"""Every kind of model, from configuration and logs to the numbers that scikit-learn and fairlearn find in them."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
from sklearn.metrics import accuracy_score, f1_score, mean_absolute_error, precision_score, recall_score

from tests.support import logs
from tests.support.cli import Outcome, call, create_baseline

DAY = timedelta(days=1)
END = logs.START + 10 * DAY


def day(frame: pd.DataFrame, end: datetime, days: int = 1) -> pd.DataFrame:
    """Rows of the days before a moment."""
    return frame[(frame["at"] >= end - days * DAY) & (frame["at"] < end)]


def analysed(folder: Path, model: dict[str, Any], validation: pd.DataFrame, as_of: datetime = END) -> Outcome:
    """The report of one model against a baseline of these rows."""
    config = logs.write_config(folder, [model])
    create_baseline(config, model["name"], logs.write(validation, folder / "validation.parquet"))
    return report(config, as_of)


def report(config: Path, as_of: datetime = END) -> Outcome:
    found = call("analyze", "--config.file", config, "--as-of", as_of.isoformat(), "--format", "json")
    assert found.code in {0, 1, 2, 3}, found.err
    return found


GRADES = ("gold", "silver", "bronze")


def graded(count: int, days: int, seed: int) -> pd.DataFrame:
    """A model that answers with one of three grades and the probability of each; labels agree more or less."""
    frame, chance = logs.rows(count, days=days, seed=seed), np.random.default_rng(seed)
    shares = chance.dirichlet((3, 2, 2), count)
    frame[["p_gold", "p_silver", "p_bronze"]] = shares
    frame["decision"] = np.array(GRADES)[shares.argmax(axis=1)]
    frame["outcome"] = np.where(chance.random(count) < 0.8, frame["decision"], chance.choice(GRADES, count))
    return frame


def test_three_classes(tmp_path: Path) -> None:
    current, validation = graded(20_000, 10, 1), graded(10_000, 1, 2)
    logs.write(current, tmp_path / "logs" / "a.parquet")
    columns = logs.columns(
        score=None, favourable=None, probabilities={grade: f"p_{grade}" for grade in GRADES}, attributions_prefix=None
    )
    model = logs.model("grades", "logs/*.parquet", columns=columns, protected_attributes=None)
    found, rows = analysed(tmp_path, model, validation), day(current, END)
    truth, answer = rows["outcome"], rows["decision"]
    assert found.value("grades", "performance_accuracy_ratio") == pytest.approx(accuracy_score(truth, answer))
    for metric, score in (("precision", precision_score), ("recall", recall_score)):
        expected = score(truth, answer, average="macro")
        assert found.value("grades", f"performance_{metric}_ratio") == pytest.approx(expected)
    for grade, expected in zip(GRADES, f1_score(truth, answer, average=None, labels=list(GRADES)), strict=True):
        assert found.value("grades", "performance_f1_ratio", **{"class": grade}) == pytest.approx(expected)
    confidence = rows[["p_gold", "p_silver", "p_bronze"]].max(axis=1)
    assert found.value("grades", "prediction_confidence_mean") == pytest.approx(confidence.mean())
    median = found.value("grades", "prediction_score_quantile", quantile="0.5")
    assert median == pytest.approx(confidence.median(), abs=0.02)


def test_intersection_of_two_attributes(tmp_path: Path) -> None:
    current, validation = logs.rows(30_000, days=10, seed=3), logs.rows(10_000, seed=4)
    logs.write(current, tmp_path / "logs" / "a.parquet")
    attributes = {
        "sex": {},
        "age_band": {"column": "age", "bins": [40]},
        "sex_age": {"intersection": ["sex", "age_band"], "reference": "male & [40,inf)"},
    }
    model = logs.model("credit", "logs/*.parquet", protected_attributes=attributes)
    found, rows = analysed(tmp_path, model, validation), day(current, END)
    band = np.where(rows["age"] < 40, "[-inf,40)", "[40,inf)")
    frame = MetricFrame(
        metrics={
            "selection": selection_rate,
            "true_positive": true_positive_rate,
            "false_positive": false_positive_rate,
        },
        y_true=rows["outcome"] == "approved",
        y_pred=rows["decision"] == "approved",
        sensitive_features={"sex": rows["sex"], "band": band},
    )
    assert len(frame.by_group) == 4
    for (sex, interval), rates in frame.by_group.iterrows():
        labels = {"attribute": "sex_age", "group": f"{sex} & {interval}"}
        for metric in ("selection", "true_positive", "false_positive"):
            assert found.value("credit", f"group_{metric}_ratio", **labels) == pytest.approx(rates[metric])
    selection = frame.by_group["selection"]
    impact = (selection / selection["male", "[40,inf)"]).drop(("male", "[40,inf)")).min()
    assert found.value("credit", "fairness_disparate_impact_ratio", attribute="sex_age") == pytest.approx(impact)


def priced(count: int, days: int, seed: int) -> pd.DataFrame:
    """A model that answers with an amount; the true one is near it."""
    frame, chance = logs.rows(count, days=days, seed=seed), np.random.default_rng(seed)
    frame["amount"] = chance.lognormal(8, 0.4, count)
    frame["paid"] = frame["amount"] * chance.normal(1, 0.1, count)
    return frame


def test_regression(tmp_path: Path) -> None:
    current, validation = priced(20_000, 10, 1), priced(10_000, 1, 2)
    logs.write(current, tmp_path / "logs" / "a.parquet")
    columns = {
        "timestamp": "at",
        "prediction": "amount",
        "label": "paid",
        "favourable_range": [3000, float("inf")],
        "tolerance": 250,
    }
    found = analysed(tmp_path, logs.model("amounts", "logs/*.parquet", task="regression", columns=columns), validation)
    rows = day(current, END)
    error = mean_absolute_error(rows["paid"], rows["amount"])
    assert found.value("amounts", "performance_mean_absolute_error") == pytest.approx(error)
    near = ((rows["paid"] - rows["amount"]).abs() <= 250).mean()
    assert found.value("amounts", "performance_accuracy_ratio") == pytest.approx(near)
    selected = (rows["amount"] >= 3000).groupby(rows["sex"]).mean()
    for sex, share in selected.items():
        labels = {"attribute": "sex", "group": str(sex)}
        assert found.value("amounts", "group_selection_ratio", **labels) == pytest.approx(share)
    difference = found.value("amounts", "fairness_demographic_parity_difference", attribute="sex")
    assert difference == pytest.approx(selected.max() - selected.min())
    assert 0 < found.value("amounts", "prediction_shift_ratio") < 0.1


def keyed(count: int, days: int, seed: int) -> pd.DataFrame:
    return logs.rows(count, days=days, seed=seed).assign(id=[f"{seed}-{place}" for place in range(count)])


def test_labels_that_come_late_from_elsewhere(tmp_path: Path) -> None:
    """Answers of the last day, correctness of the day a week before; what is learnt later changes the same window."""
    current, validation = keyed(20_000, 10, 5), keyed(5_000, 1, 6)
    logs.write(current.drop(columns="outcome"), tmp_path / "logs" / "a.parquet")
    cohort, answers = day(current, END - 7 * DAY), day(current, END)
    known = cohort.iloc[: len(cohort) // 2]
    logs.write(known[["id", "outcome"]], tmp_path / "labels" / "first.csv")
    model = logs.model(
        "credit",
        "logs/*.parquet",
        columns=logs.columns(label=None),
        labels={"path": "labels/*.csv", "key": "id", "label": "outcome"},
        label_delay="7d",
    )
    first = analysed(tmp_path, model, validation)
    assert first.value("credit", "performance_labelled_ratio") == pytest.approx(len(known) / len(cohort))
    accuracy = accuracy_score(known["outcome"], known["decision"])
    assert first.value("credit", "performance_accuracy_ratio") == pytest.approx(accuracy)
    shares = answers.groupby("sex")["decision"].agg(lambda column: (column == "approved").mean())
    for sex, share in shares.items():
        labels = {"attribute": "sex", "group": str(sex)}
        assert first.value("credit", "group_selection_ratio", **labels) == pytest.approx(share)

    late = cohort.iloc[len(cohort) // 2 :]
    logs.write(late[["id", "outcome"]], tmp_path / "labels" / "second.csv")
    second = report(tmp_path / "fairlead.yml")
    assert second.value("credit", "performance_labelled_ratio") == 1
    accuracy = accuracy_score(cohort["outcome"], cohort["decision"])
    assert second.value("credit", "performance_accuracy_ratio") == pytest.approx(accuracy)
    assert second.value("credit", "prediction_shift_ratio") == first.value("credit", "prediction_shift_ratio")


def test_validation_rows_without_labels_take_them_from_the_label_source(tmp_path: Path) -> None:
    current, validation = keyed(10_000, 10, 5), keyed(5_000, 1, 6)
    logs.write(current, tmp_path / "logs" / "a.parquet")
    logs.write(validation[["id", "outcome"]], tmp_path / "labels" / "all.parquet")
    labels = {"path": "labels/all.parquet", "key": "id", "label": "outcome"}
    model = logs.model("credit", "logs/*.parquet", columns=logs.columns(label=None), labels=labels)
    found = analysed(tmp_path, model, validation.drop(columns="outcome"))
    accuracy = accuracy_score(validation["outcome"], validation["decision"])
    assert found.value("credit", "performance_accuracy_baseline_ratio") == pytest.approx(accuracy)


def test_unreadable_labels_fail_only_what_needs_them(tmp_path: Path) -> None:
    current, validation = keyed(10_000, 10, 5), keyed(5_000, 1, 6)
    logs.write(current.drop(columns="outcome"), tmp_path / "logs" / "a.parquet")
    broken = tmp_path / "labels" / "a.parquet"
    broken.parent.mkdir()
    broken.write_bytes(b"PAR1 nothing")
    labels = {"path": "labels/*.parquet", "key": "id", "label": "outcome"}
    model = logs.model("credit", "logs/*.parquet", columns=logs.columns(label=None), labels=labels)
    found = analysed(tmp_path, model, validation)
    failed = {f["family"]: f["failure"] for m in found.document["models"] for f in m["families"] if f["failure"]}
    assert set(failed) == {"fairness", "model"}
    assert str(broken) in failed["model"]
