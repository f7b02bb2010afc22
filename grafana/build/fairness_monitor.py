"""Fairness Monitor: how the groups of one model are treated, and what the law says about it."""

from grafana.build.affected import affected
from grafana.build.analyses import monitoring
from grafana.build.compliance import compliance, verdicts
from grafana.build.gaps import gaps
from grafana.build.groups import groups
from grafana.build.layout import Frame, assemble
from grafana.build.variables import attributes, one_model
from grafana_foundation_sdk.builders.dashboard import Dashboard


def fairness_monitor() -> Dashboard:
    """The dashboard with uid fairlead-fairness."""
    dashboard = (
        Dashboard("Fairness Monitor")
        .uid("fairlead-fairness")
        .description("How a model treats the groups of each protected attribute, against the baseline and the law.")
    )
    rows = {
        "Compliance": [*verdicts(), *compliance(), *affected()],
        "Gaps between groups": gaps(),
        "Groups": groups(),
        "Monitoring": monitoring("(fairlead_)?(fairness|group)_.+"),
    }
    return assemble(dashboard, Frame([*one_model(), attributes()]), rows)
