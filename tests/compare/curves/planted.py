"""Networks whose hand-written part holds a mistake, for the tests of the curves."""

from dataclasses import dataclass

from compare.networks import Network
from manual.mlp import MLP


@dataclass(frozen=True)
class BiasAveraged(MLP):
    def bias_gradient(self, l, p):
        return p.delta[l].mean(axis=0)


@dataclass(frozen=True)
class NanFromStart(MLP):
    def loss_and_grads(self, params, x, y):
        loss, grads = super().loss_and_grads(params, x, y)
        return loss * float("nan"), grads


@dataclass(frozen=True)
class Planted(Network):
    """A network of the catalogue in which `hand` is another class."""

    hand: type = MLP

    def build(self, who):
        return self.hand(**self.fields) if who == "hand" else super().build(who)


def planted(net, hand):
    return Planted(net.name, net.class_name, net.fields, hand)


def wrong_from_step(step):
    """A class of networks whose gradient is doubled from the given training step on; a call is a step."""
    calls = []

    @dataclass(frozen=True)
    class Later(MLP):
        def loss_and_grads(self, params, x, y):
            loss, grads = super().loss_and_grads(params, x, y)
            calls.append(None)
            factor = 2 if len(calls) > step else 1
            return loss, {name: factor * g for name, g in grads.items()}

    return Later
