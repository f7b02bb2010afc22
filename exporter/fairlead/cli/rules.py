"""`fairlead rules`."""

import re
from pathlib import Path

import click

from fairlead import tables
from fairlead.config.load import load
from fairlead.config.rules import prometheus_rule, read_groups, rule_file
from fairlead.errors import FairleadError

NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?", re.ASCII)
LABEL = re.compile(r"(?P<key>[A-Za-z0-9]([-A-Za-z0-9_./]{0,251}[A-Za-z0-9])?)=(?P<value>[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)", re.ASCII)  # fmt: skip # noqa: E501


@click.group()
def rules() -> None:
    """Hand the rules to a Prometheus that reads them otherwise."""


def _named(context: click.Context, parameter: click.Parameter, text: str | None) -> str | None:
    if text is not None and not NAME.fullmatch(text):
        said = "must be lower-case letters, digits, - and ."
        raise click.UsageError(f"{parameter.opts[0]}: {said}, got {text!r}", context)
    return text


def _labelled(context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        match = LABEL.fullmatch(text)
        if match is None:
            raise click.UsageError(f"--label: must be KEY=VALUE of Kubernetes, got {text!r}", context)
        found[match["key"]] = match["value"]
    return found


@rules.command("render")
@click.option("--config.file", "config_file", type=click.Path(path_type=Path), default=Path("fairlead.yml"),
              show_default=True, help="The configuration file, whose thresholds lie among the rules.")  # fmt: skip
@click.option("--rules", "folder", type=click.Path(path_type=Path),
              help="The folder of the rules; no configuration is read then.")  # fmt: skip
@click.option("--format", "form", type=click.Choice(["prometheus", "prometheusrule"]), default="prometheus",
              show_default=True, help="One rule file, or a resource of the Prometheus operator.")  # fmt: skip
@click.option("--name", default="fairlead", show_default=True, callback=_named, help="Name of the resource.")
@click.option("--namespace", callback=_named, help="Namespace of the resource.")
@click.option("--label", "labels", multiple=True, callback=_labelled, metavar="KEY=VALUE",
              help="Label of the resource, by which Prometheus finds it; may be given several times.")  # fmt: skip
@click.option("--output", "output", type=click.Path(path_type=Path), help="The file to write (default: the terminal).")
def render(
    *,
    config_file: Path,
    folder: Path | None,
    form: str,
    name: str,
    namespace: str | None,
    labels: dict[str, str],
    output: Path | None,
) -> None:
    """Print thresholds, recording rules and alerts as one document."""
    groups = read_groups(load(config_file).thresholds.parent if folder is None else folder)
    text = rule_file(groups) if form == "prometheus" else prometheus_rule(groups, name, namespace, labels)
    if output is None:
        click.echo(text, nl=False)
        return
    beside = output.with_name(f".{output.name}.new")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(output)
    except OSError as error:
        raise FairleadError(f"--output: must be a file that can be written, got {output}: {error.strerror}") from error
    count = sum(len(group.get("rules") or ()) for group in groups)
    click.echo(tables.plain(f"{output}: {len(groups)} groups, {count} rules"))
