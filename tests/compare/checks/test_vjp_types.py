"""check_vjp in every floating type of torch and jax: right kernels pass, a lost term is found, the band is printed."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

from compare.checks.bench.operations.bench import bench, jax_operation, judged, torch_operation
from compare.checks.bench.operations.kernels import KERNELS
from compare.checks.vjp import check_vjp
from compare.common.errors import UserError

RMS = next(k for k in KERNELS if k.name == "RMS norm")
TYPES = ("float16", "bfloat16", "float32", "float64")


def normal(*shapes, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(s) for s in shapes]


def statuses(report):
    return {v.name: v.status for v in report.verdicts}


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("made", [torch_operation, jax_operation])
@pytest.mark.parametrize("given", [True, False])
def test_a_norm_is_judged_in_its_type(made, dtype, given):
    for mistake, inside in ((None, True), (None, False), ("mean square constant", False)):
        op, plain, cast = made(RMS, mistake, inside)
        report = check_vjp(
            op, *(cast(a, dtype) for a in normal((6, 16), (16,))), reference=plain if given else None
        )
        assert statuses(report) == {"x": "wrong" if mistake else "agree", "gain": "agree"}, str(report)
        assert report.about["coarsest"] == dtype
    assert not given or report.findings[0].one_of == ("variance-path-missing",)


def test_an_array_that_is_off_by_little_everywhere_is_wrong():
    class Scaled(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return 3 * x

        @staticmethod
        def backward(ctx, d):
            return (3 * d.float() * 1.06).to(d.dtype)  # 8 ulps of bfloat16

    (x,) = normal((16, 16))
    report = check_vjp(Scaled, torch.from_numpy(x).bfloat16(), reference=lambda x: 3 * x)
    assert statuses(report) == {"x": "wrong"}


def test_mixed_types_are_each_judged_in_their_own():
    x, g = normal((6, 16), (16,))
    for mistake in (None, "gain averaged"):
        op, plain, _ = torch_operation(RMS, mistake, True)
        report = check_vjp(op, torch.from_numpy(x).bfloat16(), torch.from_numpy(g).float(), reference=plain)
        assert statuses(report) == {"x": "agree", "gain": "wrong" if mistake else "agree"}


def test_the_band_stands_beside_a_tolerance_picked_by_hand():
    op, plain, cast = torch_operation(RMS, "mean square constant")
    x, g, c = (cast(a, "bfloat16") for a in normal((6, 16), (16,), (6, 16)))
    report = check_vjp(op, x, g, reference=plain, cotangent=c / 128)
    said = " ".join(str(report).split())
    assert "measured in bfloat16: x " in said and "atol = 0.01 would have passed x wrong by" in said
    bands = report.about["bands"]["arrays"]
    assert 0.005 < bands["x"]["band"] < 0.2 and bands["x"]["passed"] > 0.5


class Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a * b

    @staticmethod
    def backward(ctx, d):
        a, b = ctx.saved_tensors
        return d * b.conj(), d * a.conj()


class NotConjugated(Product):
    @staticmethod
    def backward(ctx, d):
        a, b = ctx.saved_tensors
        return d * b, d * a.conj()


def jax_product(conjugated):
    op = jax.custom_vjp(lambda a, b: a * b)
    op.defvjp(
        lambda a, b: (a * b, (a, b)),
        lambda kept, d: (d * (jnp.conj(kept[1]) if conjugated else kept[1]), d * kept[0]),
    )
    return op


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("given", [True, False])
def test_complex_numbers_follow_each_frameworks_conjugation(dtype, given):
    a, b = (x + 1j * y for x, y in (normal((5,), (5,)), normal((5,), (5,), seed=1)))
    reference = (lambda a, b: a * b) if given else None
    tensors = [torch.from_numpy(z).to(getattr(torch, dtype)) for z in (a, b)]
    arrays = [z.astype(dtype) for z in (a, b)]
    right = {n: "agree" for n in ("a.real", "a.imag", "b.real", "b.imag")}
    off = right | {"a.real": "wrong", "a.imag": "wrong"}
    assert statuses(check_vjp(Product, *tensors, reference=reference)) == right
    assert statuses(check_vjp(NotConjugated, *tensors, reference=reference)) == off
    assert statuses(check_vjp(jax_product(False), *arrays, reference=reference)) == right
    assert statuses(check_vjp(jax_product(True), *arrays, reference=reference)) == off


class Atomic(Product):
    """Sums in an order that is drawn anew in each call, as atomics do."""

    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return x * w

    @staticmethod
    def backward(ctx, d):
        x, w = ctx.saved_tensors
        total = torch.zeros_like(w)
        for k in torch.randperm(len(x)):
            total = total + d[k] * x[k]
        return d * w, total


class Dropping(Atomic):
    @staticmethod
    def backward(ctx, d):
        x, w = ctx.saved_tensors
        return d * w * (torch.rand_like(d) > 0.2), (d * x).sum(0)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
@pytest.mark.parametrize("given", [True, False])
def test_the_spread_of_atomics_is_rounding_and_that_of_a_draw_is_not(dtype, given):
    torch.manual_seed(0)
    x, w = (torch.from_numpy(a).to(dtype) for a in normal((32, 6), (6,)))
    reference = (lambda x, w: x * w) if given else None
    report = check_vjp(Atomic, x, w, reference=reference)
    assert report.ok and "in another order" in report.warnings[0], str(report)
    wrong = check_vjp(Dropping, x, w, reference=reference)
    assert statuses(wrong)["x"] == "nondeterministic" and "6 calls spread by" in wrong.diagnosis


def matrix_product(backward=lambda kept, d: (d @ kept[1].T, kept[0].T @ d)):
    op = jax.custom_vjp(lambda x, w: x @ w)
    op.defvjp(lambda x, w: (x @ w, (x, w)), backward)
    return op


def test_a_jitted_rule_is_taken_and_its_programs_are_traced_once():
    x, w = normal((4, 4), (4, 4))
    calls = []

    def backward(kept, d):
        calls.append(1)
        return d @ kept[1].T, kept[0].T @ d

    op = jax.jit(matrix_product(backward))
    assert check_vjp(op, x, w).ok
    first = len(calls)
    assert first <= 4  # once, once more to see whether it is the same, and in float64 for its rounding
    assert check_vjp(op, x, w).ok and len(calls) <= 2 * first


def test_a_rule_that_changes_between_checks_is_judged_anew():
    x, w = normal((4, 4), (4, 4))
    factor = [1.0]
    op = matrix_product(lambda kept, d: (factor[0] * d @ kept[1].T, kept[0].T @ d))
    assert check_vjp(op, x, w).ok
    factor[0] = 2.0
    assert statuses(check_vjp(op, x, w)) == {"x": "wrong", "w": "agree"}


def test_a_rule_that_draws_when_it_is_traced_is_nondeterministic():
    x, w = normal((4, 4), (4, 4))
    rng = np.random.default_rng(0)
    op = matrix_product(lambda kept, d: (rng.random((4, 4)) * d @ kept[1].T, kept[0].T @ d))
    assert statuses(check_vjp(op, x, w))["x"] == "nondeterministic"


def test_a_sample_of_the_bench_finds_and_names_what_it_plants():
    found = bench(1, ("scan",), frameworks=("torch",), dtypes=("bfloat16",))
    (counts,) = found.counts.values()
    assert counts.wrong == counts.unknown == counts.misnamed == 0
    assert counts.found == counts.shown > 6 and counts.named == counts.with_id
    assert "right kernels called wrong" in str(found) and found.exit_code == 0
    with pytest.raises(UserError, match="did you mean 'softmax'"):
        bench(1, ("softmaxx",))


def test_a_mistake_in_a_rule_of_jax_is_named():
    softmax = next(k for k in KERNELS if k.name == "softmax")
    case = judged(softmax, "jax", "float32", 1.0, "sum over the batch", 0)
    assert case.found and case.ids == ["wrong-axis"] and case.moved > 1e5


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", ["softmax", "cross-entropy"])
def test_a_maximum_taken_out_of_the_reference_does_not_make_the_band_too_narrow(name, dtype):
    """Autograd subtracts, by the path through the maximum, the roundings of the other entries: no kernel does."""
    kernel = next(k for k in KERNELS if k.name == name)
    for seed in (0, 2, 10, 16):
        assert judged(kernel, "torch", dtype, 8.0, None, seed).ok, seed
    wrong = judged(kernel, "torch", dtype, 8.0, next(iter(kernel.mistakes)), 0)
    assert wrong.found and wrong.id in wrong.ids


@pytest.mark.parametrize("made", [torch_operation, jax_operation])
def test_what_rounding_hides_in_16_bits_is_judged_by_the_same_backward_in_float64(made):
    """A saturated softmax cancels all but a few bits in bfloat16, in the plain implementation too."""
    attention = next(k for k in KERNELS if k.name == "attention")
    drawn = attention.draw(np.random.default_rng([4, *b"attention", *b"8.0"]), 8.0)

    def judged(mistake):
        op, plain, cast = made(attention, mistake)
        return check_vjp(op, *(cast(a, "bfloat16") for a in drawn), reference=plain, seed=4)

    right = judged(None)
    assert right["q"].status == "agree" and right["q"].noise > 0.5
    assert "run in float64 the backward is right" in right["q"].reason
    assert judged("scale missing")["q"].status in ("wrong", "inconclusive")


def test_a_backward_that_takes_its_own_type_alone_stays_unknown_where_rounding_hides_it():
    attention = next(k for k in KERNELS if k.name == "attention")
    op, plain, cast = torch_operation(attention, None)

    class Narrow(op):
        @staticmethod
        def backward(ctx, d):
            assert d.dtype == torch.bfloat16
            return op.backward(ctx, d)

    drawn = attention.draw(np.random.default_rng([4, *b"attention", *b"8.0"]), 8.0)
    report = check_vjp(Narrow, *(cast(a, "bfloat16") for a in drawn), reference=plain, seed=4)
    assert report["q"].status == "inconclusive"
