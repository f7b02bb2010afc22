"""The example file loads and, like docs/config.md, names every key there is and no other."""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from fairlead.config.access import AccessShape, TokenShape
from fairlead.config.alerting import AlertingShape, EndpointShape
from fairlead.config.analysis import AnalysisShape
from fairlead.config.checkins import CheckinShape
from fairlead.config.containment import ContainmentShape
from fairlead.config.digest import DigestShape, SmtpShape
from fairlead.config.load import load
from fairlead.config.oidc import OidcShape
from fairlead.config.oncall import OncallShape, OverrideShape, PersonShape, RotationShape
from fairlead.config.section import Section
from fairlead.config.shape import (
    AttributeShape,
    BaselinesShape,
    ColumnsShape,
    FeatureShape,
    FileShape,
    LabelsShape,
    LogShape,
    ModelShape,
    SourceShape,
    ValidationShape,
)
from fairlead.config.slack import SlackShape

EXPORTER = Path(__file__).parents[2] / "exporter"
EXAMPLE = EXPORTER / "fairlead.example.yml"
SECRET = "/run/secrets/fairlead_webhook_token"  # noqa: S105 - a path
DOCS = (EXPORTER / "docs" / "config.md").read_text(encoding="utf-8")

SECTIONS: dict[str, type[Section]] = {
    "The file": FileShape,
    "`analysis`": AnalysisShape,
    "`baselines`": BaselinesShape,
    "`prediction_log`": LogShape,
    "`models[]`": ModelShape,
    "`models[].source`": SourceShape,
    "`models[].validation`": ValidationShape,
    "`models[].containment`": ContainmentShape,
    "`models[].columns`": ColumnsShape,
    "`models[].labels`": LabelsShape,
    "`models[].features.NAME`": FeatureShape,
    "`models[].protected_attributes.NAME`": AttributeShape,
    "`access`": AccessShape,
    "`access.tokens[]`": TokenShape,
    "`access.oidc`": OidcShape,
    "`alerting`": AlertingShape,
    "`alerting.prometheus` and `alerting.alertmanagers[]`": EndpointShape,
    "`alerting.slack.NAME`": SlackShape,
    "`alerting.digest`": DigestShape,
    "`alerting.digest.smtp`": SmtpShape,
    "`checkins[]`": CheckinShape,
    "`oncall`": OncallShape,
    "`oncall.people[]`": PersonShape,
    "`oncall.rotations[]`": RotationShape,
    "`oncall.rotations[].overrides[]`": OverrideShape,
}


def keys_in_example() -> dict[str, set[str]]:
    data: dict[str, Any] = YAML(typ="safe", pure=True).load(EXAMPLE.read_text(encoding="utf-8"))
    models = data["models"]
    entries = {
        "The file": [data],
        "`analysis`": [data["analysis"], *(model["analysis"] for model in models if "analysis" in model)],
        "`prediction_log`": [data["prediction_log"]],
        "`models[]`": models,
        "`baselines`": [data["baselines"]],
        "`models[].validation`": [model["validation"] for model in models if "validation" in model],
        "`models[].source`": [model["source"] for model in models],
        "`models[].containment`": [model["containment"] for model in models if "containment" in model],
        "`models[].columns`": [model["columns"] for model in models],
        "`models[].labels`": [model["labels"] for model in models if "labels" in model],
        "`models[].features.NAME`": [feature for model in models for feature in model["features"].values()],
        "`models[].protected_attributes.NAME`": list(models[0]["protected_attributes"].values()),
        "`access`": [data["access"]],
        "`checkins[]`": data["checkins"],
        "`oncall`": [data["oncall"]],
        "`oncall.people[]`": data["oncall"]["people"],
        "`oncall.rotations[]`": data["oncall"]["rotations"],
        "`oncall.rotations[].overrides[]`": data["oncall"]["rotations"][0]["overrides"],
        "`access.tokens[]`": data["access"]["tokens"],
        "`access.oidc`": [data["access"]["oidc"]],
        "`alerting`": [data["alerting"]],
        "`alerting.slack.NAME`": list(data["alerting"]["slack"].values()),
        "`alerting.digest`": [data["alerting"]["digest"]],
        "`alerting.digest.smtp`": [data["alerting"]["digest"]["smtp"]],
        "`alerting.prometheus` and `alerting.alertmanagers[]`": [
            data["alerting"]["prometheus"],
            *data["alerting"]["alertmanagers"],
        ],
    }
    return {section: {key for entry in found for key in entry} for section, found in entries.items()}


def rows(section: str) -> list[list[str]]:
    """Cells of the table under a heading of docs/config.md, without its head."""
    text = DOCS.split(f"\n## {section}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def test_the_example_loads(tmp_path: Path) -> None:
    """With a secret where Docker Compose mounts it."""
    (tmp_path / "rules").symlink_to(EXPORTER.parent / "rules")
    (tmp_path / "token").write_text("x" * 48)
    copy = tmp_path / "exporter" / "fairlead.yml"
    copy.parent.mkdir()
    text = EXAMPLE.read_text(encoding="utf-8")
    assert SECRET in text
    copy.write_text(text.replace(SECRET, str(tmp_path / "token")))
    config = load(copy)
    assert [model.name for model in config.models] == ["credit-default", "loan-pricing", "resale-value"]
    assert config.thresholds.samefile(EXPORTER.parent / "rules" / "thresholds.yml")


@pytest.mark.parametrize("section", SECTIONS)
def test_the_example_has_every_key(section: str) -> None:
    assert keys_in_example()[section] == set(SECTIONS[section].model_fields)


def test_the_example_explains_each_key_above_it() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    explained = {
        line.strip(" -").split(":")[0]
        for above, line in pairwise(lines)
        if above.lstrip().startswith("#") and not line.lstrip().startswith("#")
    }
    assert {key for section in SECTIONS.values() for key in section.model_fields} <= explained


@pytest.mark.parametrize("section", SECTIONS)
def test_the_docs_have_every_key(section: str) -> None:
    assert sorted(row[0] for row in rows(section)) == sorted(f"`{key}`" for key in SECTIONS[section].model_fields)


@pytest.mark.parametrize("section", SECTIONS)
def test_the_docs_have_the_defaults(section: str) -> None:
    for key, _, default, *_ in rows(section):
        field = SECTIONS[section].model_fields[key.strip("`")]
        if field.is_required():
            assert default == "required"
        elif field.default not in (None, {}, []):
            assert default == f"`{str(field.default).lower() if field.default is False else field.default}`"
        else:
            assert not default.startswith(("`", "required"))


@pytest.mark.parametrize("section", SECTIONS)
def test_the_docs_say_what_a_wrong_value_says(section: str) -> None:
    mistakes = (Path(__file__).parent / "mistakes.txt").read_text(encoding="utf-8")
    said = re.findall(r"^= \d+: (?:\S+\.)?(\w+)(?:\[\d+\])?: must (?:be )?(.*), got ", mistakes, re.MULTILINE)
    for key, *_, message in rows(section):
        assert any(name == key.strip("`") and text.startswith(message) for name, text in said), key


def test_the_docs_have_no_other_section() -> None:
    tables = re.findall(r"^## (.+)\n\n(?:[^#]*?\n)?\| key \|", DOCS, re.MULTILINE)
    assert tables == list(SECTIONS)
