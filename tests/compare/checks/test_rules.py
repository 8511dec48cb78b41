"""Rules are checked one by one, so that two mistakes that cancel are found."""

import numpy as np
import pytest

from compare.checks.gradients import check_gradients
from compare.checks.rules import check_rules
from compare.mistakes.catalogue import catalogue
from manual import MLP

NETS = [
    MLP((5, 4, 3), ("tanh", "softmax"), "cross_entropy"),
    MLP((5, 4, 3), ("sigmoid", "softmax"), "quadratic", l2=0.1, l2_biases=True),
    MLP((4, 6, 5, 2), ("relu", "gelu", "sigmoid"), "binary_cross_entropy"),
    MLP((4, 6, 2), ("leaky_relu", "identity"), "hinge"),
    MLP((4, 5, 3), ("softplus", "identity"), "softmax_cross_entropy", l2=0.02),
    MLP((4, 5, 3), ("softmax", "tanh"), "mse"),
]


def batch(net, seed=0, n=7):
    rng = np.random.default_rng(seed)
    params = {name: a + 0.3 * rng.standard_normal(a.shape) for name, a in net.init(rng).items()}
    x = rng.standard_normal((n, net.sizes[0]))
    if "cross_entropy" in net.criterion and net.criterion != "binary_cross_entropy":
        return params, x, rng.integers(0, net.sizes[-1], n)
    y = rng.integers(0, 2, (n, net.sizes[-1])).astype(float)
    return params, x, 2 * y - 1 if net.criterion == "hinge" else y


def off(checks):
    return {c.name for c in checks if c.ok is not True}


@pytest.mark.parametrize("net", NETS, ids=lambda n: f"{n.activations}-{n.criterion}")
@pytest.mark.parametrize("seed", range(4))
def test_right_rules_are_right_by_themselves(net, seed):
    assert off(check_rules(net, *batch(net, seed))) == set()


@pytest.mark.parametrize("scale", [1e-3, 10])
def test_right_rules_are_right_far_from_the_middle(scale):
    for net in NETS:
        params, x, y = batch(net)
        checks = check_rules(net, {name: scale * a for name, a in params.items()}, x, y)
        assert not [c for c in checks if c.ok is False]


def test_two_mistakes_that_cancel_are_found_and_named():
    net = NETS[0]
    planted = catalogue()["softmax-jacobian-diagonal:cancelled"].planted(net, [2])
    report = check_gradients(planted, *batch(net))
    assert not report.ok and report.exit_code == 1
    assert all(v.passes for v in report.verdicts if v.name[:1] in "Wb")
    (finding,) = report.findings
    assert finding.one_of == ("softmax-jacobian-diagonal",) and finding.exact
    assert "criterion_gradient(2)" in finding.sentence and "through_activation(2)" in finding.sentence


@pytest.mark.parametrize(
    "id, layer, rule",
    [
        ("missing-activation-derivative", 1, "hidden_delta(1)"),
        ("bias-averaged", 2, "bias_gradient(2)"),
        ("softmax-jacobian-diagonal", 2, "through_activation(2)"),
        ("factor-two", 2, "output_delta(2)"),
    ],
)
def test_a_planted_rule_is_the_one_that_fails(id, layer, rule):
    net = NETS[1]
    planted = catalogue()[id].planted(net, [layer])
    assert off(check_rules(planted, *batch(net))) == {rule}


class BatchMeanInTheWeights(MLP):
    """The course's convention: delta without 1/N, dW and db with it."""

    def output_delta(self, p):
        return super().output_delta(p) * len(p.y)

    def weight_gradient(self, l, p):
        return super().weight_gradient(l, p) / len(p.y)

    def bias_gradient(self, l, p):
        return super().bias_gradient(l, p) / len(p.y)


def test_the_batch_mean_in_another_rule_is_a_convention():
    net = BatchMeanInTheWeights((5, 4, 3), ("tanh", "softmax"), "cross_entropy")
    report = check_gradients(net, *batch(net))
    assert report.ok and not report.findings


class Unfeedable(MLP):
    def weight_gradient(self, l, p):
        return (p.delta[l].T @ p.a[l - 1]) + 0 * self.scratch


def test_a_rule_that_cannot_be_fed_is_said_not_judged():
    net = Unfeedable((5, 4, 3), ("tanh", "softmax"), "cross_entropy")
    checks = check_rules(net, *batch(net))
    assert {c.name for c in checks if c.ok is None} == {"weight_gradient(1)", "weight_gradient(2)"}
