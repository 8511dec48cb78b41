"""Networks whose hand-written part holds a mistake, for the tests of the curves."""

from dataclasses import dataclass

import numpy as np

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


@dataclass(frozen=True)
class WrongFarOut(MLP):
    """Right until the norm of W2 has grown past a limit, which takes some steps."""

    limit = 4.02

    def weight_gradient(self, l, p):
        return super().weight_gradient(l, p) * (2 if np.linalg.norm(p.W[2]) > self.limit else 1)
