"""Equal rows give equal summaries, whatever they are stored in, and those that pandas gives."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fairlead.core.edges import NumericalBins
from fairlead.core.plan import AttributeColumn, CategoricalColumn, NumericalColumn, Plan, Window
from fairlead.engines.files import Files
from fairlead.engines.summarise import summarise
from tests.support import logs
from tests.support.summaries import assert_equal, counted


def bins(*edges: float, centre: float = 0.0, unit: float = 1.0) -> NumericalBins:
    return NumericalBins(np.array(edges), np.arange(len(edges) + 1), 1.0, centre, unit)


MANY = NumericalBins(np.arange(1e3, 1e5, 1e3), np.arange(100) // 10, 1.0, 22_000.0, 2.0**17)
SHAP = bins(-1.0, 0.0, 1.0, unit=8.0)
PLAN = Plan(
    timestamp="at",
    timestamp_unit=None,
    prediction="decision",
    favourable="approved",
    label="outcome",
    score="score",
    output=bins(0.2, 0.4, 0.6, 0.8, centre=0.5),
    numerical={
        "income": NumericalColumn(
            "income", 1e4, 9e4, bins(1e4, 2e4, 2e4 + 1e-9, 3e4, 8e4, centre=22_000.1, unit=2.0**17)
        ),
        "children": NumericalColumn("children", bins=bins(0.0, 1.0, 2.0, 3.0, centre=2.0, unit=4.0)),
    },
    categorical={"purpose": CategoricalColumn("purpose", frozenset({"car"}))},
    attributes={"sex": AttributeColumn("sex"), "age_band": AttributeColumn("age", (25.0, 40.0, 60.0))},
    intersections={"sex_age": ("sex", "age_band")},
    attributions={name: NumericalColumn(f"shap_{name}", bins=SHAP) for name in ("income", "children", "purpose")},
    input_key="purpose",
)
WINDOW = Window(logs.START + timedelta(hours=7), logs.START + timedelta(hours=31))
WRITERS: dict[str, Callable[[pd.DataFrame, Path], None]] = {
    "typed.parquet": logs.write_parquet,
    "text.parquet": logs.write_text_parquet,
    "plain.csv": logs.write_csv,
    "packed.csv.gz": logs.write_csv,
    "plain.jsonl": logs.write_jsonl,
    "packed.jsonl.gz": logs.write_jsonl,
}


@cache
def decisions() -> pd.DataFrame:
    return logs.with_gaps(logs.rows(4_000, days=2))


def kind(name: str) -> str:
    return logs.FORMATS["." + name.split(".", 1)[1]]


@pytest.mark.parametrize("window", [None, WINDOW], ids=["all rows", "window"])
@pytest.mark.parametrize("name", WRITERS)
def test_one_file(name: str, window: Window | None, tmp_path: Path) -> None:
    WRITERS[name](decisions(), tmp_path / name)
    expected = counted(decisions(), PLAN, window)
    assert expected.rows == (4_000 if window is None else 2_000)
    assert_equal(summarise(Files(str(tmp_path / name), kind(name)), PLAN, window), expected)


@pytest.mark.parametrize("pattern", ["", "*{suffix}", "**/*{suffix}"], ids=["folder", "glob", "deep glob"])
@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".csv.gz", ".jsonl", ".jsonl.gz"])
def test_many_files(suffix: str, pattern: str, tmp_path: Path) -> None:
    for place, part in enumerate(np.array_split(np.arange(len(decisions())), 9)):
        logs.write(decisions().iloc[part], tmp_path / f"part-{place}{suffix}")
    source = Files(str(tmp_path / pattern.format(suffix=suffix)), logs.FORMATS[suffix])
    assert_equal(summarise(source, PLAN, WINDOW), counted(decisions(), PLAN, WINDOW))


@pytest.mark.parametrize("name", ["text.parquet", "plain.csv", "packed.csv.gz", "plain.jsonl"])
def test_words_in_a_numerical_column(name: str, tmp_path: Path) -> None:
    frame = decisions().astype({"income": object})
    frame.loc[frame.index % 10 == 0, "income"] = "unknown"
    WRITERS[name](frame, tmp_path / name)
    summary = summarise(Files(str(tmp_path / name), kind(name)), PLAN, WINDOW)
    expected = counted(frame, PLAN, WINDOW)
    assert 150 < expected.numerical["income"].mismatched < 250
    assert_equal(summary, expected)


@pytest.mark.parametrize("name", WRITERS)
def test_probabilities_of_three_classes(name: str, tmp_path: Path) -> None:
    chance = np.random.default_rng(1)
    shares = chance.dirichlet((1, 1, 1), 4_000)
    shares[:50] = (1.0, 0.0, 0.0)
    shares[50:90] = (0.7, 0.7, 0.0)
    shares[90:120, 1] = np.nan
    frame = decisions().assign(p_approved=shares[:, 0], p_denied=shares[:, 1], p_referred=shares[:, 2])
    classes = {"approved": "p_approved", "denied": "p_denied", "referred": "p_referred"}
    plan = replace(PLAN, score=None, probabilities=classes)
    WRITERS[name](frame, tmp_path / name)
    expected = counted(frame, plan, None)
    assert expected.entropy.invalid == 40
    assert_equal(summarise(Files(str(tmp_path / name), kind(name)), plan, None), expected)


@pytest.mark.parametrize("name", WRITERS)
def test_one_column_read_as_number_and_as_name(name: str, tmp_path: Path) -> None:
    frame = decisions()
    plan = replace(PLAN, categorical={"children": CategoricalColumn("children")})
    WRITERS[name](frame, tmp_path / name)
    assert_equal(summarise(Files(str(tmp_path / name), kind(name)), plan, WINDOW), counted(frame, plan, WINDOW))


STRANGE = {
    "at": "t",
    "decision": "select",
    "income": 'a"b',
    "purpose": "it's",
    "sex": "#c0",
    "age": "C0",
    "outcome": "c0",
}


@pytest.mark.parametrize("name", WRITERS)
def test_strange_column_names(name: str, tmp_path: Path) -> None:
    """Words and marks of SQL, the engine's own names, names that differ in case only."""
    frame = decisions().rename(columns=STRANGE)
    plan = Plan(
        STRANGE["at"],
        None,
        STRANGE["decision"],
        favourable="approved",
        label=STRANGE["outcome"],
        numerical={"income": NumericalColumn(STRANGE["income"], bins=bins(1e4, 3e4))},
        categorical={"purpose": CategoricalColumn(STRANGE["purpose"])},
        attributes={"sex": AttributeColumn(STRANGE["sex"])},
    )
    if not name.endswith((".jsonl", ".jsonl.gz")):
        plan = replace(plan, attributes={**plan.attributes, "age": AttributeColumn(STRANGE["age"], (25.0, 40.0))})
    WRITERS[name](frame, tmp_path / name)
    assert_equal(summarise(Files(str(tmp_path / name), kind(name)), plan, WINDOW), counted(frame, plan, WINDOW))


@pytest.mark.parametrize("name", WRITERS)
def test_folders_named_like_hive_partitions(name: str, tmp_path: Path) -> None:
    """A file's own columns are read, whatever its folders say."""
    path = tmp_path / "sex=other" / "income=1" / "day=2026-01-01" / name
    path.parent.mkdir(parents=True)
    WRITERS[name](decisions(), path)
    assert_equal(summarise(Files(str(path), kind(name)), PLAN, WINDOW), counted(decisions(), PLAN, WINDOW))


REGRESSION = Plan(
    timestamp="at",
    timestamp_unit=None,
    prediction="score",
    regression=True,
    favourable_range=(0.5, np.inf),
    tolerance=0.1,
    label="estimate",
    output=bins(0.2, 0.4, 0.6, 0.8, centre=0.5),
    numerical=PLAN.numerical,
    categorical=PLAN.categorical,
    attributes=PLAN.attributes,
    intersections=PLAN.intersections,
    attributions=PLAN.attributions,
    hash_inputs=True,
)


def priced() -> pd.DataFrame:
    """Numbers for labels, some missing, some infinite; a third of the inputs comes three times."""
    frame, chance = decisions(), np.random.default_rng(9)
    again = frame.index % 9 < 6
    columns = ["income", "children", "purpose"]
    frame.loc[again, columns] = frame.loc[frame.index[again] // 3, columns].to_numpy()
    frame["income"], frame["children"] = frame["income"].astype("float64"), frame["children"].astype("Int64")
    frame["estimate"] = frame["score"] + chance.normal(0, 0.1, len(frame))
    frame.loc[chance.random(len(frame)) < 0.1, "estimate"] = np.nan
    frame.loc[chance.random(len(frame)) < 0.01, "estimate"] = np.inf
    return frame


@pytest.mark.parametrize("tolerance", [None, 0.1])
@pytest.mark.parametrize("name", WRITERS)
def test_regression(name: str, tolerance: float | None, tmp_path: Path) -> None:
    frame, plan = priced(), replace(REGRESSION, tolerance=tolerance)
    WRITERS[name](frame, tmp_path / name)
    expected = counted(frame, plan, WINDOW)
    assert expected.repeats is not None
    assert (expected.repeats.rows > 2).sum() > 100
    assert 1_000 < expected.labelled < expected.predicted < 2_000
    assert_equal(summarise(Files(str(tmp_path / name), kind(name)), plan, WINDOW), expected)


@pytest.mark.parametrize("name", WRITERS)
def test_without_a_favourable_class_the_output_is_the_confidence(name: str, tmp_path: Path) -> None:
    frame = decisions()
    frame["p_denied"] = 1 - frame["score"]
    plan = replace(PLAN, favourable=None, score=None, probabilities={"approved": "score", "denied": "p_denied"})
    WRITERS[name](frame, tmp_path / name)
    expected = counted(frame, plan, None)
    assert expected.output is not None
    assert expected.output.minimum >= 0.5
    assert_equal(summarise(Files(str(tmp_path / name), kind(name)), plan, None), expected)


@pytest.mark.parametrize("thinning", [2, 8])
def test_correlations_of_some_rows_are_those_of_the_same_rows_wherever_they_are(thinning: int, tmp_path: Path) -> None:
    plan = replace(
        PLAN, thinning=thinning, numerical={**PLAN.numerical, "income": NumericalColumn("income", bins=MANY)}
    )
    summaries = []
    for seed, name in enumerate(WRITERS):
        shuffled = decisions().sample(frac=1, random_state=seed)
        WRITERS[name](shuffled, tmp_path / name)
        summaries.append(summarise(Files(str(tmp_path / name), kind(name)), plan, None).products)
    first = summaries[0]
    assert first is not None
    assert 0.5 < first.rows[0, 0] * thinning / (0.93 * 4_000) < 1.5
    for other in summaries[1:]:
        assert_equal(other, first)
