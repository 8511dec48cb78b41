"""What ends a command early, and with which exit status."""

WRONG, UNUSABLE, INCONCLUSIVE, OUR_BUG, INTERRUPTED = 1, 2, 3, 4, 130
MANY = 20  # names that a message lists


class UserError(Exception):
    """The input or the call was unusable. The message is one line: what, where, what to do. Exit 2."""


def nearest(word, known):
    """'did you mean X?' when a known name is close to `word`, or begins like it; else the list of all, or of many."""
    import difflib

    close = difflib.get_close_matches(word, known, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    parts = {
        part: [name for name in known if part in name.split("-")]
        for name in known
        for part in name.split("-")
    }
    inside = difflib.get_close_matches(word, parts, n=1)
    if inside:
        return f"did you mean {' or '.join(map(repr, parts[inside[0]]))}?"
    more = f", ... ({len(known)} in all)" if len(known) > MANY else ""
    return f"known: {', '.join(list(known)[:MANY])}{more}"
