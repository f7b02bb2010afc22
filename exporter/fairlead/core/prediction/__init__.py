"""Drift of what the model answers: predicted classes and their entropy."""
