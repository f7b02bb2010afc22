"""The choices at the top of a dashboard."""

from grafana.build.panels import DATASOURCE
from grafana_foundation_sdk.builders.dashboard import DatasourceVariable, QueryVariable
from grafana_foundation_sdk.models.dashboard import VariableOption, VariableRefresh, VariableSort


def datasource() -> DatasourceVariable:
    """Which Prometheus to ask."""
    chosen = VariableOption(selected=True, text="Prometheus", value="prometheus")
    return DatasourceVariable("datasource").label("Data source").type("prometheus").current(chosen)


def choice(name: str, label: str, selector: str, *, several: bool = True) -> QueryVariable:
    """The values of one label; ``several`` allows more than one of them, and all."""
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
        everything = VariableOption(selected=True, text=["All"], value=["$__all"])
        variable = variable.all_value(".*").current(everything)
    return variable


def model_choices() -> list[QueryVariable]:
    """Environment and team narrow the list of models; one model is shown at a time."""
    return [
        choice("environment", "Environment", "fairlead_model_info"),
        choice("team", "Team", 'fairlead_model_info{environment=~"$environment"}'),
        choice("model", "Model", 'fairlead_model_info{environment=~"$environment",team=~"$team"}', several=False),
    ]
