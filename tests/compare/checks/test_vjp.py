"""Hand-written backwards inside the frameworks: right ones pass, planted mistakes are found and placed."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

from compare.checks.vjp import check_vjp
from compare.common.errors import UserError


def arrays(*shapes, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def statuses(report):
    return {v.name: v.status for v in report.verdicts}


class OldLinear(torch.autograd.Function):
    factor = 1.0

    @staticmethod
    def forward(ctx, x, weight, bias):
        ctx.save_for_backward(x, weight)
        return x @ weight.T + bias

    @classmethod
    def backward(cls, ctx, grad):
        x, weight = ctx.saved_tensors
        return grad @ weight, grad.T @ x, grad.sum(0)


class OldLinearBiasAveraged(OldLinear):
    @staticmethod
    def backward(ctx, grad):
        x, weight = ctx.saved_tensors
        return grad @ weight, grad.T @ x, grad.mean(0)


class NewSilu(torch.autograd.Function):
    @staticmethod
    def forward(x, beta):
        return x * torch.sigmoid(beta * x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, ctx.beta = inputs
        ctx.save_for_backward(x)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(ctx.beta * x)
        return grad * (s + ctx.beta * x * s * (1 - s)), None


class NewSiluTermMissing(NewSilu):
    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * torch.sigmoid(ctx.beta * x), None


def naive_linear(x, weight, bias):
    return torch.nn.functional.linear(x, weight, bias)


def naive_silu(x, beta):
    return x * torch.sigmoid(beta * x)


def tensors(*shapes, **options):
    return [torch.from_numpy(a) for a in arrays(*shapes, **options)]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("reference", [None, naive_linear])
def test_a_right_old_style_function_passes(dtype, reference):
    report = check_vjp(OldLinear, *tensors((6, 4), (3, 4), (3,), dtype=dtype), reference=reference)
    assert report.ok and report.exit_code == 0
    assert statuses(report) == {"x": "agree", "weight": "agree", "bias": "agree"}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("reference", [None, naive_linear])
def test_a_wrong_bias_is_placed_and_described(dtype, reference):
    report = check_vjp(
        OldLinearBiasAveraged, *tensors((6, 4), (3, 4), (3,), dtype=dtype), reference=reference
    )
    assert statuses(report) == {"x": "agree", "weight": "agree", "bias": "wrong"}
    assert "1/6" in report.diagnosis and report.exit_code == 1


@pytest.mark.parametrize("reference", [None, naive_silu])
def test_the_new_style_is_understood_and_its_number_passed_on(reference):
    (x,) = tensors((5, 3))
    right = check_vjp(NewSilu, x, 1.5, reference=reference)
    wrong = check_vjp(NewSiluTermMissing, x, 1.5, reference=reference)
    assert right.ok and "beta is a Python float" in right.warnings[0]
    assert statuses(wrong) == {"x": "wrong"}


def test_the_dot_product_and_the_taylor_rate_tell_right_from_wrong():
    (x,) = tensors((5, 3))
    right = check_vjp(NewSilu, x, 1.5, reference=naive_silu).about
    wrong = check_vjp(NewSiluTermMissing, x, 1.5, reference=naive_silu).about
    assert right["dot_product"]["relative"] < 1e-14 and wrong["dot_product"]["relative"] > 1e-3
    assert 1.8 < right["taylor_rate"] < 2.2 and 0.8 < wrong["taylor_rate"] < 1.2


@jax.custom_vjp
def jax_norm(x, scale):
    return x * scale / jnp.sqrt((x**2).mean(-1, keepdims=True))


def naive_norm(x, scale):
    return x * scale / jnp.sqrt((x**2).mean(-1, keepdims=True))


def norm_backward(kept, grad):
    x, scale = kept
    r = 1 / jnp.sqrt((x**2).mean(-1, keepdims=True))
    g = grad * scale
    return g * r - x * r**3 * (g * x).mean(-1, keepdims=True), (grad * x * r).sum(0)


def norm_variance_path_missing(kept, grad):
    x, scale = kept
    r = 1 / jnp.sqrt((x**2).mean(-1, keepdims=True))
    return grad * scale * r, (grad * x * r).sum(0)


def norm_with(backward):
    op = jax.custom_vjp(naive_norm)
    op.defvjp(lambda x, scale: (naive_norm(x, scale), (x, scale)), backward)
    return op


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("reference", [None, naive_norm])
def test_a_custom_vjp_is_judged(dtype, reference):
    x, scale = arrays((4, 6), (6,), dtype=dtype)
    assert check_vjp(norm_with(norm_backward), x, scale, reference=reference).ok
    report = check_vjp(norm_with(norm_variance_path_missing), x, scale, reference=reference)
    assert statuses(report) == {"x": "wrong", "scale": "agree"}


def affine(x, w, b):
    return x @ w + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def affine_backward_transposed(dout, cache):
    x, w = cache
    return dout @ w, x.T @ dout, dout.sum(axis=0)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_numpy_pair_with_a_cache_is_judged(dtype):
    inputs = arrays((5, 4), (4, 4), (4,), dtype=dtype)
    assert check_vjp((affine, affine_backward), *inputs).ok
    wrong = check_vjp((affine, affine_backward_transposed), *inputs)
    assert statuses(wrong) == {"x": "wrong", "w": "agree", "b": "agree"}


def test_a_numpy_pair_gets_its_inputs_again():
    pair = (lambda x, y: x * np.exp(y), lambda g, x, y: (g * np.exp(y), g * x * np.exp(y)))
    assert check_vjp(pair, *arrays((3, 2), (3, 2))).ok
    wrong = (pair[0], lambda g, x, y: (g * np.exp(y), g * np.exp(y)))
    assert statuses(check_vjp(wrong, *arrays((3, 2), (3, 2)))) == {"x": "agree", "y": "wrong"}


def take_backward_assigned(g, table, rows):
    found = np.zeros_like(table)
    found[rows] = g
    return found, None


def test_integer_inputs_are_skipped_and_said():
    (table,) = arrays((5, 3))
    rows = np.array([1, 1, 4])
    report = check_vjp((lambda table, rows: table[rows], take_backward_assigned), table, rows)
    assert statuses(report) == {"table": "wrong"} and "rows holds int64" in report.warnings[0]
    assert "rows 1 only" in report.diagnosis or "[1," in report.diagnosis


def test_another_choice_at_a_kink_is_no_mistake():
    x = np.array([-1.0, 0.0, 2.0, 0.0])

    def relu(x):
        return np.maximum(x, 0)

    assert statuses(check_vjp((relu, lambda g, x: g * (x >= 0)), x)) == {"x": "kink"}
    assert statuses(check_vjp((relu, lambda g, x: g * (x >= 0) * 2), x)) == {"x": "wrong"}


def test_a_forward_that_is_not_the_references_is_said():
    (x,) = tensors((5, 3))
    report = check_vjp(NewSilu, x, 1.5, reference=lambda x, beta: x * torch.sigmoid(x))
    assert report.loss.status == "wrong" and not report.ok and "forward" in report.diagnosis


def test_a_backward_that_changes_between_calls_is_nondeterministic():
    rng = np.random.default_rng(0)
    pair = (lambda x: 2 * x, lambda g, x: g * 2 * (rng.random(x.shape) > 0.5))
    assert statuses(check_vjp(pair, *arrays((6, 5)))) == {"x": "nondeterministic"}


def test_a_gradient_that_is_not_returned_is_missing():
    pair = (lambda x, y: x * y, lambda g, x, y: (g * y, None))
    assert statuses(check_vjp(pair, *arrays((3,), (3,)))) == {"x": "agree", "y": "missing"}


def test_the_given_cotangent_is_used():
    pair = (lambda x: x**2, lambda g, x: 2 * x * np.ones_like(g))
    (x,) = arrays((4,))
    assert check_vjp(pair, x, cotangent=np.ones(4)).ok
    assert not check_vjp(pair, x).ok


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: check_vjp(np.tanh, np.ones(2)), "pair"),
        (lambda: check_vjp((np.tanh, np.tanh), np.arange(3)), "nothing to differentiate"),
        (lambda: check_vjp((np.tanh, lambda g, x: (g, g, g)), np.ones(3)), "returns 3 gradients"),
        (lambda: check_vjp((np.tanh, lambda g, x: 1 / [])), "nothing to differentiate"),
        (lambda: check_vjp((np.tanh, lambda g, x: g @ g[:2]), np.ones(3)), "your backward raised ValueError"),
        (
            lambda: check_vjp((np.tanh, lambda g, x: g), np.ones(3), cotangent=np.ones(2)),
            "cotangent has shape",
        ),
        (lambda: check_vjp((np.log, lambda g, x: g / x), np.zeros(3)), "nan or inf"),
    ],
)
def test_unusable_calls_are_refused_in_a_line(call, words):
    with pytest.raises(UserError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)
