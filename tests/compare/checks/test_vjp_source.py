"""The line of a torch or jax backward: named where few statements are made for the wrong gradient alone."""

import importlib.util

import pytest

from compare.checks.vjp import check_vjp

pytestmark = pytest.mark.searches("rewritten")

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
    text = FUNCTION.replace("dx = g * w * slope", "dx = (g + 0.1) * w.exp() * slope * x")
    assert lines(report_on(text, tmp_path)) == [(number(text, "slope ="), number(text, "dx ="))]


def test_a_change_of_one_of_the_lines_is_run_and_shown(tmp_path):
    text = FUNCTION.replace("dx = g * w * slope", "dx = 2 * g * w * slope")
    report = report_on(text, tmp_path)
    finding = next(f for f in report.findings if f.fix)
    assert finding.line == number(text, "dx =")
    assert (finding.fix["from"], finding.fix["to"]) == ("dx = 2 * g * w * slope", "dx = g * w * slope")


def test_a_factor_that_was_kept_on_ctx_is_found(tmp_path):
    text = FUNCTION.replace(
        "return torch.tanh(x) * w", "ctx.scale = 3.0\n        return torch.tanh(x) * w * ctx.scale"
    )
    text = text.replace("return dx, g * t", "return dx * ctx.scale, g * t")
    fix = next(f.fix for f in report_on(text, tmp_path).findings if f.fix)
    assert fix["to"] == "return dx * ctx.scale, g * t * ctx.scale"


@pytest.mark.parametrize("wrong", ["g * y * (1 - y)", "g * y", "g - y"])
def test_the_formula_of_a_softmax_is_found_in_the_names_of_the_backward(wrong, tmp_path):
    text = f"""\
import torch
class Soft(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z):
        y = torch.softmax(z, -1)
        ctx.save_for_backward(y)
        return y
    @staticmethod
    def backward(ctx, g):
        y, = ctx.saved_tensors
        return {wrong}
"""
    report = report_on(text, tmp_path, "Soft", (torch.linspace(-1, 2, 6, dtype=torch.float64).reshape(2, 3),))
    fix = next(f.fix for f in report.findings if f.fix)
    assert fix["to"] == "return y * (g - (g * y).sum(dim=-1, keepdim=True))"


NORM = """\
import torch
class Norm(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z):
        u, r = {}
        ctx.save_for_backward(u, r)
        return u
    @staticmethod
    def backward(ctx, g):
        u, r = ctx.saved_tensors
        return {}
"""
LENGTH = "z / z.norm(dim=-1, keepdim=True), z.norm(dim=-1, keepdim=True)"
SPREAD = "(z - z.mean(-1, keepdim=True)) / z.std(-1, False, True), 1 / z.std(-1, False, True)"


@pytest.mark.parametrize(
    ("forward", "wrong", "right"),
    [
        (LENGTH, "g / r", "(g - u * (g * u).sum(dim=-1, keepdim=True)) / r"),
        (SPREAD, "g * r", "(g - g.mean(dim=-1, keepdim=True) - u * (g * u).mean(dim=-1, keepdim=True)) * r"),
    ],
)
def test_the_formula_of_a_norm_is_found_in_two_names_of_the_backward(forward, wrong, right, tmp_path):
    inputs = (torch.tensor([[0.3, -1.1, 2.0], [0.7, 0.2, -0.4]], dtype=torch.float64),)
    report = report_on(NORM.format(forward, wrong), tmp_path, "Norm", inputs)
    fix = next(f.fix for f in report.findings if f.fix)
    assert fix["to"] == f"return {right}"


BRANCH = "if True:\n            slope = {}"
LONG = "a = g * 2\n        b = a * 1\n        c = b * 1\n        dx = c * w * slope"


def test_a_change_is_found_in_a_backward_with_a_branch(tmp_path):
    text = FUNCTION.replace("slope = 1 - t**2", BRANCH.format("1 + t**2"))
    (finding,) = [f for f in report_on(text, tmp_path).findings if f.line is not None]
    assert finding.line == number(text, "slope =") and finding.fix["to"] == "slope = 1 - t ** 2"


def test_a_change_is_found_among_more_than_three_statements(tmp_path):
    text = FUNCTION.replace("dx = g * w * slope", LONG)
    (finding,) = [f for f in report_on(text, tmp_path).findings if f.line is not None]
    assert finding.fix is not None and finding.line == finding.fix["line"]


@pytest.mark.parametrize("change", [BRANCH.format("x.cos().exp()"), "slope = x.cos().exp()"])
def test_without_a_change_neither_a_branch_nor_many_statements_are_named(change, tmp_path):
    text = FUNCTION.replace("slope = 1 - t**2", change).replace("dx = g * w * slope", LONG)
    assert lines(report_on(text, tmp_path)) == []


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
    return jnp.cos(x) * y * g, -jnp.sin(x) * g
f.defvjp(forward, backward)
"""
    inputs = (jax.numpy.array([0.3, -1.1]), jax.numpy.array([1.5, 0.2]))
    report = report_on(text, tmp_path, "f", inputs)
    assert lines(report) == [(number(text, "return jnp.cos"),)]
    fix = next(f.fix for f in report.findings if f.fix)
    assert fix["to"] == "return jnp.cos(x) * y * g, jnp.sin(x) * g"


def test_a_backward_that_is_a_lambda_is_not_read(tmp_path):
    jax = pytest.importorskip("jax")
    text = """\
import jax
f = jax.custom_vjp(lambda x: x * x)
f.defvjp(lambda x: (x * x, x), lambda x, g: (x * g,))
"""
    assert lines(report_on(text, tmp_path, "f", (jax.numpy.array([0.3, -1.1]),))) == []
