"""Marks of a mistake in the numbers alone: named where they reproduce it, and not where another mistake left them."""

import numpy as np
import pytest

from compare.checks.gradients import check_gradients
from compare.checks.vjp import check_vjp

RNG = np.random.default_rng(6)
X, Y = RNG.standard_normal((7, 4)), RNG.integers(0, 2, 7)
IDS = np.array([0, 2, 2, 4, 1])
TARGETS = RNG.standard_normal((5, 3))


def regression(data, penalty):
    """A logistic regression of no layout that is known, whose gradient has its data and its penalty times factors."""

    def hand(params, x, y):
        w = params["w"]
        p = 1 / (1 + np.exp(-(x @ w)))
        loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)) + 0.3 * np.sum(w * w)
        return loss + 0.1 * np.sin(w[0]), {
            "w": data * (x.T @ (p - y) / len(y) + 0.1 * np.cos(w[0]) * (np.arange(4) == 0))
            + penalty * 0.6 * w
        }

    return hand


def table(wrong):
    def hand(params, x, y):
        e = np.sin(params["E"])[x] - y
        grad = np.zeros_like(params["E"])
        d = e * np.cos(params["E"])[x]
        if wrong == "assigned":
            grad[x] = d
        else:
            np.add.at(grad, x, d * (2 if wrong == "doubled" else 1))
        if wrong == "one entry":
            grad[2, 1] *= 1.01
        return 0.5 * np.sum(e * e), {"E": grad}

    return hand


def ids(report):
    return {i for f in report.findings for i in f.one_of}


def test_a_sum_over_the_batch_is_named_beside_a_right_penalty():
    report = check_gradients(regression(7, 1), {"w": RNG.standard_normal(4)}, X, Y)
    assert "missing-batch-mean" in ids(report), str(report)


@pytest.mark.parametrize("data", [1, 7.3])
def test_a_factor_that_the_batch_does_not_explain_has_no_name(data):
    report = check_gradients(regression(data, 1.7), {"w": RNG.standard_normal(4)}, X, Y)
    assert not report.ok and "missing-batch-mean" not in ids(report)


def test_rows_of_a_repeated_index_are_named():
    params = {"E": RNG.standard_normal((6, 3))}
    assert "embedding-assigned" in ids(check_gradients(table("assigned"), params, IDS, TARGETS))
    for other in ("doubled", "one entry"):
        assert "embedding-assigned" not in ids(check_gradients(table(other), params, IDS, TARGETS))
    assert check_gradients(table(""), params, IDS, TARGETS).ok


def test_a_small_right_array_is_no_zero_that_shares_the_factor_of_all():
    def hand(params, x, y):
        e = x @ params["w"] + np.tanh(params["v"]) @ y[:3] + 1e-15 * params["c"].sum() - y
        d = e / len(y)
        loss = 0.5 * (e**2).mean()
        v = 0.1 * d.sum() * y[:3] * (1 - np.tanh(params["v"]) ** 2)
        return loss, {"w": 0.1 * (x.T @ d), "v": v, "c": np.full(2, 1e-15 * d.sum())}

    params = {"w": RNG.standard_normal(4), "v": RNG.standard_normal(3), "c": RNG.standard_normal(2)}
    report = check_gradients(hand, params, X, RNG.standard_normal(7))
    assert report["c"].status == "agree" and report["w"].status == "wrong" and not ids(report), str(report)


def test_a_softmax_backward_of_the_diagonal_alone_is_named_in_numpy():
    def forward(z):
        e = np.exp(z - z.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        return p, (p,)

    def backward(dout, cache):
        (p,) = cache
        return dout * p * (1 - p)

    report = check_vjp((forward, backward), RNG.standard_normal((3, 5)))
    fixed = any(f.fix for f in report.findings)
    assert fixed or "softmax-jacobian-diagonal" in ids(report), str(report)


def test_arrays_whose_products_have_no_shape_are_no_candidates():
    def forward(x, W):
        return np.einsum("nchw,mchw->nm", x[:, :, :3, :2], W)[..., None, None] * np.ones((2, 3, 3, 2)), (x, W)

    def backward(dout, cache):
        x, W = cache
        return np.ones_like(x), np.ones_like(W)

    report = check_vjp(
        (forward, backward), RNG.standard_normal((2, 2, 3, 2)), RNG.standard_normal((3, 2, 3, 2))
    )
    assert not report.ok
