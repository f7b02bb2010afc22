"""Engines turn (source, window, plan) into a summary; no row leaves them.

All feed the one counting kernel with Arrow batches, so equal rows give equal counts whatever they are stored in.
"""
