"""Fairlead keeps deployed models honest: a Prometheus exporter for drift, fairness and performance."""

__version__ = "0.1.0"
