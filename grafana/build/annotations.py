"""What happened, as marks in every graph: deployments, new baselines, incidents."""

from collections.abc import Sequence

from grafana.build.panels import DATASOURCE
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import AnnotationQuery

AT_ITS_VALUE = {"useValueForTime": True, "step": "1m"}
"""The mark stands at the moment that the value names, not where it was read."""


class Mark(AnnotationQuery):
    """An annotation of Prometheus' data source, whose own keys the SDK does not know."""

    def __init__(self, name: str, color: str, expr: str, title: str, text: str) -> None:
        super().__init__(name=name, datasource=DATASOURCE, enable=True, icon_color=color, expr=expr)
        self.title, self.text = title, text

    def to_json(self) -> dict[str, object]:
        """The annotation with its texts; ``{{label}}`` in them is the value of a label."""
        return super().to_json() | {"titleFormat": self.title, "textFormat": self.text, **AT_ITS_VALUE}


class Marks(Builder[AnnotationQuery]):
    """What a dashboard takes."""

    def __init__(self, mark: Mark) -> None:
        self._mark = mark

    def build(self) -> AnnotationQuery:
        """The mark."""
        return self._mark


def annotations(models: str) -> Sequence[Builder[AnnotationQuery]]:
    """Those of the models that a matcher such as ``model="$model"`` picks; of all without one."""
    marks = (
        Mark(
            "Deployments",
            "blue",
            _seen("model_version:fairlead_deployment:timestamp", models, "model", "version"),
            "Version {{version}} of {{model}}",
            "The version was seen for the first time, or again after a day.",
        ),
        Mark(
            "Baselines",
            "purple",
            _seen("model_baseline:fairlead_baseline_created:timestamp", models, "model", "baseline"),
            "Baseline {{baseline}} of {{model}}",
            "The baseline was made with which the model is, or was, compared.",
        ),
        Mark(
            "Incidents",
            "red",
            _seen("fairlead_incident_opened_timestamp_seconds", models, "incident", "model", "family", "severity"),
            "{{incident}}: {{severity}} {{family}} of {{model}}",
            "The incident was opened, or reopened.",
        ),
    )
    return [Marks(mark) for mark in marks]


def _seen(metric: str, models: str, *by: str) -> str:
    """Each value that the series had in the time that is shown, up to its very end, in milliseconds.

    Grafana asks at steps that end up to one step before the end; each looks one step ahead, so none misses the newest.
    """
    window = "[$__rate_interval] offset -$__interval"
    return f"1000 * max by ({', '.join(by)}) (max_over_time({metric}{{{models}}}{window}))"
