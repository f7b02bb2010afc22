"""The configuration file: YAML text → document (lines) → shape → meaning → frozen schema."""
