"""check_jvp: forward rules of jax and torch beside the reference, beside differences, and beside the backward."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

from compare.checks.jvp import check_jvp
from compare.common.errors import UserError

X = np.random.default_rng(0).standard_normal((4, 3))


def rule(factor):
    op = jax.custom_jvp(jnp.sin)
    op.defjvp(lambda at, along: (jnp.sin(at[0]), factor * jnp.cos(at[0]) * along[0]))
    return op


@pytest.mark.parametrize("reference", [None, jnp.sin])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_forward_rule_of_jax_is_judged(reference, dtype):
    x = X.astype(dtype)
    right, wrong = (check_jvp(rule(f), x, reference=reference) for f in (1.0, 1.01))
    assert right.ok and right.about["dot_product"]["relative"] < 1e-6, str(right)
    assert [v.status for v in wrong.verdicts] == ["wrong"]


class Sine(torch.autograd.Function):
    """Right forwards; its backward is off."""

    @staticmethod
    def forward(x):
        return torch.sin(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx, d):
        return 2 * d * torch.cos(ctx.saved_tensors[0])

    @staticmethod
    def jvp(ctx, along):
        return along * torch.cos(ctx.saved_tensors[0])


class WrongSine(Sine):
    @staticmethod
    def jvp(ctx, along):
        return -along * torch.cos(ctx.saved_tensors[0])


@pytest.mark.parametrize("reference", [None, torch.sin])
def test_a_forward_rule_of_torch_is_judged_and_compared_with_its_backward(reference):
    right = check_jvp(Sine, torch.from_numpy(X), reference=reference)
    assert right.ok and "the backward is off" in right.warnings[0], str(right)
    wrong = check_jvp(WrongSine, torch.from_numpy(X), reference=reference)
    assert not wrong.ok and "disagree" in wrong.diagnosis


def test_an_operation_without_a_forward_rule_is_refused_in_a_line():
    op = jax.custom_vjp(jnp.sin)
    op.defvjp(lambda x: (jnp.sin(x), x), lambda x, d: (d * jnp.cos(x),))
    with pytest.raises(UserError, match="your jvp raised TypeError"):
        check_jvp(op, X)
    with pytest.raises(UserError, match="no forward rule"):
        check_jvp((np.sin, lambda g, x: g * np.cos(x)), X)
