"""PromQL about verdicts: what the rules found, as the numbers that panels write as words."""


def verdict_of(found: str, otherwise: str, *by: str) -> str:
    """2 where a critical breach matches ``found``, 1 for a warning, 0 wherever ``otherwise`` has a series."""
    labels = ", ".join(by)

    def breach(severity: str) -> str:
        return (
            f'group by ({labels}) (fairlead:measurement:breach{{severity="{severity}"{"," if found else ""}{found}}})'
        )

    nothing = f"0 * group by ({labels}) ({otherwise})"
    return f"2 * {breach('critical')} or {breach('warning')} or {nothing}"
