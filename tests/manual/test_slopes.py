"""Networks of manual alone: every gradient, every delta and the loss beside it, against differences of the loss.

No framework is asked: `threeways audit tests/manual` runs these files in a second each.
"""

import numpy as np
import pytest

import manual
from manual.criteria import CRITERIA
from tests.manual.slopes import along, assert_deltas, assert_slopes

CNNS = {
    "max": manual.CNN((2, 6, 5), (3, 2), classes=3, window=1),
    "avg": manual.CNN((1, 8, 6), (2, 3), pool="avg", stride=1, classes=3),
    "max over windows, dropout": manual.CNN((1, 8, 8), (3,), dropout=0.3, classes=4),
    "no bias": manual.CNN((1, 6, 6), (2,), bias=False, padding=0, classes=3),
}
TRANSFORMERS = {
    variant: manual.Transformer(7, 5, 2, 2, 8, 6, variant) for variant in manual.transformer.VARIANTS
}


def drawn(net, seed=0):
    """Parameters with biases that are not 0."""
    rng = np.random.default_rng(seed)
    return {n: p + 0.2 * rng.standard_normal(p.shape) for n, p in net.init(rng).items()}, rng


def assert_all(net, params, x, y):
    loss, grads = net.loss_and_grads(params, x, y)
    assert loss == net.loss(params, x, y) != 0
    assert grads.keys() == params.keys()
    assert_slopes(lambda at: net.loss(at, x, y), params, grads)
    assert_deltas(net, params, x, y)


@pytest.mark.parametrize("net", CNNS.values(), ids=CNNS)
def test_the_gradients_of_a_cnn_are_slopes(net):
    params, rng = drawn(net)
    assert_all(
        net, params, rng.standard_normal((4, int(np.prod(net.image)))), rng.integers(0, net.classes, 4)
    )


@pytest.mark.parametrize("lengths", [False, True], ids=["all steps", "lengths"])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_the_gradients_through_time_are_slopes(cell, lengths):
    net = manual.Recurrent(cell, 2, 3, 4, 4)
    params, rng = drawn(net)
    x = rng.standard_normal((5, 8))
    x = np.column_stack([x, [1, 4, 2, 3, 4]]) if lengths else x
    assert_all(net, params, x, rng.integers(0, 4, 5))


@pytest.mark.parametrize("net", TRANSFORMERS.values(), ids=TRANSFORMERS)
def test_the_gradients_of_a_transformer_are_slopes(net):
    params, rng = drawn(net)
    assert_all(net, params, rng.integers(0, 7, (3, 5)), rng.integers(0, 7, (3, 5)))


PAIRS = [
    (("tanh", "softmax"), "cross_entropy"),
    (("gelu", "sigmoid"), "binary_cross_entropy"),
    (("softmax", "softplus", "silu"), "softmax_cross_entropy"),
    (("silu", "gelu_tanh", "softmax"), "mse"),
    (("sigmoid", "identity"), "quadratic"),
    (("relu", "leaky_relu", "identity"), "hinge"),
    (("tanh", "softmax"), "binary_cross_entropy"),
    (("softplus", "softmax"), "quadratic"),
    (("tanh", "sigmoid"), "cross_entropy"),
]


@pytest.mark.parametrize(
    ("activations", "criterion"), PAIRS, ids=lambda v: v if isinstance(v, str) else "-".join(v)
)
def test_the_hessian_times_a_vector_is_the_slope_of_the_gradient(activations, criterion):
    net = manual.MLP((*(3, 4, 3, 2)[: len(activations)], 2), activations, criterion, l2=0.1, l2_biases=True)
    params, rng = drawn(net)
    x = rng.standard_normal((5, 3))
    y = rng.integers(0, 2, 5) if CRITERIA[criterion].classes else np.sign(x[:, :2])
    y = (y + 1) / 2 if criterion == "binary_cross_entropy" else y
    v = {n: rng.standard_normal(p.shape) for n, p in params.items()}
    product = net.hessian_vector(params, x, y, v)
    for name in params:
        pushed = rng.standard_normal(params[name].shape)

        def slope(at, name=name, pushed=pushed):
            moved = {n: p + at["t"] * v[n] for n, p in params.items()}
            return (net.loss_and_grads(moved, x, y)[1][name] * pushed).sum()

        right = along(slope, {"t": np.zeros(())}, "t", np.ones(()))
        size = np.linalg.norm(product[name]) * np.linalg.norm(pushed) + 1
        assert abs((product[name] * pushed).sum() - right) <= 1e-8 * size, name
