"""The complex step: Im f(w + ih) / h is the derivative, exact but for rounding, where f is analytic.

The step subtracts nothing, so h can be 1e-30 (Squire and Trapp 1998). The code must compute with complex numbers as
it does with real ones: an array type refuses abs, conj, .real and their like. What the code itself subtracts
(log(1 - p) where p is near 1) still loses digits; moving every operation's result by an ulp measures how many.
"""

import threading
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..common.arrays import Array, Arrays
from .rounding.noisy import EXACT, bare
from .rounding.signs import Hashed

Entry = tuple[str, tuple[int, ...]]  # the name of an array, and an index into it
Estimate = tuple[float, float]  # a derivative, and its estimated absolute error

STEP = 1e-30
# How often rounding is drawn anew: more often for the first entries of an array, whose scatter serves for the rest.
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
FILTERS = (
    threading.RLock()
)  # Python filters warnings for all threads of a process: one complex step at a time


class NotAnalyticError(Exception):
    """The code does something to a complex number that has no complex derivative."""


class Analytic(np.ndarray):
    """A complex array that refuses what is not analytic. Comparisons go by the real part.

    rounding: the signs by which real and imaginary parts of results move by an ulp; None: they do not move.
    """

    rounding: Hashed | None = None

    def __array_finalize__(self, parent: Any) -> None:
        self.rounding = getattr(parent, "rounding", None)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        if ufunc in BREAKS:
            raise NotAnalyticError(ufunc.__name__)
        plain = [bare(i, Analytic) for i in inputs]
        into = {} if out is None else {"out": tuple(bare(o, Analytic) for o in out)}
        result = getattr(ufunc, method)(*plain, **kwargs, **into)
        if self.rounding and ufunc not in EXACT and np.asarray(result).dtype.kind == "c":
            result = _moved(result, _terms(ufunc, method, plain, kwargs), self.rounding)
            if out is not None:
                out[0][...] = result
        return out[0] if out is not None else _wrapped(result, self.rounding)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func in BREAKING:
            raise NotAnalyticError(func.__name__)
        plain = bare(args, Analytic)
        result = func(*plain, **bare(kwargs, Analytic))
        if self.rounding and func in PRODUCTS and not kwargs and np.asarray(result).dtype.kind == "c":
            result = _moved(result, _product(func, *plain), self.rounding)
        return _wrapped(result, self.rounding)

    @property  # type: ignore[misc]
    def real(self) -> Any:
        raise NotAnalyticError(".real")

    @property  # type: ignore[misc]
    def imag(self) -> Any:
        raise NotAnalyticError(".imag")


def derivatives(
    loss: Callable[[Arrays], complex], arrays: Arrays, entries: Iterable[Entry], seed: int = 0
) -> dict[Entry, Estimate] | None:
    """Return the derivative by each of `entries` with its estimated error, or None where `loss` is not analytic.

    loss: {name: Analytic array} -> complex number.
    """
    found: dict[Entry, Estimate] = {}
    drawn: dict[str, list[float]] = {n: [] for n in arrays}
    for key, index in entries:
        u = np.zeros(arrays[key].shape)
        u[index] = 1
        often = len(drawn[key]) < FIRST
        estimate = along(loss, arrays, key, u, seed, DRAWS if often else LATER)
        if estimate is None:
            return None
        if often:
            drawn[key].append(estimate[1])
        found[key, index] = estimate
    pooled = {n: float(np.sqrt(np.mean(np.square(errors)))) for n, errors in drawn.items() if errors}
    return {(n, index): (value, max(error, pooled[n])) for (n, index), (value, error) in found.items()}


def along(
    loss: Callable[[Arrays], complex], arrays: Arrays, key: str, u: Array, seed: int = 0, draws: int = DRAWS
) -> Estimate | None:
    """Return the derivative along `u`, a direction of the array `key`, and its error; None where not analytic.

    The error is the spread of the derivative when every operation's result moves by an ulp.
    """
    rng, signs, values = np.random.default_rng([seed, 3]), Hashed(seed), []
    try:
        with FILTERS, warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("error", np.exceptions.ComplexWarning)  # an imaginary part is discarded
            for draw in range(draws + 1):
                h = STEP / (1 + 0.7 * draw)  # no power of two of the others: each rounds anew
                # The first draw does not move; in the others the parameters move too.
                moved = signs if draw else None
                at = {n: a * (1 + EPS * bool(draw) * rng.integers(-1, 2, a.shape)) for n, a in arrays.items()}
                at[key] = at[key] + 1j * h * u
                wrapped = {n: _wrapped(a.astype(np.complex128), moved) for n, a in at.items()}
                values.append(complex(loss(wrapped)).imag / h)
    except Exception:  # NotAnalyticError, or code that cannot take complex numbers
        return None
    return values[0], max(float(np.ptp(values)), 8 * EPS * abs(values[0]))


def _moved(result: Any, sizes: tuple[Array, Array] | None, signs: Hashed) -> Any:
    """Move both parts of `result` by an ulp, up or down, of `sizes` (real, imaginary), or of themselves."""
    real, imag = np.real(result), np.imag(result)
    moves = []
    for part, size in zip((real, imag), sizes or (np.abs(real), np.abs(imag)), strict=True):
        with np.errstate(all="ignore"):
            moves.append(EPS * np.nan_to_num(size, posinf=0.0) * signs.of(np.array(part)))
    return real + moves[0] + 1j * (imag + moves[1])


def _terms(ufunc: Any, method: str, inputs: list, kwargs: dict) -> tuple[Array, Array] | None:
    """Return the sizes of the terms that are rounded in both parts of a product or a sum; None: the result's own."""
    if ufunc is np.matmul and method == "__call__":
        return _product(np.matmul, *inputs)
    if ufunc is np.add and method == "reduce":
        parts = (np.abs(np.real(inputs[0])), np.abs(np.imag(inputs[0])))
        return np.add.reduce(parts[0], *inputs[1:], **kwargs), np.add.reduce(parts[1], *inputs[1:], **kwargs)
    return None


def _product(product: Any, a: Any, b: Any) -> tuple[Array, Array]:
    (ar, ai), (br, bi) = ((np.abs(np.real(part)), np.abs(np.imag(part))) for part in (a, b))
    return product(ar, br), product(ar, bi) + product(ai, br)


def _wrapped(result: Any, signs: Hashed | None) -> Any:
    if isinstance(result, np.ndarray) and result.dtype.kind == "c":
        result = result.view(Analytic)
        result.rounding = signs
    return result
