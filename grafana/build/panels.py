"""The kinds of panel the dashboards use. Each has a question as title, a description, a unit and an empty state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard as dashboard_builders
from grafana_foundation_sdk.builders import prometheus, stat, table, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common, dashboard
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

DATASOURCE = common.DataSourceRef(type_val="prometheus", uid="${datasource}")

TREND = "fairlead:measurement:trend"
POINTS = 120
"""Points of a line where there are many lines: four a day over thirty days, of values that change once a day."""

Property = dashboard.DynamicConfigValue

VERDICTS = {"0": ("OK", "green"), "1": ("WARNING", "orange"), "2": ("CRITICAL", "red")}


@dataclass(frozen=True, slots=True)
class Text:
    """What a panel says: the question it answers, how to read it, and what it shows when there is nothing."""

    title: str
    description: str
    empty: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its heading, the unit of its numbers, and whether it holds verdicts or other states."""

    title: str
    unit: str = "none"
    decimals: int | None = None
    verdict: bool = False
    states: Mapping[str, tuple[str, str]] | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """Size of a panel; a row is 24 wide."""

    width: int = 8
    height: int = 8


@dataclass(frozen=True, slots=True)
class Scale:
    """Unit of a graph's axis and its ends, where they are known."""

    unit: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class TableSpec:
    """Label columns and value columns of a table; one query for each value column, in the same order."""

    labels: Mapping[str, str]
    values: Mapping[str, Column]
    queries: Sequence[str]
    sort: str = ""
    then: str = ""
    """Heading of the column by which the largest come first, and of the one by which equals do."""
    links: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """Heading of a column → where its cells lead."""
    grid: Grid = field(default_factory=lambda: Grid(24, 9))


def query(expr: str, ref: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().expr(expr).ref_id(ref).datasource(DATASOURCE)


def graph(
    text: Text,
    scale: Scale,
    queries: Mapping[str, str],
    limits: str = "",
    grid: Grid | None = None,
    *,
    link: Mapping[str, object] | None = None,
) -> timeseries.Panel:
    """Lines over time: legend → expression, and dashed lines for the thresholds that ``limits`` yields."""
    size = grid or Grid()
    panel = (
        timeseries.Panel()
        .title(text.title)
        .description(text.description)
        .datasource(DATASOURCE)
        .unit(scale.unit)
        .no_value(text.empty)
        .span(size.width)
        .height(size.height)
        .line_width(2)
        .fill_opacity(0)
        .show_points(common.VisibilityMode.NEVER)
        .line_interpolation(common.LineInterpolation.STEP_AFTER)
        .legend(
            common_builders.VizLegendOptions()
            .display_mode(common.LegendDisplayMode.LIST)
            .placement(common.LegendPlacement.BOTTOM)
            .show_legend(True)
        )
        .tooltip(
            common_builders.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING)
        )
    )
    if scale.low is not None:
        panel = panel.axis_soft_min(scale.low)
    if scale.high is not None:
        panel = panel.axis_soft_max(scale.high)
    drawn = {**queries, **({"{{severity}} threshold": limits} if limits else {})}
    for index, (legend, expr) in enumerate(drawn.items()):
        panel = panel.with_target(query(expr, chr(ord("A") + index)).range().legend_format(legend))
    if any(TREND in expr for expr in queries.values()):
        panel = panel.max_data_points(POINTS)
    if link:
        panel = panel.override_by_regexp("/^(?!.* threshold$)/", [Property("links", [dict(link)])])
    for severity, color in (("warning", "orange"), ("critical", "red")):
        panel = panel.override_by_name(f"{severity} threshold", [*_thin([8, 8]), _color(color)])
    return panel.override_by_regexp("/(baseline|noise|lower|upper)$/", _thin([2, 4]))


def _thin(dash: list[int]) -> list[Property]:
    return [Property("custom.lineWidth", 1), Property("custom.lineStyle", {"fill": "dash", "dash": dash})]


def _color(name: str) -> Property:
    return Property("color", {"mode": "fixed", "fixedColor": name})


def number(
    text: Text,
    unit: str,
    expr: str,
    steps: Sequence[tuple[float | None, str]],
    legend: str = "",
    *,
    texts: Mapping[str, tuple[str, str]] | None = None,
    grid: Grid | None = None,
) -> stat.Panel:
    """Large numbers; ``steps`` are the values from which a colour holds, the first one from everywhere.

    ``texts`` says for values what to write instead, and in which colour.
    """
    size = grid or Grid(4, 4)
    panel = (
        stat.Panel()
        .title(text.title)
        .description(text.description)
        .datasource(DATASOURCE)
        .unit(unit)
        .no_value(text.empty)
        .span(size.width)
        .height(size.height)
        .graph_mode(common.BigValueGraphMode.NONE)
        .color_mode(common.BigValueColorMode.VALUE)
        .text_mode(common.BigValueTextMode.NAME if legend else common.BigValueTextMode.VALUE)
        .thresholds(colored(steps))
    )
    if texts:
        panel = panel.mappings([worded(texts)])
    return panel.with_target(query(expr, "A").instant().legend_format(legend or "__auto"))


def colored(steps: Sequence[tuple[float | None, str]]) -> dashboard_builders.ThresholdsConfig:
    """The values from which a colour holds."""
    colors = [dashboard.Threshold(value=value, color=color) for value, color in steps]
    return dashboard_builders.ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(colors)


def worded(texts: Mapping[str, tuple[str, str]]) -> dashboard.ValueMap:
    """What is written for values, and in which colour."""
    results = {
        value: dashboard.ValueMappingResult(text=text, color=color, index=index)
        for index, (value, (text, color)) in enumerate(texts.items())
    }
    return dashboard.ValueMap(options=results)


def records(text: Text, spec: TableSpec) -> table.Panel:
    """A table with one row per combination of labels and one column per query."""
    panel = (
        table.Panel()
        .title(text.title)
        .description(text.description)
        .datasource(DATASOURCE)
        .unit("none")
        .no_value(text.empty)
        .span(spec.grid.width)
        .height(spec.grid.height)
        .cell_height(common.TableCellHeight.SM)
        .align(common.FieldTextAlignment.AUTO)
    )
    for index, expr in enumerate(spec.queries):
        target = query(expr, chr(ord("A") + index)).instant().format(PromQueryFormat.TABLE)
        panel = panel.with_target(target)
    names = {**spec.labels, **{name: column.title for name, column in spec.values.items()}}
    panel = panel.with_transformation(dashboard.DataTransformerConfig(id_val="merge", options={}))
    panel = panel.with_transformation(
        dashboard.DataTransformerConfig(
            id_val="organize",
            options={
                "excludeByName": {"Time": True, **({} if spec.values else {"Value": True})},
                "indexByName": {name: index for index, name in enumerate(names)},
                "renameByName": names,
            },
        )
    )
    order: list[Builder[common.TableSortByFieldState]] = [
        common_builders.TableSortByFieldState().display_name(name).desc(True) for name in (spec.sort, spec.then) if name
    ]
    if order:
        panel = panel.sort_by(order)
    for column in spec.values.values():
        panel = panel.override_by_name(column.title, _column(column))
    for heading, link in spec.links.items():
        panel = panel.override_by_name(heading, [Property("links", [dict(link)])])
    return panel


def _column(column: Column) -> list[Property]:
    properties = [Property("unit", column.unit)]
    if column.decimals is not None:
        properties.append(Property("decimals", column.decimals))
    words = VERDICTS if column.verdict else column.states
    if words:
        properties.append(Property("mappings", [worded(words).to_json()]))
        properties.append(Property("custom.cellOptions", {"type": "color-text"}))
    return properties
