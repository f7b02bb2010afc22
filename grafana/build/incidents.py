"""Panels about incidents of the chosen models."""

from collections.abc import Sequence

from grafana.build.links import cell
from grafana.build.panels import Column, Grid, Scale, TableSpec, Text, graph, number, records
from grafana.build.timelines import timeline
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import Panel

MODELS = 'model=~"$model"'
KNOWN = ("datasource", "environment", "team", "model")
SUBJECT = "incident, model, family, severity"
STATES = {"1": ("OPEN", "red"), "2": ("ACKNOWLEDGED", "orange"), "3": ("CLOSED", "green")}
NONE_OPEN = "No incident is open"
UNKNOWN = "Unknown: Prometheus gave no answer"
PREDICTED = "Nothing: no forecast passes its threshold, or Prometheus has not yet seen ten days"


def now_open() -> Sequence[Builder[Panel]]:
    """How many, how old, and which."""
    open_ = f"group by (incident) (fairlead_incident_info{{{MODELS}}})"
    waiting = (
        f"group by (incident) (fairlead_incident_opened_timestamp_seconds{{{MODELS}}}) unless on (incident) "
        f"fairlead_incident_acknowledged_timestamp_seconds{{{MODELS}}}"
    )
    overdue = f"time() - max by (incident) (fairlead_incident_postmortem_due_timestamp_seconds{{{MODELS}}}) > 0"
    bad, poor = [(None, "green"), (1.0, "red")], [(None, "green"), (1.0, "orange")]
    return [
        number(
            Text("How many incidents are open?", "Incidents of the chosen models that are not closed.", UNKNOWN),
            "none",
            f"count({open_}) or vector(0)",
            poor,
        ),
        number(
            Text(
                "How many has nobody acknowledged?",
                "Open incidents without an acknowledgement; after 15 minutes the secondary on call is told.",
                UNKNOWN,
            ),
            "none",
            f"count({waiting}) or vector(0)",
            bad,
        ),
        number(
            Text(
                "How long has the oldest one been open?",
                "Time since the oldest open incident was opened. A critical one goes to the CEO after four hours.",
                NONE_OPEN,
            ),
            "dtdurations",
            f"time() - min(fairlead_incident_opened_timestamp_seconds{{{MODELS}}})",
            [(None, "text")],
        ),
        number(
            Text(
                "How many post-mortems are overdue?",
                "Post-mortems that are owed and were due within seven days.",
                UNKNOWN,
            ),
            "none",
            f"count({overdue}) or vector(0)",
            poor,
        ),
        number(
            Text(
                "How many models are frozen?", "Models whose decisions are held back until somebody lifts it.", UNKNOWN
            ),
            "none",
            f"sum(max by (model) (fairlead_model_frozen{{{MODELS}}})) or vector(0)",
            bad,
        ),
        number(
            Text(
                "How many critical alerts have no incident?",
                "Families with a critical alert for five minutes and no open incident: the webhook may be broken.",
                UNKNOWN,
            ),
            "none",
            f'count(model_family:fairlead_alert_start:timestamp{{severity="critical",{MODELS}}} < time() - 300 '
            f"unless on (model, family) "
            "fairlead_incident_opened_timestamp_seconds) or vector(0)",
            bad,
        ),
        records(
            Text(
                "Which incidents are open?",
                "Incidents that are not closed, the oldest first. A recovered one has no alert any more and still "
                "needs a resolution.",
                NONE_OPEN,
            ),
            TableSpec(
                {
                    "incident": "Incident",
                    "severity": "Severity",
                    "status": "Status",
                    "model": "Model",
                    "family": "Family",
                },
                {
                    "Value #A": Column("Open for", "dtdurations", 0),
                    "Value #B": Column("Acknowledged", "dateTimeFromNow"),
                    "Value #C": Column("Recovered", "dateTimeFromNow"),
                    "Value #D": Column("Post-mortem due", "dateTimeFromNow"),
                },
                [
                    f"(time() - max by ({SUBJECT}) (fairlead_incident_opened_timestamp_seconds{{{MODELS}}})) * on "
                    f"(incident) "
                    f"group_left (status) group by (incident, status) (fairlead_incident_info{{{MODELS}}})",
                    *(
                        f"(1000 * max by ({SUBJECT}) (fairlead_incident_{moment}_timestamp_seconds{{{MODELS}}})) * "
                        f"on (incident) "
                        f"group_left (status) group by (incident, status) (fairlead_incident_info{{{MODELS}}})"
                        for moment in ("acknowledged", "recovered", "postmortem_due")
                    ),
                ],
                sort="Open for",
                links={"Model": cell("fairlead-drift", "model", KNOWN)},
                grid=Grid(16, 10),
            ),
        ),
        records(
            Text(
                "Who is on call?",
                "Who is told first, by rotation. Numbers and addresses are in fairlead.",
                "No rotation is configured",
            ),
            TableSpec(
                {"rotation": "Rotation", "name": "Name"},
                {},
                ["group by (rotation, name) (fairlead_oncall_info)"],
                grid=Grid(8, 10),
            ),
        ),
    ]


def answers() -> Sequence[Builder[Panel]]:
    """Mean times, and how many there were."""
    return [
        _mean("How long until somebody acknowledges?", "acknowledge", "MTTA", 900),
        _mean("How long until it is resolved?", "resolve", "MTTR", None),
        records(
            Text(
                "How many incidents were there, and how fast were they answered?",
                "Of the time shown, over all models; the means are of the incidents answered in it.",
                "No incident was ever opened",
            ),
            TableSpec(
                {"family": "Family", "severity": "Severity"},
                {
                    "Value #A": Column("Opened", "short", 0),
                    "Value #B": Column("Ever", "short", 0),
                    "Value #C": Column("Mean to acknowledge", "dtdurations", 0),
                    "Value #D": Column("Mean to resolve", "dtdurations", 0),
                },
                [
                    "round(max by (family, severity) (increase(fairlead_incidents_total[$__range])))",
                    "max by (family, severity) (fairlead_incidents_total)",
                    _answered("acknowledge"),
                    _answered("resolve"),
                ],
                grid=Grid(8, 8),
            ),
        ),
    ]


def _answered(what: str) -> str:
    name = f"fairlead_incident_time_to_{what}_seconds"
    took = f"max by (family, severity) (increase({name}_sum[$__range]))"
    return f"{took} / (max by (family, severity) (increase({name}_count[$__range])) > 0)"


def _mean(title: str, what: str, short: str, goal: int | None) -> Builder[Panel]:
    named = {"{{family}}": f"family:fairlead_incident_time_to_{what}_seconds:mean30d"}
    return graph(
        Text(
            title,
            f"{short}: mean time to {what} the critical incidents answered in the last 30 days, by family, over all "
            f"models." + (" The policy allows 15 minutes." if goal else ""),
            f"No critical incident was answered in 30 days, so there is no {short}",
        ),
        Scale("s", 0),
        named,
        f'label_replace(vector({goal}), "severity", "critical", "", "")' if goal else "",
        Grid(8),
    )


def history() -> Sequence[Builder[Panel]]:
    """When incidents were open, and all that were in the time shown."""
    state = (
        f"2 * group by ({SUBJECT}) (fairlead_incident_acknowledged_timestamp_seconds{{{MODELS}}}) "
        f"or group by ({SUBJECT}) (fairlead_incident_opened_timestamp_seconds{{{MODELS}}})"
    )
    ever = f"max by ({SUBJECT}) (max_over_time(fairlead_incident_opened_timestamp_seconds{{{MODELS}}}[$__range]))"
    acknowledged = (
        f"max by ({SUBJECT}) (max_over_time(fairlead_incident_acknowledged_timestamp_seconds{{{MODELS}}}[$__range]))"
    )
    still = f"group by ({SUBJECT}) (fairlead_incident_opened_timestamp_seconds{{{MODELS}}})"
    return [
        timeline(
            Text(
                "When was which incident open?",
                "One band per incident, from its opening to its end; written on it: OPEN until somebody "
                "acknowledges, then ACKNOWLEDGED.",
                "No incident was open in the time shown",
            ),
            "{{incident}} {{model}} {{family}}",
            state,
            STATES,
            grid=Grid(24, 10),
        ),
        records(
            Text(
                "Which incidents were open in the time shown?",
                "Open and closed ones, the latest first. What was done is in fairlead, with the timeline of each.",
                "No incident was open in the time shown",
            ),
            TableSpec(
                {"incident": "Incident", "severity": "Severity", "model": "Model", "family": "Family"},
                {
                    "Value #A": Column("Opened", "dateTimeAsIso"),
                    "Value #B": Column("Acknowledged after", "dtdurations", 0),
                    "Value #C": Column("State", states=STATES),
                },
                [
                    f"1000 * {ever}",
                    f"{acknowledged} - {ever}",
                    f"1 * ({state}) or 3 * (group by ({SUBJECT}) ({ever}) unless {still})",
                ],
                sort="Opened",
                links={"Model": cell("fairlead-drift", "model", KNOWN)},
                grid=Grid(24, 10),
            ),
        ),
    ]


def exceptions() -> Sequence[Builder[Panel]]:
    """Accepted risks, planned maintenance, and what of the models is closed."""
    subject = "exception, model, family, metric, feature, attribute"
    return [
        records(
            Text(
                "Which risks are accepted, and until when?",
                "Exceptions in force: the alert is silent, the measurement goes on. None lasts longer than 30 days.",
                "No exception is in force",
            ),
            TableSpec(
                {
                    "exception": "Exception",
                    "model": "Model",
                    "family": "Family",
                    "metric": "Measurement",
                    "feature": "Feature",
                    "attribute": "Attribute",
                },
                {"Value": Column("Expires", "dateTimeFromNow")},
                [f"1000 * max by ({subject}) (fairlead_exception_expires_timestamp_seconds{{{MODELS}}})"],
                grid=Grid(24, 7),
            ),
        ),
        records(
            Text(
                "Which models are in maintenance, and until when?",
                "Windows that are open now: warnings of the model are silent, critical alerts never are.",
                "No maintenance window is open",
            ),
            TableSpec(
                {"maintenance": "Window", "model": "Model"},
                {"Value": Column("Ends", "dateTimeFromNow")},
                [f"1000 * max by (maintenance, model) (fairlead_maintenance_ends_timestamp_seconds{{{MODELS}}})"],
                grid=Grid(12),
            ),
        ),
        records(
            Text(
                "When was an incident of a family last closed?",
                "Alerts that began before it count as dealt with and escalate no more.",
                "No incident of these models was ever closed",
            ),
            TableSpec(
                {"model": "Model", "family": "Family"},
                {"Value": Column("Closed", "dateTimeFromNow")},
                [f"1000 * max by (model, family) (fairlead_incident_closed_timestamp_seconds{{{MODELS}}})"],
                grid=Grid(12),
            ),
        ),
    ]


def pending() -> Sequence[Builder[Panel]]:
    """What may become an incident."""
    return [
        records(
            Text(
                "What will be critical within seven days?",
                "Headline measurements that will pass their critical threshold if the last fortnight goes on.",
                PREDICTED,
            ),
            TableSpec(
                {"model": "Model", "family": "Family", "metric": "Measurement"},
                {"Value": Column("In seven days", decimals=3)},
                [f"model_metric:fairlead_headline:forecast_breach{{{MODELS}}}"],
                grid=Grid(12),
            ),
        ),
        records(
            Text(
                "What is unusual for its model?",
                "Headline measurements more than three standard deviations above their mean of thirty days.",
                "Nothing is unusual, or Prometheus has not yet seen ten days",
            ),
            TableSpec(
                {"model": "Model", "family": "Family", "metric": "Measurement"},
                {"Value": Column("Deviations", decimals=1)},
                [f"model_metric:fairlead_headline:deviations30d{{{MODELS}}} > 3"],
                grid=Grid(12),
            ),
        ),
    ]
