"""The Hessian times a vector: a factor of a product is held constant, where R{.} moves both."""

import numpy as np

from manual.activations import ACTIVATIONS
from manual.criteria import CRITERIA

from .. import needs
from ..mistake import mistake


@needs.each_layer
def _bent(net, l):
    """The layer has a second derivative, and the rule takes part in it."""
    name = net.activations[l - 1]
    if l == net.depth and net.fused:
        return "the output delta is the fused p - y, which has no f'"
    f = ACTIVATIONS[name]
    return f"layer {l} is {name}: f'' is 0" if f.entrywise and f.second is None else None


@mistake("hessian-slope-constant", "r_through_activation", "every", needs=_bent, network="SecondOrder")
def _(net, right, l, r_da, da, r, trace):
    """
    wrong: R{{delta{l}}} = R{{da{l}}} * f'(z{l})
    right: R{{delta{l}}} = R{{da{l}}} * f'(z{l}) + da{l} * f''(z{l}) * R{{z{l}}}
    why: f'(z{l}) moves with the parameters too, by f''(z{l}) R{{z{l}}}
    """
    return right(l, r_da, np.zeros_like(da), r, trace)


@mistake("hessian-weight-constant", "r_hidden_delta", "hidden", network="SecondOrder")
def _(net, right, l, r, trace):
    """
    wrong: R{{da{l}}} = R{{delta{up}}} @ W{up}
    right: R{{da{l}}} = R{{delta{up}}} @ W{up} + delta{up} @ V{up}
    why: W{up} moves along v too: R{{W{up}}} is V{up}
    """
    da, r_da = trace.delta[l + 1] @ trace.W[l + 1], r.delta[l + 1] @ trace.W[l + 1]
    return net.r_through_activation(l, r_da, da, r, trace)


@needs.each_layer
def _not_the_first(net, l):
    return "layer 1 takes the input x, which does not move" if l == 1 else None


@mistake(
    "hessian-activation-constant", "r_weight_gradient", "every", needs=_not_the_first, network="SecondOrder"
)
def _(net, right, l, r, trace):
    """
    wrong: R{{dW{l}}} = R{{delta{l}}}.T @ a{down}
    right: R{{dW{l}}} = R{{delta{l}}}.T @ a{down} + delta{l}.T @ R{{a{down}}}
    why: the activation a{down} moves with the parameters below it
    """
    return r.delta[l].T @ trace.a[l - 1]


def _moving(site):
    """The criterion's gradient is no constant."""
    return (
        None if site.net.fused or not CRITERIA[site.net.criterion].kinks else "dC/da is constant off the kink"
    )


@mistake("hessian-criterion-constant", "r_output_delta", "output", needs=_moving, network="SecondOrder")
def _(net, right, r, trace):
    """
    wrong: R{{delta{l}}} = dC/da{l} * f''(z{l}) * R{{z{l}}}
    right: R{{delta{l}}} = R{{dC/da{l}}} * f'(z{l}) + dC/da{l} * f''(z{l}) * R{{z{l}}}
    why: dC/da{l} moves with a{l}, by the criterion's second derivative (where it is fused, R{{p - y}} is R{{p}})
    """
    L = net.depth
    if net.fused:
        return np.zeros_like(r.z[L])
    da = net.criterion_gradient(trace.a[L], trace.y)
    return net.r_through_activation(L, np.zeros_like(da), da, r, trace)
