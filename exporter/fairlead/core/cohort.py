"""Labels that were counted apart from the rest, put together with it."""

from dataclasses import replace

from fairlead.core.summary import Summary, Tally


def with_labels(summary: Summary, cohort: Summary) -> Summary:
    """The summary with everything that needs labels taken from the cohort."""
    groups = {
        attribute: {
            group: _tally(summary.groups.get(attribute, {}).get(group), tallies.get(group))
            for group in dict.fromkeys((*summary.groups.get(attribute, {}), *tallies))
        }
        for attribute, tallies in cohort.groups.items()
    }
    return replace(
        summary,
        labelled=cohort.labelled,
        correct=cohort.correct,
        by_class=cohort.by_class,
        errors=cohort.errors,
        groups=groups,
    )


def _tally(answers: Tally | None, labels: Tally | None) -> Tally:
    answers, labels = answers or Tally(), labels or Tally()
    return replace(labels, rows=answers.rows, predicted=answers.predicted, selected=answers.selected)
