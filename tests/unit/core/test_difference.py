"""What differs between two baselines."""

from fairlead.core.difference import Difference, differences
from tests.support.comparisons import FAVOURABLE, Rows, baseline_of


def rows(accepted: int, boat: int) -> Rows:
    return Rows(
        numbers={"income": [1.0, 2.0, 3.0, float("nan")] * 25},
        names={"purpose": ["boat"] * boat + ["car"] * (100 - boat)},
        predictions=[FAVOURABLE] * accepted + ["denied"] * (100 - accepted),
        labels=[FAVOURABLE] * 100,
        groups={"sex": ["f", "m"] * 50},
        scores=[0.5] * 100,
    )


def test_equal_baselines_do_not_differ() -> None:
    assert differences(baseline_of(rows(60, 30)), baseline_of(rows(60, 30))) == []


def test_changes_are_named_with_both_values() -> None:
    found = differences(baseline_of(rows(60, 30)), baseline_of(rows(50, 0)))
    assert Difference("feature purpose", "share of boat", 0.3, None) in found
    assert Difference("feature purpose", "share of car", 0.7, 1.0) in found
    assert Difference("predictions", "accuracy", 0.6, 0.5) in found
    assert Difference("sex f", "selection rate", 0.6, 0.5) in found
    assert not [one for one in found if one.subject == "feature income"]


def test_feature_that_only_one_side_has() -> None:
    after = rows(60, 30)
    more = Rows({**after.numbers, "age": [30.0, 40.0] * 50}, after.names, after.predictions, after.labels, after.groups)
    found = differences(baseline_of(rows(60, 30)), baseline_of(more))
    assert Difference("feature age", "mean", None, 35.0) in found
    assert Difference("feature age", "maximum", None, 40.0) in found


def towns(names: list[str]) -> Rows:
    calm = rows(60, 30)
    return Rows(calm.numbers, {"town": names}, calm.predictions, calm.labels, calm.groups, calm.scores)


def test_of_many_categories_the_most_changed_are_named() -> None:
    names = [f"town {number:02}" for number in range(20)]
    before, after = baseline_of(towns(names * 5)), baseline_of(towns([*names[1:], "town 01"] * 5))
    found = [one for one in differences(before, after) if one.subject == "feature town"]
    assert found == [
        Difference("feature town", "share of town 00", 0.05, None),
        Difference("feature town", "share of town 01", 0.05, 0.1),
    ]
    moved = baseline_of(towns(["town 99"] * 50 + names[:10] * 5))
    found = [one for one in differences(before, moved) if one.subject == "feature town"]
    assert len(found) == 10
    assert Difference("feature town", "share of town 99", None, 0.5) in found
