"""What must not be lost: baselines, runs with their measurements, received alerts. One repository per noun."""
