"""A loss of jax is compiled where that gives the same value, and called as it stands elsewhere."""

import numpy as np
import pytest

from threeways import check_gradients

jax = pytest.importorskip("jax")
RNG = np.random.default_rng(0)
PARAMS = {"W": RNG.normal(size=(4, 3)).astype("f4"), "b": RNG.normal(size=3).astype("f4")}
X, Y = RNG.normal(size=(6, 4)).astype("f4"), RNG.normal(size=(6, 3)).astype("f4")


def mean_square(params, x, y):
    return jax.numpy.mean((jax.numpy.tanh(jax.numpy.asarray(x) @ params["W"] + params["b"]) - y) ** 2)


def checked(prepare=lambda loss: loss, factor=1.0):
    """Return the report on jax's own gradient, and how often the function ran; prepare: sees each loss."""
    calls = []

    def hand(params, x, y):
        calls.append(1)
        loss, grads = jax.value_and_grad(mean_square)(params, x, y)
        return prepare(loss), grads | {"b": factor * grads["b"]}

    return check_gradients(hand, PARAMS, X, Y), len(calls)


def test_each_difference_is_one_call_of_the_compiled_loss():
    report, calls = checked()
    assert report.ok, str(report)
    assert calls < 30  # 15 entries are differenced, each at eight points or more


def test_a_wrong_gradient_is_wrong_all_the_same():
    report, _ = checked(factor=1.5)
    assert report.diagnosis.startswith("b is 1.4999"), str(report)  # differences in float32 keep three digits


def test_code_that_cannot_be_traced_is_called_as_it_stands():
    report, calls = checked(lambda loss: loss if float(loss) > 0 else -loss)
    assert report.ok, str(report)
    assert calls > 120


def test_code_that_gives_another_value_when_it_is_traced_is_called_as_it_stands():
    traced = jax.core.Tracer
    report, calls = checked(lambda loss: 2 * loss if isinstance(loss, traced) else loss)
    assert report.ok, str(report)
    assert calls > 120
