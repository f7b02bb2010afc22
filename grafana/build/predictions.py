"""Graphs of what the model answers."""

from collections.abc import Sequence

from grafana.build.panels import Grid, Scale, Text, graph
from grafana.build.queries import beside_noise, series, thresholds
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import Panel


def predictions() -> Sequence[Builder[Panel]]:
    """Classes and scores against the baseline's, then how certain and how steady the answers are."""
    unscored = "The source has no scores or probabilities"
    return [
        graph(
            Text(
                "Have the predictions shifted?",
                "Total variation distance of the predicted classes, or of the deciles of a regression: the share of "
                "predictions that would have to change.",
                "Predictions could not be compared",
            ),
            Scale("percentunit", 0, 0.45),
            beside_noise("shift", "fairlead_prediction_shift_ratio", "model"),
            thresholds("prediction_shift_ratio"),
        ),
        graph(
            Text(
                "How surprising are the scores to the baseline?",
                "KL divergence of the output in nats: of the score, of the predicted number, or of the largest "
                "probability.",
                "The source has no scores, probabilities or predicted numbers",
            ),
            Scale("none", 0, 0.35),
            beside_noise("divergence", "fairlead_prediction_kl_divergence", "model"),
            thresholds("prediction_kl_divergence"),
        ),
        graph(
            Text(
                "Is a class predicted far more often?",
                "Share of each class over its share in the baseline: 2 means twice as often. Noise dotted.",
                "No classes, or none could be compared",
            ),
            Scale("none", 0, 3.5),
            beside_noise("{{class}}", "fairlead_prediction_class_spike", "class"),
            thresholds("prediction_class_spike"),
        ),
        graph(
            Text(
                "Which classes are predicted?",
                "Share of each predicted class, with its share in the baseline as a dotted line.",
                "No classes were predicted in the window",
            ),
            Scale("percentunit", 0, 1),
            {
                "{{class}}": series("fairlead_prediction_class_ratio", "class"),
                "{{class}} baseline": series("fairlead_prediction_class_baseline_ratio", "class"),
            },
        ),
        graph(
            Text(
                "Is the model less certain than it was?",
                "Relative change of the mean predictive entropy, in either direction.",
                unscored,
            ),
            Scale("percentunit", 0, 0.55),
            {
                "change": f"abs({series('fairlead_prediction_entropy_change_ratio', 'model')})",
                "change noise": series("fairlead_prediction_entropy_change_ratio_noise", "model"),
            },
            thresholds("prediction_entropy_change_ratio"),
        ),
        graph(
            Text(
                "How confident is the model?",
                "Mean probability of the class it chose, with the baseline's dotted.",
                unscored,
            ),
            Scale("percentunit", 0, 1),
            {
                "confidence": series("fairlead_prediction_confidence_mean", "model"),
                "baseline": series("fairlead_prediction_confidence_baseline_mean", "model"),
            },
        ),
        graph(
            Text(
                "Between which values do the scores lie?",
                "Quantiles of the output in the window: half of it lies between 0.25 and 0.75, nine tenths between "
                "0.05 and 0.95.",
                "The source has no scores, probabilities or predicted numbers",
            ),
            Scale("none"),
            {"{{quantile}}": series("fairlead_prediction_score_quantile", "quantile")},
            grid=Grid(12),
        ),
        graph(
            Text(
                "Do equal inputs get more scattered answers?",
                "Growth of the output's standard deviation within repeated inputs; 0 means as steady as in the "
                "baseline.",
                "Repeated inputs are not configured (input_key, hash_inputs), or too few of them came",
            ),
            Scale("percentunit", 0, 0.55),
            {"increase": series("fairlead_prediction_volatility_increase_ratio", "model")},
            thresholds("prediction_volatility_increase_ratio"),
            Grid(12),
        ),
    ]
