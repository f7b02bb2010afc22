"""The HTTP surface: exposition, health, reload, runbooks, and Alertmanager's webhook."""
