"""manual.CNN: its rules against numbers worked by hand, what overriding one does, its parameters and errors."""

import numpy as np
import pytest

import manual
from manual.layers.batch_norm import EPS

# One image of 1 x 4, two samples, one kernel of one pixel (W = 2, b = 7), so that conv = 2 x + 7; the mean over both
# samples and all places is taken away again, and with it b. gamma = 1, beta = 1/2, windows of 1 x 1: pool = relu.
NET = manual.CNN(image=(1, 1, 4), channels=(1,), kernel=1, padding=0, window=1, classes=2)
PARAMS = {
    "W1": np.full((1, 1, 1, 1), 2.0),
    "b1": np.array([7.0]),
    "gamma1": np.array([3.0]),
    "beta1": np.array([0.5]),
    "W2": np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]]),
    "b2": np.array([0.0, 0.0]),
}
X, Y = np.array([[1.0, -1.0, 1.0, -1.0], [1.0, -1.0, -1.0, 1.0]]), np.array([0, 1])
HAT = 2 / np.sqrt(4 + EPS)  # the mean of conv is 7, its variance 4


@pytest.fixture
def left():
    """What one forward and one backward pass of NET leave behind."""
    return NET.backward_pass(NET.forward_pass(PARAMS, X), Y)


def test_the_forward_pass_is_that_on_paper(left):
    assert left.a["conv1"][0, 0].tolist() == [[9, 5, 9, 5]]
    assert np.allclose(left.a["hat1"][:, 0, 0], HAT * X, rtol=1e-15)
    assert np.allclose(left.a["norm1"], 3 * left.a["hat1"] + 0.5, rtol=1e-15)
    assert np.allclose(left.a["features"], np.maximum(3 * HAT * X + 0.5, 0), rtol=1e-15)
    assert np.allclose(left.a["logits"], [[3 * HAT + 0.5, 0]] * 2, rtol=1e-15)


def test_output_delta_is_p_minus_y_over_the_batch(left):
    p = 1 / (1 + np.exp(-(3 * HAT + 0.5)))
    assert np.allclose(left.delta["logits"], np.array([[p - 1, 1 - p], [p, -p]]) / 2, rtol=1e-13)
    assert np.allclose(NET.forward(PARAMS, X), [[p, 1 - p]] * 2, rtol=1e-15)
    assert np.isclose(NET.loss(PARAMS, X, Y), -(np.log(p) + np.log(1 - p)) / 2, rtol=1e-14)


def test_the_linear_layers_rules_are_those_of_the_mlp(left):
    left.delta["logits"], left.a["features"] = (
        np.array([[1.0, 2.0], [3.0, 4.0]]),
        np.arange(8.0).reshape(2, 4),
    )
    assert NET.linear_bias_gradient(left).tolist() == [4, 6]
    assert NET.linear_weight_gradient(left).tolist() == [[12, 16, 20, 24], [16, 22, 28, 34]]
    assert NET.linear_input_gradient(left).tolist() == [[1, 2, 0, 0], [3, 4, 0, 0]]


def test_the_gradient_passes_the_relu_where_norm_was_above_0(left):
    left.delta["relu1"] = np.full((2, 1, 1, 4), 5.0)
    assert NET.relu_gradient(1, left)[:, 0, 0].tolist() == [[5, 0, 5, 0], [5, 0, 0, 5]]


def test_gamma_and_beta_sum_over_batch_and_positions(left):
    left.delta["norm1"] = np.arange(8.0).reshape(2, 1, 1, 4)
    assert NET.beta_gradient(1, left).tolist() == [28]
    # Where x is +1: 0 + 2 + 4 + 7, where it is -1: 1 + 3 + 5 + 6.
    assert np.allclose(NET.gamma_gradient(1, left), [HAT * (13 - 15)], rtol=1e-13)
    assert NET.hat_gradient(1, left).ravel().tolist() == [0, 3, 6, 9, 12, 15, 18, 21]


def test_the_two_paths_through_mean_and_variance_are_on_paper(left):
    left.delta["hat1"], left.a["hat1"] = np.arange(8.0).reshape(2, 1, 1, 4), X.reshape(2, 1, 1, 4)
    assert NET.mean_path(1, left).tolist() == [[[[3.5]]]]
    assert NET.variance_path(1, left)[:, 0, 0].tolist() == (-2 / 8 * X).tolist()
    left.kept["scale1"] = np.full((1, 1, 1, 1), 10.0)
    assert NET.norm_gradient(1, left)[0, 0, 0].tolist() == [-32.5, -27.5, -12.5, -7.5]


def test_a_convolutions_rules_sum_over_the_patches(left):
    left.delta["conv1"] = np.arange(8.0).reshape(2, 1, 1, 4)
    assert NET.conv_bias_gradient(1, left).tolist() == [28]
    assert NET.conv_weight_gradient(1, left).tolist() == [[[[13 - 15]]]]
    assert NET.conv_input_gradient(1, left).tolist() == (2 * left.delta["conv1"]).tolist()


def test_the_maximum_gets_the_gradient_and_at_a_tie_the_first():
    net = manual.CNN(image=(1, 2, 2), channels=(1,), kernel=1, padding=0, window=2, classes=2)
    p = net.forward_pass(
        {**PARAMS, "W2": np.ones((2, 1))}, np.array([[0.0, 1.0, 1.0, 0.0], [3.0, 0.0, 0.0, 0.0]])
    )
    p.delta["pool1"] = np.array([5.0, 7.0]).reshape(2, 1, 1, 1)
    assert net.pool_gradient(1, p)[:, 0].tolist() == [[[0, 5], [0, 0]], [[7, 0], [0, 0]]]


def test_dropout_cuts_off_on_the_way_back_what_it_cut_off_before():
    net = manual.CNN(dropout=0.5, mask_seed=3)
    params, x, y = inputs(net)
    p = net.backward_pass(net.forward_pass(params, x), y)
    mask = np.random.default_rng(3).random(p.a["features"].shape) >= 0.5
    assert not p.a["features"][~mask].any()
    assert np.array_equal(net.dropout_gradient(p), np.where(mask, 2 * p.delta["features"], 0))
    assert net.loss(params, x, y) != manual.CNN(dropout=0.5, mask_seed=4).loss(params, x, y)


def inputs(net, batch=5, seed=0):
    """Parameters none of which is 0 or 1, images and labels."""
    rng = np.random.default_rng(seed)
    params = {name: p + 0.3 * rng.standard_normal(p.shape) for name, p in net.init(rng).items()}
    return params, rng.standard_normal((batch, *net.image)), rng.integers(0, net.classes, batch)


RULES = [
    "output_delta",
    "linear_bias_gradient",
    "linear_weight_gradient",
    "linear_input_gradient",
    "dropout_gradient",
    "pool_gradient",
    "relu_gradient",
    "beta_gradient",
    "gamma_gradient",
    "hat_gradient",
    "norm_gradient",
    "mean_path",
    "variance_path",
    "conv_bias_gradient",
    "conv_weight_gradient",
    "conv_input_gradient",
]


@pytest.mark.parametrize("rule", RULES)
def test_overriding_one_rule_changes_the_gradient(rule):
    """That is how a mistake is planted: the pass goes through the named rules and nothing else."""
    original = getattr(manual.CNN, rule)
    planted = type("Planted", (manual.CNN,), {rule: lambda self, *a: 2 * original(self, *a) + 1})
    arguments = inputs(manual.CNN())
    right, wrong = (net.loss_and_grads(*arguments)[1] for net in (manual.CNN(), planted()))
    assert any(abs(right[name] - wrong[name]).max() > 1e-3 for name in right)
    assert planted().loss(*arguments) == manual.CNN().loss(*arguments)


def test_every_rule_of_the_backward_pass_is_public_and_in_the_list_above():
    passes = {"forward_pass", "backward_pass"}
    shared = (
        {"depth", "sizes", "init", "forward", "loss", "loss_and_grads", "deltas"}
        | passes
        | {"batch_mean", "batch_mask"}
    )
    assert [
        n for n in vars(manual.CNN) if n[0] != "_" and n not in shared and callable(getattr(manual.CNN, n))
    ] == RULES


def test_samples_may_come_in_rows_or_as_images():
    net = manual.CNN()
    params, x, y = inputs(net)
    rows = net.loss_and_grads(params, x.reshape(len(x), -1), y)[1]
    assert all(np.array_equal(rows[name], g) for name, g in net.loss_and_grads(params, x, y)[1].items())


def test_the_inputs_are_left_alone():
    net = manual.CNN(dropout=0.3)
    params, x, y = inputs(net)
    for array in (*params.values(), x, y):
        array.flags.writeable = False
    net.loss_and_grads(params, x, y)
    net.deltas(params, x, y)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_nothing_is_widened(dtype):
    net = manual.CNN(dropout=0.3)
    params, x, y = inputs(net)
    params, x = {name: p.astype(dtype) for name, p in params.items()}, x.astype(dtype)
    loss, grads = net.loss_and_grads(params, x, y)
    everything = {"loss": loss, "prediction": net.forward(params, x)} | grads | net.deltas(params, x, y)
    assert {name: a.dtype for name, a in everything.items() if a.dtype != dtype} == {}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_init_gives_every_parameter_its_shape_and_dtype(dtype):
    params = manual.CNN(image=(2, 8, 9), channels=(3, 5)).init(np.random.default_rng(0), dtype)
    assert {name: p.shape for name, p in params.items()} == {
        "W1": (3, 2, 3, 3),
        "b1": (3,),
        "gamma1": (3,),
        "beta1": (3,),
        "W2": (5, 3, 3, 3),
        "b2": (5,),
        "gamma2": (5,),
        "beta2": (5,),
        "W3": (10, 5 * 2 * 2),
        "b3": (10,),
    }
    assert all(p.dtype == dtype for p in params.values())
    assert all((params[name] == 1).all() for name in ("gamma1", "gamma2"))
    assert not any(params[name].any() for name in ("b1", "beta1", "b2", "beta2", "b3"))
    assert "b1" not in manual.CNN(bias=False).init(np.random.default_rng(0))


def test_a_kernel_is_drawn_like_the_weight_matrix_over_its_patch():
    """Normal with variance 2 / (C_l + C_{l-1} K K); of 36,864 draws the variance is within 3.7 % at five sigma."""
    W = manual.CNN(image=(64, 8, 8), channels=(64,)).init(np.random.default_rng(0))["W1"]
    assert abs(W.var() / (2 / (64 + 64 * 9)) - 1) <= 5 * np.sqrt(2 / W.size)
