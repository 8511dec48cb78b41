"""manual.MLP: each named rule against numbers worked by hand, the whole against differences, init and errors."""

import numpy as np
import pytest

import manual
from manual.criteria import CRITERIA
from manual.init import SCHEMES

# One sample, 2-2-1, worked on paper:
#   z1 = (1*1 + 2*0 + 0, 1*0.5 - 2*1 + 1) = (1, -0.5)       a1 = relu = (1, 0)
#   z2 = 1*3 + 0*4 - 1 = 2                                  a2 = identity = 2
#   quadratic with y = 5: C = 1/2 (2 - 5)^2 = 4.5           dC/da = -3
PARAMS = {
    "W1": np.array([[1.0, 0.0], [0.5, -1.0]]),
    "b1": np.array([0.0, 1.0]),
    "W2": np.array([[3.0, 4.0]]),
    "b2": np.array([-1.0]),
}
X, Y = np.array([[1.0, 2.0]]), np.array([[5.0]])
NET = manual.MLP((2, 2, 1), ("relu", "identity"), "quadratic")


@pytest.fixture
def left():
    """What one forward and one backward pass of NET leave behind."""
    return NET.backward_pass(NET.forward_pass(PARAMS, X), Y)


def test_the_forward_pass_is_that_on_paper(left):
    assert left.z[1].tolist() == [[1.0, -0.5]]
    assert left.a[1].tolist() == [[1.0, 0.0]]
    assert NET.forward(PARAMS, X).tolist() == [[2.0]]
    assert NET.loss(PARAMS, X, Y) == 4.5


def test_criterion_gradient_is_a_minus_y():
    assert NET.criterion_gradient(np.array([[2.0]]), Y).tolist() == [[-3.0]]


def test_output_delta_is_the_criterion_gradient_through_the_last_activation(left):
    assert NET.output_delta(left).tolist() == [[-3.0]]
    relu = manual.MLP((2, 2, 1), ("relu", "relu"), "quadratic")
    left.z[2] = np.array([[-2.0]])
    assert relu.output_delta(left).tolist() == [[0.0]]


def test_output_delta_of_a_fused_pair_is_p_minus_y():
    """Equal logits: p = (1/2, 1/2), y = class 1."""
    net = manual.MLP((1, 2), ("softmax",), "cross_entropy")
    params = {"W1": np.zeros((2, 1)), "b1": np.zeros(2)}
    p = net.forward_pass(params, np.ones((1, 1)))
    p.y = np.array([1])
    assert net.output_delta(p).tolist() == [[0.5, -0.5]]


def test_hidden_delta_is_what_comes_back_through_W_times_the_slope(left):
    """-3 (3, 4) = (-9, -12), and relu's slopes at (1, -0.5) are (1, 0)."""
    assert NET.hidden_delta(1, left).tolist() == [[-9.0, 0.0]]


def test_through_activation_multiplies_by_the_slope_or_the_jacobian(left):
    assert NET.through_activation(1, np.array([[7.0, 7.0]]), left).tolist() == [[7.0, 0.0]]
    # At equal z softmax is (1/2, 1/2), its Jacobian [[1/4, -1/4], [-1/4, 1/4]].
    soft = manual.MLP((2, 2, 1), ("softmax", "identity"), "quadratic")
    left.z[1] = np.array([[3.0, 3.0]])
    assert soft.through_activation(1, np.array([[1.0, 0.0]]), left).tolist() == [[0.25, -0.25]]


def test_weight_gradient_is_delta_times_the_input_summed_over_the_batch(left):
    assert NET.weight_gradient(2, left).tolist() == [[-3.0, 0.0]]
    assert NET.weight_gradient(1, left).tolist() == [[-9.0, -18.0], [0.0, 0.0]]
    left.delta[1], left.a[0] = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[10.0, 0.0], [0.0, 1.0]])
    assert NET.weight_gradient(1, left).tolist() == [[10.0, 3.0], [20.0, 4.0]]


def test_bias_gradient_sums_delta_over_the_batch(left):
    left.delta[1] = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert NET.bias_gradient(1, left).tolist() == [4.0, 6.0]


def test_decay_is_lambda_times_the_weights_and_the_biases_only_if_asked(left):
    decayed = manual.MLP((2, 2, 1), ("relu", "identity"), "quadratic", l2=0.5)
    both = manual.MLP((2, 2, 1), ("relu", "identity"), "quadratic", l2=0.5, l2_biases=True)
    assert decayed.weight_decay(2, left).tolist() == [[1.5, 2.0]]
    assert decayed.bias_decay(2, left) == 0
    assert both.bias_decay(2, left).tolist() == [-0.5]
    # 1/2 * 1/2 * (1 + 1/4 + 1 + 9 + 16) for the weights, and (1 + 1) for the biases.
    assert decayed.loss(PARAMS, X, Y) == 4.5 + 0.25 * 27.25
    assert both.loss(PARAMS, X, Y) == 4.5 + 0.25 * 29.25
    assert both.loss_and_grads(PARAMS, X, Y)[1]["b2"].tolist() == [-3.0 - 0.5]


def test_one_pass_gives_all_of_it():
    loss, grads = NET.loss_and_grads(PARAMS, X, Y)
    assert loss == 4.5
    assert {name: g.tolist() for name, g in grads.items()} == {
        "W1": [[-9.0, -18.0], [0.0, 0.0]],
        "b1": [-9.0, 0.0],
        "W2": [[-3.0, 0.0]],
        "b2": [-3.0],
    }
    assert {name: d.tolist() for name, d in NET.deltas(PARAMS, X, Y).items()} == {
        "delta1": [[-9.0, 0.0]],
        "delta2": [[-3.0]],
    }


@pytest.mark.parametrize(
    "rule", ["criterion_gradient", "through_activation", "bias_gradient", "weight_gradient"]
)
def test_overriding_one_rule_changes_the_gradient(rule):
    """That is how a mistake is planted: the pass goes through the named rules and nothing else."""
    original = getattr(manual.MLP, rule)
    planted = type("Planted", (manual.MLP,), {rule: lambda self, *a: 2 * original(self, *a)})
    net = planted((2, 2, 1), ("relu", "identity"), "quadratic")
    right, wrong = NET.loss_and_grads(PARAMS, X, Y)[1], net.loss_and_grads(PARAMS, X, Y)[1]
    assert any((right[name] != wrong[name]).any() for name in right)
    assert net.loss(PARAMS, X, Y) == NET.loss(PARAMS, X, Y)


@pytest.mark.parametrize(
    ("activations", "criterion"),
    [
        (("softmax", "tanh", "softmax"), "cross_entropy"),
        (("gelu", "softplus", "sigmoid"), "binary_cross_entropy"),
        (("sigmoid", "softmax", "tanh"), "softmax_cross_entropy"),
        (("tanh", "gelu", "softmax"), "mse"),
        (("leaky_relu", "relu", "identity"), "hinge"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_every_entry_is_the_slope_of_the_loss(activations, criterion):
    """Central differences with h = 1e-5: h^2 for the formula, eps / h = 2e-11 of the loss for the rounding."""
    rng = np.random.default_rng(3)
    net = manual.MLP((3, 4, 3, 2), activations, criterion, l2=0.1, l2_biases=True)
    params = {name: p + 0.3 * rng.standard_normal(p.shape) for name, p in net.init(rng).items()}
    x = rng.standard_normal((5, 3))
    y = rng.integers(0, 2, 5) if CRITERIA[criterion].classes else np.sign(x[:, :2])
    y = (y + 1) / 2 if criterion == "binary_cross_entropy" else y
    _, grads = net.loss_and_grads(params, x, y)
    h = 1e-5
    for name, p in params.items():
        for index in np.ndindex(p.shape):
            e = np.zeros_like(p)
            e[index] = h
            up = net.loss({**params, name: p + e}, x, y)
            down = net.loss({**params, name: p - e}, x, y)
            assert abs((up - down) / (2 * h) - grads[name][index]) <= 1e-9, (name, index)


def test_the_inputs_are_left_alone():
    params, x, y = manual.from_numpy((PARAMS, X, Y))
    for array in (*params.values(), x, y):
        array.flags.writeable = False
    NET.loss_and_grads(params, x, y)
    NET.deltas(params, x, y)


@pytest.mark.parametrize(
    "last, criterion", [("softmax", "cross_entropy"), ("sigmoid", "binary_cross_entropy")]
)
def test_the_backward_pass_changes_nothing_that_the_forward_pass_left(last, criterion):
    rng = np.random.default_rng(0)
    net = manual.MLP((3, 4, 2), ("sigmoid", last), criterion)
    y = rng.integers(0, 2, 5) if criterion == "cross_entropy" else rng.random((5, 2))
    p = net.forward_pass(net.init(rng), rng.random((5, 3)))
    before = {kind: manual.from_numpy(getattr(p, kind)) for kind in ("z", "a", "W", "b")}
    net.backward_pass(p, y)
    first = manual.from_numpy((p.delta, p.dW))
    net.backward_pass(p, y)
    for kind, arrays in before.items():
        assert all(np.array_equal(a, getattr(p, kind)[l]) for l, a in arrays.items())
    assert all(
        np.array_equal(a, p.delta[l]) and np.array_equal(first[1][l], p.dW[l]) for l, a in first[0].items()
    )


@pytest.mark.parametrize("activations", [("sigmoid", "softmax"), ("tanh", "softmax"), ("softmax",)])
def test_types_are_promoted_as_numpy_promotes_them(activations):
    """Integers become floats; one float64 among float32 is not rounded away."""
    rng = np.random.default_rng(0)
    sizes = (3, 4, 2) if len(activations) == 2 else (3, 2)
    net, y = manual.MLP(sizes, activations), np.array([0, 1, 1])
    whole = {name: np.round(3 * p).astype(int) for name, p in net.init(rng).items()}
    _, grads = net.loss_and_grads(whole, np.ones((3, 3), int), y)
    _, right = net.loss_and_grads({n: p.astype(float) for n, p in whole.items()}, np.ones((3, 3)), y)
    assert all(np.array_equal(grads[n], right[n]) for n in right)
    mixed = net.init(rng, "float32")
    mixed["b1"] = mixed["b1"].astype(float)
    assert net.loss_and_grads(mixed, np.ones((3, 3), "float32"), y)[1]["b1"].dtype == np.float64


# ---- How parameters are drawn

VARIANCE = {
    "xavier": lambda fan_out, fan_in: 2 / (fan_in + fan_out),
    "he": lambda fan_out, fan_in: 2 / fan_in,
    "lecun": lambda fan_out, fan_in: 1 / fan_in,
    "normal": lambda fan_out, fan_in: 1,
    "uniform": lambda fan_out, fan_in: 1 / (3 * fan_in),
}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_an_init_scheme_has_its_mean_and_variance(scheme):
    """40,000 draws: the variance of n normals is within sqrt(2 / n) = 0.7 % at one sigma, 3.5 % at five."""
    W = SCHEMES[scheme](np.random.default_rng(0), 100, 400)
    variance = VARIANCE[scheme](100, 400)
    assert W.shape == (100, 400)
    assert abs(W.var() / variance - 1) <= 0.035
    assert abs(W.mean()) <= 5 * np.sqrt(variance / W.size)
    if scheme == "uniform":
        assert abs(W).max() <= 1 / np.sqrt(400)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_init_gives_every_parameter_its_shape_and_dtype_and_biases_of_zero(dtype):
    params = manual.MLP((4, 3, 2)).init(np.random.default_rng(0), dtype)
    assert {name: p.shape for name, p in params.items()} == {
        "W1": (3, 4),
        "b1": (3,),
        "W2": (2, 3),
        "b2": (2,),
    }
    assert all(p.dtype == dtype for p in params.values())
    assert not params["b1"].any()
    assert not params["b2"].any()
    assert params["W1"].all()


def test_init_is_decided_by_the_seed():
    net = manual.MLP((4, 3, 2))
    first, again, other = (net.init(np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not np.array_equal(first["W1"], other["W1"])


def test_float32_parameters_are_the_float64_ones_rounded():
    net = manual.MLP((4, 3, 2))
    double, single = (net.init(np.random.default_rng(0), dtype) for dtype in ("float64", "float32"))
    assert np.array_equal(double["W1"].astype("float32"), single["W1"])
