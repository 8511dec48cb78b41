"""Check that manual, torch and jax compute the same loss, gradients and deltas over time, for random networks.

The judge gives the verdict from the rounding measured on each network (docs/checking.md).
"""

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import jax_ref
import manual
import torch_ref
from compare import check_gradients
from tests.exact import DTYPES

PACKAGES = {"manual": manual, "torch_ref": torch_ref, "jax_ref": jax_ref}
CELLS = ("rnn", "lstm", "gru")


def inputs(net, batch, seed, dtype, lengths):
    """Return (params, x, y) with non-zero biases."""
    rng = np.random.default_rng(seed)
    params = {n: (p + 0.3 * rng.standard_normal(p.shape)).astype(dtype) for n, p in net.init(rng).items()}
    x = rng.standard_normal((batch, net.steps * net.inputs))
    if lengths:
        x = np.column_stack([x, rng.integers(1, net.steps + 1, batch)])
    return params, x.astype(dtype), rng.integers(0, net.classes, batch)


@given(
    st.builds(
        manual.Recurrent,
        st.sampled_from(CELLS),
        inputs=st.integers(1, 4),
        hidden=st.integers(1, 5),
        classes=st.integers(2, 4),
        steps=st.integers(1, 6),
    ),
    st.integers(1, 6),
    st.integers(0, 2**32 - 1),
    st.sampled_from(DTYPES),
    st.booleans(),
)
def test_hand_torch_and_jax_agree(net, batch, seed, dtype, lengths):
    arguments = inputs(net, batch, seed, dtype, lengths)
    report = check_gradients(net, *arguments, network=net, witnesses=("torch", "jax"))
    assert all(v.status == "agree" for v in report.verdicts), str(report)
    assert report.loss.status == "agree"
    assert len(report.verdicts) == {"rnn": 8, "lstm": 12, "gru": 12}[net.cell]


@pytest.mark.parametrize("lengths", [False, True], ids=["full", "lengths"])
@pytest.mark.parametrize("cell", CELLS)
def test_differences_vouch_for_every_delta(cell, lengths):
    net = manual.Recurrent(cell, inputs=2, hidden=3, classes=4, steps=5)
    report = check_gradients(net, *inputs(net, 3, 0, "float64", lengths), network=net)
    assert all(v.status == "agree" for v in report.verdicts), str(report)
    assert all(v.values["numerical"] is not None for v in report.verdicts)


@pytest.mark.parametrize("package", PACKAGES)
def test_gradients_are_named_as_the_parameters_and_deltas_as_what_they_are_by(package):
    net = manual.Recurrent("gru", inputs=2, hidden=3, classes=4, steps=5)
    params, x, y = PACKAGES[package].from_numpy(inputs(net, 3, 0, "float32", False))
    there = PACKAGES[package].Recurrent(**asdict(net))
    assert there.loss_and_grads(params, x, y)[1].keys() == params.keys()
    names = {"delta_r", "delta_z", "delta_n", "delta_hn", "delta_h", "delta_logits"}
    assert set(there.deltas(params, x, y)) == names
    assert there.forward(params, x).shape == (3, 4)


@pytest.mark.parametrize("package", PACKAGES)
def test_rows_of_another_length_are_refused_in_the_same_words(package):
    there = PACKAGES[package].Recurrent(inputs=3, steps=4)
    params, x = PACKAGES[package].from_numpy(
        (
            manual.Recurrent(inputs=3, steps=4).init(np.random.default_rng(0), "float32"),
            np.ones((2, 11), "float32"),
        )
    )
    with pytest.raises(
        ValueError,
        match=r"^x has shape \(2, 11\); it needs 12 columns \(4 steps x 3 inputs\), or 13 with the lengths$",
    ):
        there.forward(params, x)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"cell": "elman"}, "unknown cell 'elman'; known: rnn, lstm, gru"),
        ({"hidden": 0}, "hidden is 0; a positive integer is needed"),
        ({"steps": 2.0}, "steps is 2.0; a positive integer is needed"),
        ({"inputs": -1}, "inputs is -1; a positive integer is needed"),
    ],
    ids=str,
)
def test_fields_that_do_not_fit_are_refused_by_all_three_in_the_same_words(fields, says):
    for package in PACKAGES.values():
        with pytest.raises(ValueError, match=f"^{says}$"):
            package.Recurrent(**fields)
