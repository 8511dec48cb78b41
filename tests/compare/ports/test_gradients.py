"""The versions of a user's network against one another, as a report of gradients."""

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("jax")

import jax
import jax.numpy as jnp
import torch

from compare.checks.gradients import compare_gradients
from compare.common.errors import UserError
from compare.user.trio.trio import Trio

from .planted import example

SQUARE = ('a1 @ params["W2"].T + params["b2"])\n    logits', 'a1 @ params["W2"] + params["b2"])\n    logits')


def test_three_versions_that_agree():
    report = compare_gradients(example("mlp"))
    assert report.ok and report.exit_code == 0
    assert "All 6 gradients of hand agree with torch and jax" in str(report)
    assert "W1 is 0.weight" in str(report)  # what was paired is printed


def test_a_wrong_port_is_the_one_that_is_blamed():
    report = compare_gradients(example("mlp", SQUARE))
    assert not report.ok and report.exit_code == 1
    assert report.findings[0].rule == "jax" and report.findings[0].one_of == ("linear-layout",)
    assert report.diagnosis.startswith("jax differs from hand and torch")


def test_a_wrong_derivation_keeps_the_name_of_its_mistake():
    report = compare_gradients(example("mlp", ('"b1": d1.sum(axis=0)', '"b1": d1.mean(axis=0)')))
    assert [v.name for v in report.verdicts if v.status == "wrong"] == ["b1"]
    assert "bias-averaged" in report.findings[0].one_of


def test_a_gradient_that_jax_stops_is_found_though_the_losses_are_equal():
    stopped = ("logits = a2 @", "logits = jax.lax.stop_gradient(a2) @")
    report = compare_gradients(example("mlp", stopped))
    assert report.loss.status == "agree" and not report.ok
    assert {v.name for v in report.verdicts if v.status == "wrong"} == {"W1", "b1", "W2", "b2"}


def test_a_version_in_float32_is_not_right():
    inside = ("a1 = jnp.tanh(x @ params", "a1 = jnp.tanh(x.astype(jnp.float32) @ params")
    assert not compare_gradients(example("mlp", inside)).ok


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cnn", "gpt"])
def test_the_larger_examples_agree(name):
    assert compare_gradients(example(name)).ok


def test_a_row_of_padding_that_torch_does_not_train_is_named():
    rng = np.random.default_rng(0)
    module = torch.nn.Sequential(
        torch.nn.Embedding(7, 4, padding_idx=0), torch.nn.Flatten(), torch.nn.Linear(12, 2)
    )
    tree = {"embedding": jnp.zeros((7, 4)), "kernel": jnp.zeros((12, 2)), "bias": jnp.zeros(2)}

    def jax_loss(p, x, y):
        logits = p["embedding"][x].reshape(len(x), -1) @ p["kernel"] + p["bias"]
        return -jax.nn.log_softmax(logits)[jnp.arange(len(y)), y].mean()

    batch = rng.integers(0, 7, (20, 3)), rng.integers(0, 2, 20)
    loss = torch.nn.functional.cross_entropy
    report = compare_gradients(Trio(torch=(module, loss), jax=(tree, jax_loss), batch=batch))
    assert [v.name for v in report.verdicts if v.status == "wrong"] == ["0.weight"]
    assert report.findings[0].one_of == ("embedding-padding",) and "row 0" in report.diagnosis


def test_an_array_whose_rounding_cannot_be_measured_is_not_known():
    rng = np.random.default_rng(0)

    def divided(p, x, y):  # moved by an ulp, the two products differ in some entries: 0 / 0
        z = x @ p["w"]
        same = (z * 0.3 == 0.3 * z).astype(z.dtype)
        return ((z * same / same.min() - y) ** 2).mean()

    trio = Trio(torch=quadratic, jax=divided, params={"w": W}, batch=(rng.normal(size=(9, 3)), np.ones(9)))
    report = compare_gradients(trio)
    assert report.exit_code == 3 and [v.status for v in report.verdicts] == ["inconclusive"]


def quadratic(params, x, y):
    return ((x @ params["w"] - y) ** 2).mean()


W, X, Y = np.arange(3.0), np.eye(5, 3), np.ones(5)


@pytest.mark.parametrize(
    "given, said",
    [
        ({}, "nothing to compare"),
        ({"torch": quadratic, "batch": (X, Y)}, "params is missing"),
        ({"torch": quadratic, "params": {"w": W}}, "no data"),
        ({"torch": quadratic, "params": {"w": W}, "batch": (X, Y[:2])}, "x has 5 samples, y has 2"),
        ({"torch": quadratic, "params": {"w": W * np.nan}, "batch": (X, Y)}, "holds nan"),
        ({"hand": 3, "params": {"w": W}, "batch": (X, Y)}, "hand is int"),
        ({"jax": (1, 2, 3), "params": {"w": W}, "batch": (X, Y)}, "jax is needed as a function"),
        ({"torch": quadratic, "params": {"w": W}, "batch": (X, Y)}, "only torch is here"),
    ],
)
def test_what_cannot_be_used_is_one_line(given, said):
    with pytest.raises(UserError, match=said) as raised:
        trio = Trio(**given)
        trio.build(trio.here[0])
        compare_gradients(trio)
    assert "\n" not in str(raised.value)


def test_a_loss_that_closes_over_its_data_is_noticed():
    def closed(params, x, y):
        return ((X @ params["w"] - y) ** 2).mean()

    trio = Trio(jax=closed, torch=None, params={"w": W}, batch=(X, Y))
    assert trio.closures() == [
        "jax's loss is the same for another x: it closes over its data, which a compiler folds into the program; take "
        "them from the arguments"
    ]


def test_a_version_that_draws_its_loss_anew_is_refused():
    rng = np.random.default_rng(0)

    def drawn(params, x, y):
        return quadratic(params, x, y) * rng.random()

    trio = Trio(torch=lambda p, x, y: drawn(p, x, y), params={"w": W}, batch=(X, Y))
    with pytest.raises(UserError, match="two losses for the same inputs"):
        trio.build("torch")
