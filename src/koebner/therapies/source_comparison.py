"""What may be said when cell products of different sources are compared: nothing that data do not carry."""

NOT_DISTINGUISHABLE = "not distinguishable with present data"


def distinguishable(lower: float, upper: float, *, equal: float = 0.0) -> str:
    """Return what an interval of the difference between two sources lets one say.

    Parameters
    ----------
    lower, upper
        Interval of a difference, or of a ratio.
    equal
        The value that means no difference: 0 for a difference, 1 for a ratio.

    Examples
    --------
    >>> distinguishable(-2.0, 5.0)
    'not distinguishable with present data'
    >>> distinguishable(0.2, 0.8, equal=1.0)
    'differ: the interval 0.2 to 0.8 excludes 1'
    """
    # An interval that cannot be read, NaN among them, distinguishes nothing.
    if lower <= upper and (upper < equal or lower > equal):
        return f"differ: the interval {lower:.3g} to {upper:.3g} excludes {equal:g}"
    return NOT_DISTINGUISHABLE
