"""Drift of what the model answers: classes, scores, how sure it is, and whether it repeats itself."""
