"""The command line: one module per command."""

from collections.abc import Sequence

import click

from fairlead import __version__, tables
from fairlead.cli.analyze import analyze
from fairlead.cli.audit import audit
from fairlead.cli.baseline import baseline
from fairlead.cli.check_config import check_config
from fairlead.cli.db import db
from fairlead.cli.digest import digest
from fairlead.cli.exception import exception
from fairlead.cli.grafana import grafana
from fairlead.cli.incident import incident
from fairlead.cli.maintenance import maintenance
from fairlead.cli.oncall import oncall
from fairlead.cli.report import report
from fairlead.cli.rules import rules
from fairlead.cli.serve import serve
from fairlead.cli.simulate import simulate
from fairlead.cli.tokens import token
from fairlead.cli.unfreeze import unfreeze
from fairlead.errors import ConfigError, FairleadError, ThresholdError
from fairlead.report import NOT_COMPUTED

FAILED, USAGE = 1, 4


def run(arguments: Sequence[str]) -> int:
    """Run a command; its exit code. Errors a user can act on are one line each, never a traceback."""
    try:
        code = main.main(list(arguments), prog_name="fairlead", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return USAGE
    except click.exceptions.Abort:
        return 130
    except (ConfigError, ThresholdError) as error:
        click.echo(tables.plain_lines(str(error)), err=True)
        return USAGE
    except FairleadError as error:
        click.echo(tables.plain_lines(str(error)), err=True)
        return NOT_COMPUTED if "analyze" in arguments[:1] else FAILED
    return code if isinstance(code, int) else 0


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="fairlead")
def main() -> None:
    """Fairlead keeps deployed models honest: drift, fairness and performance, for Prometheus."""


for _command in (
    check_config,
    baseline,
    analyze,
    report,
    serve,
    db,
    token,
    audit,
    incident,
    exception,
    maintenance,
    grafana,
    digest,
    unfreeze,
    oncall,
    simulate,
    rules,
):
    main.add_command(_command)
