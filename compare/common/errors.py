"""The errors that end a command early, with their exit statuses."""

import difflib
from collections.abc import Collection

WRONG, UNUSABLE, INCONCLUSIVE, OUR_BUG, INTERRUPTED = 1, 2, 3, 4, 130
UNPARSABLE = (SyntaxError, ValueError, RecursionError, MemoryError)  # what parsing a text may raise
FEW, MANY = 5, 20  # names that a message suggests, and lists


class UserError(Exception):
    """The input or the call was unusable. The message is one line: what, where, what to do. Exit 2."""


def nearest(word: str, known: Collection[str]) -> str:
    """Return 'did you mean X?' where a known name or a part of one is close to `word`, else what is known."""
    word = str(word)
    close = difflib.get_close_matches(word, known, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    inside = difflib.get_close_matches(
        word, sorted({part for name in known for part in name.split("-")}), n=1
    )
    if inside:
        meant = [repr(name) for name in known if inside[0] in name.split("-")]
        return f"did you mean {' or '.join(meant[:FEW])}?"
    more = f", ... ({len(known)} in all)" if len(known) > MANY else ""
    return f"known: {', '.join(list(known)[:MANY])}{more}"
