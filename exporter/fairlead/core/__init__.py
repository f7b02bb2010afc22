"""What fairlead measures and how: pure functions on summaries.

Nothing here reads a file, a clock or a random source, logs, or knows Prometheus; it imports numpy, scipy and the
standard library only. Statistics return measurements with their noise and sample sizes, never verdicts.
"""
