"""The decorator: an override holds in its layers alone, and plants on a network that has mistakes already."""

import numpy as np
import pytest

import manual
from compare.mistakes.catalogue import catalogue
from compare.mistakes.mistake import CATALOGUE, mistake
from compare.networks.draws import suited_draw

NET = manual.MLP((3, 4, 4, 2), ("tanh", "sigmoid", "softmax"), l2=0.1)


def grads(net):
    drawn = suited_draw(NET, 5, np.random.default_rng(0), "float64")
    return net.loss_and_grads(drawn.params, drawn.x, drawn.y)[1]


def changed(net):
    right = grads(NET)
    return {name for name, g in grads(net).items() if not np.array_equal(g, right[name])}


def test_a_mistake_sits_in_its_layers_alone():
    planted = catalogue()["bias-averaged"].planted
    assert changed(planted(NET, [2])) == {"b2"}
    assert changed(planted(NET, [1, 3])) == {"b1", "b3"}
    np.testing.assert_array_equal(grads(planted(NET, [2]))["b2"], grads(NET)["b2"] / 5)


def test_mistakes_are_planted_on_one_another():
    both = catalogue()["decay-missing"].planted(catalogue()["bias-averaged"].planted(NET, [2]), [1])
    assert changed(both) == {"b2", "W1"}
    assert isinstance(both, manual.MLP) and both.sizes == NET.sizes


def test_a_mistake_of_several_rules_is_a_class_and_may_be_planted_twice():
    net = manual.Recurrent("rnn", inputs=2, hidden=3, classes=2, steps=4)
    rng = np.random.default_rng(0)
    case = net.init(rng), rng.standard_normal((5, 8)), rng.integers(0, 2, 5)
    once = catalogue()["assigned-not-accumulated:time"].planted(net, [1])
    twice = catalogue()["assigned-not-accumulated:time"].planted(once, [1])
    for name, g in once.loss_and_grads(*case)[1].items():
        np.testing.assert_array_equal(twice.loss_and_grads(*case)[1][name], g)


def test_a_constant_reaches_the_override():
    planted = catalogue()["rate-in-gradient"].planted(NET, [1, 2, 3], 0.25)
    np.testing.assert_array_equal(grads(planted)["W1"], 0.25 * grads(NET)["W1"])


def test_a_mistake_without_its_lines_is_refused():
    with pytest.raises(AssertionError, match="wrong:, right: and why: are needed"):

        @mistake("no-lines", "bias_gradient", "every")
        def _(net, right, l, trace):
            """No lines."""

    assert "no-lines" not in CATALOGUE
