"""The cheap passes of a check say what the dear ones say."""

import numpy as np
import pytest

import manual
from compare.networks.passes import LossOfMLP, in_one_pass
from compare.witnesses import numerical

NETS = {
    "sigmoid": manual.MLP((5, 4, 3, 2), ("sigmoid", "tanh", "softmax")),
    "penalised": manual.MLP((5, 4, 2), ("relu", "identity"), "mse", l2=0.3),
    "one layer": manual.MLP((5, 2), ("sigmoid",), "quadratic"),
}


def case(net):
    rng = np.random.default_rng(0)
    params = {n: p + 0.3 * rng.standard_normal(p.shape) for n, p in net.init(rng).items()}
    classes = net.criterion == "cross_entropy"
    y = rng.integers(0, net.sizes[-1], 6) if classes else rng.random((6, net.sizes[-1]))
    deltas = {f"delta{l}": 0.1 * rng.standard_normal((6, net.sizes[l])) for l in range(1, net.depth + 1)}
    return params, deltas, rng.standard_normal((6, net.sizes[0])), y


@pytest.mark.parametrize("name", NETS)
def test_the_loss_by_one_entry_is_the_loss_for_every_entry(name):
    params, deltas, x, y = case(NETS[name])
    arrays, loss = params | deltas, LossOfMLP(NETS[name], x, y)
    alone = loss.near(arrays)
    for key, array in arrays.items():
        for index in np.ndindex(array.shape):
            kept = array[index]
            array[index] += 0.5
            assert alone(key, index)() == pytest.approx(loss(arrays), rel=1e-14)
            array[index] = kept


def test_differences_of_many_entries_are_those_of_the_whole_loss():
    net = NETS["sigmoid"]
    params, deltas, x, y = case(net)
    arrays, loss = params | deltas, LossOfMLP(net, x, y)
    must = [("W1", (1, 2)), ("b2", (0,)), ("W3", (1, 1)), ("delta2", (3, 1))]
    quick = numerical.evidence(loss, arrays, must, many=True)
    whole = numerical.evidence(lambda at: loss(at), arrays, must, many=True)
    for name, index in must:
        room = quick.error[name][index] + whole.error[name][index]
        assert 0 < room < 1e-6
        assert abs(quick.arrays[name][index] - whole.arrays[name][index]) <= room


@pytest.mark.parametrize("name", NETS)
def test_one_pass_gives_what_two_calls_give(name):
    net = NETS[name]
    params, _, x, y = case(net)
    loss, arrays = in_one_pass(net, params, x, y)
    right, grads = net.loss_and_grads(params, x, y)
    assert loss == right
    expected = grads | net.deltas(params, x, y)
    assert arrays.keys() == expected.keys()
    assert all(np.array_equal(arrays[n], a) for n, a in expected.items())
