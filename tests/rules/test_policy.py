"""The rules give every value of the policy table its severity, without a noise series or model info to help."""

from itertools import groupby
from math import isfinite
from pathlib import Path

import pytest
import yaml

from tests.support.policy_cases import CASES, Case
from tests.support.rules import RULE_FILES, groups, promtool, rules

JUDGED = {
    metric: list(cases)
    for metric, cases in groupby(sorted(CASES, key=lambda case: case.metric), key=lambda case: case.metric)
}
SMALL_IS_BAD = {
    "fairness_disparate_impact_ratio",
    "attribution_rank_correlation",
    "attribution_consistency",
    "performance_labelled_ratio",
}
SUBJECT = {
    "data": ', feature="f"',
    "quality": ', feature="f"',
    "fairness": ', attribute="a"',
    "attribution_kl_divergence": ', feature="f"',
    "performance_f1_drop": ', class="c"',
    "prediction_class_spike": ', class="c"',
    "feature_correlation_change": ', feature="f", other="g"',
    "new_high_correlations": "",
}
"""Labels of a metric's subject, by metric where it differs from its family."""
FIRING: dict[str, list[str]] = {"info": [], "warning": ["warning"], "critical": ["critical", "warning"]}


def labels(case: Case, model: str, extra: str = "") -> str:
    """Labels of the case's series."""
    return f'{{model="{model}"{SUBJECT.get(case.metric, SUBJECT.get(case.family, ""))}{extra}}}'


def series(case: Case, model: str) -> str:
    """The exporter's series that has the case's value; a lone PSI makes a drift score of the same value."""
    if case.metric == "drift_score":
        return f'fairlead_feature_psi{{model="{model}", feature="f"}}'
    return f"fairlead_{case.metric}{labels(case, model)}"


def number(value: float) -> str:
    """A value in promtool's notation."""
    return "+Inf" if value == float("inf") else repr(value)


def extremes(metric: str) -> tuple[Case, Case]:
    """A case of the lowest severity and one of the highest, both finite."""
    finite = [case for case in JUDGED[metric] if isfinite(case.value)]
    healthy, *_, bad = sorted(finite, key=lambda case: list(FIRING).index(case.severity))
    return healthy, bad


def overrides(metric: str, model: str, value: float, feature: str = "") -> dict[str, float]:
    """The same threshold for both severities of one model, or of one of its features."""
    subject = f'model="{model}"' + (f', feature="{feature}"' if feature else "")
    return {
        f'fairlead:threshold{{metric="{metric}", severity="{severity}", {subject}}}': value
        for severity in FIRING["critical"]
    }


def check(path: Path, given: dict[str, float], expected: dict[str, dict[str, float]]) -> None:
    """Feed series to all rules: each expression, by model and severity, has exactly these values."""
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": " ".join([number(v)] * 6)} for name, v in given.items()],
        "promql_expr_test": [
            {
                "expr": f"sum by (model, severity) ({expression})",
                "eval_time": "5m",
                "exp_samples": [{"labels": series, "value": value} for series, value in values.items()],
            }
            for expression, values in expected.items()
        ],
    }
    unit_test = {
        "rule_files": [str(path) for path in RULE_FILES],
        "evaluation_interval": "1m",
        "group_eval_order": groups(),
        "tests": [test],
    }
    path.write_text(yaml.safe_dump(unit_test))
    done = promtool("test", "rules", path)
    assert done.returncode == 0, done.stdout


def firing(metric: str, expected: dict[str, list[str]]) -> dict[str, dict[str, float]]:
    """The severities of a metric that fire for each model, once each, and no others."""
    found = {f'{{model="{model}", severity="{s}"}}': 1.0 for model, severities in expected.items() for s in severities}
    return {f'ALERTS{{alertstate="firing", metric="{metric}"}}': found}


@pytest.mark.parametrize("metric", JUDGED)
def test_rules_give_the_severity_of_the_policy(metric: str, tmp_path: Path) -> None:
    """Each case is a model of its own."""
    named = {f"{i:02d} {case.value} {case.severity}": case for i, case in enumerate(JUDGED[metric])}
    given = {series(case, model): case.value for model, case in named.items()}
    expected = {model: FIRING[case.severity] for model, case in named.items()}
    check(tmp_path / "policy.test.yml", given, firing(metric, expected))


@pytest.mark.parametrize("metric", sorted(set(JUDGED) - {"drift_score"}))
def test_worse_of_two_replicas_counts(metric: str, tmp_path: Path) -> None:
    """One is past threshold and noise, the other is healthy and wholly inside its noise; both describe the model."""
    healthy, bad = extremes(metric)
    between = (abs(healthy.value) + abs(bad.value)) / 2
    info = ', version="{}", risk="high", team="lending", environment="production"'
    a, b = ', instance="a:10171"', ', instance="b:10171"'
    given = {
        f"fairlead_{metric}{labels(bad, 'm', a)}": bad.value,
        f"fairlead_{metric}{labels(bad, 'm', b)}": healthy.value,
        f"fairlead_{metric}_noise{labels(bad, 'm', a)}": between,
        f"fairlead_{metric}_noise{labels(bad, 'm', b)}": 0.0 if metric in SMALL_IS_BAD else 99.0,
        f'fairlead_model_info{{model="m"{a}{info.format(3)}}}': 1,
        f'fairlead_model_info{{model="m"{b}{info.format(4)}}}': 1,
    }
    check(tmp_path / "replicas.test.yml", given, firing(metric, {"m": FIRING[bad.severity]}))


@pytest.mark.parametrize("metric", JUDGED)
def test_override_wins_in_both_directions(metric: str, tmp_path: Path) -> None:
    """For both severities; for features also against an override of the whole model that says the opposite."""
    healthy, bad = extremes(metric)
    lax, strict = (-99.0, 99.0) if metric in SMALL_IS_BAD else (99.0, -99.0)
    given = {series(bad, "lax"): bad.value, series(healthy, "strict"): healthy.value}
    given |= overrides(metric, "lax", lax) | overrides(metric, "strict", strict)
    expected: dict[str, list[str]] = {"lax": [], "strict": FIRING["critical"]}
    if 'feature="f"' in labels(bad, "m"):
        given |= {series(bad, "lax feature"): bad.value, series(healthy, "strict feature"): healthy.value}
        given |= overrides(metric, "lax feature", strict) | overrides(metric, "lax feature", lax, feature="f")
        given |= overrides(metric, "strict feature", lax) | overrides(metric, "strict feature", strict, feature="f")
        expected |= {"lax feature": [], "strict feature": FIRING["critical"]}
    applied = {
        f'{{model="{model}", severity="{severity}"}}': strict if model.startswith("strict") else lax
        for model in expected
        for severity in FIRING["critical"]
    }
    thresholds = {f'fairlead:measurement:threshold{{metric="{metric}"}}': applied}
    check(tmp_path / "overrides.test.yml", given, firing(metric, expected) | thresholds)


def test_rules_judge_every_metric_of_the_table_that_is_measured() -> None:
    judged = {rule["labels"]["metric"] for rule in rules() if rule.get("record") == "fairlead:measurement:significant"}
    assert judged == set(JUDGED)


def test_every_metric_of_the_table_has_each_severity_it_can_have() -> None:
    never_critical = {"feature_rare_category_surges", "feature_required_missing", "performance_labelled_ratio"}
    found: dict[str, set[str]] = {}
    for case in CASES:
        found.setdefault(case.metric, set()).add(case.severity)
    for metric, severities in found.items():
        assert severities == {"info", "warning"} | (set() if metric in never_critical else {"critical"}), metric
