"""Drift of single features: numerical and categorical, current window against the baseline."""
