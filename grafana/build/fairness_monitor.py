"""Fairness Monitor: how the groups of one model are treated, and what the law says about it."""

from grafana.build.analyses import monitoring
from grafana.build.compliance import compliance
from grafana.build.gaps import gaps
from grafana.build.groups import groups
from grafana.build.layout import assemble
from grafana.build.variables import choice
from grafana_foundation_sdk.builders.dashboard import Dashboard


def fairness_monitor() -> Dashboard:
    """The dashboard with uid fairlead-fairness."""
    dashboard = (
        Dashboard("Fairness Monitor")
        .uid("fairlead-fairness")
        .description("How a model treats the groups of each protected attribute, against the baseline and the law.")
    )
    rows = {
        "Compliance": compliance(),
        "Gaps between groups": gaps(),
        "Groups": groups(),
        "Monitoring": monitoring("(fairlead_)?(fairness|group)_.+"),
    }
    return assemble(dashboard, [choice("attribute", "Attribute", 'fairlead_group_samples{model="$model"}')], rows)
