"""Panels about fairlead: its analyses, its scrapes, what it takes in, and what it keeps."""

from collections.abc import Sequence

from grafana.build.panels import Column, Grid, Scale, TableSpec, Text, graph, number, records
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import Panel

MODELS = 'model=~"$model"'
JOB = 'job="fairlead"'
UNKNOWN = "Unknown: Prometheus gave no answer"
DOWN = "No answer from fairlead"
NOT_PUSHED = "Nothing is pushed to fairlead"
PER_SECOND = "[$__rate_interval]"
NO_YES = {"0": ("NO", "green"), "1": ("YES", "orange")}
YES = {"0": ("NO", "red"), "1": ("YES", "green")}


def _lines(
    title: str, description: str, empty: str, unit: str, queries: dict[str, str], *, width: int = 8
) -> Builder[Panel]:
    return graph(Text(title, description, empty), Scale(unit, 0), queries, grid=Grid(width))


def summary() -> Sequence[Builder[Panel]]:
    """One glance."""
    return [
        number(
            Text(
                "Does it answer Prometheus?",
                "YES when every fairlead that Prometheus knows answered the last scrape.",
                "Prometheus has no target of the job fairlead",
            ),
            "none",
            f"min(up{{{JOB}}})",
            [(None, "text")],
            texts=YES,
        ),
        number(
            Text(
                "Was its configuration read?",
                "NO when the last reload failed: the configuration before it is still in force.",
                DOWN,
            ),
            "none",
            "min(fairlead_config_last_reload_successful)",
            [(None, "text")],
            texts=YES,
        ),
        number(
            Text(
                "How many analyses are overdue?",
                "Families of models whose analysis was due and not made for 12 hours.",
                UNKNOWN,
            ),
            "none",
            f"count(model_family:fairlead_analysis_overdue:seconds{{{MODELS}}} > 12 * 3600) or vector(0)",
            [(None, "green"), (1, "red")],
        ),
        number(
            Text(
                "How many analyses fail?",
                "Families of models that failed in the last six hours without a success since.",
                UNKNOWN,
            ),
            "none",
            f"count(model_family:fairlead_analysis_failing:increase6h{{{MODELS}}}) or vector(0)",
            [(None, "green"), (1, "orange")],
        ),
        number(
            Text(
                "How many hang in their source?",
                "Analyses that were given up at their deadline and still wait for their source.",
                DOWN,
            ),
            "none",
            f"sum(max by (model) (fairlead_analysis_abandoned{{{MODELS}}})) or vector(0)",
            [(None, "green"), (1, "orange")],
        ),
        number(
            Text("Which version runs?", "The version of fairlead.", DOWN),
            "none",
            "max by (version) (fairlead_build_info)",
            [(None, "text")],
            legend="{{version}}",
        ),
    ]


def runs() -> Sequence[Builder[Panel]]:
    """How many analyses there are, how many fail, how long they take, and how late they are."""
    took = f"sum by (le, family) (rate(fairlead_analysis_duration_seconds_bucket{PER_SECOND}))"
    whole = f"sum by (family) (rate(fairlead_analysis_duration_seconds_sum{PER_SECOND}))"
    count = f"sum by (family) (rate(fairlead_analysis_duration_seconds_count{PER_SECOND}))"
    return [
        _lines(
            "How many analyses finish?",
            "Finished analyses per second, failed ones included, by family.",
            "No analysis has finished",
            "ops",
            {"{{family}}": f"sum by (family) (rate(fairlead_analysis_runs_total{{{MODELS}}}{PER_SECOND}))"},
        ),
        _lines(
            "How many of them fail?",
            "Failed analyses per second, by family; zero when all is well.",
            "No analysis has finished",
            "ops",
            {"{{family}}": f"sum by (family) (rate(fairlead_analysis_failures_total{{{MODELS}}}{PER_SECOND}))"},
        ),
        graph(
            Text(
                "How long does an analysis take?",
                "95th percentile and mean of the time per analysis, by family, over all models. The policy allows "
                "ten minutes.",
                "No analysis has finished in the time shown",
            ),
            Scale("s", 0),
            {"{{family}} 95 %": f"histogram_quantile(0.95, {took})", "{{family}} mean": f"{whole} / {count}"},
            'label_replace(vector(600), "severity", "critical", "", "")',
            Grid(8),
        ),
        graph(
            Text(
                "How late are the analyses?",
                "Time since an analysis was due and not made, the latest model of each family; negative until it is "
                "due. After 12 hours engineering is told.",
                "No analysis is scheduled",
            ),
            Scale("s"),
            {"{{family}}": f"max by (family) (model_family:fairlead_analysis_overdue:seconds{{{MODELS}}})"},
            'label_replace(vector(12 * 3600), "severity", "critical", "", "")',
            Grid(8, 9),
        ),
        records(
            Text(
                "Which analyses are behind or failing?",
                "Every model and family with its last success, its next due time, its cadence, how late it is, and "
                "its failures of six hours; the latest first.",
                "No analysis has run yet",
            ),
            TableSpec(
                {"model": "Model", "family": "Family"},
                {
                    "Value #A": Column("Overdue by", "dtdurations", 0),
                    "Value #B": Column("Last success", "dateTimeFromNow"),
                    "Value #C": Column("Next due", "dateTimeFromNow"),
                    "Value #D": Column("Cadence", "dtdurations", 0),
                    "Value #E": Column("Failures in 6 h", "short", 0),
                },
                [
                    f"clamp_min(model_family:fairlead_analysis_overdue:seconds{{{MODELS}}}, 0)",
                    f"1000 * max by (model, family) (fairlead_analysis_last_success_timestamp_seconds{{{MODELS}}})",
                    f"1000 * max by (model, family) (fairlead_analysis_next_due_timestamp_seconds{{{MODELS}}})",
                    f"max by (model, family) (fairlead_analysis_cadence_seconds{{{MODELS}}})",
                    f"model_family:fairlead_analysis_failures:increase6h{{{MODELS}}}",
                ],
                sort="Overdue by",
                grid=Grid(16, 9),
            ),
        ),
    ]


def scraping() -> Sequence[Builder[Panel]]:
    """What Prometheus sees, and what the process needs."""
    return [
        _lines(
            "How long does a scrape take?",
            "Time that Prometheus needs for a scrape, by instance.",
            "Prometheus has no target of the job fairlead",
            "s",
            {"{{instance}}": f"max by (instance) (scrape_duration_seconds{{{JOB}}})"},
        ),
        _lines(
            "How many samples does a scrape bring?",
            "Samples of the last scrape, by instance; past the limit of the scrape job the whole scrape fails.",
            "Prometheus has no target of the job fairlead",
            "short",
            {"{{instance}}": f"max by (instance) (scrape_samples_scraped{{{JOB}}})"},
        ),
        _lines(
            "Were series left out?",
            "Series left out of the exposition per second, by reason; nothing should be.",
            "No series was ever left out",
            "ops",
            {"{{reason}}": f"sum by (reason) (rate(fairlead_series_dropped_total{PER_SECOND}))"},
        ),
        _lines(
            "How much memory does it need?",
            "Resident memory by instance.",
            DOWN,
            "bytes",
            {"{{instance}}": f"max by (instance) (process_resident_memory_bytes{{{JOB}}})"},
        ),
        _lines(
            "How much of a processor does it need?",
            "Processor time per second by instance: 1 is one core.",
            DOWN,
            "none",
            {"{{instance}}": f"max by (instance) (rate(process_cpu_seconds_total{{{JOB}}}{PER_SECOND}))"},
        ),
        records(
            Text(
                "When was it started, and its configuration read?",
                "By instance: start of the process and the last successful reading of the configuration.",
                DOWN,
            ),
            TableSpec(
                {"instance": "Instance"},
                {
                    "Value #A": Column("Started", "dateTimeFromNow"),
                    "Value #B": Column("Configuration read", "dateTimeFromNow"),
                },
                [
                    f"1000 * max by (instance) (process_start_time_seconds{{{JOB}}})",
                    "1000 * max by (instance) (fairlead_config_last_reload_success_timestamp_seconds)",
                ],
                grid=Grid(8),
            ),
        ),
    ]


def ingestion() -> Sequence[Builder[Panel]]:
    """What is pushed, what is not taken, and what the prediction log holds."""

    def rate(name: str, by: str, where: str = MODELS) -> str:
        return f"sum by ({by}) (rate({name}{{{where}}}{PER_SECOND}))"

    return [
        _lines(
            "How many rows are pushed?",
            "Pushed rows that were kept and those that were there before, per second.",
            NOT_PUSHED,
            "rowsps",
            {
                "{{kind}} kept": rate("fairlead_ingested_rows_total", "kind"),
                "{{kind}} repeated": rate("fairlead_ingest_repeated_rows_total", "kind"),
            },
        ),
        _lines(
            "What is refused or dropped?",
            "Pushes that were not taken by reason, and values of columns that nothing lists, per second.",
            NOT_PUSHED,
            "ops",
            {
                "{{reason}}": rate("fairlead_ingest_rejected_total", "reason", ""),
                "unlisted values of {{kind}}": rate("fairlead_ingest_dropped_values_total", "kind"),
            },
        ),
        records(
            Text(
                "How large is the prediction log?",
                "Rows, files, size and oldest day of what was pushed, by model and kind.",
                NOT_PUSHED,
            ),
            TableSpec(
                {"model": "Model", "kind": "Kind"},
                {
                    "Value #A": Column("Rows", "short", 0),
                    "Value #B": Column("Size", "bytes"),
                    "Value #C": Column("Files", "short", 0),
                    "Value #D": Column("Oldest day", "dateTimeFromNow"),
                },
                [
                    f"max by (model, kind) (fairlead_log_rows{{{MODELS}}})",
                    f"max by (model, kind) (fairlead_log_size_bytes{{{MODELS}}})",
                    f"max by (model, kind) (fairlead_log_files{{{MODELS}}})",
                    f"1000 * max by (model, kind) (fairlead_log_oldest_day_timestamp_seconds{{{MODELS}}})",
                ],
                sort="Size",
                grid=Grid(8),
            ),
        ),
    ]


def evidence() -> Sequence[Builder[Panel]]:
    """The audit log, retention, and baselines."""
    return [
        records(
            Text(
                "Where does the audit log stand?",
                "Number and hash of its last entry before midnight UTC. A copy elsewhere shows later that nothing "
                "was cut off: fairlead audit verify --head NUMBER:HASH.",
                "The audit log is younger than a day",
            ),
            TableSpec(
                {"number": "Entry", "hash": "Hash"},
                {},
                ["group by (number, hash) (fairlead_audit_head_info)"],
                grid=Grid(12, 6),
            ),
        ),
        _lines(
            "Does the audit log grow?",
            "Entries that it ever had. It never falls.",
            DOWN,
            "short",
            {"entries": "max(fairlead_audit_entries)"},
            width=12,
        ),
        _lines(
            "Is what has expired deleted?",
            "Expired records deleted in a day, by kind; zero where nothing had expired.",
            DOWN,
            "short",
            {"{{kind}}": "sum by (kind) (increase(fairlead_retention_deleted_total[1d]))"},
        ),
        number(
            Text(
                "When did retention last finish?",
                "Time since all expired records were last deleted; it is done once a day.",
                "Retention has not finished yet",
            ),
            "dtdurations",
            "time() - max(fairlead_retention_last_success_timestamp_seconds)",
            [(None, "green"), (2 * 86400, "orange")],
            grid=Grid(4, 8),
        ),
        records(
            Text(
                "Which baselines need somebody?",
                "Age, expiry, whether it was made for another version, the oldest unapproved draft, automatic ones "
                "that failed, and how far the last change moved the scores.",
                "No model has a baseline",
            ),
            TableSpec(
                {"model": "Model"},
                {
                    "Value #A": Column("Made", "dateTimeFromNow"),
                    "Value #B": Column("Expires", "dateTimeFromNow"),
                    "Value #C": Column("Of another version", states=NO_YES),
                    "Value #D": Column("Oldest draft", "dateTimeFromNow"),
                    "Value #E": Column("Failed in a week", "short", 0),
                    "Value #F": Column("Out of date", states=NO_YES),
                },
                [
                    f"1000 * max by (model) (fairlead_baseline_created_timestamp_seconds{{{MODELS}}})",
                    f"1000 * max by (model) (fairlead_baseline_expires_timestamp_seconds{{{MODELS}}})",
                    f"max by (model) (fairlead_baseline_outdated{{{MODELS}}})",
                    f"1000 * min by (model) (fairlead_baseline_draft_created_timestamp_seconds{{{MODELS}}})",
                    f"round(sum by (model) (increase(fairlead_baseline_failures_total{{{MODELS}}}[7d])))",
                    f"group by (model) (fairlead:model:baseline_stale{{{MODELS}}}) or 0 * group by (model) "
                    f"(fairlead_baseline_info{{{MODELS}}})",
                ],
                sort="Out of date",
                grid=Grid(12, 8),
            ),
        ),
        records(
            Text(
                "How did baselines change when they were replaced?",
                "Distance of the active baseline from the one before, by statistic, and growth of the parity "
                "difference, by attribute.",
                "No baseline was ever replaced",
            ),
            TableSpec(
                {"model": "Model", "statistic": "Statistic", "attribute": "Attribute"},
                {"Value #A": Column("Distance", decimals=3), "Value #B": Column("Parity change", "percentunit", 1)},
                [
                    f"max by (model, statistic) (fairlead_baseline_distance{{{MODELS}}})",
                    f"max by (model, attribute) (fairlead_baseline_parity_change{{{MODELS}}})",
                ],
                grid=Grid(12, 8),
            ),
        ),
        records(
            Text(
                "When were baselines reviewed?",
                "The last review of each model by outcome; one is made each month.",
                "No baseline was reviewed yet",
            ),
            TableSpec(
                {"model": "Model", "outcome": "Outcome"},
                {"Value": Column("Reviewed", "dateTimeFromNow")},
                [f"1000 * max by (model, outcome) (fairlead_baseline_review_timestamp_seconds{{{MODELS}}})"],
                grid=Grid(12, 8),
            ),
        ),
    ]


def watch() -> Sequence[Builder[Panel]]:
    """The look at what fires, and check-ins."""
    return [
        number(
            Text(
                "When did it last see what fires?",
                "Time since Prometheus and Alertmanager both answered the look for incidents that no webhook opened.",
                "It never looked: alerting is not configured",
            ),
            "dtdurations",
            "time() - (max(fairlead_reconciliation_last_success_timestamp_seconds) > 0)",
            [(None, "green"), (600, "orange")],
            grid=Grid(4, 8),
        ),
        _lines(
            "Does the look at what fires fail?",
            "Failed looks in an hour by side, and incidents that no webhook opened.",
            DOWN,
            "short",
            {
                "{{side}}": "sum by (side) (increase(fairlead_reconciliation_failures_total[1h]))",
                "incidents": "sum(increase(fairlead_reconciliation_incidents_total[1h]))",
            },
            width=10,
        ),
        records(
            Text(
                "Who has not checked in?",
                "Agents, tasks and feeds with the time since their last check-in, in their own intervals: above 1 is "
                "late, above 3 critical (not for tasks).",
                "No check-in is configured",
            ),
            TableSpec(
                {"checkin": "Check-in", "team": "Team", "kind": "Kind"},
                {
                    "Value #A": Column("Intervals", decimals=1),
                    "Value #B": Column("Last", "dateTimeFromNow"),
                    "Value #C": Column("Interval", "dtdurations", 0),
                },
                [
                    "checkin:fairlead_checkin_age:intervals",
                    "1000 * max by (checkin, team, kind) (fairlead_checkin_last_timestamp_seconds)",
                    "max by (checkin, team, kind) (fairlead_checkin_interval_seconds)",
                ],
                sort="Intervals",
                grid=Grid(10, 8),
            ),
        ),
    ]


def silences() -> Sequence[Builder[Panel]]:
    """Whether Alertmanager's silences are those that were decided."""
    return [
        number(
            Text(
                "When did it last see all silences?",
                "Time since every Alertmanager answered the look at its silences.",
                "It never looked: no Alertmanager is configured",
            ),
            "dtdurations",
            "time() - (max(fairlead_silences_last_success_timestamp_seconds) > 0)",
            [(None, "green"), (600, "orange")],
            grid=Grid(4, 8),
        ),
        _lines(
            "Do silences follow the decisions?",
            "Silences that fairlead made and ended before their time, and failed looks by side, in an hour.",
            DOWN,
            "short",
            {
                "made": "sum(increase(fairlead_silences_made_total[1h]))",
                "ended": "sum(increase(fairlead_silences_expired_total[1h]))",
                "failed: {{side}}": "sum by (side) (increase(fairlead_silence_failures_total[1h]))",
            },
            width=10,
        ),
        records(
            Text(
                "Who silences without a decision?",
                "Silences on fairlead's alerts that fairlead did not make, by what is wrong with them.",
                "No silence was made by hand",
            ),
            TableSpec(
                {"fault": "Fault"},
                {"Value": Column("Silences", "short", 0)},
                ["max by (fault) (fairlead_silences_foreign)"],
                grid=Grid(10, 8),
            ),
        ),
    ]
