"""Mistakes of porting planted in the example models: each is found at its step, and most are named."""

import pytest

pytest.importorskip("torch")
pytest.importorskip("jax")

from compare.common.errors import UserError
from compare.training import train

from .planted import ADAM, DECAY, SGD, STD, example

INTO_STD = (
    "        x = F.relu(self.norm1(self.conv1(x)))",
    "        x = x / x.std()\n        x = F.relu(self.norm1(self.conv1(x)))",
)
SMOOTHED = (
    "torch_loss = torch.nn.functional.cross_entropy",
    "torch_loss = torch.nn.CrossEntropyLoss(label_smoothing=0.1)",
)
SQUARE = (
    'a1 @ params["W2"].T + params["b2"])\n    logits',
    'a1 @ params["W2"] + params["b2"])\n    logits',
)
# (example, what is written into it, further lines, the kind of the finding, its id, words of its sentence)
PLANTED = {
    "approximate gelu": (
        "gpt",
        [("approximate=False", "approximate=True")],
        "",
        "loss",
        "gelu-approximate",
        "tanh",
    ),
    "std of n": ("cnn", [STD, INTO_STD], "", "loss", "std-correction", "n-1"),
    "momentum of the old value": (
        "cnn",
        [
            (
                '(1 - MOMENTUM) * state["mean"] + MOMENTUM * mean',
                'MOMENTUM * state["mean"] + (1 - MOMENTUM) * mean',
            ),
            (
                '(1 - MOMENTUM) * state["var"] + MOMENTUM * var',
                'MOMENTUM * state["var"] + (1 - MOMENTUM) * var',
            ),
        ],
        "",
        "statistics",
        "batchnorm-momentum",
        "0.9",
    ),
    "variance of n": ("cnn", [(" * n / (n - 1)", "")], "", "statistics", "batchnorm-running-variance", "n-1"),
    "layout of a square weight": (
        "mlp",
        [
            (
                'a1 @ params["W2"].T + params["b2"])\n    logits',
                'a1 @ params["W2"] + params["b2"])\n    logits',
            )
        ],
        "",
        "loss",
        "linear-layout",
        "x W^T",
    ),
    "epsilon of a norm": ("gpt", [("var + 1e-5", "var + 1e-6")], "", "loss", "norm-epsilon", "1e-06"),
    "epsilon of Adam": ("mlp", [("eps=1e-8", "eps=1e-7")], ADAM, "update", "update-rule", "epsilon 1e-07"),
    "decay in the gradient": (
        "gpt",
        [("optim.AdamW", "optim.Adam")],
        DECAY,
        "update",
        "update-rule",
        "decay",
    ),
    "dampened momentum": (
        "mlp",
        [("momentum=0.9)\n\nimport", "momentum=0.9, dampening=0.9)\n\nimport")],
        SGD,
        "update",
        "update-rule",
        "damp",
    ),
    "scale of the attention": (
        "gpt",
        [(" / jnp.sqrt(c // HEADS)", "")],
        "",
        "loss",
        "factor-missing",
        "scale",
    ),
    "mask left out": (
        "gpt",
        [("jnp.where(jnp.tril(jnp.ones((t, t), bool)), scores, -jnp.inf)", "scores")],
        "",
        "loss",
        "attention-causal",
        "causal",
    ),
    "a penalty in one loss": (
        "mlp",
        [
            (
                "logits)[jnp.arange(len(y)), y].mean()",
                "logits)[jnp.arange(len(y)), y].mean() + 0.005 * sum((params[n] ** 2).sum() for n in params)",
            )
        ],
        "",
        "loss",
        "decay-missing",
        "all parameters",
    ),
    "smoothed labels": ("mlp", [SMOOTHED], "", "loss", "label-smoothing", "0.1"),
    "look-ahead in one": (
        "mlp",
        [("momentum=0.9)\n\nimport", "momentum=0.9, nesterov=True)\n\nimport")],
        SGD,
        "update",
        "update-rule",
        "Nesterov",
    ),
    "two at once": (
        "mlp",
        [SMOOTHED, SQUARE, ("def hand(", "def derived(")],
        "",
        "loss",
        "linear-layout",
        "smooths",
    ),
    "a sum for a mean": (
        "mlp",
        [("jnp.arange(len(y)), y].mean()", "jnp.arange(len(y)), y].sum()")],
        "",
        "loss",
        "reduction",
        "32 times",
    ),
    "channels last in front of a layer": (
        "cnn",
        [(".transpose(0, 3, 1, 2).reshape(len(x), -1)", ".reshape(len(x), -1)")],
        "",
        "loss",
        "flatten-order",
        "channels",
    ),
    "SAME with a stride": (
        "cnn",
        [("pad, axes = ((1, 1), (1, 1))", 'pad, axes = "SAME"')],
        "",
        "loss",
        "padding-side",
        "right and below",
    ),
    "softmax over places": (
        "gpt",
        [("softmax(scores, axis=-1)", "softmax(scores, axis=-2)")],
        "",
        "loss",
        None,
        "",
    ),
    "softmax twice": (
        "mlp",
        [("jax.nn.log_softmax(logits)", "jax.nn.log_softmax(jax.nn.softmax(logits))")],
        "",
        "loss",
        "softmax-twice",
        "logits",
    ),
}


# A step of the larger models takes jax seconds to compile.
EACH = [
    pytest.param(name, marks=[] if of == "mlp" else pytest.mark.slow) for name, (of, *_) in PLANTED.items()
]


@pytest.mark.parametrize(
    "name", ["mlp", pytest.param("cnn", marks=pytest.mark.slow), pytest.param("gpt", marks=pytest.mark.slow)]
)
def test_the_examples_train_alike(name):
    result = train(example(name), steps=20, optimizer="adam")
    assert result.ok, result.reason


@pytest.mark.parametrize("name", EACH)
def test_a_planted_mistake_is_found_and_named(name):
    model, changes, more, kind, id, words = PLANTED[name]
    result = train(example(model, *changes, more=more), steps=4)
    assert result.ok is False and result.finding is not None
    assert result.finding.kind == kind, result.finding
    assert result.finding.step <= 1
    if id is not None:
        assert id in result.finding.one_of, result.finding
        assert words in result.finding.sentence


def test_only_some_have_an_update_of_their_own():
    with pytest.raises(UserError, match="hand has no update of its own, as torch and jax has"):
        train(example("mlp", more=ADAM.replace("hand = None", "")), steps=2)


@pytest.mark.slow
def test_what_is_carried_is_trained_in_float32_too():
    result = train(example("cnn"), steps=10, dtype="float32")
    assert result.ok, result.reason
