"""Reloading: a good configuration replaces the old one at once, a bad one changes nothing and is seen."""

import re
from pathlib import Path

import pytest
import yaml

from tests.support.metrics import families_analysed, measured, parse, value
from tests.support.served import HOSTILE, Rig

SUCCESSFUL = "fairlead_config_last_reload_successful"
AT = "fairlead_config_last_reload_success_timestamp_seconds"


def test_a_model_that_is_gone_leaves_the_page(rig: Rig) -> None:
    document = yaml.safe_load(rig.space.config.read_text())
    document["models"].pop()
    rig.space.config.write_text(yaml.safe_dump(document))
    assert HOSTILE in {value for _, labels in parse(rig.page()) for _, value in labels}
    answer = rig.client.post("/-/reload")
    assert (answer.status_code, answer.text) == (200, "reloaded\n")
    page = rig.page()
    assert HOSTILE not in {value for _, labels in parse(page) for _, value in labels}
    assert families_analysed(page, "credit") == {"data", "fairness", "model", "explanation", "quality"}
    assert "alert(" not in rig.client.get("/").text


def test_what_a_model_says_about_itself_changes(rig: Rig) -> None:
    rig.space.config.write_text(rig.space.config.read_text().replace("team: lending", "team: loans"))
    assert rig.client.post("/-/reload").status_code == 200
    assert value(rig.page(), "fairlead_model_info", model="credit", team="loans") == 1
    assert "lending" not in rig.page()


def test_a_family_that_is_no_longer_configured_leaves_the_page(rig: Rig) -> None:
    document = yaml.safe_load(rig.space.config.read_text())
    del document["models"][0]["protected_attributes"]
    del document["models"][0]["columns"]["attributions_prefix"]
    rig.space.config.write_text(yaml.safe_dump(document))
    assert rig.client.post("/-/reload").status_code == 200
    assert families_analysed(rig.page(), "credit") == {"data", "model", "quality"}


def spoil_key(config: Path) -> None:
    config.write_text(config.read_text().replace("risk: high", "risk: extreme"))


def spoil_syntax(config: Path) -> None:
    config.write_text(config.read_text() + "\n  : [\n")


def spoil_store(config: Path) -> None:
    config.write_text(re.sub("(?m)^store: .*$", "store: other.db", config.read_text()))


def spoil_thresholds(config: Path) -> None:
    (config.parent / "limits.yml").write_text("groups: []")
    lines = ("thresholds: limits.yml" if "thresholds:" in line else line for line in config.read_text().splitlines())
    config.write_text("\n".join(lines))


def remove(config: Path) -> None:
    config.unlink()


@pytest.mark.parametrize("spoil", [spoil_key, spoil_syntax, spoil_store, spoil_thresholds, remove])
def test_a_bad_configuration_changes_nothing(spoil: object, rig: Rig) -> None:
    assert callable(spoil)
    good, before, at = rig.space.config.read_text(), measured(rig.page()), value(rig.page(), AT)
    assert value(rig.page(), SUCCESSFUL) == 1
    assert any(line.startswith("fairlead_feature_psi{") for line in before)
    spoil(rig.space.config)
    answer = rig.client.post("/-/reload")
    assert answer.status_code == 500
    assert str(rig.space.folder) in answer.text
    assert (value(rig.page(), SUCCESSFUL), value(rig.page(), AT)) == (0, at)
    assert measured(rig.page()) == before
    rig.space.config.write_text(good)
    assert rig.client.post("/-/reload").status_code == 200
    assert value(rig.page(), SUCCESSFUL) == 1
