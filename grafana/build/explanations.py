"""Graphs of why the model answers as it does."""

from collections.abc import Sequence

from grafana.build.panels import Grid, Scale, Text, graph
from grafana.build.queries import FEATURE, series, thresholds, trend
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import Panel


def explanations() -> Sequence[Builder[Panel]]:
    """The order of the features, each feature's attributions, and equal inputs."""
    unexplained = "The source has no attributions"
    return [
        graph(
            Text(
                "Do the same features matter?",
                "Rank correlation of the features by mean absolute attribution; 1 means the same order as in the "
                "baseline.",
                unexplained,
            ),
            Scale("none", 0, 1),
            {"rank correlation": series("fairlead_attribution_rank_correlation", "model")},
            thresholds("attribution_rank_correlation"),
            Grid(6),
        ),
        graph(
            Text(
                "Have features left the top three?",
                "How many of the baseline's three most important features no longer are, beyond what chance explains.",
                "The source has no attributions, or too few of them to tell",
            ),
            Scale("short", 0, 3),
            {"left": series("fairlead_attribution_top3_changes", "model")},
            thresholds("attribution_top3_changes"),
            Grid(6),
        ),
        graph(
            Text(
                "Which features act differently?",
                "KL divergence of each feature's attributions from the baseline's in nats; it also sees a change of "
                "direction.",
                unexplained,
            ),
            Scale("none", 0, 0.35),
            {"{{feature}}": trend("attribution_kl_divergence", "feature", where=FEATURE)},
            thresholds("attribution_kl_divergence"),
            Grid(6),
        ),
        graph(
            Text(
                "Are equal inputs explained alike?",
                "Mean cosine similarity between the explanations of the same input; 1 means always the same one.",
                "Repeated inputs are not configured (input_key, hash_inputs), or too few of them were explained",
            ),
            Scale("none", 0, 1),
            {"consistency": series("fairlead_attribution_consistency", "model")},
            thresholds("attribution_consistency"),
            Grid(6),
        ),
    ]
