"""check_vjp(..., sweep=True): faults that the call's own inputs do not show, and what failing cases have in common."""

import numpy as np
import pytest
import torch

from compare.checks import sweep
from compare.checks.vjp import check_vjp
from compare.common.errors import UserError


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


def wrong_where(wrong):
    def backward(ctx, d):
        x, w = ctx.saved_tensors
        return d * w, (d * x).sum(0) * (2 if d.numel() > 1 and wrong(x, w, d) else 1)

    return type("Branches", (Scaled,), {"backward": staticmethod(backward)})


class Flat(Scaled):
    @staticmethod
    def backward(ctx, d):
        x, w = ctx.saved_tensors
        return d * w, (d.view(-1).view(x.shape) * x).sum(0)


class Normalised(Scaled):
    @staticmethod
    def backward(ctx, d):
        x, w = ctx.saved_tensors
        size = d.abs().max() if d.numel() else 1
        return d / size * w * size, (d * x).sum(0)


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


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda x, w, d: 0 in d.stride(), "an expanded cotangent, as out.sum() passes it back"),
        (lambda x, w, d: 0 in x.stride(), "expanded inputs"),
        (lambda x, w, d: x.stride(0) < x.stride(1) and len(x) > 1, "transposed inputs"),
        (lambda x, w, d: w.stride(0) == 2, "strided inputs"),
        (lambda x, w, d: d.stride(1) == 2, "a strided cotangent"),
        # Perturbed, its cotangents are not all ones: that the two branches differ is not rounding.
        (lambda x, w, d: bool((d == 1).all()), "a cotangent all ones"),
    ],
)
def test_a_fault_of_one_layout_or_one_branch_is_found(wrong, words):
    report = swept(wrong_where(wrong), (5, 3), (3,))
    assert f"with {words}" in report.about["sweep"]["common"] and report["w"].status == "wrong"


def test_a_backward_that_is_nan_at_a_cotangent_of_zeros_is_found():
    report = swept(Normalised, (5, 3), (3,))
    assert report.about["sweep"]["common"] == "with a cotangent of zeros"


def test_a_case_in_which_the_backward_raises_is_said():
    with pytest.raises(
        UserError, match=r"1 of .* cases fail.*With a transposed cotangent: your backward raised"
    ):
        swept(Flat, (5, 3), (3,))


class Cancels(Scaled):
    """With 40 rows it adds and takes away what costs float32 its digits: w is right, and rounding hides it."""

    @staticmethod
    def backward(ctx, d):
        x, w = ctx.saved_tensors
        big = 1e7 * (len(x) == 40)
        return d * w, (d * x + big - big).sum(0)


def test_a_case_that_rounding_hides_is_not_called_refused():
    inputs = [a.float() for a in tensors((5, 3), (3,))]
    report = check_vjp(Cancels, *inputs, reference=lambda x, w: x * w, sweep=True)
    assert report.ok and report.about["sweep"]["refused"] == 0
    assert report.about["sweep"]["unknown"] == ["axis 0 of x 40 long"]
    assert "not known: axis 0 of x 40 long" in str(report)


def test_a_right_product_is_right_where_an_input_needs_no_gradient():
    class Right(Product):
        @staticmethod
        def backward(ctx, d):
            x, w = ctx.saved_tensors
            return d @ w, d.T @ x

    # In float32 the reference runs in float64, also the input that needs no gradient: torch refuses mixed products.
    inputs = [a.float() for a in tensors((5, 3), (4, 3))]
    report = check_vjp(Right, *inputs, reference=lambda x, w: x @ w.T, sweep=True)
    assert report.ok and sum(c["kind"] == "subset" for c in report.about["sweep"]["cases"]) == 2


class First(torch.autograd.Function):
    """A maximum over the rows whose gradient goes to the first of those that are equal; torch's is shared."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.amax(0)

    @staticmethod
    def backward(ctx, d):
        (x,) = ctx.saved_tensors
        return torch.zeros_like(x).index_put_((x.argmax(0), torch.arange(x.shape[1])), d)


def test_equal_rows_are_no_fault_of_their_layout():
    assert swept(First, (5, 3), reference=lambda x: x.amax(0)).ok


def test_axes_of_the_same_length_are_told_apart():
    given = sweep.Given(Product, tensors((4, 4), (4, 4)), None)
    assert sweep._symbols(given) == [[(0, 0)], [(0, 1), (1, 1)], [(1, 0)]]


class CrossEntropy(torch.autograd.Function):
    """Its forward takes more rows than there are labels, for it picks; no call means that."""

    @staticmethod
    def forward(ctx, x, labels):
        ctx.save_for_backward(x, labels)
        return picked(x, labels)

    @staticmethod
    def backward(ctx, d):
        x, labels = ctx.saved_tensors
        hot = torch.nn.functional.one_hot(labels, x.shape[1])
        return d * (torch.softmax(x, -1) - hot) / len(labels), None


def picked(x, labels):
    return -torch.log_softmax(x, -1)[torch.arange(len(labels)), labels].mean()


def test_rows_that_only_the_forward_takes_are_no_fault():
    x, labels = tensors((4, 6))[0], torch.tensor([0, 2, 1, 3])
    assert sweep._symbols(sweep.Given(CrossEntropy, [x, labels])) == [[(0, 0), (1, 0)], [(0, 1)]]
    report = check_vjp(CrossEntropy, x, labels, reference=picked, sweep=True)
    assert report.ok and {"length", "square"} <= {c["kind"] for c in report.about["sweep"]["cases"]}


def test_rows_that_are_not_picked_are_varied_too():
    table, rows = tensors((5, 3))[0], torch.tensor([0, 2])
    op = lambda table, rows: table[rows]  # noqa: E731
    assert sweep._symbols(sweep.Given(op, [table, rows])) == [[(0, 0)], [(0, 1)], [(1, 0)]]


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
