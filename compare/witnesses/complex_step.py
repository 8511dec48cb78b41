"""The complex step: Im f(w + ih) / h is the derivative, exact but for rounding, where f is analytic.

Nothing is subtracted by us, so h can be 1e-30 (Squire and Trapp 1998). It asks that the code computes with complex
numbers as it does with real ones; an array type that refuses abs, conj, .real and their like sees to that. What the
code itself subtracts (log(1 - p) where p is near 1) loses digits all the same: how many is measured, by moving every
operation's result by an ulp.
"""

import threading
import warnings

import numpy as np

from .rounding.noisy import EXACT, Rounding

STEP = 1e-30
# How often rounding is drawn anew: often for the first entries of an array, whose scatter stands for the rest.
DRAWS, FIRST, LATER = 8, 4, 1
EPS = float(np.finfo(np.float64).eps)
BREAKS = {np.absolute, np.fabs, np.conjugate, np.sign, np.isfinite, np.floor, np.ceil, np.rint, np.heaviside}
BREAKING = {
    np.linalg.norm,
    np.real,
    np.imag,
    np.conj,
    np.angle,
    np.vdot,
    np.iscomplexobj,
    np.isrealobj,
    np.nan_to_num,
}
PRODUCTS = {np.dot, np.inner, np.outer, np.vdot}
FILTERS = threading.RLock()  # warnings are filtered for all threads of a process: one complex step at a time


class NotAnalyticError(Exception):
    """The code does something to a complex number that has no complex derivative."""


class Analytic(np.ndarray):
    """A complex array that can only be computed with analytically. Comparisons go by the real part.

    rounding: the measurement whose signs move results by an ulp, real and imaginary part each of its own; or None.
    """

    rounding = None

    def __array_finalize__(self, parent):
        self.rounding = getattr(parent, "rounding", None)

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **kwargs):
        if ufunc in BREAKS:
            raise NotAnalyticError(ufunc.__name__)
        plain = [_bare(i) for i in inputs]
        if out is not None:
            kwargs["out"] = tuple(_bare(o) for o in out)
        result = getattr(ufunc, method)(*plain, **kwargs)
        if self.rounding and ufunc not in EXACT and np.asarray(result).dtype.kind == "c":
            result = _moved(result, _terms(ufunc, method, plain, kwargs), self.rounding)
            if out is not None:
                out[0][...] = result
        return out[0] if out is not None else _wrapped(result, self.rounding)

    def __array_function__(self, func, types, args, kwargs):
        if func in BREAKING:
            raise NotAnalyticError(func.__name__)
        plain = _bare_tree(args)
        result = func(*plain, **_bare_tree(kwargs))
        if self.rounding and func in PRODUCTS and not kwargs and np.asarray(result).dtype.kind == "c":
            result = _moved(result, _product(func, *plain), self.rounding)
        return _wrapped(result, self.rounding)

    @property  # type: ignore[misc]
    def real(self):
        raise NotAnalyticError(".real")

    @property  # type: ignore[misc]
    def imag(self):
        raise NotAnalyticError(".imag")


def derivatives(loss, arrays, entries, seed=0):
    """{(name, index): (derivative, estimated absolute error)} for the `entries`, or None where loss is not analytic.

    loss: {name: Analytic array} -> complex number.
    """
    found, drawn = {}, {n: [] for n in arrays}
    for key, index in entries:
        u = np.zeros(arrays[key].shape)
        u[index] = 1
        often = len(drawn[key]) < FIRST
        values = along(loss, arrays, key, u, seed, DRAWS if often else LATER)
        if values is not None and often:
            drawn[key].append(values[1])
        if values is None:
            return None
        found[key, index] = values
    pooled = {n: _rms(errors) for n, errors in drawn.items()}
    return {(n, index): (value, max(error, pooled[n])) for (n, index), (value, error) in found.items()}


def along(loss, arrays, key, u, seed=0, draws=DRAWS):
    """(derivative, estimated absolute error) along `u`, a direction of the array `key`; None where not analytic.

    The error is what a last digit moved in every operation makes of it.
    """
    rng, values, rounding = np.random.default_rng([seed, 3]), [], Rounding(seed)
    try:
        with FILTERS, warnings.catch_warnings(), np.errstate(all="ignore"):
            # An imaginary part that is thrown away.
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            for draw in range(draws + 1):
                h = STEP / (1 + 0.7 * draw)  # no power of two of the others: each rounds anew
                # The first as it comes; in the others the last digit of everything moves, parameters included.
                moved = draw > 0
                at = {n: a * (1 + EPS * moved * rng.integers(-1, 2, a.shape)) for n, a in arrays.items()}
                at[key] = at[key] + 1j * h * u
                wrapped = {
                    n: _wrapped(a.astype(np.complex128), rounding if moved else None) for n, a in at.items()
                }
                values.append(complex(loss(wrapped)).imag / h)
    except Exception:  # NotAnalyticError, or code that cannot take complex numbers
        return None
    return values[0], max(float(np.ptp(values)), 8 * EPS * abs(values[0]))


def _moved(result, sizes, rounding):
    """`result` with both parts moved by an ulp, up or down, of `sizes` (real, imaginary), or of themselves."""
    real, imag = np.real(result), np.imag(result)
    sizes = (np.abs(real), np.abs(imag)) if sizes is None else sizes
    moves = []
    for part, size in zip((real, imag), sizes, strict=True):
        with np.errstate(all="ignore"):
            moves.append(EPS * np.nan_to_num(size, posinf=0.0) * rounding.signs(np.array(part)))
    return real + moves[0] + 1j * (imag + moves[1])


def _terms(ufunc, method, inputs, kwargs):
    """What is rounded in the two parts of a product or a sum: the sizes of its terms; None where it is the result."""
    if ufunc is np.matmul and method == "__call__":
        return _product(np.matmul, *inputs)
    if ufunc is np.add and method == "reduce":
        keep = {key: value for key, value in kwargs.items() if key != "out"}
        return tuple(
            np.add.reduce(np.abs(part(inputs[0])), *inputs[1:], **keep) for part in (np.real, np.imag)
        )
    return None


def _product(product, a, b):
    (ar, ai), (br, bi) = ((np.abs(np.real(part)), np.abs(np.imag(part))) for part in (a, b))
    return product(ar, br), product(ar, bi) + product(ai, br)


def _rms(values):
    return float(np.sqrt(np.mean(np.square(values)))) if values else 0.0


def _bare(value):
    return value.view(np.ndarray) if isinstance(value, Analytic) else value


def _bare_tree(tree):
    if isinstance(tree, dict):
        return {key: _bare_tree(value) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)(_bare_tree(value) for value in tree)
    return _bare(tree)


def _wrapped(result, rounding):
    if isinstance(result, np.ndarray) and result.dtype.kind == "c":
        result = result.view(Analytic)
        result.rounding = rounding
    return result
