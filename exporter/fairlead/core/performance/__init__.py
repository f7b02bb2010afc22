"""How often the model is right, or how far off, on labelled rows."""
