"""The catalogue: networks by name, what fits the data, and inputs on which a gradient hides nothing."""

import dataclasses

import numpy as np
import pytest

from compare import networks
from compare.common.errors import UserError
from compare.networks.data import Dataset

LABELS = np.array([0, 1, 2, 1, 0, 2])
DATA = Dataset("six", np.linspace(0, 1, 24).reshape(6, 4), LABELS, np.zeros((0, 4)), LABELS[:0])


def small(**fields):
    return networks.network(sizes=(4, 3, 3), **fields)


def test_the_default_is_the_digits_network_the_same_in_all_three():
    net = networks.network()
    built = [net.build(who) for who in networks.PACKAGES]
    assert [type(b).__module__ for b in built] == ["manual.mlp", "torch_ref.mlp", "jax_ref.mlp"]
    assert all(dataclasses.asdict(b) == dataclasses.asdict(built[0]) for b in built)
    assert net.describe() == "64-30-10, sigmoid, softmax, cross_entropy"


def test_a_penalty_is_described():
    assert networks.network(l2=0.01).describe().endswith("l2=0.01")


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ({"name": "mpl"}, "no network 'mpl': did you mean 'mlp'?"),
        ({"activations": ("sigmod", "softmax")}, "no activation 'sigmod': did you mean 'sigmoid'?"),
        ({"activations": ("zzz", "softmax")}, "no activation 'zzz': known: sigmoid, tanh"),
        ({"criterion": "crossentropy"}, "no criterion 'crossentropy': did you mean 'cross_entropy'?"),
        ({"sizes": (64, 10)}, "1 layers need 1 activations, not 2"),
        ({"sizes": (64, 0, 10)}, "positive widths"),
        ({"l2": -1.0}, "l2 is -1.0"),
    ],
)
def test_what_is_unknown_or_does_not_fit_is_answered_in_one_line(call, says):
    with pytest.raises(UserError) as caught:
        networks.network(**call)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_sizes_that_do_not_match_the_data_are_refused():
    networks.require_fit(small(), DATA)
    with pytest.raises(UserError, match=r"--sizes starts with 5, but six has 4 features"):
        networks.require_fit(networks.network(sizes=(5, 3, 3)), DATA)
    with pytest.raises(
        UserError, match=r"--sizes ends with 2, but six has labels up to 2: 3 outputs are needed"
    ):
        networks.require_fit(networks.network(sizes=(4, 3, 2)), DATA)


def test_targets_suit_the_criterion():
    onehot = [[1, 0, 0], [0, 0, 1]]
    assert networks.targets(small(), np.array([0, 2])).tolist() == [0, 2]
    mse = small(activations=("relu", "identity"), criterion="mse")
    hinge = small(activations=("relu", "identity"), criterion="hinge")
    assert networks.targets(mse, np.array([0, 2])).tolist() == onehot
    assert networks.targets(hinge, np.array([0, 2])).tolist() == (2 * np.array(onehot) - 1).tolist()
    assert networks.targets(mse, np.array([0, 2]), "float32").dtype == "float32"
    assert networks.targets(hinge, np.array([0, 2]), "float32").dtype == "float32"


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_parameters_come_from_the_seed_alone(dtype):
    first, again, other = (networks.initial(small(), seed, dtype, biases=0.1) for seed in (0, 0, 1))
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not np.array_equal(first["W1"], other["W1"])
    assert all(p.dtype == dtype for p in first.values())
    assert first["b1"].all()
    assert not networks.initial(small(), 0)["b1"].any()


def test_the_inputs_checked_on_hide_nothing():
    params, x, y = networks.check_inputs(small(), DATA, batch=5, seed=3, dtype="float32")
    assert all(p.all() for p in params.values())
    assert x.shape == (5, 4)
    assert x.dtype == "float32"
    assert len({tuple(row) for row in x}) == 5
    rows = {tuple(row): label for row, label in zip(DATA.x_train.astype("float32"), LABELS, strict=True)}
    assert [rows[tuple(row)] for row in x] == y.tolist()


@pytest.mark.parametrize(
    ("batch", "says"), [(0, "at least one"), (-3, "at least one"), (7, "six has 6 training")]
)
def test_a_batch_that_cannot_be_drawn_is_refused(batch, says):
    with pytest.raises(UserError, match=says):
        networks.check_inputs(small(), DATA, batch=batch)
