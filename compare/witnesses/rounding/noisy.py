"""How much rounding a NumPy computation has: run it again with every operation's result moved by an ulp.

An ndarray that perturbs what comes out of each ufunc, product and sum it takes part in. Moving only the
inputs is not enough: where a unit saturates, the inputs' last digit is lost on the way and the measured
noise is 0, while the operations behind still round.
"""

import numpy as np

from .signs import Signs, outer

PRODUCTS = (np.dot, np.matmul, np.inner, np.outer, np.einsum, np.tensordot, np.vdot)
SUMS = (np.sum, np.mean, np.cumsum, np.trace, np.average)
# These choose or copy; nothing is rounded.
EXACT = {
    np.maximum,
    np.minimum,
    np.fmax,
    np.fmin,
    np.negative,
    np.positive,
    np.absolute,
    np.sign,
    np.heaviside,
    np.greater,
    np.greater_equal,
    np.less,
    np.less_equal,
}


class Noisy(np.ndarray):
    """An array whose results are each moved by one ulp up or down, by the random signs of its `rounding`."""

    rounding = None  # the measurement's; None in an array that left it, in a file: then nothing is moved

    def __array_finalize__(self, parent):
        self.rounding = getattr(parent, "rounding", None)

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **kwargs):
        plain = [_bare(i) for i in inputs]
        if out is not None:
            kwargs["out"] = tuple(_bare(o) for o in out)
        result = getattr(ufunc, method)(*plain, **kwargs)
        if result is None or ufunc.nout > 1 or self.rounding is None:
            return result
        size = _rounding_scale(ufunc, method, plain, kwargs, result, self.rounding.pool)
        if out is not None:
            out[0][...] = self.rounding.moved(np.asarray(out[0]), size)
            # of a plain array too: `plain *= noisy` goes on as what is returned here
            return self.rounding.watched(out[0])
        return self.rounding.moved(result, size)

    def __array_function__(self, func, types, args, kwargs):
        bare_args, bare_kwargs = _bare_tree(args), _bare_tree(kwargs)
        result = func(*bare_args, **bare_kwargs)
        if self.rounding is None:
            return result
        if func in PRODUCTS or func in SUMS:
            if self.rounding.pool and func is np.dot and not bare_kwargs:
                return self.rounding.moved(result, _product(*bare_args))
            magnitudes = np.abs(func(*_magnitudes(bare_args), **bare_kwargs))
            if func is np.dot:
                magnitudes = magnitudes * (1 + _recursion_of_product(*bare_args[:2]))
            if func is np.sum:
                magnitudes = magnitudes + _recursion(*bare_args[:2], **_axis(bare_args, bare_kwargs))
            return self.rounding.moved(result, magnitudes)
        return self.rounding.watched(result)


class Rounding:
    """The random signs of one measurement, and results moved by them: no two measurements share any state.

    many: for arrays of millions of entries, a pool of signs is enough.
    """

    def __init__(self, seed, many=False):
        self.rng = np.random.default_rng(seed)
        self.pool = Signs(seed) if many else None

    def watched(self, result):
        """`result` as it is, with what is computed from it moved."""
        if isinstance(result, np.ndarray) and result.dtype.kind == "f":
            result = result.view(Noisy)
            result.rounding = self
        return result

    def moved(self, result, size):
        """`result` moved by an ulp of `size` (ITSELF: of each entry; None: exact, not moved), and watched."""
        array = np.asarray(result)
        if array.dtype.kind != "f" or size is None:
            return self.watched(result)
        info = np.finfo(array.dtype)
        if self.pool:
            size = None if isinstance(size, str) else size
            self.pool.move(array, float(info.eps), float(info.tiny), size)
            return self.watched(array)
        sign = self.signs(array)
        with np.errstate(invalid="ignore", over="ignore"):
            # What falls below `tiny` is flushed to 0 or loses digits; an exact 0 stays one, for a mask may ask for it.
            size = np.nan_to_num(np.asarray(size), nan=0.0, posinf=0.0)  # inf rounds to inf
            moved = array + sign * (info.eps * size + info.tiny * (array != 0))
        return self.watched(moved.astype(array.dtype))

    def signs(self, array):
        """+1 or -1 for each entry, at random but alike for equal ones: what is computed alike is rounded alike, so
        ties (equal patches of an image under a maximum) stay ties."""
        bits = 8 * array.dtype.itemsize
        if bits > 64:
            return self.rng.integers(0, 2, array.shape).astype(array.dtype) * 2 - 1
        unsigned = np.dtype(f"u{array.dtype.itemsize}")
        odd = self.rng.integers(0, 2**bits - 1, dtype=unsigned, endpoint=True) | unsigned.type(1)
        # The highest bit of the product depends on all bits of the entry.
        mixed = np.multiply(array.view(unsigned), odd, dtype=unsigned)
        return 1 - 2 * (mixed >> unsigned.type(bits - 1)).astype(array.dtype)


ITSELF = "the result itself"
LONG = 32  # terms; a shorter sum cannot lose much more than the few ulps that are allowed anyway
BLOCK = 8


def noisy(tree, rounding):
    """`tree` (arrays in dicts, lists, tuples) with its floating arrays made Noisy and each moved by an ulp itself."""
    if isinstance(tree, dict):
        return {key: noisy(value, rounding) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)(noisy(value, rounding) for value in tree)
    array = np.array(tree)
    if array.dtype.kind != "f":
        return array
    return rounding.moved(array, ITSELF if rounding.pool else np.abs(array))


def _rounding_scale(ufunc, method, inputs, kwargs, result, pool):
    """What an ulp is relative to: |a| @ |b| for a product, the sum of |a| for a sum, else the result itself."""
    if np.asarray(result).dtype.kind != "f" or ufunc in EXACT:
        return None
    if ufunc is np.matmul and method == "__call__":
        if pool:
            return _product(*inputs)
        return (np.abs(inputs[0]) @ np.abs(inputs[1])) * (1 + _recursion_of_product(*inputs))
    if ufunc is np.add and method == "reduce":
        keep = {key: value for key, value in kwargs.items() if key != "out"}
        return np.add.reduce(np.abs(inputs[0]), *inputs[1:], **keep) + _recursion(*inputs, **keep)
    return ITSELF if pool else np.abs(result)


def _product(a, b):
    """What an ulp of a @ b is relative to: a bound by norms where that is safe, for it needs no second product."""
    share = 1 + _recursion_of_product(a, b)
    if np.ndim(a) == np.ndim(b) == 2 and np.result_type(a, b) == a.dtype == b.dtype:
        info = np.finfo(a.dtype)
        with np.errstate(all="ignore"):
            bound = outer(
                np.sqrt(np.einsum("ij,ij->i", a, a)),
                np.sqrt(np.einsum("ij,ij->j", b, b)),
                np.sqrt(info.tiny) / info.eps,
            )
        if bound:
            return share * bound[0], bound[1]
    return (np.abs(a) @ np.abs(b)) * share


def _axis(args, kwargs):
    """np.sum goes over all axes unless told; np.add.reduce over the first."""
    return kwargs if len(args) > 1 else {"axis": None, **kwargs}


def _recursion(array, axis=0, keepdims=False, where=True, **more):
    """What adding one term after another costs beyond an ulp of the sum, in eps: measured, on these very terms.

    Where the terms are alike (the deltas of a hinge are all +-1/N), roundings do not average out: each goes the
    same way, and a sum of n is off by up to n ulps. Against a sum in pairs, which is off by log n of them.
    """
    array = np.asarray(array)
    if array.dtype.kind != "f" or isinstance(axis, tuple) or where is not True:
        return 0
    terms = array.ravel() if axis is None else np.moveaxis(array, axis, -1)
    if terms.shape[-1] < 3:
        return 0
    terms = np.ascontiguousarray(terms)  # along contiguous memory NumPy adds in pairs
    lost = np.abs(np.cumsum(terms, axis=-1)[..., -1] - terms.sum(axis=-1)) / np.finfo(array.dtype).eps
    if keepdims:
        return lost.reshape((1,) * array.ndim) if axis is None else np.expand_dims(lost, axis)
    return lost


def _bare(value):
    return value.view(np.ndarray) if isinstance(value, Noisy) else value


def _bare_tree(tree):
    if isinstance(tree, dict):
        return {key: _bare_tree(value) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)(_bare_tree(value) for value in tree)
    return _bare(tree)


def _magnitudes(args):
    return tuple(np.abs(a) if isinstance(a, np.ndarray) and a.dtype.kind == "f" else a for a in args)


def _recursion_of_product(a, b):
    """The same for the sums in a @ b, as a share of |a| @ |b|: the most in a sample of rows and columns."""
    if np.ndim(a) != 2 or np.ndim(b) != 2 or len(b) < LONG or np.result_type(a, b).kind != "f":
        return 0
    a, b = a[:: max(1, len(a) // BLOCK)], b[:, :: max(1, b.shape[1] // BLOCK)].T
    terms = a[:, None] * b[None]
    size = np.abs(terms).sum(axis=-1)
    lost = _recursion(terms, axis=-1)
    return np.max(np.divide(lost, size, out=np.zeros_like(size), where=size > 0), initial=0)
