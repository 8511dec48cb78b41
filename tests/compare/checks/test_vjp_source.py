"""The line of a torch or jax backward: named where few statements are made for the wrong gradient alone."""

import importlib.util

import pytest

from compare.checks.vjp import check_vjp

torch = pytest.importorskip("torch")
FUNCTION = """\
import torch
class Scaled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return torch.tanh(x) * w
    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        t = torch.tanh(x)
        slope = 1 - t**2
        dx = g * w * slope
        return dx, g * t
"""
X, W = torch.linspace(-1, 2, 5, dtype=torch.float64), torch.linspace(0.5, 1.5, 5, dtype=torch.float64)


def report_on(text, tmp_path, name="Scaled", inputs=(X, W)):
    file = tmp_path / "mine.py"
    file.write_text(text)
    spec = importlib.util.spec_from_file_location("mine", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return check_vjp(getattr(module, name), *inputs)


def lines(report):
    return [f.lines for f in report.findings if f.line is not None]


def number(text, start):
    return next(i for i, line in enumerate(text.splitlines(), start=1) if line.strip().startswith(start))


def test_a_right_backward_has_no_line(tmp_path):
    report = report_on(FUNCTION, tmp_path)
    assert report.ok and not report.findings


def test_the_expression_that_is_returned_is_named(tmp_path):
    text = FUNCTION.replace("return dx, g * t", "return dx, t")
    report = report_on(text, tmp_path)
    assert lines(report) == [(number(text, "return dx"),)]
    assert "Nothing else is computed for w alone" in report.diagnosis


def test_statements_that_a_right_gradient_shares_are_not_named(tmp_path):
    text = FUNCTION.replace("dx = g * w * slope", "dx = 2 * g * w * slope")
    assert lines(report_on(text, tmp_path)) == [(number(text, "slope ="), number(text, "dx ="))]


def test_a_backward_with_a_branch_is_not_read(tmp_path):
    branch = "if True:\n            slope = 1 - t"
    assert lines(report_on(FUNCTION.replace("slope = 1 - t**2", branch), tmp_path)) == []


def test_more_than_three_statements_are_not_named(tmp_path):
    long = "a = g * 2\n        b = a * 1\n        c = b * 1\n        dx = c * w * slope"
    assert lines(report_on(FUNCTION.replace("dx = g * w * slope", long), tmp_path)) == []


def test_the_line_of_a_custom_vjp_is_named(tmp_path):
    jax = pytest.importorskip("jax")
    text = """\
import jax
import jax.numpy as jnp
@jax.custom_vjp
def f(x, y):
    return jnp.sin(x) * y
def forward(x, y):
    return f(x, y), (x, y)
def backward(saved, g):
    x, y = saved
    return jnp.cos(x) * y * g, jnp.cos(x) * g
f.defvjp(forward, backward)
"""
    inputs = (jax.numpy.array([0.3, -1.1]), jax.numpy.array([1.5, 0.2]))
    assert lines(report_on(text, tmp_path, "f", inputs)) == [(number(text, "return jnp.cos"),)]


def test_a_backward_that_is_a_lambda_is_not_read(tmp_path):
    jax = pytest.importorskip("jax")
    text = """\
import jax
f = jax.custom_vjp(lambda x: x * x)
f.defvjp(lambda x: (x * x, x), lambda x, g: (x * g,))
"""
    assert lines(report_on(text, tmp_path, "f", (jax.numpy.array([0.3, -1.1]),))) == []
