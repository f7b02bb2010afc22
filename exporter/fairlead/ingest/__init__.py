"""Pushed predictions and labels: bodies → checked tables → files that are on disk before anybody is told so."""
