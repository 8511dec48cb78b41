"""Characters for a transformer: the descriptions that scikit-learn ships with its data sets, about 20,000 of them.

Without scikit-learn, those of NumPy's documentation.

Token 0 is a newline, 1 .. 95 the printable ASCII characters in their order; anything else is the token of "?".
"""

import numpy as np

from ..common.errors import UserError
from .data import Dataset

VOCABULARY = "\n" + "".join(map(chr, range(32, 127)))
DOCUMENTED = ("ndarray", "einsum", "pad", "histogram", "linspace", "unique", "convolve", "percentile")
DESCRIBED = ("digits", "iris", "wine", "breast_cancer", "diabetes", "linnerud")


def characters(places: int) -> Dataset:
    """Return the Dataset "text": x (samples, places) token ids, y the tokens one place further.

    Each sample follows the last; the last fifth of the samples is held out.
    """
    ids = tokens(text())
    samples = (len(ids) - 1) // places
    if samples < 5:
        raise UserError(
            f"context={places}: the text has {len(ids)} characters, too few for five such samples"
        )
    x = ids[: samples * places].reshape(samples, places)
    y = ids[1 : samples * places + 1].reshape(samples, places)
    kept = samples - samples // 5
    return Dataset("text", x[:kept], y[:kept], x[kept:], y[kept:])


def text() -> str:
    """Return the descriptions, one after the other; without scikit-learn NumPy's documentation of some functions."""
    try:
        from sklearn import datasets
    except ImportError:
        return "\n".join(getattr(np, name).__doc__ or "" for name in DOCUMENTED)
    return "\n".join(getattr(datasets, f"load_{name}")().DESCR for name in DESCRIBED)


def tokens(text: str) -> np.ndarray:
    """Return integer ids (len(text),) of the characters."""
    known = {character: token for token, character in enumerate(VOCABULARY)}
    return np.array([known.get(character, known["?"]) for character in text], dtype=np.int64)
