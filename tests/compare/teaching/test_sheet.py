"""The derivation sheet: its formulas are the rules' own, and its numbers come out again."""

import re

import numpy as np
import pytest

from compare import networks
from compare.common.errors import UserError
from compare.common.results import plain
from compare.report import sheet as sheet_text
from compare.teaching.sheet import derive
from compare.teaching.symbols import named
from manual.activations import ACTIVATIONS
from manual.criteria import CRITERIA


def random_network(seed):
    rng = np.random.default_rng(seed)
    sizes = tuple(int(n) for n in rng.integers(1, 6, int(rng.integers(2, 5))))
    criterion = str(rng.choice([c for c in CRITERIA if sizes[-1] > 1 or not CRITERIA[c].classes]))
    last = {"cross_entropy": "softmax", "binary_cross_entropy": "sigmoid"}.get(criterion)
    activations = [str(a) for a in rng.choice(list(ACTIVATIONS), len(sizes) - 1)]
    activations[-1] = last or activations[-1]
    l2 = float(rng.choice([0, 0.1]))
    return networks.network(
        sizes=sizes,
        activations=tuple(activations),
        criterion=criterion,
        l2=l2,
        l2_biases=bool(l2 and seed % 2),
    )


@pytest.mark.parametrize("seed", range(20))
def test_the_numbers_of_a_sheet_come_out_again(seed):
    net = random_network(seed)
    data = plain(derive(net, seed))
    assert data["vouched"]["ok"], data["vouched"]
    _another_way(net, data["example"])
    for e in data["backward"]:
        if e["entry"] and "\\dots" not in e["entry"]:
            _, *sides = e["entry"].split(" = ")
            worked, said = (float(eval(_python(side))) for side in sides)
            assert worked == pytest.approx(said, rel=2e-5, abs=2e-5), e["entry"]


def _another_way(net, example):
    """torch's own gradients and deltas at the numbers that the sheet prints."""
    import torch

    ref = net.build("torch")
    params = {n: torch.tensor(a, dtype=torch.float64) for n, a in example["params"].items()}
    x, y = torch.tensor(example["x"], dtype=torch.float64), torch.tensor(example["y"])
    loss, grads = ref.loss_and_grads(params, x, y)
    assert float(loss) == pytest.approx(example["loss"], rel=1e-12)
    for n, g in grads.items():
        np.testing.assert_allclose(example["grads"][n], g.numpy(), rtol=1e-9, atol=1e-12)
    for n, d in ref.deltas(params, x, y).items():
        np.testing.assert_allclose(example["delta"][n[5:]], d.numpy(), rtol=1e-9, atol=1e-12)


def _python(tex):
    tex = re.sub(r"10\^\{(-?\d+)\}", r"1e\1", tex)
    assert re.fullmatch(r"[\d\s.()+e\-]*", tex.replace("\\cdot", "")), tex
    return tex.replace("\\cdot", "*")


def test_a_formula_is_read_from_the_rule_itself():
    lines = {e.name: e for e in derive(networks.network(sizes=(2, 3, 2))).backward}
    assert lines["delta1"].right == "\\left( \\delta^{2} \\, W^{2} \\right) \\odot f_{1}'(z^{1})"
    assert lines["W1"].right == "\\delta^{1\\top} \\, x"
    assert lines["W1"].shape == (3, 2)
    assert lines["delta2"].rule == "output_delta"


def test_symbols_refuse_shapes_that_do_not_chain_and_what_has_no_notation():
    W, delta = named("W", 3, 2), named("d", "N", 3)
    assert (delta @ W).shape == ("N", 2)
    with pytest.raises(TypeError, match="do not chain"):
        delta @ W.T
    with pytest.raises(TypeError, match="entry by entry"):
        delta * W
    with pytest.raises(TypeError, match="no notation"):
        np.exp(delta)
    with pytest.raises(TypeError, match="over the batch"):
        W.sum(axis=0)


def test_the_sheet_is_markdown_or_a_page_without_a_network():
    data = plain(derive(networks.network(sizes=(2, 3, 2))))
    text, page = sheet_text.markdown(data), sheet_text.page(data)
    assert text.startswith("# Backpropagation through 2-3-2, sigmoid, softmax, cross_entropy\n")
    assert text.count("$$") % 2 == 0
    assert "<math" in page
    assert "<mi>&#x02032;</mi>" not in page  # as an exponent a prime floats
    assert "http" not in page.replace("http://www.w3.org/1998/Math/MathML", "")


def test_another_kind_of_network_is_refused():
    other = networks.Network("mlp", "MLP", {})
    object.__setattr__(other, "name", "cnn")
    with pytest.raises(UserError, match="rules of an MLP"):
        derive(other)


def test_a_formula_may_be_broken_before_what_stands_in_no_brackets():
    assert sheet_text.pieces("a = b + c") == ["a", "= b", r"+ \; c"]
    assert sheet_text.pieces(r"\frac{a + b}{c} = f(x + y)") == [r"\frac{a + b}{c}", "= f(x + y)"]
    assert sheet_text.pieces(r"f = \begin{cases} a = 1 \end{cases}") == [
        r"f = \begin{cases} a = 1 \end{cases}"
    ]
