"""Memory does not grow with the rows: four million rows take about as much as one million, in every format."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from tests.support import logs
from tests.support.cli import create_baseline

MILLION = 1_000_000
MEASURED = """
import sys
from fairlead.cli import run
code = run(sys.argv[1:])
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(code, peak.split()[1], file=sys.stderr)
"""
"""Not getrusage: its maximum begins with that of the process which started this one."""


def table(count: int) -> pa.Table:
    """A million rows of one day, repeated."""
    chance = np.random.default_rng(4)
    stamps = np.datetime64("2026-01-01T00:00:00", "us") + np.arange(MILLION) * np.timedelta64(86_000, "us")
    million = pa.table(
        {
            "at": pa.array(stamps),
            "decision": pa.array(["approved", "denied"]).take(pa.array(chance.integers(0, 2, MILLION))),
            "income": chance.lognormal(10, 0.5, MILLION),
            "purpose": pa.array(logs.PURPOSES).take(pa.array(chance.integers(0, len(logs.PURPOSES), MILLION))),
            "sex": pa.array(["female", "male"]).take(pa.array(chance.integers(0, 2, MILLION))),
        }
    )
    return pa.concat_tables([million] * (count // MILLION))


def write_one_group(rows: pa.Table, path: Path) -> None:
    pq.write_table(rows.combine_chunks(), path, row_group_size=len(rows))


WRITERS: dict[str, tuple[str, Callable[[pa.Table, Path], None]]] = {
    "Parquet": (".parquet", pq.write_table),
    "Parquet in one row group": (".parquet", write_one_group),
    "CSV": (".csv", pyarrow.csv.write_csv),
}


def peak(folder: Path, kind: str, count: int) -> int:
    """Peak resident memory of one analysis, in bytes."""
    suffix, write = WRITERS[kind]
    write(table(count), folder / f"log{suffix}")
    command = [sys.executable, "-c", MEASURED, "analyze", "--config.file", str(folder / "fairlead.yml")]
    until = (logs.START + timedelta(days=1)).isoformat()
    done = subprocess.run(
        [*command, "--as-of", until, "--format", "json"], capture_output=True, text=True, check=True, timeout=200
    )
    assert json.loads(done.stdout)["models"][0]["families"][0]["samples"] == count
    code, kibibytes = (int(number) for number in done.stderr.split())
    assert code in {0, 1, 2}
    return kibibytes * 1024


@pytest.mark.parametrize("kind", WRITERS)
def test_flat_in_rows(kind: str, tmp_path: Path) -> None:
    model = logs.model(
        "credit",
        f"log{WRITERS[kind][0]}",
        columns={"timestamp": "at", "prediction": "decision", "favourable": "approved"},
        features={"income": {"type": "numerical"}, "purpose": {"type": "categorical"}},
        protected_attributes={"sex": {}},
    )
    config = logs.write_config(tmp_path, [model])
    create_baseline(config, "credit", logs.write(logs.rows(4_000), tmp_path / "validation.parquet"))
    small, large = (peak(tmp_path, kind, count) for count in (MILLION, 4 * MILLION))
    assert large < 1.25 * small + (64e6 if kind == "CSV" else 0)
    assert large < 700e6
