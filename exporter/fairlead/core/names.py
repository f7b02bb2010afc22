"""The one spelling of a class, group or category, wherever it was written."""


def canonical(value: object) -> str:
    """True → "true", 1 and 1.0 → "1", 0.5 → "0.5"; text is unchanged."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
