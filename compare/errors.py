"""What ends a command early, and with which exit status."""

WRONG, UNUSABLE, INCONCLUSIVE, OUR_BUG, INTERRUPTED = 1, 2, 3, 4, 130


class UserError(Exception):
    """The input or the call was unusable. The message is one line: what, where, what to do. Exit 2."""


def nearest(word, known):
    """', did you mean X?' when a known name is close to `word`, else the list of all."""
    import difflib

    close = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"
