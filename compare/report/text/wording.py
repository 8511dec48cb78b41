"""Numbers as a person reads them."""

from ...common.results import number


def duration(seconds):
    """0.00123 -> '1.23 ms': three figures and a unit."""
    if seconds is None:
        return "-"
    seconds = number(seconds)
    for unit, scale in (("s", 1), ("ms", 1e-3), ("us", 1e-6)):
        if abs(seconds) >= 0.9995 * scale:
            return f"{figures(seconds / scale)} {unit}"
    return f"{figures(seconds / 1e-9)} ns"


def figures(value):
    """Three of them."""
    return f"{value:,.0f}" if abs(value) >= 99.95 else f"{value:#.3g}"


def times(interval):
    """'2.38 x [2.31, 2.41]'"""
    median, low, high = (number(interval[key]) for key in ("median", "low", "high"))
    return f"{figures(median)} x [{figures(low)}, {figures(high)}]"


def about(value):
    """265924 -> '266,000'"""
    value = number(value)
    return f"{float(f'{value:.3g}'):,.0f}" if value >= 100 else f"{value:.3g}"


def count(number, noun, plural="s"):
    """'1 thread', '2 threads'"""
    return f"{number} {noun}" + ("" if number == 1 else plural)
