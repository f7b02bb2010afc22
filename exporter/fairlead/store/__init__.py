"""What must not be lost: baselines, runs, alerts, summaries of days; and what is known of files. One file per noun."""
