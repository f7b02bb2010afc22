"""Fairness between the groups of a protected attribute."""
