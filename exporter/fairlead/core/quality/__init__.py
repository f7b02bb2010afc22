"""Whether the values are what the configuration promised."""
