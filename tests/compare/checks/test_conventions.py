"""What torch and jax choose where nobody is wrong: the tables of kinks and of conventions, measured.

Each row is a statement about the two frameworks. All of them held with torch 2.13 and jax 0.10.2; where a version
differs, the row that fails says what has changed.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
import torch.nn.functional as F

import jax_ref
import manual
import torch_ref
from compare.checks.kinks import FRAMEWORKS
from manual.activations import LEAKY_SLOPE


def by_torch(function, at, dtype=np.float64):
    """The derivative of the sum of function(x)."""
    x = torch.tensor(np.asarray(at, dtype), requires_grad=True)
    function(x).sum().backward()
    return x.grad.numpy()


def by_jax(function, at, dtype=np.float64):
    # As a user has it: tests/conftest.py switches off the optimisation that rounds tanh to 1.
    optimised = {"xla_backend_optimization_level": "3"}
    slope = jax.jit(jax.grad(lambda x: function(x).sum()), compiler_options=optimised)
    with jax.enable_x64(True):
        return np.asarray(slope(jnp.asarray(np.asarray(at, dtype))))


NAN = float("nan")
# What it is, in torch, in jax, where, and the derivative that each takes there.
KINKS = [
    ("relu at 0", F.relu, jax.nn.relu, 0.0, 0, 0),
    ("relu6 at 0", F.relu6, jax.nn.relu6, 0.0, 0, 0),
    ("relu6 at 6", F.relu6, jax.nn.relu6, 6.0, 0, 0),
    (
        "maximum(x, 0) at 0",
        lambda x: torch.maximum(x, x.new_zeros(())),
        lambda x: jnp.maximum(x, 0),
        0.0,
        0.5,
        0.5,
    ),
    (
        "where(x >= 0, x, 0) at 0",
        lambda x: torch.where(x >= 0, x, 0),
        lambda x: jnp.where(x >= 0, x, 0),
        0.0,
        1,
        1,
    ),
    ("clamp, clip at the lower bound", lambda x: x.clamp(0, 1), lambda x: jnp.clip(x, 0, 1), 0.0, 1, 0.5),
    ("clamp, clip at the upper bound", lambda x: x.clamp(0, 1), lambda x: jnp.clip(x, 0, 1), 1.0, 1, 0.5),
    ("abs at 0", torch.abs, jnp.abs, 0.0, 0, 1),
    (
        "leaky relu, slope 0.1, at 0",
        lambda x: F.leaky_relu(x, 0.1),
        lambda x: jax.nn.leaky_relu(x, 0.1),
        0.0,
        0.1,
        1,
    ),
    ("hardtanh at 1", F.hardtanh, jax.nn.hard_tanh, 1.0, 0, 1),
    ("norm at 0", torch.linalg.vector_norm, jnp.linalg.norm, [0.0, 0.0], 0, NAN),
]


@pytest.mark.parametrize(
    "torchs, jaxs, at, in_torch, in_jax", [k[1:] for k in KINKS], ids=[k[0] for k in KINKS]
)
def test_the_derivative_at_a_kink(torchs, jaxs, at, in_torch, in_jax):
    shape = np.shape(at)
    np.testing.assert_array_equal(by_torch(torchs, at), np.full(shape, float(in_torch)))
    np.testing.assert_array_equal(by_jax(jaxs, at), np.full(shape, float(in_jax)))


@pytest.mark.parametrize(
    "activation, criterion", [("relu", "mse"), ("leaky_relu", "mse"), ("identity", "hinge")]
)
def test_what_a_report_says_of_the_frameworks_at_a_kink_is_what_they_do(activation, criterion):
    """One unit, one sample, on the kink: z = 0 for the relus, a margin y a = 1 for the hinge."""
    hinge = criterion == "hinge"
    params = {"W1": np.array([[1.0]]), "b1": np.array([1.0 if hinge else 0.0])}
    x, y = np.zeros((1, 1)), np.array([[1.0]])
    fields = ((1, 1), (activation,), criterion)
    torchs = torch_ref.MLP(*fields).loss_and_grads(
        {n: torch.from_numpy(p) for n, p in params.items()}, torch.from_numpy(x), torch.from_numpy(y)
    )
    with jax.enable_x64(True):
        jaxs = jax_ref.MLP(*fields).loss_and_grads(
            {n: jnp.asarray(p) for n, p in params.items()}, jnp.asarray(x), jnp.asarray(y)
        )
    outer = -1.0 if hinge else -2.0  # dC/da beside the kink, at a = 0 and y = 1
    chosen = tuple(float(g["b1"][0]) / outer for g in (torchs[1], jaxs[1]))
    assert chosen == pytest.approx(FRAMEWORKS["hinge" if hinge else activation])
    by_hand = manual.MLP(*fields).loss_and_grads(params, x, y)[1]["b1"][0] / outer
    assert by_hand == pytest.approx(LEAKY_SLOPE if activation == "leaky_relu" else 0)


# ---- Where the hand can be right and both frameworks wrong


def test_torchs_softplus_is_linear_above_20():
    z = torch.tensor([20.0, 20.1], dtype=torch.float64)
    off = F.softplus(z) - torch.logaddexp(z, torch.zeros(2, dtype=torch.float64))
    assert off[0] == 0 and off[1] == pytest.approx(-1.865e-9, rel=1e-3)
    assert by_torch(F.softplus, 20.1) == 1
    assert by_jax(jax.nn.softplus, 20.1) - 1 == pytest.approx(-1.865e-9, rel=1e-3)


def test_the_sigmoids_derivative_at_20_is_0_in_float32_in_both():
    true = np.exp(-20) / (1 + np.exp(-20)) ** 2
    assert true == pytest.approx(2.06e-9, rel=1e-2)
    assert by_torch(torch.sigmoid, 20, np.float32) == by_jax(jax.nn.sigmoid, 20, np.float32) == 0


def test_the_derivative_of_tanh_at_8_in_float32_is_5e_minus_7_in_torch_and_0_in_jax():
    assert 1 / np.cosh(8) ** 2 == pytest.approx(4.5e-7, rel=1e-2)
    assert by_torch(torch.tanh, 8, np.float32) == pytest.approx(4.77e-7, rel=1e-2)
    assert by_jax(jnp.tanh, 8, np.float32) == 0


# ---- Defaults that differ


def test_gelu_is_exact_by_default_in_torch_and_an_approximation_in_jax():
    exact, tanh = 0.8413447, 0.8411920
    assert float(F.gelu(torch.tensor(1.0))) == pytest.approx(exact, abs=1e-6)
    assert float(jax.nn.gelu(1.0)) == pytest.approx(tanh, abs=1e-6)
    assert float(F.gelu(torch.tensor(1.0), approximate="tanh")) == pytest.approx(tanh, abs=1e-6)
    assert float(jax.nn.gelu(1.0, approximate=False)) == pytest.approx(exact, abs=1e-6)


def test_std_divides_by_n_minus_1_in_torch_and_by_n_in_jax():
    a = np.array([1, 2, 4], np.float32)
    assert float(torch.tensor(a).std()) == pytest.approx(a.std(ddof=1))
    assert float(jnp.std(a)) == pytest.approx(a.std(ddof=0))


def test_torchs_batch_norm_momentum_weighs_the_new_value():
    norm = torch.nn.BatchNorm1d(1, affine=False)
    norm(torch.tensor([[1.0], [3.0]]))  # mean 2, variance 2 with n - 1; they start at 0 and 1
    assert norm.momentum == 0.1
    assert float(norm.running_mean) == pytest.approx(0.9 * 0 + 0.1 * 2)
    assert float(norm.running_var) == pytest.approx(0.9 * 1 + 0.1 * 2)


def test_torchs_linear_has_its_weight_as_out_times_in():
    layer = torch.nn.Linear(3, 2)
    assert layer.weight.shape == (2, 3)
    x = torch.ones(1, 3)
    torch.testing.assert_close(layer(x), x @ layer.weight.T + layer.bias)


def test_torchs_lstm_has_two_biases_and_its_gates_in_the_order_i_f_g_o():
    cell = torch.nn.LSTMCell(1, 1, dtype=torch.float64)
    assert cell.bias_ih.shape == cell.bias_hh.shape == (4,)
    with torch.no_grad():
        for p in cell.parameters():
            p.zero_()
        cell.bias_ih.copy_(torch.tensor([0.1, 0.2, 0.3, 0.4]))
        cell.bias_hh.copy_(torch.tensor([1.0, 2.0, 3.0, 4.0]))
        zero, one = torch.zeros(1, 1, dtype=torch.float64), torch.ones(1, 1, dtype=torch.float64)
        h, c = cell(zero, (zero, one))
    i, f, g, o = (0.1 + 1, 0.2 + 2, 0.3 + 3, 0.4 + 4)

    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    right = sigmoid(f) * 1 + sigmoid(i) * np.tanh(g)
    assert float(c) == pytest.approx(right) and float(h) == pytest.approx(sigmoid(o) * np.tanh(right))


def test_jax_is_float32_by_default_and_torch_keeps_what_it_is_given():
    assert jnp.asarray(np.zeros(2)).dtype == np.float32
    assert torch.tensor(np.zeros(2)).dtype == torch.float64
    assert torch.tensor([1.0]).dtype == torch.float32


@pytest.mark.parametrize("dtype, small", [(np.float32, 1e-40), (np.float64, 1e-310)])
def test_xla_on_a_cpu_flushes_denormals_to_zero_and_torch_keeps_them(dtype, small):
    with jax.enable_x64(True):
        assert float(jax.jit(lambda a: a * 0.5)(jnp.asarray(dtype(small)))) == 0
    assert float(torch.tensor(small, dtype=getattr(torch, dtype.__name__)) * 0.5) > 0


def test_torchs_grad_and_value_gives_the_gradient_first_and_jaxs_value_and_grad_the_value():
    gradient, value = torch.func.grad_and_value(lambda x: x * x)(torch.tensor(3.0))
    assert (float(gradient), float(value)) == (6, 9)
    value, gradient = jax.value_and_grad(lambda x: x * x)(3.0)
    assert (float(value), float(gradient)) == (9, 6)
