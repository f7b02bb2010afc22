"""PromQL for the panels. All of it reads one model, the one chosen at the top of the dashboard."""

from collections.abc import Sequence

from grafana.build.panels import TREND

ATTRIBUTE = 'attribute=~"$attribute"'
FEATURE = 'feature=~"$feature"'


def series(metric: str, *by: str, where: str = "") -> str:
    """One metric of the model, one series per combination of the labels in ``by``."""
    return f"max by ({', '.join(by)}) ({selector(metric, where)})"


def selector(metric: str, where: str = "") -> str:
    """A selector of the model's series of one metric."""
    return f'{metric}{{model="$model"{"," if where else ""}{where}}}'


def trend(metric: str, *by: str, where: str = "") -> str:
    """Like ``series`` for a metric that has many series: from what a rule records of it every five minutes."""
    name = metric.removeprefix("fairlead_")
    return series(TREND, *by, where=f'metric="{name}"{"," if where else ""}{where}')


def beside_noise(legend: str, metric: str, *by: str, where: str = "") -> dict[str, str]:
    """Legend → query for a metric and for what chance alone would give."""
    return {
        legend: series(metric, *by, where=where),
        f"{legend} noise": series(f"{metric}_noise", *by, where=where),
    }


def thresholds(metric: str) -> str:
    """The model's warning and critical threshold of a metric: its own where it has one, else the default."""
    own = f'fairlead:threshold{{metric="{metric}",model="$model",feature=""}}'
    default = f'fairlead:threshold{{metric="{metric}",model="",feature=""}}'
    return f"max by (severity) ({own}) or max by (severity) ({default})"


def named(pattern: str, *by: str, suffix: str = "", where: str = "") -> str:
    """All metrics ``fairlead_<pattern><suffix>`` as one vector; the label ``metric`` holds the pattern's part."""
    found = selector("", f'__name__=~"fairlead_({pattern}){suffix}"{"," if where else ""}{where}')
    name = f'label_replace({found}, "metric", "$1", "__name__", "fairlead_(.*){suffix}")'
    return f"max by ({', '.join(('metric', *by))}) ({name})"


def baseline(pattern: str, *by: str) -> str:
    """Like ``named`` for baseline values, under the metric names of the current ones."""
    found = selector("", f'__name__=~"fairlead_({pattern})"')
    name = f'label_replace({found}, "metric", "$1$2", "__name__", "fairlead_(.*)_baseline(_.*)?")'
    return f"max by ({', '.join(('metric', *by))}) ({name})"


def limit(measured: str, severity: str, subject: Sequence[str]) -> str:
    """For each series of ``measured`` its threshold: the feature's own, else the model's, else the default."""
    zero = f"clamp({measured}, 0, 0)"

    def level(on: str, where: str) -> str:
        found = f'max by ({on}) (fairlead:threshold{{severity="{severity}",{where}}})'
        return f"{zero} + on ({on}) group_left () {found}"

    own = [level("metric, feature", 'model="$model",feature!=""')] if "feature" in subject else []
    rest = [level("metric", 'model="$model",feature=""'), level("metric", 'model="",feature=""')]
    return " or ".join(own + rest)


def verdict(measured: str, subject: Sequence[str]) -> str:
    """For each series of ``measured``: 2 where the rules found a critical breach, 1 for a warning, else 0."""

    def breach(severity: str) -> str:
        found = selector("fairlead:measurement:breach", f'severity="{severity}"')
        return f"group by ({', '.join(('metric', *subject))}) ({found})"

    return f"2 * {breach('critical')} and {measured} or {breach('warning')} and {measured} or clamp({measured}, 0, 0)"


ANY_MODEL = 'max by (severity) (fairlead:threshold{{metric="{metric}",model="",feature=""}})'
"""The default thresholds of a metric, where several models are shown."""
