"""What a file without mistakes becomes: defaults, one spelling of values, absolute paths, no secrets in sight."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from fairlead.config.load import load
from fairlead.config.meaning import SUFFIXES, inferred_format
from fairlead.config.schema import Columns, Config, Feature, LogConfig, Model, ProtectedAttribute, Source
from fairlead.core.names import canonical
from fairlead.engines import files
from fairlead.errors import ConfigError
from tests.support.config_files import first, write


def test_the_smallest_file_gets_the_defaults(tmp_path: Path) -> None:
    assert load(write(tmp_path)) == Config(
        path=tmp_path / "fairlead.yml",
        store=str(tmp_path / "fairlead.db"),
        thresholds=tmp_path / "thresholds.yml",
        prediction_log=LogConfig(path=tmp_path / "predictions", retention=timedelta(days=90)),
        models=(
            Model(
                name="credit",
                version="3",
                risk="high",
                team="lending",
                environment="production",
                source=Source(path=str(tmp_path / "logs" / "*.parquet"), format="parquet"),
                columns=Columns(timestamp="ts", prediction="decision"),
                features=(Feature(name="income", column="income", kind="numerical"),),
                protected_attributes=(),
                min_samples=30,
                min_group_size=30,
                min_positives=30,
                wasserstein_scale="p1_p99",
            ),
        ),
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (1, "1"),
        (1.0, "1"),
        (-0.0, "0"),
        (0.5, "0.5"),
        (2**60, "1152921504606846976"),
        ("1.0", "1.0"),
        ("True", "True"),
    ],
)
def test_a_value_has_one_spelling(value: bool | int | float | str, text: str) -> None:
    assert canonical(value) == text


@pytest.mark.parametrize(
    ("written", "text"),
    [("true", "true"), ("1", "1"), ("1.0", "1"), ("0.5", "0.5"), ("yes", "yes"), ('"1.0"', "1.0"), ("é", "é")],
)
def test_favourable_classes_and_reference_have_that_spelling(tmp_path: Path, written: str, text: str) -> None:
    columns = f"prediction: decision, favourable: {written}, probabilities: {{{written}: p, other: q}}}}"
    attributes = f"features: {{income: {{type: numerical}}}}\n  protected_attributes: {{sex: {{reference: {written}}}}}"
    model = first(
        tmp_path,
        ("prediction: decision}", columns),
        ("features: {income: {type: numerical}}", attributes),
    )
    assert model.columns.favourable == text
    assert model.columns.probabilities == {text: "p", "other": "q"}
    assert model.protected_attributes == (ProtectedAttribute(name="sex", column="sex", reference=text),)


def test_an_infinite_bound_is_no_bound(tmp_path: Path) -> None:
    feature = first(tmp_path, ("{type: numerical}", "{type: numerical, range: [0, .inf], column: i}")).features[0]
    assert feature == Feature(name="income", column="i", kind="numerical", low=0.0, high=None)


def test_bins_become_numbers_and_the_column_defaults_to_the_name(tmp_path: Path) -> None:
    attributes = "team: lending\n  protected_attributes: {age: {bins: [25, 40.5], reference: '[25,40.5)'}}"
    columns = "prediction: decision, favourable: ok}"
    model = first(tmp_path, ("team: lending", attributes), ("prediction: decision}", columns))
    expected = ProtectedAttribute(name="age", column="age", bins=(25.0, 40.5), reference="[25,40.5)")
    assert model.protected_attributes == (expected,)


def test_paths_start_at_the_folder_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "conf")
    monkeypatch.chdir(tmp_path)
    config = load(Path("conf/fairlead.yml"))
    assert config.path == tmp_path / "conf" / "fairlead.yml"
    assert config.thresholds == tmp_path / "conf" / "thresholds.yml"
    assert config.store == str(tmp_path / "conf" / "fairlead.db")


def test_absolute_paths_stay(tmp_path: Path) -> None:
    changes = ("thresholds:", "store: /var/lib/fairlead/f.db\nthresholds:"), ("logs/*.parquet", "/logs/a.csv.gz")
    config = load(write(tmp_path, *changes))
    assert config.store == "/var/lib/fairlead/f.db"
    assert config.models[0].source == Source(path="/logs/a.csv.gz", format="csv")


def test_a_folder_named_like_a_pattern_is_taken_literally(tmp_path: Path) -> None:
    source = first(tmp_path / "a[1]").source
    log = tmp_path / "a[1]" / "logs" / "x.parquet"
    log.parent.mkdir()
    log.touch()
    assert files.expand(files.Files(source.path, source.format)) == [log]


def test_a_source_may_not_exist_yet_and_a_folder_needs_a_format(tmp_path: Path) -> None:
    source = first(tmp_path, ("{path: logs/*.parquet}", "{path: logs/, format: jsonl}")).source
    assert source == Source(path=str(tmp_path / "logs"), format="jsonl")


def test_every_suffix_the_engine_reads_names_its_format() -> None:
    assert SUFFIXES == files.SUFFIXES
    assert {inferred_format(f"logs/*{suffix}") for suffix in SUFFIXES["jsonl"]} == {"jsonl"}


def test_a_database_url_stays_and_is_not_shown(tmp_path: Path) -> None:
    for url in ("sqlite:///fairlead.db?password=hunter2", "postgresql://fairlead:hunter2@db:5432/fairlead"):
        config = load(write(tmp_path, ("thresholds:", f"store: {url}\nthresholds:")))
        assert config.store == url
        assert "hunter2" not in repr(config)


@pytest.mark.parametrize(
    "line",
    [
        "stor: postgresql://u:hunter2@db/x",
        "store: [postgresql://u:hunter2@db/x]",
        "postgresql://u:hunter2@db/x: 1",
        "store: redis://u:hunter2 and@more@db/x",
        "store: 'redis://u:hunter2@db/\u0001'",
        f"store: {'x' * 40}redis://u:hunter2@db/x",
        "thresholds: postgresql://u:hunter2@db/x",
        "store: mysql://db/x?user=u&password=hunter2&a=b",
    ],
)
def test_passwords_are_never_in_messages(tmp_path: Path, line: str) -> None:
    file = write(tmp_path, ("thresholds: thresholds.yml", line))
    with pytest.raises(ConfigError) as caught:
        load(file)
    assert "hunter2" not in str(caught.value)


def test_nothing_can_be_changed_later(tmp_path: Path) -> None:
    model = first(tmp_path)
    with pytest.raises(ValidationError, match="frozen"):
        model.risk = "low"


@pytest.mark.parametrize(
    ("file", "of_model", "minutes"),
    [
        ("", "", 10),
        ("analysis: {deadline: 5m}\n", "", 5),
        ("", "analysis: {deadline: 1d}", 1440),
        ("analysis: {deadline: 5m}\n", "analysis: {deadline: 2h}", 120),
    ],
)
def test_deadline_of_the_model_beats_that_of_the_file(tmp_path: Path, file: str, of_model: str, minutes: int) -> None:
    text = [("models:", f"{file}models:"), *([("  team:", f"  {of_model}\n  team:")] if of_model else [])]
    assert load(write(tmp_path, *text)).models[0].deadline == timedelta(minutes=minutes)
