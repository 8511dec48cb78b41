"""Wordings that several rooms share."""

import sys

LINES = 6  # of the output of the user's code that a report shows


def factor(r: float) -> str:
    """Return a factor as one writes it: '8', '1/9', '-2' or '0.37'."""
    if r < 0:
        return f"-{factor(-r)}"
    if 0 < abs(r - 1) < 1e-5:
        return f"(1 {'+' if r > 1 else '-'} {abs(r - 1):.1e})"
    if 1 <= r < 1e6 and abs(r - round(r)) < 1e-6 * r:
        return str(round(r))
    if 1e-6 < r < 1 and abs(1 / r - round(1 / r)) < 1e-6 / r:
        return f"1/{round(1 / r)}"
    return f"{r:.6g}"


def printed_by_user(printed: str) -> str:
    """Return the output of the user's code as a short paragraph; '' where there is none."""
    # The check calls the function many times: a line that recurs is shown once.
    lines = list(
        dict.fromkeys(visible(line[:98], "\t")[:98] for line in printed.splitlines() if line.strip())
    )
    if not lines:
        return ""
    more = [f"... and {len(lines) - LINES} lines more"] if len(lines) > LINES else []
    return "\n\nYour code printed:\n" + "\n".join(f"  {line}" for line in lines[:LINES] + more)


def visible(text: str, kept: str = "") -> str:
    """Write as escapes what a terminal obeys, what no eye sees and what UTF-8 cannot hold: '\\x1b[2J', '\\ud800'.

    kept: control characters that stay, such as "\\n".
    """
    return "".join(
        c if c.isprintable() or c in kept else c.encode("unicode_escape", "backslashreplace").decode()
        for c in text
    )


def say(text: str = "", end: str = "\n", error: bool = False) -> None:
    """Print text, of files' names too, as a terminal may show it: to standard output, or to standard error."""
    print(visible(text, "\n"), end=end, file=sys.stderr if error else sys.stdout)


def common_ends(one: str, other: str) -> tuple[int, int]:
    """Return how many characters two texts share at the start, and of the rest at the end."""
    start = _common_start(one, other)
    return start, _common_start(one[start:][::-1], other[start:][::-1])


def _common_start(one: str, other: str) -> int:
    return next(
        (k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
