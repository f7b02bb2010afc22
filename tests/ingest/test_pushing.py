"""Pushed rows are kept, once, and analysed like rows of files."""

import gzip
import hmac
import io
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairlead.core.access import Role
from fairlead.store.database import open_database
from fairlead.store.manifest import Manifest
from fairlead.store.tokens import Tokens
from tests.support import logs, pushed
from tests.support.cli import Outcome, create_baseline
from tests.support.served import Rig
from tests.support.workspace import NOW, Workspace

PREDICTIONS, LABELS = "/api/v1/predictions", "/api/v1/labels"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with pushed.pushing(pushed.configured(tmp_path)) as served:
        yield served


def push(rig: Rig, rows: pd.DataFrame, path: str = PREDICTIONS, **more: Any) -> httpx.Response:
    return rig.client.post(path, content=body_of(rows, **more), headers={"Content-Type": "application/json"})


def body_of(rows: pd.DataFrame, **more: Any) -> bytes:
    """JSON with infinite numbers as Python writes them."""
    return json.dumps({"model": "credit", "rows": pushed.rows_of(rows), **more}).encode()


def kept(rig: Rig, kind: str = "predictions") -> pd.DataFrame:
    """All rows that the manifest lists."""
    return pushed.kept(rig.space.folder, kind)


def measured(outcome: Outcome) -> list[Any]:
    """All that an analysis found, without the versions of baselines."""
    (model,) = outcome.document["models"]
    families = [{key: value for key, value in f.items() if key != "baseline"} for f in model["families"]]
    assert all(family["failure"] is None for family in families)
    return families


def of_files(folder: Path, rows: pd.DataFrame) -> list[Any]:
    """What an analysis finds in files with these rows."""
    (folder / "labels").mkdir(parents=True)
    logs.write(rows.drop(columns="outcome"), folder / "logs" / "a.parquet")
    logs.write(rows[[pushed.KEY, "outcome"]], folder / "labels" / "a.parquet")
    source, labels = {"path": "logs/*.parquet"}, {"path": "labels/*.parquet", "key": pushed.KEY, "label": "outcome"}
    config = logs.write_config(folder, [pushed.model(source=source, labels=labels)])
    create_baseline(config, "credit", base(folder))
    return measured(Workspace(folder, config).analyse())


def base(folder: Path) -> Path:
    return logs.write(logs.rows(4_000), folder / "validation.parquet")


@pytest.mark.parametrize("holed", [False, True], ids=["whole", "with gaps"])
def test_analyses_find_what_they_find_in_files(tmp_path: Path, holed: bool) -> None:
    rows = pushed.frame(3_000, NOW - 7 * logs.DAY, 7)
    if holed:
        rows = logs.with_gaps(rows)
        rows[pushed.KEY] = rows[pushed.KEY].fillna("none")
    (tmp_path / "pushed").mkdir()
    with pushed.pushing(pushed.configured(tmp_path / "pushed")) as rig:
        for part in range(4):
            some = rows.iloc[part::4]
            assert push(rig, some.drop(columns="outcome")).status_code == 201
            known = some[some["outcome"].notna()][[pushed.KEY, "outcome"]]
            assert push(rig, known, LABELS).status_code == 201
    create_baseline(rig.space.config, "credit", base(tmp_path))
    assert measured(rig.space.analyse()) == of_files(tmp_path / "files", rows)


def arrow(table: pa.Table) -> bytes:
    stream = io.BytesIO()
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    return stream.getvalue()


def parquet(table: pa.Table) -> bytes:
    stream = io.BytesIO()
    pq.write_table(table, stream)
    return stream.getvalue()


@pytest.mark.parametrize("coding", ["identity", "gzip", "zstd"])
@pytest.mark.parametrize("form", ["json", "arrow", "parquet"])
def test_every_form_is_kept_alike(rig: Rig, form: str, coding: str) -> None:
    rows = logs.with_gaps(pushed.frame(300)).drop(columns="outcome")
    assert push(rig, rows).status_code == 201
    expected = kept(rig)
    body = body_of(rows)
    kind = "application/json"
    if form != "json":
        table = pa.Table.from_pandas(rows, preserve_index=False)
        body = arrow(table) if form == "arrow" else parquet(table)
        kind = f"application/vnd.apache.{form}" + (".stream" if form == "arrow" else "")
    if coding != "identity":
        body = gzip.compress(body) if coding == "gzip" else bytes(pa.Codec("zstd").compress(body))
    answer = rig.client.post(
        PREDICTIONS,
        params={"model": "credit"},
        content=body,
        headers={"Content-Type": kind, "Content-Encoding": coding},
    )
    assert answer.status_code == 201, answer.text
    assert answer.json()["accepted"] == 300
    pd.testing.assert_frame_equal(
        kept(rig),
        pd.concat([expected, expected], ignore_index=True).sort_values(pushed.KEY, ignore_index=True, kind="stable"),
    )


def test_unlisted_columns_are_dropped_and_counted(rig: Rig) -> None:
    answer = push(rig, pushed.frame(10).assign(ssn="123-45-6789"))
    assert answer.json() == {
        "batch": None,
        "accepted": 10,
        "repeated": 0,
        "dropped": 20,
        "unlisted": ["outcome", "ssn"],
    }
    assert not {"ssn", "outcome"} & set(kept(rig).columns)
    assert 'fairlead_ingest_dropped_values_total{kind="predictions",model="credit"} 20.0' in rig.page()
    assert not any(b"123-45" in path.read_bytes() for path in (rig.space.folder / "pushed").iterdir())


def test_one_row_is_a_batch_of_its_own(rig: Rig) -> None:
    (row,) = pushed.rows_of(pushed.frame(1))
    assert rig.client.post(PREDICTIONS, json={"model": "credit", "row": row}).json()["accepted"] == 1
    body = {"model": "credit", "row": {"key": row[pushed.KEY], "label": "approved"}}
    assert rig.client.post(LABELS, json=body).json()["accepted"] == 1
    assert kept(rig, "labels")[[pushed.KEY, "outcome"]].to_numpy().tolist() == [[row[pushed.KEY], "approved"]]


def test_a_repeated_batch_is_answered_as_the_first_time_and_kept_once(rig: Rig) -> None:
    rows = pushed.frame(50)
    first = push(rig, rows, batch="b-1")
    again = push(rig, rows, batch="b-1")
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert (first.headers.get("idempotency-replayed"), again.headers["idempotency-replayed"]) == (None, "true")
    other = push(rig, rows.head(3), batch="b-1")
    assert (other.status_code, other.json()["detail"]) == (
        422,
        "batch: must be sent with the same rows again, got 'b-1' with others",
    )
    assert len(kept(rig)) == 50


def test_a_batch_is_known_after_a_restart_by_the_header_too(tmp_path: Path) -> None:
    config, rows = pushed.configured(tmp_path), pushed.rows_of(pushed.frame(20))
    answers = []
    for _ in range(2):
        with pushed.pushing(config) as rig:
            answers.append(
                rig.client.post(PREDICTIONS, json={"model": "credit", "rows": rows}, headers={"Idempotency-Key": "k"})
            )
    assert [answer.json()["accepted"] for answer in answers] == [20, 20]
    assert len(pushed.kept(tmp_path, "predictions")) == 20


def test_rows_with_an_id_are_kept_once_a_day(tmp_path: Path) -> None:
    model = pushed.model(source={"log": True, "id": pushed.KEY})
    config, rows = pushed.configured(tmp_path, model), pushed.frame(30)
    with pushed.pushing(config) as rig:
        assert push(rig, rows).json()["accepted"] == 30
        both = pd.concat([rows.tail(10), pushed.frame(5, seed=2), rows.tail(1)])
        answer = push(rig, both).json()
        assert (answer["accepted"], answer["repeated"]) == (5, 11)
    with pushed.pushing(config) as rig:
        answer = push(rig, pd.concat([rows, pushed.frame(5, seed=3)])).json()
        assert (answer["accepted"], answer["repeated"]) == (5, 30)
        next_day = rows.assign(at=rows["at"] + logs.DAY)
        assert push(rig, next_day).json()["accepted"] == 30
    assert len(pushed.kept(tmp_path, "predictions")) == 30 + 5 + 5 + 30


def test_personal_columns_are_hashed_and_still_join(tmp_path: Path) -> None:
    config, rows = pushed.configured(tmp_path, pushed.model(pii=[pushed.KEY])), pushed.frame(1_000)
    with pushed.pushing(config) as rig:
        assert push(rig, rows.drop(columns="outcome")).status_code == 201
        assert push(rig, rows[[pushed.KEY, "outcome"]], LABELS).status_code == 201
        found = kept(rig)
    expected = [hmac.new(pushed.PASSPHRASE.encode(), key.encode(), sha256).hexdigest() for key in rows[pushed.KEY]]
    assert sorted(found[pushed.KEY]) == sorted(expected)
    assert not any(b"a-11-" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    create_baseline(config, "credit", base(tmp_path))
    outcome = rig.space.analyse()
    assert outcome.value("credit", "performance_labelled_ratio") == 1
    assert outcome.value("credit", "performance_accuracy_ratio") == (rows["decision"] == rows["outcome"]).mean()


def test_the_latest_label_counts(rig: Rig, tmp_path: Path) -> None:
    rows = pushed.frame(400)
    push(rig, rows.drop(columns="outcome"))
    wrong = rows[[pushed.KEY]].assign(outcome="denied")
    assert push(rig, wrong.assign(timestamp="2026-01-08T10:00:00Z"), LABELS).status_code == 201
    assert push(rig, rows[[pushed.KEY, "outcome"]], LABELS).status_code == 201
    create_baseline(rig.space.config, "credit", base(tmp_path))
    accuracy = rig.space.analyse().value("credit", "performance_accuracy_ratio")
    assert accuracy == pytest.approx((rows["decision"] == rows["outcome"]).mean())


MISTAKES = {
    "another model": ({"model": "nobody", "rows": []}, 404, "model: must be a configured model, got 'nobody'"),
    "no model": ({"rows": []}, 422, "model: must be given, got nothing"),
    "no rows": ({"model": "credit"}, 422, "rows: must be given, or row, got neither"),
    "a row that is none": ({"model": "credit", "rows": [5]}, 422, "rows[0]: must be an object, got 5"),
    "another key": (
        {"model": "credit", "rows": [], "row_s": 1},
        422,
        "'row_s': must be one of model, batch, rows, row, got another key",
    ),
    "no timestamp": (
        {"model": "credit", "row": {"income": 1}},
        422,
        "rows[0].at: must be an ISO 8601 timestamp of the years 1 to 9999, got nothing",
    ),
    "a list": ([], 422, "body: must be an object with model and rows, got something else"),
}


@pytest.mark.parametrize(("body", "status", "detail"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_named(rig: Rig, body: Any, status: int, detail: str) -> None:
    answer = rig.client.post(PREDICTIONS, json=body)
    assert (answer.status_code, answer.json()["detail"]) == (status, detail)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_model_of_files_takes_no_rows(tmp_path: Path) -> None:
    config = pushed.configured(tmp_path, pushed.model(labels=None), logs.model("cards", "logs", "csv"))
    with pushed.pushing(config) as rig:
        answers = [
            rig.client.post(PREDICTIONS, json={"model": "cards", "rows": []}),
            rig.client.post(LABELS, json={"model": "credit", "rows": []}),
        ]
    assert [answer.status_code for answer in answers] == [409, 409]
    assert answers[1].json()["detail"] == "model 'credit': labels.log must be true for labels to be pushed"


def test_all_mistakes_of_a_batch_are_told_at_once_and_nothing_is_kept(rig: Rig) -> None:
    rows = pushed.rows_of(pushed.frame(20))
    rows[17]["income"] = "abc"
    rows[3]["at"] = "yesterday"
    answer = push_rows(rig, rows)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        "rows[3].at: must be an ISO 8601 timestamp of the years 1 to 9999, got 'yesterday'",
        "rows[17].income: must be a number, got 'abc'",
    ]
    assert 'fairlead_ingest_rejected_total{reason="invalid"} 1.0' in rig.page()
    rig_rows = [{**row, "income": "abc"} for row in rows * 20]
    assert len(push_rows(rig, rig_rows).json()["errors"]) == 100
    assert Manifest(open_database(str(rig.space.folder / "fairlead.db"))).live() == []


def push_rows(rig: Rig, rows: list[dict[str, Any]]) -> httpx.Response:
    return rig.client.post(PREDICTIONS, json={"model": "credit", "rows": rows})


def test_two_names_of_one_batch_must_agree(rig: Rig) -> None:
    body = {"model": "credit", "batch": "a", "rows": []}
    answer = rig.client.post(PREDICTIONS, json=body, headers={"Idempotency-Key": "b"})
    assert answer.json()["detail"] == "batch: must be the same inside and outside of the body, got 'b' and 'a'"
    assert rig.client.post(PREDICTIONS, params={"model": "other"}, json=body).status_code == 422


LARGE = {
    "too many bytes": (b" " * (33 << 20), {}, 413),
    "a bomb": (gzip.compress(b" " * (64 << 20)), {"Content-Encoding": "gzip"}, 413),
    "a bomb of zstd": (bytes(pa.Codec("zstd").compress(b" " * (64 << 20))), {"Content-Encoding": "zstd"}, 413),
    "too many objects": (b'{"model": "credit", "rows": [' + b"{}," * 200_000 + b"{}]}", {}, 413),
    "half of gzip": (gzip.compress(b"{}" * 1000)[:-9], {"Content-Encoding": "gzip"}, 400),
    "no gzip": (b"{}", {"Content-Encoding": "gzip"}, 400),
    "another coding": (b"{}", {"Content-Encoding": "br"}, 415),
    "another type": (b"{}", {"Content-Type": "text/csv"}, 415),
    "no JSON": (b'{"model": ', {}, 400),
    "no UTF-8": (b'{"model": "\xff"}', {}, 400),
    "no Arrow": (b"{}", {"Content-Type": "application/vnd.apache.arrow.stream"}, 400),
    "no Parquet": (b"PAR1", {"Content-Type": "application/vnd.apache.parquet"}, 400),
}


@pytest.mark.parametrize(("body", "headers", "status"), LARGE.values(), ids=LARGE)
def test_bodies_that_cannot_be_read(rig: Rig, body: bytes, headers: dict[str, str], status: int) -> None:
    everything = {"Content-Type": "application/json", **headers}
    answer = rig.client.post(PREDICTIONS, params={"model": "credit"}, content=body, headers=everything)
    assert answer.status_code == status, answer.text
    assert rig.client.get("/-/healthy").status_code == 200


def test_braces_in_text_are_not_rows(rig: Rig) -> None:
    row = pushed.rows_of(pushed.frame(1))[0] | {"purpose": '{"[' * 20_000}
    answer = push_rows(rig, [row] * 20)
    assert answer.status_code == 201, answer.text


def test_only_writers_and_admins_push(rig: Rig) -> None:
    tokens = Tokens(open_database(str(rig.space.folder / "fairlead.db")))
    statuses = {}
    for role in Role:
        token = tokens.create(role, role, created_by="tests", now=NOW)
        headers = {"Authorization": f"Bearer {token}"}
        body = {"model": "credit", "rows": []}
        statuses[role] = rig.client.post(PREDICTIONS, json=body, headers=headers).status_code
    assert {role for role, status in statuses.items() if status == 201} == {Role.ADMIN, Role.WRITER}
    assert {status for role, status in statuses.items() if role not in (Role.ADMIN, Role.WRITER)} == {403}


def test_rows_are_let_go_of_by_day(rig: Rig) -> None:
    push(rig, pushed.frame(600, NOW - 3 * logs.DAY, 3), batch="b")
    before = kept(rig)
    last = (NOW - logs.DAY).date()
    assert rig.exporter.predictions.prune(last) == 400
    pd.testing.assert_frame_equal(
        kept(rig), before[before["at"] >= pd.Timestamp(last, tz="UTC")].reset_index(drop=True)
    )
    rig.exporter.publish()
    assert (
        f'fairlead_log_oldest_day_timestamp_seconds{{model="credit",kind="predictions"}} {(NOW - logs.DAY).timestamp()}'
        in rig.page()
    )
    assert rig.exporter.predictions.prune((NOW + logs.DAY).date()) == 200
    assert push(rig, pushed.frame(5), batch="b").status_code == 201


def test_what_is_older_than_the_retention_goes_and_is_told(tmp_path: Path) -> None:
    config = pushed.configured(tmp_path)
    config.write_text(config.read_text().replace("path: pushed", "path: pushed, retention: 2d"))
    with pushed.pushing(config) as rig:
        push(rig, pushed.frame(900, NOW - 3 * logs.DAY, 3))
        assert [rig.exporter.predictions.expire() for _ in range(2)] == [300, 0]
        assert len(kept(rig)) == 600
        (entry,) = rig.client.get("/api/v1/audit", params={"action": "retention.deleted"}).json()["items"]
        assert (entry["subject"], entry["detail"]) == ("prediction log", {"predictions": 300})
        assert 'fairlead_retention_deleted_total{kind="predictions"} 300.0' in rig.page()
