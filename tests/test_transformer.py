"""Check that manual, torch and jax compute the same loss, gradients and deltas of both variants of the transformer.

The judge gives the verdict from the measured rounding (docs/checking.md).
"""

from dataclasses import asdict

import jax
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

import jax_ref
import manual
import torch_ref
from compare.checks.gradients import check_gradients
from tests import exact


@st.composite
def networks(draw):
    """Draw a transformer of one or two small blocks, of width 4 or more: a norm leaves nothing of two features."""
    variant = draw(st.sampled_from(["gpt2", "modern"]))
    heads = draw(st.integers(1, 3))
    features = draw(st.integers(4 if heads == 1 else 2, 6))
    width = heads * (features + features % 2 if variant == "modern" else features)
    return manual.Transformer(
        vocabulary=draw(st.integers(2, 9)),
        context=draw(st.integers(1, 6)),
        layers=draw(st.integers(1, 2)),
        heads=heads,
        width=width,
        hidden=draw(st.integers(1, 9)),
        variant=variant,
    )


def inputs(net, batch, seed, dtype):
    """Return parameters without a 0 or 1, and tokens that repeat."""
    rng = np.random.default_rng(seed)
    params = {n: (p + 0.3 * rng.standard_normal(p.shape)).astype(dtype) for n, p in net.init(rng).items()}
    x, y = rng.integers(0, net.vocabulary, (2, batch, rng.integers(1, net.context + 1)))
    return params, x, y


def everything(package, net, arrays):
    """Return {"loss", parameters ..., deltas ...} as NumPy arrays."""
    # jax compiles each operation separately, or, with jit, all of them at once.
    compute = jax.jit(_all_three, static_argnums=0) if package is jax_ref else _all_three
    loss, grads, deltas = compute(net, *package.from_numpy(arrays))
    return {"loss": package.to_numpy(loss), **package.to_numpy(grads), **package.to_numpy(deltas)}


def _all_three(net, params, x, y):
    return *net.loss_and_grads(params, x, y), net.deltas(params, x, y)


def by_jax(net, arrays):
    with jax.enable_x64(arrays[0]["E"].dtype == np.float64):
        return everything(jax_ref, jax_ref.Transformer(**asdict(net)), arrays)


@given(networks(), st.integers(1, 4), st.integers(0, 2**32 - 1), st.sampled_from(exact.DTYPES))
def test_hand_torch_and_jax_agree(net, batch, seed, dtype):
    """Compare gradients and deltas; the check also measures torch's rounding: its gelu cancels in 1 + tanh."""
    report = check_gradients(net, *inputs(net, batch, seed, dtype), network=net, witnesses=("torch", "jax"))
    assert {v.status for v in report.verdicts} == {"agree"}, [
        v for v in report.verdicts if v.status != "agree"
    ]
    assert len(report.verdicts) > len(net.parameters)


@pytest.mark.parametrize("dtype", exact.DTYPES)
@pytest.mark.parametrize("variant", ["gpt2", "modern"])
def test_nothing_changes_its_type_on_the_way(variant, dtype):
    net = manual.Transformer(7, 5, 2, 2, 8, variant=variant)
    arrays = inputs(net, 3, 0, dtype)
    by_torch = everything(torch_ref, torch_ref.Transformer(**asdict(net)), arrays)
    for found in (everything(manual, net, arrays), by_torch, by_jax(net, arrays)):
        assert {np.asarray(a).dtype for a in found.values()} == {np.dtype(dtype)}


@pytest.mark.parametrize("variant", ["gpt2", "modern"])
def test_names_and_their_order_are_the_same_in_all_three(variant):
    net = manual.Transformer(7, 5, 1, 2, 8, variant=variant)
    arrays = inputs(net, 3, 0, "float32")
    assert list(arrays[0]) == list(net.parameters)
    orders = []
    for package in (manual, torch_ref, jax_ref):
        there, (params, x, y) = package.Transformer(**asdict(net)), package.from_numpy(arrays)
        abstract = jax.eval_shape if package is jax_ref else lambda function, *given: function(*given)
        assert abstract(there.loss_and_grads, params, x, y)[1].keys() == params.keys()
        assert abstract(there.forward, params, x).shape == (*x.shape, 7)
        order = []  # written inside: what jax traces returns a dict sorted by its keys
        abstract(lambda *given, net=there, order=order: order.extend(net.deltas(*given)), params, x, y)
        orders.append(order)
    assert orders[0] == orders[1] == orders[2]
    assert orders[0][0] == "delta_x0"
    assert orders[0][-1] == "delta_logits"


class Fused(torch_ref.Transformer):
    """Compute attention and norms with torch's own fused layers, which return no scores."""

    def _attention(self, params, l, n, tap):
        q, k, v = (self._linear(params, f"_{w}{l}", n) for w in "qkv")
        if self.modern:
            q, k = self._rotate(q), self._rotate(k)
        q, k, v = (self._split(z) for z in (q, k, v))
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self._linear(params, f"_o{l}", mixed.transpose(1, 2).reshape(n.shape))

    def _norm(self, params, name, x):
        if self.modern:
            return F.rms_norm(x, x.shape[-1:], params[f"gamma{name}"], 1e-5)
        return F.layer_norm(x, x.shape[-1:], params[f"gamma{name}"], params[f"beta{name}"], 1e-5)


class FusedInJax(jax_ref.Transformer):
    """Compute attention with jax's own function, whose softmax is in float32 for every input."""

    def _attention(self, params, l, n, tap):
        q, k, v = (self._linear(params, f"_{w}{l}", n) for w in "qkv")
        if self.modern:
            q, k = self._rotate(q), self._rotate(k)
        q, k, v = (z.reshape(*z.shape[:2], self.heads, -1) for z in (q, k, v))
        mixed = jax.nn.dot_product_attention(q, k, v, is_causal=True)
        return self._linear(params, f"_o{l}", mixed.reshape(n.shape))


@pytest.mark.parametrize("variant", ["gpt2", "modern"])
def test_torchs_own_fused_layers_say_the_same(variant):
    net = manual.Transformer(7, 5, 2, 2, 8, variant=variant)
    arrays = inputs(net, 3, 0, "float64")
    params, x, y = torch_ref.from_numpy(arrays)
    own = Fused(**asdict(net))
    loss, grads = net.loss_and_grads(*arrays)
    np.testing.assert_allclose(own.forward(params, x), net.forward(*arrays[:2]), rtol=0, atol=1e-13)
    their_loss, theirs = own.loss_and_grads(params, x, y)
    assert abs(float(their_loss) - loss) < 1e-14
    for name, g in torch_ref.to_numpy(theirs).items():
        np.testing.assert_allclose(grads[name], g, rtol=0, atol=1e-14, err_msg=name)


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["gpt2", "modern"])
def test_jaxs_own_attention_says_the_same_in_float32(variant):
    net = manual.Transformer(7, 5, 2, 2, 8, variant=variant)
    arrays = inputs(net, 3, 0, "float32")
    theirs = jax.jit(FusedInJax(**asdict(net)).loss_and_grads)(*jax_ref.from_numpy(arrays))[1]
    for name, g in net.loss_and_grads(*arrays)[1].items():
        # The gradients are of order 0.1, and each takes some hundred roundings.
        np.testing.assert_allclose(g, theirs[name], rtol=0, atol=2e-6, err_msg=name)


def test_a_token_is_predicted_from_what_is_before_it_alone():
    net = manual.Transformer(7, 6, 2, 2, 8)
    params, _, _ = inputs(net, 2, 0, "float64")
    x = np.random.default_rng(1).integers(0, 7, (2, 6))
    before = net.forward(params, x)
    x[:, 4:] = (x[:, 4:] + 1) % 7
    np.testing.assert_array_equal(net.forward(params, x)[:, :4], before[:, :4])


def test_a_sequence_may_be_shorter_than_the_context():
    net = manual.Transformer(7, 6, 1, 2, 8)
    params, _, _ = inputs(net, 2, 0, "float64")
    x = np.zeros((2, 3), int)
    grads = net.loss_and_grads(params, x, x)[1]
    assert grads["P"].shape == (6, 8)
    assert not grads["P"][3:].any()


@pytest.mark.parametrize("package", [manual, torch_ref, jax_ref], ids=lambda package: package.__name__)
@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"layers": 0}, "layers is 0; it must be 1 or more"),
        ({"vocabulary": -1}, "vocabulary is -1; it must be 1 or more"),
        ({"variant": "gpt3"}, "unknown variant 'gpt3'; known: gpt2, modern"),
        ({"width": 30, "heads": 4}, "width 30 cannot be shared by 4 heads: it must be a multiple"),
        (
            {"width": 6, "heads": 2, "variant": "modern"},
            "3 features a head: rotary positions turn pairs, so it must be even",
        ),
    ],
    ids=str,
)
def test_fields_that_do_not_fit_are_refused_in_the_same_words(package, fields, says):
    with pytest.raises(ValueError, match=says):
        package.Transformer(**fields)


def test_hidden_is_four_times_the_width_where_it_is_not_given():
    net = manual.Transformer(width=8)
    assert net.hidden == 32
    assert {p.shape for n, p in net.init(np.random.default_rng(0)).items() if "W_up" in n} == {(32, 8)}


def test_the_parameters_are_counted_as_gpt2s():
    """Count 124,439,808 parameters for 12 layers of 768: the published number, with a tied head."""
    net = manual.Transformer(50257, 1024, 12, 12, 768)
    C, M = net.width, net.hidden
    block = 4 * (C * C + C) + C * M + M + M * C + C + 4 * C
    assert 50257 * C + 1024 * C + 12 * block + 2 * C == 124_439_808
    assert len(net.parameters) == 2 + 12 * 16 + 2


def test_it_learns_a_sequence_by_heart():
    net = manual.Transformer(5, 8, 1, 2, 8)
    rng = np.random.default_rng(0)
    params, x = net.init(rng), rng.integers(0, 5, (2, 8))
    y = np.roll(x, -1, axis=1)
    first = net.loss(params, x, y)
    for _ in range(200):
        grads = net.loss_and_grads(params, x, y)[1]
        params = {n: p - 0.3 * grads[n] for n, p in params.items()}
    assert net.loss(params, x, y) < 0.05 * first


def test_torch_takes_tokens_of_any_integer_type():
    net = torch_ref.Transformer(5, 4, 1, 1, 4)
    hand = manual.Transformer(5, 4, 1, 1, 4)
    params, x, y = inputs(hand, 2, 0, "float32")
    for kind in (np.uint8, np.int32, np.int64):
        there = net.loss(*torch_ref.from_numpy((params, x.astype(kind), y.astype(kind))))
        assert torch.isclose(there, torch.tensor(hand.loss(params, x, y)))
