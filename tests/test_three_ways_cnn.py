"""Check that manual, torch and jax compute the same loss, gradients and deltas of the convolutional network.

The networks are drawn as in the bench: uneven images, one or two blocks, strides, both poolings, with and without ties.
The judge gives the verdict from the rounding measured on each network (docs/checking.md).
"""

import re
from dataclasses import asdict

import jax
import numpy as np
import pytest
import torch
from hypothesis import settings
from torch.nn import functional as F

import jax_ref
import manual
import torch_ref
from compare import networks
from compare.checks.gradients import check_gradients
from compare.networks import data
from tests.exact import DTYPES

PACKAGES = {"manual": manual, "torch_ref": torch_ref, "jax_ref": jax_ref}
NETWORKS = settings.get_profile("suite").max_examples // 3


def drawn(seed, dtype):
    d = networks.NETWORKS["cnn"].draw(np.random.default_rng(seed))
    return d.net, {name: p.astype(dtype) for name, p in d.params.items()}, d.x.astype(dtype), d.y


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("seed", range(NETWORKS))
def test_hand_torch_and_jax_agree(seed, dtype):
    net, params, x, y = drawn(seed, dtype)
    report = check_gradients(net, params, x, y, network=net)
    assert report.ok, str(report)
    assert [v.status for v in report.verdicts] == ["agree"] * (len(params) + 4 * len(net.channels) + 2), str(
        report
    )


@pytest.mark.parametrize("pool", ["max", "avg"])
def test_on_digits_a_bias_before_batch_norm_is_a_structural_zero(pool):
    net = networks.network("cnn", pool=pool)
    report = check_gradients(
        net.build("hand"),
        *networks.check_inputs(net, data.load(), 16),
        network=net,
        witnesses=("torch", "jax"),
    )
    assert report.ok, str(report)
    reasons = {v.name: v.reason for v in report.verdicts}
    assert "zero" in reasons["b1"] and "zero" in reasons["b2"]
    assert "zero" not in reasons["W1"] and "zero" not in reasons["b3"]


def as_torch_has_it(net, params, x):
    """Return the logits computed by torch's own layers, with fused batch norm."""
    a = x.reshape(len(x), *net.image)
    for l in range(1, net.depth):
        a = F.conv2d(a, params[f"W{l}"], params[f"b{l}"], net.stride, net.padding)
        a = F.relu(F.batch_norm(a, None, None, params[f"gamma{l}"], params[f"beta{l}"], training=True))
        a = (F.max_pool2d if net.pool == "max" else F.avg_pool2d)(a, net.window)
    return F.linear(a.flatten(1), params[f"W{net.depth}"], params[f"b{net.depth}"])


@pytest.mark.parametrize("pool", ["max", "avg"])
def test_torchs_own_layers_give_the_same_prediction_loss_and_gradients(pool):
    """Compare with a second witness: F.batch_norm fuses the operations of the reference; they differ by rounding."""
    net = torch_ref.CNN(image=(2, 9, 8), channels=(3, 4), stride=1, pool=pool)
    _, params, x, y = drawn(0, "float64")
    rng = np.random.default_rng(1)
    params = {
        n: p + 0.3 * rng.standard_normal(p.shape) for n, p in manual.CNN(**asdict(net)).init(rng).items()
    }
    x, y = rng.standard_normal((6, 2, 9, 8)), rng.integers(0, 10, 6)
    params, x, y = torch_ref.from_numpy((params, x, y))
    leaves = {name: p.clone().requires_grad_() for name, p in params.items()}
    logits = as_torch_has_it(net, leaves, x)
    loss = F.cross_entropy(logits, y)
    found = dict(zip(leaves, torch.autograd.grad(loss, leaves.values()), strict=True))
    spelled, grads = net.loss_and_grads(params, x, y)
    assert torch.allclose(net.forward(params, x), logits.softmax(-1), rtol=1e-12, atol=0)
    assert torch.isclose(spelled, loss, rtol=1e-13)
    for name, g in grads.items():
        scale = abs(found[name]).max() if not re.fullmatch(r"b[12]", name) else 1.0
        assert abs(g - found[name]).max() <= 1e-12 * scale, name


@pytest.mark.parametrize("package", PACKAGES)
def test_gradients_are_named_as_the_parameters_and_deltas_after_what_they_are_of(package):
    net, params, x, y = drawn(3, "float32")
    there = PACKAGES[package].CNN(**asdict(net))
    params, x, y = PACKAGES[package].from_numpy((params, x, y))
    assert there.loss_and_grads(params, x, y)[1].keys() == params.keys()
    blocks = [f"delta_{what}{l}" for l in range(1, net.depth) for what in ("conv", "hat", "norm", "pool")]
    assert list(there.deltas(params, x, y)) == [*blocks, "delta_features", "delta_logits"]
    assert there.forward(params, x).shape == (len(x), net.classes)


def test_equal_networks_are_traced_once_under_jit():
    traces = []

    def loss(net, params, x, y):
        traces.append(net)
        return net.loss(params, x, y)

    jitted = jax.jit(loss, static_argnums=0)
    net, params, x, y = drawn(0, "float32")
    arguments = jax_ref.from_numpy((params, x, y))
    lists = {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(net).items()}
    for fields in (asdict(net), lists):
        jitted(jax_ref.CNN(**fields), *arguments)
    assert len(traces) == 1


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"image": (8, 8)}, "image (8, 8): channels, rows and columns are needed"),
        ({"image": (1, 0, 8)}, "image (1, 0, 8): channels, rows and columns are needed"),
        ({"channels": ()}, "channels (): one or more positive numbers are needed"),
        ({"channels": (4, 0)}, "channels (4, 0): one or more positive numbers are needed"),
        ({"stride": 0}, "stride is 0; it must be 1 or more"),
        ({"padding": -1}, "padding is -1; it must be 0 or more"),
        ({"pool": "min"}, "unknown pool 'min'; known: max, avg"),
        ({"dropout": 1.0}, "dropout is 1.0; it must be 0 or more and below 1"),
        ({"dropout": float("nan")}, "dropout is nan; it must be 0 or more and below 1"),
        (
            {"channels": (2,) * 4},
            "the image (8, 8) is too small: layer 4 leaves (0, 0): a larger one is needed",
        ),
    ],
    ids=str,
)
def test_fields_that_do_not_fit_are_refused_by_all_three_in_the_same_words(fields, says):
    for package in PACKAGES.values():
        with pytest.raises(ValueError, match=f"^{re.escape(says)}$"):
            package.CNN(**fields)
