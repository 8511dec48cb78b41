"""The complex step: Im f(w + ih) / h is the derivative, exact but for rounding, where f is analytic.

Nothing is subtracted, so h can be 1e-30 (Squire and Trapp 1998). It asks that the code computes with complex
numbers as it does with real ones; an array type that refuses abs, conj, .real and their like sees to that.
"""

import warnings

import numpy as np

# Not powers of two of each other: each rounds anew, and how they scatter is the rounding of the derivative.
STEPS = (1e-30, 3e-31, 7e-32)
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


class NotAnalyticError(Exception):
    """The code does something to a complex number that has no complex derivative."""


class Analytic(np.ndarray):
    """A complex array that can only be computed with analytically. Comparisons go by the real part."""

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **kwargs):
        if ufunc in BREAKS:
            raise NotAnalyticError(ufunc.__name__)
        plain = [_bare(i) for i in inputs]
        if out is not None:
            kwargs["out"] = tuple(_bare(o) for o in out)
        result = getattr(ufunc, method)(*plain, **kwargs)
        return out[0] if out is not None else _wrapped(result)

    def __array_function__(self, func, types, args, kwargs):
        if func in BREAKING:
            raise NotAnalyticError(func.__name__)
        return _wrapped(func(*_bare_tree(args), **_bare_tree(kwargs)))

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
    found = {}
    for key, index in entries:
        u = np.zeros(arrays[key].shape)
        u[index] = 1
        values = along(loss, arrays, key, u, seed)
        if values is None:
            return None
        found[key, index] = values
    pooled = {n: _rms([s for (m, _), (_, s) in found.items() if m == n]) for n in arrays}
    return {(n, index): (value, max(error, pooled[n])) for (n, index), (value, error) in found.items()}


def along(loss, arrays, key, u, seed=0):
    """(derivative, estimated absolute error) along `u`, a direction of the array `key`; None where not analytic."""
    rng, eps = np.random.default_rng([seed, 3]), np.finfo(np.float64).eps
    values = []
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter(
                "error", np.exceptions.ComplexWarning
            )  # an imaginary part that is thrown away
            for h in STEPS:
                # The last digit of everything moves too: where f cancels, that is most of its rounding.
                at = {n: a * (1 + eps * rng.integers(-1, 2, a.shape)) for n, a in arrays.items()}
                at[key] = at[key] + 1j * h * u
                at = {n: a.astype(np.complex128).view(Analytic) for n, a in at.items()}
                values.append(complex(loss(at)).imag / h)
    except Exception:  # NotAnalyticError, or code that cannot take complex numbers
        return None
    return values[0], max(float(np.ptp(values)), 8 * eps * abs(values[0]))


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


def _wrapped(result):
    if isinstance(result, np.ndarray) and result.dtype.kind == "c":
        return result.view(Analytic)
    return result
