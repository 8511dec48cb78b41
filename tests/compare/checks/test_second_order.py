"""check_vjp(..., order=2): a double backward that detaches, one with a wrong term, and right ones are told apart."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

from compare.checks.bench.operations.bench import jax_operation, torch_operation
from compare.checks.bench.operations.kernels import KERNELS
from compare.checks.vjp import check_vjp
from compare.common.errors import UserError

X = np.random.default_rng(0).standard_normal((4, 3))


def statuses(report):
    return {v.name: v.status for v in report.verdicts}


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("RMS norm", torch_operation),
        ("softmax", jax_operation),
        ("linear", torch_operation),
        ("linear", jax_operation),
    ],
)
def test_the_double_backward_of_a_right_operation_is_right(name, made):
    kernel = next(k for k in KERNELS if k.name == name)
    op, plain, cast = made(kernel, None)
    inputs = [cast(a, "float64") for a in kernel.draw(np.random.default_rng(1), 1.0)]
    report = check_vjp(op, *inputs, reference=plain, order=2)
    assert report.ok and report["cotangent"].status == "agree" and report.about["order"] == 2, str(report)


class Tanh(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        ctx.kept = torch.tanh(x)
        return torch.tanh(x)

    @staticmethod
    def backward(ctx, d):
        return d * (1 - torch.tanh(ctx.saved_tensors[0]) ** 2)


class Detached(Tanh):
    @staticmethod
    def backward(ctx, d):
        return d * (1 - ctx.kept**2)


class HalfDetached(Tanh):
    @staticmethod
    def backward(ctx, d):
        return d * (1 - torch.tanh(ctx.saved_tensors[0]) * ctx.kept)


def rule(backward):
    op = jax.custom_vjp(jnp.tanh)
    op.defvjp(lambda x: (jnp.tanh(x), x), backward)
    return op


stop = jax.lax.stop_gradient
RULES = {
    "right": rule(lambda x, d: (d * (1 - jnp.tanh(x) ** 2),)),
    "detached": rule(lambda x, d: (d * stop(1 - jnp.tanh(x) ** 2),)),
    "wrong term": rule(lambda x, d: (d * (1 - jnp.tanh(x) * stop(jnp.tanh(x))),)),
}


@pytest.mark.parametrize("reference", [None, torch.tanh])
def test_a_backward_of_torch_that_detaches_is_silently_a_constant(reference):
    x = torch.from_numpy(X)
    assert check_vjp(Tanh, x, reference=reference, order=2).ok
    report = check_vjp(Detached, x, reference=reference, order=2)
    assert report.findings[0].one_of == ("constant-backward",) and "silently 0" in str(report)
    half = check_vjp(HalfDetached, x, reference=reference, order=2)
    assert statuses(half) == {"x": "wrong", "cotangent": "agree"} and "1/2 of the right" in half.diagnosis


@pytest.mark.parametrize("reference", [None, jnp.tanh])
def test_a_rule_of_jax_that_stops_the_gradient_is_silently_a_constant(reference):
    assert check_vjp(RULES["right"], X, reference=reference, order=2).ok
    report = check_vjp(RULES["detached"], X, reference=reference, order=2)
    assert report.findings[0].one_of == ("constant-backward",)
    wrong = check_vjp(RULES["wrong term"], X, reference=reference, order=2)
    assert statuses(wrong) == {"x": "wrong", "cotangent": "agree"} and not wrong.findings


def test_a_first_order_that_is_wrong_is_reported_first():
    op = rule(lambda x, d: (2 * d * (1 - jnp.tanh(x) ** 2),))
    report = check_vjp(op, X, order=2)
    assert not report.ok and "order" not in report.about


def test_a_numpy_pair_has_no_second_order():
    with pytest.raises(UserError, match="torch or jax"):
        check_vjp((np.sin, lambda g, x: g * np.cos(x)), X, order=2)


class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, d):
        return d * 3 * ctx.saved_tensors[0] ** 2


class CubeDetached(Cube):
    @staticmethod
    def backward(ctx, d):
        return d * 3 * ctx.saved_tensors[0].detach() ** 2


class CubeHalf(Cube):
    @staticmethod
    def backward(ctx, d):
        x = ctx.saved_tensors[0]
        return d * 3 * x * x.detach()


def cubed(backward):
    op = jax.custom_vjp(lambda x: x**3)
    op.defvjp(lambda x: (x**3, x), backward)
    return op


CUBES = {
    "right": cubed(lambda x, d: (3 * d * x**2,)),
    "constant": cubed(lambda x, d: (3 * d * stop(x**2),)),
    "wrong term": cubed(lambda x, d: (3 * d * x * stop(x),)),
}


def test_six_right_and_six_wrong_double_backwards_are_told_apart():
    """All are right at first order; with the kernels above seven are right at second, and eight are not."""
    x = torch.from_numpy(X)
    right = [(Tanh, x), (Cube, x), (RULES["right"], X), (CUBES["right"], X)]
    wrong = [(Detached, x), (HalfDetached, x), (CubeDetached, x), (CubeHalf, x)]
    wrong += [
        (RULES["detached"], X),
        (CUBES["constant"], X),
        (RULES["wrong term"], X),
        (CUBES["wrong term"], X),
    ]
    assert all(check_vjp(op, at).ok for op, at in right + wrong), "first order says nothing of it"
    assert [check_vjp(op, at, order=2).ok for op, at in right] == [True] * len(right)
    found = [check_vjp(op, at, order=2) for op, at in wrong]
    assert [r.ok for r in found] == [False] * len(wrong)
    constant = [bool(r.findings) and r.findings[0].one_of == ("constant-backward",) for r in found]
    assert constant == [True, False, True, False, True, True, False, False]
