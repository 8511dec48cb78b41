"""Beyond reference.BIG parameters the check takes other, cheaper ways: they must judge as the dear ones do."""

import numpy as np
import pytest

import manual
from compare.checks.gradients import check_gradients
from compare.witnesses.reference import BIG

SHAPES = {
    "wide": ((600, 400, 50), ("sigmoid", "softmax")),
    "deep": ((300, 300, 300, 200, 10), ("tanh", "relu", "gelu", "softmax")),
    "one layer": ((8000, 40), ("softmax",)),
}


def drawn(shape, dtype, scale=1.0, samples=16, seed=0):
    """(net, params, x, y) of more than BIG parameters."""
    rng = np.random.default_rng(seed)
    net = manual.MLP(*SHAPES[shape])
    params = {
        n: scale * p + 0.1 * rng.standard_normal(p.shape) * (p.ndim == 1) for n, p in net.init(rng).items()
    }
    assert sum(p.size for p in params.values()) > BIG
    x = rng.standard_normal((samples, net.sizes[0])).astype(dtype)
    return net, {n: p.astype(dtype) for n, p in params.items()}, x, rng.integers(0, net.sizes[-1], samples)


def with_one_entry_off(net, name, relative):
    """The right gradients but for one entry of typical size in array `name`."""

    def hand(params, x, y):
        loss, grads = net.loss_and_grads(params, x, y)
        array = grads[name]
        typical = np.sqrt(np.mean(array**2))
        array.flat[np.argmin(np.abs(np.abs(array) - typical))] *= 1 + relative
        return loss, grads

    return hand


@pytest.mark.parametrize("scale", (0.01, 1, 30))
@pytest.mark.parametrize("dtype", ("float64", "float32"))
@pytest.mark.parametrize("shape", SHAPES)
def test_a_correct_large_network_is_never_wrong(shape, dtype, scale):
    net, params, x, y = drawn(shape, dtype, scale)
    report = check_gradients(net, params, x, y, network=net, witnesses=("torch", "numerical"))
    assert not {v.status for v in report.verdicts} - {"agree", "inconclusive"}


@pytest.mark.parametrize("name", ("W1", "W2", "W4"))
def test_one_entry_of_a_large_array_off_by_a_millionth_is_found(name):
    net, params, x, y = drawn("deep", "float64")
    hand = with_one_entry_off(net, name, 1e-6)
    report = check_gradients(hand, params, x, y, network=net, witnesses=("torch",))
    assert report[name].status == "wrong"
    assert [v.name for v in report.verdicts if not v.passes] == [name]


def test_a_large_gradient_brought_as_values_is_judged_by_a_torch_loss():
    rng = np.random.default_rng(0)
    w, x = rng.standard_normal((700, 300)), rng.standard_normal((5, 300))
    grads = {"W": (x @ w.T).T @ x}

    def loss(params, x):
        return 0.5 * ((x @ params["W"].T) ** 2).sum()

    assert check_gradients(grads, {"W": w}, x, torch_loss=loss).ok
    grads["W"][650, 7] *= 1 + 1e-6
    report = check_gradients(grads, {"W": w}, x, torch_loss=loss)
    assert report["W"].status == "wrong" and report["W"].worst_index == (650, 7)
