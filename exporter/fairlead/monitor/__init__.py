"""Runs analyses: one model and window at a time, on the policy's cadence, isolated from each other."""
