"""Protected attributes that combine others."""

from pathlib import Path

import pytest

from fairlead.config.schema import Model, ProtectedAttribute
from fairlead.errors import ConfigError
from tests.support.config_files import model

PARTS = "race: {}, sex: {column: gender}, age: {bins: [25, 40]}"


def having(folder: Path, entry: str) -> Model:
    return model(folder, ", favourable: ok", f"protected_attributes: {{{PARTS}, {entry}}}")


def test_an_intersection_has_parts_and_no_column(tmp_path: Path) -> None:
    found = having(tmp_path, "all: {intersection: [sex, age, race]}").protected_attributes
    assert found[-1] == ProtectedAttribute(name="all", column="", intersection=("sex", "age", "race"))
    assert [attribute.column for attribute in found[:-1]] == ["race", "gender", "age"]
    assert [attribute.intersection for attribute in found[:-1]] == [(), (), ()]


def test_its_name_is_no_column(tmp_path: Path) -> None:
    found = having(tmp_path, "decision: {intersection: [race, sex]}").protected_attributes[-1]
    assert (found.name, found.column) == ("decision", "")


@pytest.mark.parametrize(
    ("parts", "reference"),
    [
        ("race, sex", "Black & female"),
        ("race, sex", "Black & White & female"),  # one of the names has the joint
        ("sex, age", "female & [25,40)"),
        ("age, race, sex", "[-inf,25) & White & male"),
    ],
)
def test_references_that_can_be(tmp_path: Path, parts: str, reference: str) -> None:
    found = having(tmp_path, f"all: {{intersection: [{parts}], reference: '{reference}'}}")
    assert found.protected_attributes[-1].reference == reference


@pytest.mark.parametrize(
    ("parts", "reference"),
    [
        ("race, sex", "Black"),
        ("race, sex", "Black&female"),
        ("sex, age", "female & 25"),
        ("age, sex", "female & [25,40)"),
        ("age, race, sex", "White & male"),
    ],
)
def test_references_that_cannot_be(tmp_path: Path, parts: str, reference: str) -> None:
    with pytest.raises(ConfigError) as caught:
        having(tmp_path, f"all: {{intersection: [{parts}], reference: '{reference}'}}")
    [problem] = caught.value.problems
    assert problem.where == "models[0].protected_attributes.all.reference"
    assert problem.message == f"must be a group of each of {parts} joined by ' & ', got '{reference}'"


def test_the_order_of_the_file_does_not_matter(tmp_path: Path) -> None:
    entry = "all: {intersection: [sex, late]}, late: {column: l}"
    assert having(tmp_path, entry).protected_attributes[-2].intersection == ("sex", "late")


def test_intersections_do_not_nest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        having(tmp_path, "a: {intersection: [sex, b]}, b: {intersection: [sex, race]}")
    assert [problem.message for problem in caught.value.problems] == [
        "must be an attribute that is no intersection, got 'b'"
    ]
