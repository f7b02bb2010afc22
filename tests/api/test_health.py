"""How monitoring itself does."""

import json

from ruamel.yaml import YAML

from tests.support.served import HOSTILE, Rig

PATH = "/api/v1/monitoring/health"


def test_health(shared: Rig) -> None:
    report = shared.client.get(PATH).json()
    assert report["store"] == {"reachable": True, "reason": None}
    assert report["config"] == {"loaded": True, "at": "2026-01-09T01:00:00Z", "reason": None}
    assert [model["model"] for model in report["models"]] == ["credit", HOSTILE]
    for model in report["models"]:
        assert model["baseline"]["version"]
        assert [family["family"] for family in model["families"]] == [
            "data", "fairness", "model", "explanation", "quality",
        ]  # fmt: skip
        for family in model["families"]:
            assert family["last_success"] is not None
            assert (family["failing"], family["last_failure"]) == (False, None)
            assert family["overdue"] == (family["next_due"] <= report["as_of"])
            assert (family["overdue_seconds"] > 0) == (family["next_due"] < report["as_of"])


def test_a_bad_configuration_is_told(rig: Rig) -> None:
    rig.space.config.write_text("models: []")
    rig.client.post("/-/reload")
    report = rig.client.get(PATH).json()
    assert not report["healthy"]
    assert not report["config"]["loaded"]
    assert "models" in report["config"]["reason"]


def test_why_a_model_has_no_baseline_of_its_version_is_told(rig: Rig) -> None:
    written = YAML(typ="safe", pure=True).load(rig.space.config.read_text())
    written["models"][0] |= {"version": "4", "validation": {"path": "none.parquet"}}
    rig.space.config.write_text(json.dumps(written))
    assert rig.client.post("/-/reload").status_code == 200
    assert rig.exporter.upkeep.look() == []
    report = rig.client.get(PATH).json()
    assert not report["healthy"]
    failures = {model["model"]: model["baseline_failure"] for model in report["models"]}
    assert failures[HOSTILE] is None
    assert "none.parquet" in failures["credit"]


def test_models(shared: Rig) -> None:
    (credit, hostile) = shared.client.get("/api/v1/models").json()["items"]
    assert (credit["model"], credit["risk"], credit["team"]) == ("credit", "high", "lending")
    assert hostile["model"] == HOSTILE
    for family in credit["families"]:
        record = shared.client.get(f"/api/v1/monitoring/records/{family['record']}").json()
        assert (record["family"], record["model"]) == (family["family"], "credit")
        assert (record["samples"], record["window"]["end"]) == (family["samples"], family["window_end"])
