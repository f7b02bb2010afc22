"""Every public metric name, once, in the order of exposition."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["gauge", "counter", "histogram"]

PREFIX = "fairlead_"


@dataclass(frozen=True, slots=True)
class Metric:
    """A public name with its help, labels and type; noise says that a ``_noise`` twin with the same labels exists."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    noise: bool = False
    kind: Kind = "gauge"


MODEL = ("model",)
FEATURE = ("model", "feature")
PAIR = ("model", "feature", "other")
CLASS = ("model", "class")
QUANTILE = ("model", "quantile")
ATTRIBUTE = ("model", "attribute")
GROUP = ("model", "attribute", "group")
FAMILY = ("model", "family")
REASON = ("model", "metric", "reason")
KIND = ("model", "kind")
INFO = ("model", "version", "risk", "team", "environment")
CHECKIN = ("checkin", "team", "kind")
BASELINE = ("model", "baseline", "created_by")
STATISTIC = ("model", "statistic")
OUTCOME = ("model", "outcome")
INCIDENT = ("incident", "model", "family", "severity")
EXCEPTION = ("exception", "model", "metric", "family", "feature", "attribute")
RECEIVER = ("receiver",)
SLACK = ("receiver", "outcome")
ANSWER = ("family", "severity")

MEASUREMENTS = (
    Metric("fairlead_feature_psi", "Population stability index against the baseline.", FEATURE, noise=True),
    Metric("fairlead_feature_kl_divergence", "KL divergence from the baseline, in nats.", FEATURE, noise=True),
    Metric("fairlead_feature_wasserstein_distance", "Wasserstein-1 over the baseline range.", FEATURE, noise=True),
    Metric("fairlead_feature_missing_ratio", "Share of rows without a value.", FEATURE),
    Metric("fairlead_feature_missing_baseline_ratio", "Share of baseline rows without a value.", FEATURE),
    Metric("fairlead_feature_missing_increase_ratio", "Missing share minus the baseline's.", FEATURE, noise=True),
    Metric("fairlead_feature_new_category_ratio", "Share in categories new since the baseline.", FEATURE, noise=True),
    Metric("fairlead_feature_category_shift_ratio", "Largest change of a category's share.", FEATURE, noise=True),
    Metric("fairlead_feature_rare_category_surges", "Categories below 1 % that are now above 5 %.", FEATURE),
    Metric("fairlead_feature_type_mismatch_ratio", "Share of rows whose value is no number.", FEATURE),
    Metric("fairlead_feature_range_violation_ratio", "Share of values outside the expected range.", FEATURE),
    Metric("fairlead_feature_required_missing", "1 when a required feature has no value in the window.", FEATURE),
    Metric("fairlead_feature_correlation_change", "Change of a pair's correlation above 0.15.", PAIR, noise=True),
    Metric("fairlead_new_high_correlations", "Pairs of features with a correlation newly above 0.9.", MODEL),
    Metric("fairlead_group_samples", "Rows of the group.", GROUP),
    Metric("fairlead_group_labelled_samples", "Labelled rows of the group.", GROUP),
    Metric("fairlead_group_selection_ratio", "Share of the group with the favourable outcome.", GROUP),
    Metric("fairlead_group_selection_baseline_ratio", "Selection rate of the group in the baseline.", GROUP),
    Metric("fairlead_group_true_positive_ratio", "True-positive rate of the group.", GROUP),
    Metric("fairlead_group_true_positive_baseline_ratio", "True-positive rate of the group in the baseline.", GROUP),
    Metric("fairlead_group_false_positive_ratio", "False-positive rate of the group.", GROUP),
    Metric("fairlead_group_false_positive_baseline_ratio", "False-positive rate of the group in the baseline.", GROUP),
    Metric("fairlead_group_accuracy_ratio", "Accuracy in the group.", GROUP),
    Metric("fairlead_group_accuracy_baseline_ratio", "Accuracy in the group in the baseline.", GROUP),
    Metric("fairlead_group_disparate_impact_ratio", "Selection rate over the reference group's.", GROUP, noise=True),
    Metric("fairlead_group_disparate_impact_ratio_lower", "Lower end of its 95 % interval.", GROUP),
    Metric("fairlead_group_disparate_impact_ratio_upper", "Upper end of its 95 % interval.", GROUP),
    Metric("fairlead_fairness_demographic_parity_difference", "Largest minus smallest selection rate.", ATTRIBUTE),
    Metric("fairlead_fairness_demographic_parity_baseline_difference", "The same in the baseline.", ATTRIBUTE),
    Metric("fairlead_fairness_demographic_parity_drift", "Growth since the baseline.", ATTRIBUTE, noise=True),
    Metric("fairlead_fairness_equal_opportunity_difference", "Largest minus smallest true-positive rate.", ATTRIBUTE),
    Metric("fairlead_fairness_equal_opportunity_baseline_difference", "The same in the baseline.", ATTRIBUTE),
    Metric("fairlead_fairness_equal_opportunity_drift", "Growth since the baseline.", ATTRIBUTE, noise=True),
    Metric("fairlead_fairness_disparate_impact_ratio", "Smallest ratio over groups.", ATTRIBUTE, noise=True),
    Metric("fairlead_fairness_disparate_impact_baseline_ratio", "Smallest ratio in the baseline.", ATTRIBUTE),
    Metric("fairlead_fairness_disparate_impact_drift", "Fall of the ratio since the baseline.", ATTRIBUTE),
    Metric("fairlead_fairness_accuracy_gap", "Largest minus smallest accuracy of a group.", ATTRIBUTE),
    Metric("fairlead_fairness_accuracy_gap_increase", "Growth since the baseline.", ATTRIBUTE, noise=True),
    Metric("fairlead_prediction_class_ratio", "Share of predictions of the class.", CLASS),
    Metric("fairlead_prediction_class_baseline_ratio", "Share of the class in the baseline.", CLASS),
    Metric("fairlead_prediction_class_spike", "Share of the class over its baseline share.", CLASS, noise=True),
    Metric("fairlead_prediction_shift_ratio", "Total variation distance of classes or deciles.", MODEL, noise=True),
    Metric("fairlead_prediction_kl_divergence", "KL divergence of the output, in nats.", MODEL, noise=True),
    Metric("fairlead_prediction_entropy", "Mean predictive entropy per row, in nats.", MODEL),
    Metric("fairlead_prediction_entropy_baseline", "Mean predictive entropy in the baseline, in nats.", MODEL),
    Metric("fairlead_prediction_entropy_change_ratio", "Relative change of it, signed.", MODEL, noise=True),
    Metric("fairlead_prediction_volatility_increase_ratio", "Growth of the spread over repeated inputs.", MODEL),
    Metric("fairlead_prediction_confidence_mean", "Mean probability of the chosen class.", MODEL),
    Metric("fairlead_prediction_confidence_baseline_mean", "Mean confidence in the baseline.", MODEL),
    Metric("fairlead_prediction_score_quantile", "Quantile of the output.", QUANTILE),
    Metric("fairlead_performance_accuracy_ratio", "Share of labelled rows that are right.", MODEL),
    Metric("fairlead_performance_accuracy_baseline_ratio", "Accuracy in the baseline.", MODEL),
    Metric("fairlead_performance_accuracy_drop", "Fall of the accuracy since the baseline.", MODEL, noise=True),
    Metric("fairlead_performance_precision_ratio", "Share of predictions of a class that are right.", MODEL),
    Metric("fairlead_performance_precision_baseline_ratio", "Precision in the baseline.", MODEL),
    Metric("fairlead_performance_precision_drop", "Fall of the precision since the baseline.", MODEL, noise=True),
    Metric("fairlead_performance_recall_ratio", "Share of a class that is found.", MODEL),
    Metric("fairlead_performance_recall_baseline_ratio", "Recall in the baseline.", MODEL),
    Metric("fairlead_performance_recall_drop", "Fall of the recall since the baseline.", MODEL, noise=True),
    Metric("fairlead_performance_false_positive_ratio", "Share of the others that are taken for it.", MODEL),
    Metric("fairlead_performance_false_positive_baseline_ratio", "False-positive rate in the baseline.", MODEL),
    Metric("fairlead_performance_false_positive_increase", "Growth of the false-positive rate.", MODEL, noise=True),
    Metric("fairlead_performance_f1_ratio", "F1 of the class.", CLASS),
    Metric("fairlead_performance_f1_drop", "Fall of its F1 since the baseline.", CLASS, noise=True),
    Metric("fairlead_performance_mean_absolute_error", "Mean absolute error of a regression.", MODEL),
    Metric("fairlead_performance_mean_absolute_error_baseline", "Mean absolute error in the baseline.", MODEL),
    Metric("fairlead_performance_labelled_ratio", "Share of predictions with a label.", MODEL),
    Metric("fairlead_attribution_kl_divergence", "KL divergence of its attributions, in nats.", FEATURE, noise=True),
    Metric("fairlead_attribution_mean_abs", "Mean absolute attribution of the feature.", FEATURE),
    Metric("fairlead_attribution_mean_abs_baseline", "Mean absolute attribution in the baseline.", FEATURE),
    Metric("fairlead_attribution_rank_correlation", "Spearman correlation of the features' ranks.", MODEL),
    Metric("fairlead_attribution_top3_changes", "Features that left the top three of the baseline.", MODEL),
    Metric("fairlead_attribution_consistency", "Mean cosine similarity of explanations of equal inputs.", MODEL),
)
"""What analyses find."""
STATE = (
    Metric("fairlead_window_samples", "Rows of the analysed window.", FAMILY),
    Metric("fairlead_window_start_timestamp_seconds", "Start of the analysed window.", FAMILY),
    Metric("fairlead_window_end_timestamp_seconds", "End of the analysed window.", FAMILY),
    Metric("fairlead_not_computed", "1 for a metric that has no value, with the reason.", REASON),
    Metric("fairlead_model_info", "A monitored model.", INFO),
    Metric("fairlead_model_impact_weight", "How much the decisions of the model weigh.", MODEL),
    Metric("fairlead_baseline_info", "The active baseline of a model.", BASELINE),
    Metric("fairlead_baseline_created_timestamp_seconds", "When the active baseline was made.", MODEL),
    Metric("fairlead_baseline_expires_timestamp_seconds", "When the active baseline is too old.", MODEL),
    Metric("fairlead_baseline_outdated", "Whether it was made for another version than the deployed one.", MODEL),
    Metric("fairlead_baseline_draft_created_timestamp_seconds", "When the oldest unapproved one was made.", MODEL),
    Metric("fairlead_baseline_distance", "Distance of the active baseline from the one before.", STATISTIC),
    Metric("fairlead_baseline_parity_change", "Growth of the parity difference since the one before.", ATTRIBUTE),
    Metric("fairlead_baseline_review_timestamp_seconds", "When the baseline was last reviewed.", OUTCOME),
    Metric("fairlead_baseline_failures_total", "Automatic baselines that could not be made.", MODEL, kind="counter"),
    Metric("fairlead_analysis_last_success_timestamp_seconds", "When the last successful one finished.", FAMILY),
    Metric("fairlead_analysis_next_due_timestamp_seconds", "First due time that is not analysed yet.", FAMILY),
    Metric("fairlead_analysis_cadence_seconds", "Time between scheduled analyses.", FAMILY),
    Metric("fairlead_audit_entries", "Entries that the audit log ever had."),
    Metric("fairlead_audit_head_info", "Last entry of the audit log before midnight UTC.", ("number", "hash")),
    Metric("fairlead_incident_info", "An incident that is not closed.", (*INCIDENT, "status")),
    Metric("fairlead_incident_opened_timestamp_seconds", "When its first alert began, or it was reopened.", INCIDENT),
    Metric("fairlead_incident_acknowledged_timestamp_seconds", "When somebody acknowledged it.", INCIDENT),
    Metric("fairlead_incident_recovered_timestamp_seconds", "When the last of its alerts ended.", INCIDENT),
    Metric("fairlead_incident_postmortem_due_timestamp_seconds", "When a post-mortem that is owed is due.", INCIDENT),
    Metric("fairlead_incident_closed_timestamp_seconds", "When the last one of the family was closed.", FAMILY),
    Metric("fairlead_incidents_total", "Incidents ever opened, from the store.", ANSWER, kind="counter"),
    Metric("fairlead_incident_time_to_acknowledge_seconds", "Time until an acknowledgement.", ANSWER, kind="histogram"),
    Metric("fairlead_incident_time_to_resolve_seconds", "Time until an incident was closed.", ANSWER, kind="histogram"),
    Metric("fairlead_reconciliation_failures_total", "Failed looks at what fires.", ("side",), kind="counter"),
    Metric("fairlead_reconciliation_incidents_total", "Incidents that no webhook opened.", kind="counter"),
    Metric("fairlead_reconciliation_last_success_timestamp_seconds", "Last look that both sides answered."),
    Metric("fairlead_exception_expires_timestamp_seconds", "When an approved exception ends.", EXCEPTION),
    Metric("fairlead_maintenance_ends_timestamp_seconds", "When the active window ends.", ("maintenance", "model")),
    Metric("fairlead_silence_failures_total", "Failed looks at silences.", ("side",), kind="counter"),
    Metric("fairlead_silences_made_total", "Silences that fairlead made.", kind="counter"),
    Metric("fairlead_silences_expired_total", "Silences that fairlead ended before their time.", kind="counter"),
    Metric("fairlead_silences_foreign", "Silences on fairlead's alerts that it did not make.", ("fault",)),
    Metric("fairlead_silences_last_success_timestamp_seconds", "Last look at silences that all answered."),
    Metric("fairlead_analysis_runs_total", "Finished analyses, failed ones included.", FAMILY, kind="counter"),
    Metric("fairlead_analysis_failures_total", "Failed analyses.", FAMILY, kind="counter"),
    Metric("fairlead_analysis_abandoned", "Analyses that were given up and still hang in their source.", MODEL),
    Metric("fairlead_analysis_duration_seconds", "Time an analysis took.", ("family",), kind="histogram"),
    Metric("fairlead_ingested_rows_total", "Pushed rows that were kept.", KIND, kind="counter"),
    Metric("fairlead_ingest_repeated_rows_total", "Pushed rows that were there before.", KIND, kind="counter"),
    Metric("fairlead_ingest_dropped_values_total", "Pushed values of unlisted columns.", KIND, kind="counter"),
    Metric("fairlead_ingest_rejected_total", "Pushes that were not taken.", ("reason",), kind="counter"),
    Metric("fairlead_log_rows", "Rows in the prediction log.", KIND),
    Metric("fairlead_log_size_bytes", "Size of its files.", KIND),
    Metric("fairlead_log_files", "Files that it consists of.", KIND),
    Metric("fairlead_log_oldest_day_timestamp_seconds", "Start of the oldest day that it holds.", KIND),
    Metric("fairlead_series_dropped_total", "Series left out of an exposition.", ("reason",), kind="counter"),
    Metric("fairlead_retention_deleted_total", "Expired records that were deleted.", ("kind",), kind="counter"),
    Metric("fairlead_retention_last_success_timestamp_seconds", "When expired records were last all deleted."),
    Metric("fairlead_checkin_last_timestamp_seconds", "Last good check-in; before the first, since when.", CHECKIN),
    Metric("fairlead_checkin_interval_seconds", "Time within which a check-in is expected.", CHECKIN),
    Metric("fairlead_digest_last_success_timestamp_seconds", "When the digest of a day was last done."),
    Metric("fairlead_digest_failures_total", "Digests that could not be sent.", kind="counter"),
    Metric("fairlead_slack_waiting_messages", "Messages that wait for Slack.", RECEIVER),
    Metric("fairlead_slack_oldest_timestamp_seconds", "When the oldest of them arrived.", RECEIVER),
    Metric("fairlead_slack_messages_total", "Messages by what became of them.", SLACK, kind="counter"),
    Metric("fairlead_slack_failures_total", "Messages that Slack did not take at once.", RECEIVER, kind="counter"),
    Metric("fairlead_model_frozen", "Whether the model is frozen or in manual review.", MODEL),
    Metric("fairlead_containment_waiting_timestamp_seconds", "When a call that waits was ordered.", MODEL),
    Metric("fairlead_containment_failures_total", "Failed calls of the serving platform.", MODEL, kind="counter"),
    Metric("fairlead_oncall_info", "Who is on call.", ("rotation", "name", "email", "slack", "phone")),
    Metric("fairlead_build_info", "The running fairlead.", ("version",)),
    Metric("fairlead_config_last_reload_successful", "Whether the configuration was last read successfully."),
    Metric("fairlead_config_last_reload_success_timestamp_seconds", "When it was last read successfully."),
)

METRICS: dict[str, Metric] = {metric.name: metric for metric in (*MEASUREMENTS, *STATE)}


def noise_help(metric: Metric) -> str:
    """Help of a metric's noise twin."""
    return f"What chance alone passes in 5 % of unchanged runs: {metric.name}."
