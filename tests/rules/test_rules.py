"""What promtool says of the rule files, the Prometheus configuration and the unit tests beside this file."""

from pathlib import Path

import pytest

from tests.support.rules import CONFIG, RULE_FILES, load, promtool

UNIT_TESTS = sorted(Path(__file__).parent.glob("*.test.yml"))


@pytest.mark.parametrize("path", UNIT_TESTS, ids=lambda path: path.name)
def test_unit_test_file_passes(path: Path) -> None:
    done = promtool("test", "rules", path)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.name)
def test_rule_file_is_valid_and_lints_clean(path: Path) -> None:
    done = promtool("check", "rules", "--lint=all", path)
    assert done.returncode == 0, done.stdout
    assert "FAILED" not in done.stdout


def test_prometheus_configuration_is_valid() -> None:
    done = promtool("check", "config", CONFIG)
    assert done.returncode == 0, done.stdout


def test_prometheus_loads_every_rule_file() -> None:
    assert sorted(load(CONFIG)["rule_files"]) == [path.name for path in RULE_FILES]


def test_link_addresses_do_not_become_alert_labels() -> None:
    config = load(CONFIG)
    (drop,) = config["alerting"]["alert_relabel_configs"]
    assert drop == {"action": "labeldrop", "regex": "|".join(config["global"]["external_labels"])}


def test_scrape_limits_leave_the_exporter_room() -> None:
    (scrape,) = load(CONFIG)["scrape_configs"]
    assert scrape["job_name"] == "fairlead"
    assert scrape["sample_limit"] >= 2 * 100_000
    assert scrape["label_value_length_limit"] >= 2 * 128
