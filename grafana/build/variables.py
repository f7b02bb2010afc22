"""The choices at the top of a dashboard."""

from grafana.build.panels import DATASOURCE
from grafana_foundation_sdk.builders.dashboard import DatasourceVariable, QueryVariable
from grafana_foundation_sdk.models.dashboard import VariableOption, VariableRefresh, VariableSort


def datasource() -> DatasourceVariable:
    """Which Prometheus to ask."""
    chosen = VariableOption(selected=True, text="Prometheus", value="prometheus")
    return DatasourceVariable("datasource").label("Data source").type("prometheus").current(chosen)


def choice(
    name: str, label: str, selector: str, *, several: bool = True, everything: str | None = ".*"
) -> QueryVariable:
    """The values of one label; ``several`` allows more than one of them, and all.

    ``everything`` is what All stands for; None: the values that are offered, each by name.
    """
    variable = (
        QueryVariable(name)
        .label(label)
        .datasource(DATASOURCE)
        .query(
            {
                "query": f"label_values({selector}, {name})",
                "refId": "PrometheusVariableQueryEditor-VariableQuery",
                "qryType": 1,
            }
        )
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(several)
        .include_all(several)
    )
    if several:
        variable = variable.current(VariableOption(selected=True, text=["All"], value=["$__all"]))
    if several and everything is not None:
        variable = variable.all_value(everything)
    return variable


def owners() -> list[QueryVariable]:
    """Environment and team."""
    return [
        choice("environment", "Environment", "fairlead_model_info"),
        choice("team", "Team", 'fairlead_model_info{environment=~"$environment"}'),
    ]


def one_model() -> list[QueryVariable]:
    """Environment and team narrow the list of models; one model is shown at a time."""
    return [
        *owners(),
        choice("model", "Model", 'fairlead_model_info{environment=~"$environment",team=~"$team"}', several=False),
    ]


def some_models() -> list[QueryVariable]:
    """The same, with several models at a time; all are those of the chosen environments and teams."""
    owned = 'fairlead_model_info{environment=~"$environment",team=~"$team"}'
    return [*owners(), choice("model", "Model", owned, everything=None)]


def attributes() -> QueryVariable:
    """Protected attributes of the model."""
    return choice("attribute", "Attribute", 'fairlead_group_samples{model="$model"}')


def features() -> QueryVariable:
    """Features of the model."""
    return choice("feature", "Feature", 'fairlead_feature_missing_ratio{model="$model"}')
