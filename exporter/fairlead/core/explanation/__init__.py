"""Drift of the explanations logged with the predictions."""
