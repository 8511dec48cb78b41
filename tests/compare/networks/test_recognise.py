"""Recognition: which network a loss is, from its values alone, in few passes."""

import numpy as np
import pytest

import manual
from compare.networks.candidates import HIDDEN, LAST, lasts
from compare.networks.draws import suited_draw
from compare.networks.fit import ENOUGH
from compare.networks.passes import NetInputs
from compare.networks.recognise import recognise
from manual.criteria import CRITERIA


def found(net, scale=1.0, samples=5, loss=None):
    d = suited_draw(net, samples, np.random.default_rng(0), "float64")
    return recognise(loss or (lambda flat: scale * net.loss(flat, d.x, d.y)), d.params, d.x, d.y)


@pytest.mark.parametrize("name", HIDDEN)
def test_every_hidden_activation_is_recognised(name):
    net = manual.MLP((3, 4, 3), (name, "softmax"))
    assert found(net).net == net


@pytest.mark.parametrize("name", LAST)
def test_every_last_activation_is_recognised(name):
    net = manual.MLP((3, 4, 3), ("tanh", name), "quadratic")
    assert found(net).net == net


@pytest.mark.parametrize("criterion", CRITERIA)
def test_every_criterion_is_recognised(criterion):
    net = manual.MLP((3, 4, 3), ("sigmoid", lasts(criterion)[0]), criterion)
    assert found(net).net == net


def test_two_hidden_layers_may_differ():
    net = manual.MLP((3, 4, 5, 3), ("silu", "gelu_tanh", "softmax"))
    assert found(net).net == net


@pytest.mark.parametrize("biases", [False, True])
def test_a_penalty_is_recovered_to_its_last_digit(biases):
    net = manual.MLP((3, 4, 3), ("tanh", "softmax"), l2=0.0125, l2_biases=biases)
    assert found(net).net == net


@pytest.mark.parametrize(
    ("scale", "words"), [(5, "summed over N=5"), (0.5, "with a 1/2"), (0.37, "scaled by 0.37")]
)
def test_a_scaled_loss_is_the_network_with_its_convention(scale, words):
    net = manual.MLP((3, 4, 3), ("tanh", "softmax"))
    recognised = found(net, scale)
    assert recognised.net == net and recognised.convention() == words


def test_a_loss_of_no_candidate_is_not_recognised():
    net = manual.MLP((3, 4, 3), ("tanh", "softmax"))
    assert found(net, loss=lambda flat: sum(np.sin(a).sum() for a in flat.values())) is None
    assert found(net, loss=lambda flat: np.nan) is None


def test_three_passes_rule_out_the_activations_that_do_not_fit(monkeypatch):
    net, passes = manual.MLP((3, 4, 3), ("tanh", "softmax")), []
    computed = NetInputs._computed

    def counted(self, below, point):
        passes.append(below)
        return computed(self, below, point)

    monkeypatch.setattr(NetInputs, "_computed", counted)
    assert found(net).net == net
    # The first layer is everybody's; sigmoid is ruled out, tanh is it: no other is tried.
    assert passes.count(()) == passes.count(("sigmoid",)) == passes.count(("tanh",)) == ENOUGH
    assert len(passes) == 3 * ENOUGH


def test_a_loss_that_no_criterion_has_costs_three_calls_and_no_pass(monkeypatch):
    calls = []

    def loss(flat):
        calls.append(flat)
        z = np.tanh(flat["W1"].sum()) * flat["W2"].sum() + flat["b2"]
        return np.sqrt(1 + z**2).sum()

    monkeypatch.setattr(NetInputs, "__init__", None)
    assert found(manual.MLP((3, 4, 3), ("tanh", "softmax")), loss=loss) is None
    assert len(calls) == ENOUGH


def test_a_loss_that_takes_no_weights_of_zero_is_recognised_at_other_points():
    net = manual.MLP((3, 4, 3), ("tanh", "softmax"), l2=0.0125)
    d = suited_draw(net, 5, np.random.default_rng(0), "float64")

    def loss(flat):
        if not flat["W2"].any():
            raise ZeroDivisionError
        return net.loss(flat, d.x, d.y)

    assert recognise(loss, d.params, d.x, d.y).net == net


@pytest.mark.parametrize("activations", [("silu", "relu", "softmax"), ("relu", "relu", "softmax")])
def test_a_network_with_a_penalty_ends_the_search(monkeypatch, activations):
    """No network without one can fit where W^L is 0."""
    net, passes = manual.MLP((3, 4, 5, 3), activations, l2=0.0125), []
    computed = NetInputs._computed

    def counted(self, below, point):
        passes.append(below)
        return computed(self, below, point)

    monkeypatch.setattr(NetInputs, "_computed", counted)
    assert found(net).net == net
    assert [below for below in passes if len(below) == 2][-1] == activations[:2]
