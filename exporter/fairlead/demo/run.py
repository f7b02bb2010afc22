"""The demonstration from start to end: data, baseline, replay, alerts, notifications, summary."""

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from fairlead.demo import commands, processes, scenario, summary, workspace
from fairlead.demo.commands import Row
from fairlead.demo.expectations import Alert, broken_silence, missing_alerts, missing_notifications
from fairlead.demo.servers import Servers, choose_ports, get_json, running
from fairlead.demo.sink import Sink
from fairlead.demo.workspace import CONTROL, DRIFTING, SourceTree

TIMEOUT = 75.0
SETTLE_SECONDS = 10.0
POLL_SECONDS = 0.5
QUIET_DAY = min(event.first_day for event in scenario.EVENTS) - 1
TRAFFIC = {DRIFTING: (scenario.EVENTS, scenario.SEED), CONTROL: ((), scenario.SEED + 1)}


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line chose."""

    directory: Path
    once: bool = False
    keep: bool = False


def run(options: Options, console: Console) -> int:
    """Exit code: 0 when everything expected was seen, 1 when something was not."""
    tree = SourceTree.find()
    for program in ("prometheus", "alertmanager"):
        console.print(f"{program}: {processes.find_binary(program)}", highlight=False)
    workspace.prepare(options.directory)
    summary.print_introduction(console)
    directory = options.directory.resolve()
    with Sink() as sink, _progress(console) as progress:
        step = _steps(progress)
        days = replay(directory, tree, step)
        step("starting fairlead, Prometheus and Alertmanager")
        with running(directory, tree, sink, choose_ports()) as servers:
            step("waiting for the alerts and what they send")
            missing = wait_until_complete(servers, sink) + quiet_days_broken(days)
            progress.stop()
            alerts = firing(servers)
            summary.print_measurements(console, days, QUIET_DAY)
            summary.print_alerts(console, alerts)
            summary.print_notifications(console, sink)
            _print_result(console, missing)
            if not options.once:
                summary.print_addresses(console, servers, str(directory))
                console.print("running until Ctrl-C")
                keep_running(servers)
    if not options.keep and not missing:
        shutil.rmtree(directory)
    return 1 if missing else 0


def replay(directory: Path, tree: SourceTree, step: Callable[[str], None]) -> list[list[Row]]:
    """Write logs, configuration and baselines, and analyse day after day as the days of the replay end."""
    step("training a credit model on half of the mortgage applications")
    source = scenario.replay()
    ends = scenario.midnights(datetime.now(UTC))
    config = workspace.write_config(directory)
    workspace.copy_rules(tree.rules, directory)
    baseline = directory / "baseline" / "validation.parquet"
    scenario.write_baseline(source, baseline, ends[0] - timedelta(days=1))
    for model, (events, seed) in TRAFFIC.items():
        for day in scenario.write_days(source, workspace.logs(directory, model), ends, events, seed):
            step(f"replaying the other half for {model}: {day}")
    for model in TRAFFIC:
        step(f"creating the baseline of {model}")
        commands.create_baseline(config, model, baseline)
    days = []
    for number, end in enumerate(ends, start=1):
        step(f"analysing day {number} of {len(ends)}")
        days.append(commands.analyze(config, end))
    return days


def firing(servers: Servers) -> list[Alert]:
    """The alerts that Alertmanager holds now."""
    return [Alert.from_api(answer) for answer in get_json(f"{servers.alertmanager.url}/api/v2/alerts")]


def wait_until_complete(servers: Servers, sink: Sink) -> list[str]:
    """Wait until all that is expected was seen, and a little longer for what must not come; what was amiss."""
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        servers.check()
        if not missing_alerts(firing(servers)) and not missing_notifications(sink):
            break
        time.sleep(POLL_SECONDS)
    time.sleep(SETTLE_SECONDS)
    servers.check()
    alerts = firing(servers)
    return missing_alerts(alerts) + missing_notifications(sink) + broken_silence(alerts, sink)


def quiet_days_broken(days: Sequence[Sequence[Row]]) -> list[str]:
    """Verdicts that the traffic does not deserve: on data or model before the first event, or on the control."""
    lines = []
    for number, rows in enumerate(days, start=1):
        for row in rows:
            undisturbed = row.model == CONTROL or (number <= QUIET_DAY and row.family in {"data", "model"})
            if undisturbed and row.severity in {"warning", "critical"}:
                lines.append(f"day {number}: {row.model} {row.metric} {row.subject} is {row.severity}")
    return lines


def keep_running(servers: Servers) -> None:
    """Return on Ctrl-C; raise when a server ends by itself."""
    try:
        while True:
            servers.check()
            time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        return


def _print_result(console: Console, missing: Sequence[str]) -> None:
    if not missing:
        console.print("[green]all expected alerts and notifications were seen; the control stayed silent")
    for line in missing:
        console.print(f"[red]not as expected: {line}", highlight=False)


def _progress(console: Console) -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)


def _steps(progress: Progress) -> Callable[[str], None]:
    """A function that names the next step and moves the bar; without a terminal each step is a line."""
    total = 3 + len(TRAFFIC) * (scenario.DAYS + 1) + scenario.DAYS
    task = progress.add_task("starting", total=total)

    def step(title: str) -> None:
        progress.update(task, advance=1, description=title)
        if not progress.console.is_terminal:
            progress.console.print(title, highlight=False)

    return step
