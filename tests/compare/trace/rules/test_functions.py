# ruff: noqa: E501 (one case a line)
"""The derivative of each function that has a rule, measured against finite differences."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from compare.trace import rules
from compare.trace.exact.terms import NotCoveredError
from compare.trace.recording.applying import REDUCTIONS, WRITERS, apply_function
from compare.trace.recording.tape import cast
from compare.trace.rules.functions import FUNCTIONS, OF_SCIPY, SEVERAL
from compare.trace.rules.methods import METHODS
from compare.trace.rules.moves import MOVES

from ..measuring import exact, recorded, weights
from .checking import AXES, NOT_COVERED, check, draw

DOTS = {
    "dot": [((), (3,)), ((3,), ()), ((), ()), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((2, 3), (3, 4)),
            ((5, 2, 3), (3,)), ((3,), (2, 3, 4)), ((2, 3), (5, 3, 4)), ((5, 2, 3), (2, 3, 4)), ((0, 3), (3, 2))],
    "inner": [((), (3,)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (2, 3)), ((2, 3), (4, 3)), ((5, 2, 3), (4, 3))],
    "outer": [((), ()), ((3,), (2,)), ((2, 2), (3,)), ((), (3,))],
    "vdot": [((), ()), ((3,), (3,)), ((2, 3), (3, 2)), ((2, 3), (2, 3))],
    "tensordot": [((2, 3), (2, 3)), ((4, 2, 3), (2, 3))],
    "kron": [((2,), (3,)), ((2, 3), (2, 2)), ((2, 3), (3,))],
    "cross": [((3,), (3,)), ((4, 3), (3,)), ((4, 3), (4, 3))],
}  # fmt: skip


@pytest.mark.parametrize("name", DOTS)
def test_products(name: str) -> None:
    function = getattr(np, name)
    for a, b in DOTS[name]:
        check(function, draw(a), draw(b, seed=1))
        check(lambda x: function(x, draw(b, seed=1)), draw(a))  # noqa: B023
        check(lambda y: function(draw(a), y), draw(b, seed=1))  # noqa: B023
    check(lambda x: np.dot(x, [1.0, 2.0, 3.0]), draw((3,)))
    check(lambda x: np.tensordot(x, draw((3, 2), seed=1), axes=1), draw((2, 3)))
    check(lambda x, y: np.tensordot(x, y, axes=([1, 0], [0, 1])), draw((2, 3)), draw((3, 2, 2), seed=1))


@pytest.mark.parametrize("function", [np.mean, np.var, np.std], ids=lambda f: f.__name__)
def test_averages(function: Any) -> None:
    for shape, axis in AXES:
        if 0 in shape or axis == () or (function is np.std and math.prod(shape) == 1):
            continue
        for keepdims in (False, True):
            check(lambda x: function(x, axis=axis, keepdims=keepdims), draw(shape))  # noqa: B023
    check(lambda x: function(x, 0, None), draw((4, 3)))
    check(lambda x: function(x, axis=0, where=np.eye(4, 3) == 0), draw((4, 3)))
    check(lambda x: function(x, axis=0, out=np.zeros_like(x[0])), draw((4, 3)))
    check(lambda x: getattr(x, function.__name__)(0), draw((4, 3)))
    if function is not np.mean:
        check(lambda x: function(x, axis=0, ddof=1), draw((4, 3)))
        check(lambda x: function(x, 1, None, None, 1, True), draw((4, 3)))
        assert not recorded(function, [np.ones(3)])[0][0].any()


def _pad(mode: str) -> Callable[[Any], Any]:
    return lambda x: np.pad(x, ((1, 2), (0, 1)), mode=mode)


def _array(tree: Any) -> Any:
    return apply_function(np.array, (tree,), {})


X, Y = draw((3, 4)), draw((3, 4), seed=1)
INDEX = np.array([[0, 2, 1, 0], [1, 1, 2, 0], [2, 0, 0, 1]])
SPD = np.array([[2.0, 0.3, 0.1], [0.3, 1.5, 0.2], [0.1, 0.2, 1.0]])
SQUARE = SPD + np.array([[0.0, 0.4, -0.2], [0.1, 0.0, 0.3], [-0.3, 0.2, 0.0]])
Case = tuple[Callable[..., Any], list[np.ndarray]]
CASES: dict[Any, list[Case]] = {
    np.where: [(lambda x, y: np.where(x > 0, x, y), [X, Y]), (lambda x: np.where(INDEX > 0, x, 1.0), [X]),
               (lambda x, y: np.where([True, False, True, False], x, y), [X, Y[0]])],
    np.clip: [(lambda x: np.clip(x, -1, 1), [X]), (lambda x: np.clip(x, None, 0.5), [X]), (lambda x: x.clip(-1.0), [X]),
              (lambda x: np.clip(x, a_min=-0.5, a_max=0.5), [X]), (np.clip, [X, np.array(-0.6), np.full(4, 0.61)])],
    np.sort: [(np.sort, [X]), (lambda x: np.sort(x, axis=0), [X]), (lambda x: np.sort(x, axis=None), [X]), (np.sort, [X[0, :1]])],
    np.partition: [(lambda x: np.partition(x, 2), [X]), (lambda x: np.partition(x, 1, axis=0), [X])],
    np.cumsum: [(np.cumsum, [X]), (lambda x: np.cumsum(x, 0), [X]), (lambda x: x.cumsum(axis=-1), [X]), (np.cumsum, [X[:0]])],
    np.cumprod: [(np.cumprod, [X]), (lambda x: np.cumprod(x, axis=1), [X])],
    np.ptp: [(np.ptp, [X]), (lambda x: np.ptp(x, axis=0, keepdims=True), [X])],
    np.nan_to_num: [(lambda x: np.nan_to_num(x, nan=1.0), [X])],
    np.nansum: [(np.nansum, [X]), (lambda x: np.nansum(x, axis=1), [X])],
    np.nanmean: [(np.nanmean, [X]), (lambda x: np.nanmean(x, axis=0, keepdims=True), [X])],
    np.round: [(np.round, [X]), (lambda x: np.round(x) + x, [X])],
    np.around: [(np.around, [X])],
    np.fix: [(np.fix, [X])],
    np.astype: [(lambda x: np.astype(x, np.float64) * x, [X])],
    cast: [(lambda x: x.astype(np.float64) * x, [X])],
    np.linalg.slogdet: [(np.linalg.slogdet, [SQUARE]), (lambda a: np.linalg.slogdet(a)[1], [np.stack([SQUARE, SPD])])],
    # what only moves entries
    np.append: [(np.append, [X, Y]), (lambda x: np.append(x, 3), [X]), (lambda x, y: np.append(x, y, axis=0), [X, Y])],
    np.array: [(lambda a, b: _array([a, 1, b, 2.0]), [np.array(0.3), np.array(0.4)]), (lambda x: _array([x, x]), [X]),
               (lambda a: _array([[a, 0], [1, a]]), [np.array(0.3)]), (lambda x: _array([r[0] for r in x]), [X])],
    np.array_split: [(lambda x: np.array_split(x, 2), [X]), (lambda x: np.array_split(x, 3, axis=1), [X])],
    np.atleast_1d: [(np.atleast_1d, [np.array(0.3)])],
    np.atleast_2d: [(np.atleast_2d, [X[0]])],
    np.atleast_3d: [(np.atleast_3d, [X])],
    np.block: [(lambda x, y: np.block([[x, y], [y, x]]), [X, Y])],
    np.broadcast_arrays: [(np.broadcast_arrays, [X, Y[0]])],
    np.broadcast_to: [(lambda x: np.broadcast_to(x, (2, 3, 4)) * np.arange(24.0).reshape(2, 3, 4), [X])],
    np.choose: [(lambda x, y: np.choose(INDEX % 2, [x, y]), [X, Y])],
    np.column_stack: [(lambda x, y: np.column_stack([x, y[:, 0]]), [X, Y])],
    np.compress: [(lambda x: np.compress([True, False, True], x, axis=0), [X]), (lambda x: x.compress([False, True], 1), [X])],
    np.concatenate: [(lambda x, y: np.concatenate([x, y]), [X, Y]), (lambda x: np.concatenate([x, X], axis=-1), [X]),
                     (lambda x: np.concatenate((x, x), axis=None), [X])],
    np.copy: [(np.copy, [X]), (lambda x: x.copy(), [X]), (lambda x: x.T.copy("F"), [X])],
    np.delete: [(lambda x: np.delete(x, 1, axis=0), [X])],
    np.diag: [(np.diag, [X]), (np.diag, [X[0]]), (lambda x: np.diag(x, 1), [X])],
    np.diagflat: [(np.diagflat, [X])],
    np.diagonal: [(np.diagonal, [X]), (lambda x: x.diagonal(1), [X])],
    np.dsplit: [(lambda x: np.dsplit(x.reshape(3, 2, 2), 2), [X])],
    np.dstack: [(lambda x, y: np.dstack([x, y]), [X, Y])],
    np.expand_dims: [(lambda x: np.expand_dims(x, 1) * Y, [X[:, :1]])],
    np.extract: [(lambda x: np.extract(INDEX > 0, x), [X])],
    np.flip: [(np.flip, [X]), (lambda x: np.flip(x, 0), [X])],
    np.fliplr: [(np.fliplr, [X])],
    np.flipud: [(np.flipud, [X])],
    np.hsplit: [(lambda x: np.hsplit(x, 2), [X])],
    np.hstack: [(lambda x, y: np.hstack([x, y]), [X, Y])],
    np.insert: [(lambda x: np.insert(x, 1, 5), [X[0]]), (lambda x, y: np.insert(x, 1, y, axis=0), [X, Y[0]])],
    np.meshgrid: [(np.meshgrid, [X[0], Y[1]]), (lambda x: np.meshgrid(x, [1.0, 2.0], indexing="ij"), [X[0]])],
    np.moveaxis: [(lambda x: np.moveaxis(x, 0, 1), [X])],
    np.pad: [(_pad(m), [X]) for m in ("constant", "edge", "reflect", "symmetric", "wrap", "mean", "linear_ramp")]
    + [(lambda x: np.pad(x, 1), [X]), (lambda x: np.pad(x, 1, constant_values=7), [X])],
    np.ravel: [(np.ravel, [X]), (lambda x: x.ravel("F"), [X]), (lambda x: x.T.ravel(), [X])],
    np.repeat: [(lambda x: np.repeat(x, 2), [X]), (lambda x: x.repeat([1, 2, 0], axis=0), [X])],
    np.reshape: [(lambda x: np.reshape(x, (2, 6)), [X]), (lambda x: x.reshape(4, 3, order="F"), [X]), (lambda x: x.T.reshape(-1), [X])],
    np.resize: [(lambda x: np.resize(x, (5, 4)), [X])],
    np.roll: [(lambda x: np.roll(x, 1), [X]), (lambda x: np.roll(x, -1, axis=1), [X])],
    np.rollaxis: [(lambda x: np.rollaxis(x, 1), [X])],
    np.rot90: [(np.rot90, [X])],
    np.select: [(lambda x, y: np.select([INDEX == 0, INDEX == 1], [x, y], default=3), [X, Y])],
    np.split: [(lambda x: np.split(x, 2, axis=1), [X])],
    np.squeeze: [(np.squeeze, [X[:, :1]])],
    np.stack: [(lambda x, y: np.stack([x, y], axis=1), [X, Y])],
    np.swapaxes: [(lambda x: np.swapaxes(x, 0, 1), [X])],
    np.take: [(lambda x: np.take(x, INDEX), [X]), (lambda x: x.take([0, 0], axis=1), [X])],
    np.take_along_axis: [(lambda x: np.take_along_axis(x, INDEX, axis=1), [X])],
    np.tile: [(lambda x: np.tile(x, (2, 2)), [X])],
    np.transpose: [(np.transpose, [X]), (lambda x: x.transpose(1, 0), [X]), (lambda x: x.T, [X])],
    np.tril: [(np.tril, [X]), (lambda x: np.tril(x, -1), [X])],
    np.triu: [(np.triu, [X])],
    np.vsplit: [(lambda x: np.vsplit(x, 3), [X])],
    np.vstack: [(lambda x, y: np.vstack([x, y]), [X, Y])],
    sliding_window_view: [(lambda x: sliding_window_view(x, 2, axis=1) * 1.0, [X])],
    as_strided: [(lambda x: apply_function(as_strided, (x,), {"shape": (3, 3), "strides": (0, x.itemsize)}), [X[0]])],
    # rules of autograd's
    np.diff: [(np.diff, [X]), (lambda x: np.diff(x, axis=0), [X]), (lambda x: np.diff(x, n=2), [X])],
    np.einsum: [(lambda x, y: np.einsum("ij,ij->i", x, y), [X, Y]), (lambda x, y: np.einsum("ij,kj", x, y), [X, Y]),
                (lambda x: np.einsum("ii->i", x), [SQUARE]), (lambda x: np.einsum("ii", x), [SQUARE]),
                (lambda x: np.einsum("ij->j", x), [X]), (lambda x, y: np.einsum("...j,j->...", x, y), [X, Y[0]]),
                (lambda x, y: np.einsum("ij,ij->", x, y, optimize=True), [X, Y]),
                (lambda x, y: np.einsum(x, [0, 1], y, [2, 1], [0, 2]), [X, Y])],
    np.gradient: [(np.gradient, [X[0]]), (lambda x: np.gradient(x, axis=0), [X])],
    np.real: [(np.real, [X])],
    np.real_if_close: [(np.real_if_close, [X])],
    np.sinc: [(np.sinc, [X])],
    np.trace: [(np.trace, [X]), (lambda x: x.trace(), [SQUARE])],
    np.full: [(lambda a: np.full_like(X, a) if np.ndim(a) else a * 1.0, [np.array(0.3)])],
    np.linspace: [(lambda a: a * np.linspace(0, 1, 3), [np.array(0.3)])],
    np.linalg.norm: [(np.linalg.norm, [X]), (lambda x: np.linalg.norm(x, axis=1), [X]), (np.linalg.norm, [X[0]]),
                     (lambda x: np.linalg.norm(x, axis=0, keepdims=True), [X]), (lambda x: np.linalg.norm(x, ord=1), [X[0]]),
                     (lambda x: np.linalg.norm(x, "fro"), [X]), (lambda x: np.linalg.norm(x, 3, axis=1), [X]),
                     (lambda x: np.linalg.norm(x, np.inf), [X[0]]), (lambda x: np.linalg.norm(x, "nuc"), [SQUARE])],
    np.linalg.det: [(np.linalg.det, [SQUARE]), (np.linalg.det, [np.stack([SQUARE, SPD])])],
    np.linalg.inv: [(np.linalg.inv, [SQUARE]), (np.linalg.inv, [np.stack([SQUARE, SPD])])],
    np.linalg.pinv: [(np.linalg.pinv, [X])],
    np.linalg.solve: [(np.linalg.solve, [SQUARE, X]), (np.linalg.solve, [SQUARE, X[:, 0]]), (lambda b: np.linalg.solve(SQUARE, b), [X]),
                      (lambda a: np.linalg.solve(a, X), [np.stack([SQUARE, SPD])])],
    np.linalg.cholesky: [(lambda a: np.linalg.cholesky(a @ a.T + 3 * np.eye(3)), [SQUARE])],
    np.linalg.eigh: [(lambda a: np.linalg.eigh(a + a.T)[0], [SQUARE]),
                     (lambda a: (lambda w, v: v @ np.diag(w**2) @ v.T)(*np.linalg.eigh(a + a.T)), [SQUARE])],
    np.linalg.eig: [(lambda a: np.linalg.eig(a)[0], [SQUARE])],
    np.linalg.svd: [(lambda a: np.linalg.svd(a, compute_uv=False), [X]),
                    (lambda a: (lambda u, s, v: (u * s**2) @ v)(*np.linalg.svd(a, full_matrices=False)), [X])],
    # differenced
    np.median: [(np.median, [X]), (lambda x: np.median(x, axis=0), [X])],
    np.average: [(lambda x, w: np.average(x, axis=0, weights=w), [X, np.array([0.3, 1.2, 0.5])])],
    np.convolve: [(np.convolve, [X[0], Y[0]])],
    np.interp: [(lambda x, y: apply_function(np.interp, (x, [-2.0, 0.01, 2.0], y), {}), [X[0], Y[0, :3]])],
    np.cov: [(np.cov, [X])],
    np.linalg.multi_dot: [(lambda x, y: np.linalg.multi_dot([x, y.T, x]), [X, Y])],
    np.linalg.qr: [(lambda x: np.linalg.qr(x)[1], [SQUARE])],
    np.linalg.matrix_power: [(lambda x: np.linalg.matrix_power(x, 3), [SQUARE])],
    np.trapezoid: [(np.trapezoid, [X])],
    np.quantile: [(lambda x: np.quantile(x, 0.3, axis=1), [X])],
    scipy.special.softmax: [(lambda x: apply_function(scipy.special.softmax, (x,), {"axis": 1}), [X])],
    scipy.special.log_softmax: [(lambda x: apply_function(scipy.special.log_softmax, (x,), {"axis": 0}), [X])],
    scipy.special.logsumexp: [(lambda x: apply_function(scipy.special.logsumexp, (x,), {"axis": 1, "keepdims": True}), [X]),
                              (lambda x: apply_function(scipy.special.logsumexp, (x,), {}), [X])],
}  # fmt: skip
for _new, _old in (
    ("concat", np.concatenate),
    ("permute_dims", np.transpose),
    ("unstack", None),
    ("matrix_transpose", np.transpose),
):
    if hasattr(np, _new) and getattr(np, _new) not in CASES:
        _function = getattr(np, _new)
        CASES[_function] = {
            "concat": [(lambda x, y, f=_function: f([x, y]), [X, Y])],
        }.get(_new, [(lambda x, f=_function: f(x), [X])])


@pytest.mark.parametrize("function", CASES, ids=lambda f: f"{f.__module__}.{f.__name__}")
def test_a_function(function: Any) -> None:
    for case, inputs in CASES[function]:
        check(case, *inputs)


def test_each_rule_is_measured() -> None:
    tested = set(CASES) | {getattr(np, n) for n in DOTS} | {np.mean, np.var, np.std}
    assert set(FUNCTIONS) | set(SEVERAL) | MOVES <= tested
    assert {f"{n}" for n in OF_SCIPY} <= {f.__name__ for f in tested}
    assert set(METHODS) == {"reduce", "accumulate", "reduceat", "outer", "getitem"}


def test_each_rule_of_autograd_that_can_be_reached_is_measured() -> None:
    pytest.importorskip("autograd")
    own = set(FUNCTIONS) | set(SEVERAL) | MOVES | set(REDUCTIONS) | set(WRITERS)
    reached = set()
    for place in (np, np.linalg, np.fft):
        for name in dir(place):
            function = getattr(place, name)
            if callable(function) and not isinstance(function, (type, np.ufunc)) and rules.borrowed(function):
                reached.add(function)
    complex_results = {f for f in reached if f.__module__ == "numpy.fft"} | {np.angle, np.imag}
    tested = set(CASES) | {getattr(np, n) for n in DOTS}
    assert reached - own - complex_results - tested == set()


def test_without_autograd_its_functions_are_differenced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "borrowed", lambda function: None)
    for function in (np.linalg.solve, np.linalg.inv, np.einsum, np.linalg.norm, np.diff, np.linalg.cholesky):
        test_a_function(function)


def test_what_ball_arithmetic_does_not_cover_is_known() -> None:
    """A run that depends on one of these is judged by rounding alone."""
    pytest.importorskip("flint")
    covered = []
    for name in NOT_COVERED:
        for case, inputs in CASES[getattr(np, name, None) or getattr(np.linalg, name)]:
            try:
                exact(case, inputs)
                covered.append(name)
            except NotCoveredError:
                pass
    assert not covered


def test_a_linear_function_without_a_rule_has_exact_slopes_whatever_its_sizes() -> None:
    def convolved(x: np.ndarray) -> Any:
        return np.convolve(x, [1.0, 2.0]).sum()

    x = np.array([1e9, 1e-6, -3e8])
    slopes, found, _ = recorded(convolved, [x])
    np.testing.assert_allclose(slopes[0], 3 * weights(found)[0], rtol=1e-13)
