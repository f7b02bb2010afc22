"""How often the model is right, on labelled rows."""
