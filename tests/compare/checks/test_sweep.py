"""check_vjp(..., sweep=True): faults that the call's own inputs do not show, and what failing cases have in common."""

import numpy as np
import pytest
import torch

from compare.checks import sweep
from compare.checks.vjp import check_vjp


def tensors(*shapes):
    rng = np.random.default_rng(0)
    return [torch.from_numpy(rng.standard_normal(s)) for s in shapes]


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(sweep, "LENGTHS", (0, 1, 3, 16, 40))
    monkeypatch.setattr(sweep, "TYPES", ("float32",))


class Scaled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return x * w

    @staticmethod
    def backward(ctx, d):
        x, w = ctx.saved_tensors
        return d * w, (d * x).sum(0)


class OneBlock(Scaled):
    @staticmethod
    def backward(ctx, d):
        x, w = ctx.saved_tensors
        return d * w, (d * x)[:24].sum(0)


class Contiguous(Scaled):
    @staticmethod
    def backward(ctx, d):
        x, w = ctx.saved_tensors
        d = torch.as_strided(d, d.shape, (d.shape[1], 1))
        return d * w, (d * x).sum(0)


class AllNeeded(Scaled):
    @staticmethod
    def backward(ctx, d):
        x, w = ctx.saved_tensors
        return d * (w if all(ctx.needs_input_grad) else 1), (d * x).sum(0)


class Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return x @ w.T

    @staticmethod
    def backward(ctx, d):
        x, w = ctx.saved_tensors
        return d @ w, x.T @ d if x.shape[1] == d.shape[1] else d.T @ x


def swept(op, *shapes, reference=lambda x, w: x * w):
    inputs = tensors(*shapes)
    assert op is Scaled or check_vjp(op, *inputs, reference=reference).ok
    return check_vjp(op, *inputs, reference=reference, sweep=True)


def test_a_right_operation_is_right_in_every_case():
    report = swept(Scaled, (5, 3), (3,))
    kinds = {c["kind"] for c in report.about["sweep"]["cases"]}
    assert report.ok and kinds == {"own", "length", "square", "cotangent", "layout", "subset", "type"}
    assert "Right in all" in str(report)


def test_a_fault_at_a_blocks_edge_is_found_and_its_edge():
    report = swept(OneBlock, (5, 3), (3,))
    assert not report.ok and report.about["sweep"]["common"] == "whenever axis 0 of x is longer than 24"
    assert "Shown: axis 0 of x 25 long" in report.diagnosis and report["w"].status == "wrong"


def test_a_fault_of_cotangents_that_are_not_contiguous_is_found():
    report = swept(Contiguous, (5, 3), (3,))
    assert not report.ok and "with a transposed cotangent" in report.about["sweep"]["common"]


def test_a_fault_of_square_shapes_is_found_from_a_call_that_has_none():
    report = swept(Product, (5, 3), (4, 3), reference=lambda x, w: x @ w.T)
    assert not report.ok and "as long as" in report.about["sweep"]["common"]


def test_a_fault_that_shows_where_an_input_needs_no_gradient_is_found():
    report = swept(AllNeeded, (5, 3), (3,))
    assert report.about["sweep"]["common"] == "with no gradient needed for w"


def test_axes_of_the_same_length_are_told_apart():
    given = sweep.Given(Product, tensors((4, 4), (4, 4)), None)
    assert sweep._symbols(given) == [[(0, 0)], [(0, 1), (1, 1)], [(1, 0)]]


@pytest.mark.parametrize(
    ("outcomes", "words"),
    [
        ({1: True, 3: True, 40: False}, "is 40 long"),
        ({1: False, 2: False, 3: True}, "is shorter than 3"),
        (
            {8: True, 16: True, 9: False, 17: False, 33: False, 32: True, 3: True},
            "is longer than 8 and no multiple of it",
        ),
        ({1: False, 3: False, 2: True, 4: True}, "is no multiple of 2"),
        ({1: True, 2: True}, None),
    ],
)
def test_lengths_that_fail_are_described_by_the_simplest_rule(outcomes, words):
    assert sweep._of_lengths(outcomes) == words
