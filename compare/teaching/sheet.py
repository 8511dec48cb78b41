"""The derivation of one network on paper: its rules written down by themselves, and a worked example.

Each backward rule of `manual.MLP` is called with symbols instead of arrays and gives its own formula; the numbers
beside it come from the same rules called with arrays, and torch and jax vouch for them.
"""

import inspect
from dataclasses import dataclass, replace

import numpy as np

from manual.mlp import MLP, Trace

from .. import networks
from ..common.errors import UserError
from ..common.results import environment
from . import formulas
from .symbols import BATCH, Symbol, named

SAMPLES = 2  # few enough for a sum over the batch to be written out


@dataclass(frozen=True)
class Equation:
    """One line: left = right, the rule it comes from, the shape, and why in a few words.

    name: the array ("delta1", "W2", ...); entry: one entry with its numbers written out, in LaTeX, or None.
    """

    name: str
    left: str
    right: str
    shape: tuple
    rule: str
    why: str
    entry: str | None = None


@dataclass(frozen=True)
class Sheet:
    """The raw result of `threeways derive`.

    forward, backward: Equations in the order in which they are computed.  activations, criterion: the formulas
    used.  example: {"x", "y", "loss", "params", "z", "a", "delta", "grads"}, all arrays.  vouched: what the
    checker says of the example.
    """

    schema: str
    environment: dict
    network: str
    fields: dict
    activations: dict
    criterion: dict
    forward: list
    backward: list
    example: dict
    vouched: dict

    @property
    def exit_code(self):
        return 0 if self.vouched["ok"] else 1


def derive(net, seed=0, samples=SAMPLES):
    """The Sheet of `net`, a network of the catalogue. Raises UserError where it is not an MLP."""
    if net.name != "mlp":
        raise UserError(f"a derivation sheet is made of the rules of an MLP; {net.name} has other ones")
    by_hand = net.build("hand")
    params, x, y = _batch(net, seed, samples)
    p = by_hand.backward_pass(by_hand.forward_pass(params, x), y)
    loss, grads = by_hand.loss_and_grads(params, x, y)
    backward = [_with_entry(e, by_hand, p) for e in _backward(by_hand)]
    return Sheet(
        schema="threeways/derive/1",
        environment=environment(seed),
        network=net.describe(),
        fields=net.fields,
        activations={
            name: {"f": formulas.ACTIVATIONS[name].tex, "slope": formulas.ACTIVATIONS[name].slope}
            for name in dict.fromkeys(by_hand.activations)
        },
        criterion=_criterion(by_hand),
        forward=_forward(by_hand),
        backward=backward,
        example={
            "x": x,
            "y": y,
            "loss": float(loss),
            "params": params,
            "z": {str(l): z for l, z in p.z.items()},
            "a": {str(l): a for l, a in p.a.items() if l},
            "delta": {str(l): d for l, d in p.delta.items()},
            "grads": grads,
        },
        vouched=_vouched(by_hand, params, x, y, seed),
    )


def _batch(net, seed, samples):
    """Parameters and a batch of round numbers, so that a reader can check them with a pocket calculator."""
    rng = np.random.default_rng([seed, 4])
    params = {
        n: np.round(p + 0.3 * rng.standard_normal(p.shape), 2) for n, p in networks.initial(net, seed).items()
    }
    labels = rng.integers(0, max(2, net.kind.outputs(net.fields)), samples)
    if net.kind.outputs(net.fields) == 1:
        y = rng.integers(0, 2, (samples, 1)).astype(float)
        y = 2 * y - 1 if net.fields["criterion"] == "hinge" else y
    else:
        y = networks.targets(net, labels)
    return params, np.round(rng.standard_normal((samples, net.fields["sizes"][0])), 1), y


def _vouched(net, params, x, y, seed):
    from ..checks.gradients import check_gradients

    report = check_gradients(net, params, x, y, network=net, seed=seed)
    worst = {}
    for verdict in report.verdicts:
        for who, error in verdict.errors.items():
            worst[who] = max(worst.get(who, 0.0), error)
    return {"ok": report.ok, "arrays": len(report.verdicts), "worst": worst, "warnings": report.warnings}


# ---- The formulas


class _Written(MLP):
    """The rules of an MLP with what is no rule (f', dC/da) written as a name: the rest is the code's own."""

    def through_activation(self, l, da, p):
        if self.activations[l - 1] == "softmax":
            # Row by row: the Jacobian of a softmax is symmetric, so that it may stand on either side.
            return Symbol(f"{da.at(2)} \\, J_{{{l}}}(z^{{{l}}})", da.shape, 1)
        return da * named(f"f_{{{l}}}'(z^{{{l}}})", *da.shape)

    def criterion_gradient(self, a, y):
        return named("\\frac{\\partial L}{\\partial a^{" + str(self.depth) + "}}", *a.shape)

    def output_delta(self, p):
        if self.fused:
            tex = formulas.FUSED[self.activations[-1], self.criterion][0].replace(
                "^{L}", f"^{{{self.depth}}}"
            )
            return named(tex, *p.z[self.depth].shape)
        return super().output_delta(p)


def _symbols(net):
    sides = {l: (BATCH, net.sizes[l]) for l in range(net.depth + 1)}
    layers = range(1, net.depth + 1)
    p = Trace(
        W={l: named(f"W^{{{l}}}", net.sizes[l], net.sizes[l - 1]) for l in layers},
        b={l: named(f"b^{{{l}}}", net.sizes[l]) for l in layers},
        z={l: named(f"z^{{{l}}}", *sides[l]) for l in layers},
        a={l: named(f"a^{{{l}}}" if l else "x", *sides[l]) for l in range(net.depth + 1)},
        y=named("y", *sides[net.depth]),
    )
    p.delta = {l: named(f"\\delta^{{{l}}}", *sides[l]) for l in layers}
    return p


def _forward(net):
    p, lines = _symbols(net), []
    for l in range(1, net.depth + 1):
        z = p.a[l - 1] @ p.W[l].T + p.b[l]
        f = net.activations[l - 1]
        lines.append(Equation(f"z{l}", f"z^{{{l}}}", z.tex, z.shape, "forward", "net input"))
        right = f"f_{{{l}}}(z^{{{l}}})"
        lines.append(Equation(f"a{l}", f"a^{{{l}}}", right, z.shape, "forward", f.replace("_", " ")))
    return lines


def _backward(net):
    written = _Written(**{f: getattr(net, f) for f in net.__dataclass_fields__})
    p = _symbols(net)
    for l in range(net.depth, 0, -1):
        if l == net.depth:
            delta, rule = written.output_delta(p), "output_delta"
            why = (
                "activation and criterion together" if net.fused else "chain rule: criterion, then activation"
            )
        else:
            delta, rule = written.hidden_delta(l, p), "hidden_delta"
            why = f"back through W{l + 1}, then through the activation of layer {l}"
        yield Equation(f"delta{l}", f"\\delta^{{{l}}}", delta.tex, delta.shape, rule, why)
        dW, db = written.weight_gradient(l, p), written.bias_gradient(l, p)
        if net.l2:
            dW = dW + written.weight_decay(l, p)
            decay = written.bias_decay(l, p)
            db = db + decay if net.l2_biases else db
        why = "each weight: error at its output times what came in, summed over the batch"
        yield Equation(f"W{l}", _by(f"W^{{{l}}}"), dW.tex, dW.shape, "weight_gradient", why)
        why = "a bias moves its net input one to one, in every sample"
        yield Equation(f"b{l}", _by(f"b^{{{l}}}"), db.tex, db.shape, "bias_gradient", why)


def _by(tex):
    return f"\\frac{{\\partial L}}{{\\partial {tex}}}"


def _criterion(net):
    formula = formulas.CRITERIA[net.criterion]
    found = {"name": net.criterion, "loss": formula.tex, "slope": formula.slope}
    if net.l2:
        over = "W, b" if net.l2_biases else "W"
        found["penalty"] = f"\\frac{{{net.l2:g}}}{{2}} \\sum_{{{over}}} \\lVert \\cdot \\rVert^2"
    if net.fused:
        found["cancels"] = formulas.FUSED[net.activations[-1], net.criterion][2]
    return found


def source(rule):
    """The lines of the rule in manual/mlp.py that the formula was read from."""
    return inspect.getsource(getattr(MLP, rule))


# ---- One entry of each, with its numbers


def _with_entry(equation, net, p):
    kind, l = equation.name.rstrip("0123456789"), int(equation.name.lstrip("deltaWb"))
    entry = {"delta": _delta_entry, "W": _weight_entry, "b": _bias_entry}[kind](net, p, l)
    return replace(equation, entry=entry)


def _delta_entry(net, p, l):
    if l == net.depth or net.activations[l - 1] == "softmax":
        return None
    above, W, slope = p.delta[l + 1][0], p.W[l + 1][:, 0], _slope(net, p, l)
    terms = [f"{_n(d)} \\cdot {_n(w)}" for d, w in zip(above, W, strict=True)]
    total = _plain(p.delta[l][0, 0])
    return f"\\delta^{{{l}}}_{{11}} = ( {_some(terms)} ) \\cdot {_n(slope)} = {total}"


def _slope(net, p, l):
    from manual.activations import ACTIVATIONS

    return ACTIVATIONS[net.activations[l - 1]].derivative(p.z[l])[0, 0]


def _weight_entry(net, p, l):
    terms = [f"{_n(d)} \\cdot {_n(a)}" for d, a in zip(p.delta[l][:, 0], p.a[l - 1][:, 0], strict=True)]
    if net.l2:
        terms.append(f"{net.l2:g} \\cdot {_n(p.W[l][0, 0])}")
    return f"{_by(f'W^{{{l}}}_{{11}}')} = {_some(terms)} = {_plain(p.dW[l][0, 0])}"


def _bias_entry(net, p, l):
    terms = [_n(d) for d in p.delta[l][:, 0]]
    if net.l2 and net.l2_biases:
        terms.append(f"{net.l2:g} \\cdot {_n(p.b[l][0])}")
    return f"{_by(f'b^{{{l}}}_1')} = {_some(terms)} = {_plain(p.db[l][0])}"


def _some(terms, most=4):
    shown = terms if len(terms) <= most else [*terms[: most - 1], "\\dots"]
    return " + ".join(shown)


def _plain(value):
    """Six significant digits."""
    digits, e, exponent = f"{value + 0.0:.6g}".partition("e")
    return f"{digits} \\cdot 10^{{{int(exponent)}}}" if e else digits


def _n(value):
    """The same, in parentheses where negative, as it stands in a sum."""
    return f"({_plain(value)})" if value < 0 else _plain(value)
