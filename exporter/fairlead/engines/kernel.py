"""The one place that counts: a batch of rows and a plan become a summary."""

import numpy as np
from scipy.special import entr

from fairlead.core.plan import Plan
from fairlead.core.summary import Categorical, Floats, Moments, Summary
from fairlead.engines.batch import Batch
from fairlead.engines.columns import Names, names, numbers
from fairlead.engines.numerical import moments, numerical
from fairlead.engines.outcomes import by_class, classified, groups, regressed
from fairlead.engines.products import counted, products
from fairlead.engines.repeats import repeats

PROBABILITY_SLACK = 0.01


def count(batch: Batch, plan: Plan) -> Summary:
    """Summary of one batch."""
    columns = {name: numbers(batch, column.column) for name, column in plan.numerical.items()}
    features = {
        name: numerical(columns[name], column.bins, column.low, column.high, batch.mismatched.get(column.column, 0))
        for name, column in plan.numerical.items()
    }
    attributions = {name: numbers(batch, column.column) for name, column in plan.attributions.items()}
    output, confidence, entropy = _answers(batch, plan)
    labelled = _labelled(batch, plan)
    return Summary(
        rows=batch.rows,
        undated=batch.undated,
        numerical=features,
        categorical={name: names(batch, column.column).counted() for name, column in plan.categorical.items()},
        predicted=labelled.predicted,
        classes=labelled.classes,
        output=None if output is None else numerical(output, plan.output),
        confidence=confidence,
        entropy=entropy,
        labelled=labelled.labelled,
        correct=labelled.correct,
        by_class=labelled.by_class,
        errors=labelled.errors,
        groups=labelled.groups,
        attributions={name: numerical(values, plan.attributions[name].bins) for name, values in attributions.items()},
        products=products(
            [counted(name, columns[name], column.bins, features[name]) for name, column in plan.numerical.items()],
            plan.thinning,
        ),
        repeats=repeats(batch, plan, columns, output, list(attributions.values())),
    )


def _labelled(batch: Batch, plan: Plan) -> Summary:
    """The part of the summary that predictions, labels and groups make."""
    nothing = Names(np.full(batch.rows, -1, np.int64), ())
    if plan.regression:
        unknown = np.full(batch.rows, np.nan)
        found = numbers(batch, plan.label) if plan.label else unknown
        outcome, errors = regressed(numbers(batch, plan.prediction), found, plan)
        classes, per_class = Categorical({}), {}
    else:
        predictions, labels = names(batch, plan.prediction), names(batch, plan.label) if plan.label else nothing
        outcome, errors = classified(predictions, labels, plan.favourable), Moments()
        classes, per_class = predictions.counted(), by_class(predictions, labels, outcome)
    return Summary(
        predicted=int(outcome.predicted.sum()),
        classes=classes,
        labelled=int(outcome.labelled.sum()),
        correct=int(outcome.correct.sum()),
        by_class=per_class,
        errors=errors,
        groups=groups(batch, plan, outcome),
    )


def answers(batch: Batch, plan: Plan) -> tuple[Floats | None, Floats | None]:
    """The output per row (rows,), and the probabilities of all classes (classes, rows), where the model has them."""
    if plan.regression:
        return numbers(batch, plan.prediction), None
    if plan.score:
        score = numbers(batch, plan.score)
        return score, np.stack((score, 1 - score))
    if plan.probabilities:
        rows = np.stack([numbers(batch, column) for column in plan.probabilities.values()])
        favourable = plan.probabilities.get(plan.favourable or "")
        return rows.max(axis=0) if favourable is None else numbers(batch, favourable), rows
    return None, None


def _answers(batch: Batch, plan: Plan) -> tuple[Floats | None, Moments, Moments]:
    """The output, and the moments of confidence (the largest probability) and of predictive entropy in nats."""
    if plan.score and not plan.regression:
        score = numbers(batch, plan.score)
        return score, *_of_two(score)
    output, rows = answers(batch, plan)
    if rows is None:
        return output, Moments(), Moments()
    present = ~np.isnan(rows).any(axis=0)
    valid = present & ((rows >= 0) & (rows <= 1)).all(axis=0) & (np.abs(rows.sum(axis=0) - 1) <= PROBABILITY_SLACK)
    rows = rows[:, valid]
    invalid = int(present.sum() - valid.sum())
    return output, moments(rows.max(axis=0, initial=0)), moments(entr(rows).sum(axis=0), invalid)


def _of_two(score: Floats) -> tuple[Moments, Moments]:
    """The same of two classes, whose probabilities are the score and what it lacks to 1."""
    present = score == score  # noqa: PLR0124 - NaN
    with np.errstate(invalid="ignore"):
        valid = (score >= 0) & (score <= 1)
    invalid = int(np.count_nonzero(present)) - int(np.count_nonzero(valid))
    if not valid.all():
        score = score[valid]
    other = 1 - score
    return moments(np.maximum(score, other)), moments(entr(score) + entr(other), invalid)
