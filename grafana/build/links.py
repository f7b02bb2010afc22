"""Links that lead from a value to the dashboard, or the choice, that explains it; time and choices come along."""

CHOICES = ("datasource", "environment", "team", "model", "attribute", "feature")


def to(dashboard: str, known: tuple[str, ...], **chosen: str) -> dict[str, object]:
    """A data link to a dashboard with ``chosen`` values; of ``known`` variables the others keep theirs."""
    kept = [f"${{{name}:queryparam}}" for name in known if name not in chosen]
    given = [f"var-{name}={value}" for name, value in chosen.items()]
    return {
        "title": "Show ${__value.text}",
        "url": f"/d/{dashboard}?{'&'.join([*given, *kept, '${__url_time_range}'])}",
    }


def cell(dashboard: str, variable: str, known: tuple[str, ...]) -> dict[str, object]:
    """From a cell of a table: the variable takes what the cell says."""
    return to(dashboard, known, **{variable: "${__value.text:percentencode}"})


def line(dashboard: str, variable: str, label: str, known: tuple[str, ...]) -> dict[str, object]:
    """From a line of a graph or a bar: the variable takes the line's label."""
    link = to(dashboard, known, **{variable: f"${{__field.labels.{label}:percentencode}}"})
    return {**link, "title": f"Show this {label} alone"}
