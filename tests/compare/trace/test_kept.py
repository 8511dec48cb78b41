"""What a function keeps between its calls is put back, whatever else its module holds."""

import functools

import numpy as np

from compare.trace.recording.kept import undone


class Anything:
    """Stands for a package that is not installed: it has every attribute."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything()


shown, counts = Anything(), [0]


def counted(x):
    shown.log(x)
    counts[0] += 1
    return x


def test_an_object_that_has_every_attribute_ends(monkeypatch):
    monkeypatch.setattr(Anything, "__call__", lambda self, *given: None, raising=False)
    with undone(counted):
        counted(np.ones(2))
    assert counts == [0]


def test_what_a_partial_holds_is_put_back():
    kept = []
    with undone(functools.partial(lambda a, x: a.append(x), kept)):
        kept.append(1)
    assert kept == []
