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
