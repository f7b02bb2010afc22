"""Class and group values written as text, as the engines write them: true is "true", 1.0 is "1"."""


def canonical(value: bool | int | float | str) -> str:
    """Text of a value: True → "true", 1 and 1.0 → "1", 0.5 → "0.5", text unchanged."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
