"""The derivation of one network on paper: its rules written down by themselves, and a worked example.

Each backward rule of `manual.MLP` is called with symbols instead of arrays and gives its own formula. The numbers
next to it come from the same rules called with arrays, and torch and jax confirm them.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from manual.activations import ACTIVATIONS
from manual.criteria import CRITERIA
from manual.mlp import MLP, Trace

from .. import networks
from ..checks.gradients import check_gradients
from ..common.errors import UserError
from ..common.results import environment
from .symbols import BATCH, Symbol, named

SAMPLES = 2  # few enough for a sum over the batch to be written out


@dataclass(frozen=True)
class Equation:
    """One line: left = right, the rule it comes from, the shape, and why in a few words.

    name: the array ("delta1", "W2", ...).  entry: one entry with its numbers written out, in LaTeX, or None.
    """

    name: str
    left: str
    right: str
    shape: tuple[int | str, ...]
    rule: str
    why: str
    entry: str | None = None


@dataclass(frozen=True)
class Sheet:
    """The raw result of `threeways derive`.

    forward, backward: Equations in the order in which they are computed.  activations, criterion: the formulas
    used.  example: {"x", "y", "loss", "params", "z", "a", "delta", "grads"}, all arrays.  vouched: the check of the
    example: {"ok", "arrays", "worst", "warnings"}.
    """

    schema: str
    environment: dict[str, Any]
    network: str
    fields: dict[str, Any]
    activations: dict[str, dict[str, str]]
    criterion: dict[str, str]
    forward: list[Equation]
    backward: list[Equation]
    example: dict[str, Any]
    vouched: dict[str, Any]

    @property
    def exit_code(self) -> int:
        return 0 if self.vouched["ok"] else 1


def derive(net: networks.Network, seed: int = 0, samples: int = SAMPLES) -> Sheet:
    """Return the Sheet of `net`, a network of the catalogue. Raises UserError where it is not an MLP."""
    if net.name != "mlp":
        raise UserError(f"a derivation sheet is made of the rules of an MLP; {net.name} has other ones")
    by_hand = net.build("hand")
    params, x, y = _batch(net, seed, samples)
    p = by_hand.backward_pass(by_hand.forward_pass(params, x), y)
    loss, grads = by_hand.loss_and_grads(params, x, y)
    records = {name: ACTIVATIONS[name] for name in by_hand.activations}
    return Sheet(
        schema="threeways/derive/1",
        environment=environment(seed),
        network=net.describe(),
        fields=net.fields,
        activations={name: {"f": f.f_tex, "slope": f.slope_tex} for name, f in records.items()},
        criterion=_criterion(by_hand),
        forward=_forward(by_hand),
        backward=[replace(e, entry=_entry(e.name, by_hand, p)) for e in _backward(by_hand)],
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


def _batch(
    net: networks.Network, seed: int, samples: int
) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Parameters and a batch of round numbers, so that a reader can check them with a pocket calculator."""
    rng = np.random.default_rng([seed, 4])
    params = {
        n: np.round(p + 0.3 * rng.standard_normal(p.shape), 2) for n, p in networks.initial(net, seed).items()
    }
    labels = rng.integers(0, max(2, net.kind.outputs(net.fields)), samples)
    if net.kind.outputs(net.fields) == 1:
        y = rng.integers(0, 2, (samples, 1)).astype(float)
        y = 2 * y - 1 if CRITERIA[net.fields["criterion"]].targets == "signs" else y
    else:
        y = networks.targets(net, labels)
    return params, np.round(rng.standard_normal((samples, net.fields["sizes"][0])), 1), y


def _vouched(
    net: MLP, params: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray, seed: int
) -> dict[str, Any]:
    report = check_gradients(net, params, x, y, network=net, seed=seed)
    worst: dict[str, float] = {}
    for verdict in report.verdicts:
        for who, error in verdict.errors.items():
            worst[who] = max(worst.get(who, 0.0), error)
    return {"ok": report.ok, "arrays": len(report.verdicts), "worst": worst, "warnings": report.warnings}


# ---- The formulas


class _Written(MLP):
    """The rules of an MLP in which f' and dC/da, which are no rules, are written as names."""

    def through_activation(self, l: int, da: Any, p: Trace) -> Any:
        if not ACTIVATIONS[self.activations[l - 1]].entrywise:
            # Row by row: the Jacobian of a softmax is symmetric and may be on either side.
            return Symbol(f"{da.at(2)} \\, J_{{{l}}}(z^{{{l}}})", da.shape, 1)
        return da * named(f"f_{{{l}}}'(z^{{{l}}})", *da.shape)

    def criterion_gradient(self, a: Any, y: Any) -> Any:
        return named("\\frac{\\partial L}{\\partial a^{" + str(self.depth) + "}}", *a.shape)

    def output_delta(self, p: Trace) -> Any:
        if self.fused is not None:
            tex = self.fused.delta_tex.replace("^{L}", f"^{{{self.depth}}}")
            return named(tex, *p.z[self.depth].shape)
        return super().output_delta(p)


def _symbols(net: MLP) -> Any:
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


def _forward(net: MLP) -> list[Equation]:
    p = _symbols(net)
    lines = []
    for l in range(1, net.depth + 1):
        z = p.a[l - 1] @ p.W[l].T + p.b[l]
        f = net.activations[l - 1]
        lines.append(Equation(f"z{l}", f"z^{{{l}}}", z.tex, z.shape, "forward", "net input"))
        right = f"f_{{{l}}}(z^{{{l}}})"
        lines.append(Equation(f"a{l}", f"a^{{{l}}}", right, z.shape, "forward", f.replace("_", " ")))
    return lines


def _backward(net: MLP) -> Iterator[Equation]:
    written: Any = _Written(**asdict(net))
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


def _by(tex: str) -> str:
    return f"\\frac{{\\partial L}}{{\\partial {tex}}}"


def _criterion(net: MLP) -> dict[str, str]:
    record = CRITERIA[net.criterion]
    found = {"name": net.criterion, "loss": record.f_tex, "slope": record.slope_tex}
    if net.l2:
        over = "W, b" if net.l2_biases else "W"
        found["penalty"] = f"\\frac{{{net.l2:g}}}{{2}} \\sum_{{{over}}} \\lVert \\cdot \\rVert^2"
    if net.fused:
        found["cancels"] = net.fused.cancels_tex
    return found


# ---- One entry of each, with its numbers


def _entry(name: str, net: MLP, p: Trace) -> str | None:
    kind, l = name.rstrip("0123456789"), int(name.lstrip("deltaWb"))
    return {"delta": _delta_entry, "W": _weight_entry, "b": _bias_entry}[kind](net, p, l)


def _delta_entry(net: MLP, p: Trace, l: int) -> str | None:
    f = ACTIVATIONS[net.activations[l - 1]]
    if l == net.depth or not f.entrywise:
        return None
    terms = [f"{_n(d)} \\cdot {_n(w)}" for d, w in zip(p.delta[l + 1][0], p.W[l + 1][:, 0], strict=True)]
    slope = f.derivative(p.z[l])[0, 0]
    total = _plain(p.delta[l][0, 0])
    return f"\\delta^{{{l}}}_{{11}} = ( {_some(terms)} ) \\cdot {_n(slope)} = {total}"


def _weight_entry(net: MLP, p: Trace, l: int) -> str:
    terms = [f"{_n(d)} \\cdot {_n(a)}" for d, a in zip(p.delta[l][:, 0], p.a[l - 1][:, 0], strict=True)]
    if net.l2:
        terms.append(f"{net.l2:g} \\cdot {_n(p.W[l][0, 0])}")
    return f"{_by(f'W^{{{l}}}_{{11}}')} = {_some(terms)} = {_plain(p.dW[l][0, 0])}"


def _bias_entry(net: MLP, p: Trace, l: int) -> str:
    terms = [_n(d) for d in p.delta[l][:, 0]]
    if net.l2 and net.l2_biases:
        terms.append(f"{net.l2:g} \\cdot {_n(p.b[l][0])}")
    return f"{_by(f'b^{{{l}}}_1')} = {_some(terms)} = {_plain(p.db[l][0])}"


def _some(terms: list[str], most: int = 4) -> str:
    shown = terms if len(terms) <= most else [*terms[: most - 1], "\\dots"]
    return " + ".join(shown)


def _plain(value: float) -> str:
    """Six significant digits."""
    digits, e, exponent = f"{value + 0.0:.6g}".partition("e")
    return f"{digits} \\cdot 10^{{{int(exponent)}}}" if e else digits


def _n(value: float) -> str:
    """The same, in parentheses where negative: a term of a sum."""
    return f"({_plain(value)})" if value < 0 else _plain(value)
