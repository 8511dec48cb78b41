"""Names of operations' mistakes, by the reference run without one of its statistics, and no name for other numbers."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
jax = pytest.importorskip("jax")

from compare.checks.vjp import check_vjp  # noqa: E402


def normal(*shapes, seed=0):
    rng = np.random.default_rng(seed)
    return [torch.from_numpy(rng.standard_normal(s)) for s in shapes]


def function(forward, backward):
    """Return a torch.autograd.Function of these."""

    class Operation(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *inputs):
            ctx.save_for_backward(*inputs)
            return forward(*inputs)

        @staticmethod
        def backward(ctx, d):
            return backward(d, *ctx.saved_tensors)

    return Operation


def named(report):
    return {f.array: f.one_of for f in report.findings if f.one_of}


def attended(q, k):
    return torch.softmax(q @ k.T / 2, -1)


def by_parts(q, k):
    s = q @ k.T / 2
    e = (s - s.amax(-1, keepdim=True)).exp()
    return e / e.sum(-1, keepdim=True)


@pytest.mark.parametrize("reference", [attended, by_parts])
def test_the_sum_of_a_softmax_inside_an_operation_is_missed(reference):
    def backward(d, q, k):
        ds = attended(q, k) * d  # - sum
        return ds @ k / 2, ds.T @ q / 2

    report = check_vjp(function(attended, backward), *normal((5, 4), (6, 4)), reference=reference)
    assert [*named(report).values()] == 2 * [("softmax-sum-missing",)]


def test_the_sum_of_a_softmax_is_missed_in_jax():
    def forward(q, k):
        return jax.nn.softmax(q @ k.T / 2, axis=-1)

    op = jax.custom_vjp(forward)

    def backward(saved, d):
        q, k = saved
        ds = forward(q, k) * d
        return ds @ k / 2, ds.T @ q / 2

    op.defvjp(lambda q, k: (forward(q, k), (q, k)), backward)
    report = check_vjp(op, *(t.numpy().astype(np.float32) for t in normal((5, 4), (6, 4))), reference=forward)
    assert named(report) == {"q": ("softmax-sum-missing",), "k": ("softmax-sum-missing",)}


def norm(x):
    c = x - x.mean(0)
    return c / (c.square().mean(0) + 1e-5).sqrt()


@pytest.mark.parametrize(
    ("share", "mean", "ids"),
    [
        (0, 1, {"variance-path-missing"}),
        (1, 0, {"mean-path-missing"}),
        (0, 0, {"mean-path-missing"}),
        (8 / 7, 1, set()),  # n - 1: the path is there, of another size
    ],
)
def test_a_path_of_a_norm_is_named_where_it_is_missing_and_only_there(share, mean, ids):
    def backward(d, x):
        c = x - x.mean(0)
        r = (c.square().mean(0) + 1e-5).rsqrt()
        h = c * r
        return r * (d - mean * d.mean(0) - share * h * (d * h).mean(0))

    report = check_vjp(function(norm, backward), *normal((8, 5)), reference=norm)
    assert not report.ok
    assert {i for found in named(report).values() for i in found} == ids


@pytest.mark.parametrize("reference", [torch.nn.functional.layer_norm, torch.nn.functional.rms_norm])
def test_a_norm_of_the_framework_shows_its_statistics(reference):
    centred = reference is torch.nn.functional.layer_norm

    def forward(x):
        return reference(x, (6,), eps=1e-5)

    def backward(d, x):
        c = x - x.mean(-1, keepdim=True) * centred
        r = (c.square().mean(-1, keepdim=True) + 1e-5).rsqrt()
        return r * (d - d.mean(-1, keepdim=True) * centred)

    report = check_vjp(function(forward, backward), *normal((4, 6)), reference=forward)
    assert "mean square along axis 1" in report.diagnosis
    assert {i for ids in named(report).values() for i in ids} == {"variance-path-missing"}


def test_a_mean_over_all_entries_that_is_forgotten_is_named():
    def loss(a, b):
        return (a - b).square().mean()

    report = check_vjp(
        function(loss, lambda d, a, b: (2 * d * (a - b), -2 * d * (a - b) / 40)),
        *normal((5, 8), (5, 8)),
        reference=loss,
    )
    assert [ids[0] for ids in named(report).values()] == ["mean-summed"]


def test_half_of_a_rotation_is_no_lost_carry():
    cos, sin = (torch.from_numpy(f(np.arange(5.0))[:, None]) for f in (np.cos, np.sin))

    def rotated(x, sign=1):
        a, b = x[:, :4], x[:, 4:]
        return torch.cat([a * cos - sign * b * sin, b * cos + sign * a * sin], -1)

    report = check_vjp(function(rotated, lambda d, x: d * cos), *normal((5, 8)), reference=rotated)
    assert not report.ok and not named(report)


def divergence(logq, p):
    return (p * (p.log() - logq)).sum() / len(p)


def test_a_term_that_is_one_number_for_all_rows_is_no_path_through_a_mean():
    def backward(d, logq, p):
        return -d * p / len(p), d * (p.log() - logq) / len(p)  # + 1, of p log p

    logq, p = (torch.softmax(a, -1) for a in normal((6, 8), (6, 8)))
    report = check_vjp(function(divergence, backward), logq.log(), p, reference=divergence)
    assert {v.name: v.status for v in report.verdicts} == {"in0": "agree", "in1": "wrong"}
    assert not named(report)


def test_names_that_the_numbers_do_not_tell_apart_are_both_said():
    report = check_vjp(
        function(lambda x: x.sin(), lambda d, x: 2 * d * x.cos()), *normal((3, 4)), reference=torch.sin
    )
    assert named(report)["in0"] == ("scale-missing", "factor-two")
    assert "lacks the scale 1/sqrt(4), or is 2 times the right one" in report.diagnosis
