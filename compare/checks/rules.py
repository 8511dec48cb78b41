"""check_rules: each rule of a hand-written backward pass on its own, so that two mistakes that cancel are found.

A rule gets right arguments (a right forward pass, right deltas, a random cotangent); its answer is compared with
differences of the forward formula where there is one, and with the rule of `manual`.
"""

from collections.abc import Callable, Collection
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np

from manual import MLP
from manual.activations import ACTIVATIONS
from manual.criteria import CRITERIA

from ..common.arrays import Array
from ..common.errors import UserError
from ..judge import facts
from ..user.raised import in_a_line
from ..witnesses import Arrays, Witness, numerical
from ..witnesses.rounding.noisy import Rounding, noisy
from ..witnesses.rounding.units import THRESHOLD, combined, unit
from .kinks import KINKED, kinks

RULES = ("output_delta", "hidden_delta", "through_activation", "weight_gradient", "bias_gradient")
DRAWS = 4


@dataclass(frozen=True)
class RuleCheck:
    """One rule in one layer: its answer and the right one.

    ok is None where the rule could not be called on its own.  factor: the answer is this many times the right one
    in every entry, or None.  against: "differences of the forward formula" or "the rule of manual".
    """

    rule: str
    layer: int
    ok: bool | None
    against: str
    reason: str = ""
    error: float | None = None
    worst_index: tuple[int, ...] | None = None
    values: dict[str, float] | None = None
    factor: float | None = None
    hand: Array | None = None

    @property
    def name(self) -> str:
        return f"{self.rule}({self.layer})"

    def answers_as(self, other: "RuleCheck") -> bool:
        """Return whether both rules gave the same array."""
        if self.hand is None or other.hand is None or self.hand.shape != other.hand.shape:
            return False
        return np.allclose(self.hand, other.hand, rtol=1e-9, atol=1e-12, equal_nan=True)


def has_rules(net: Any) -> bool:
    """Return whether `net` is written in the named rules of `manual.MLP`."""
    return all(callable(getattr(net, rule, None)) for rule in RULES) and hasattr(net, "__dataclass_fields__")


class Right:
    """The right answers of the rules at one (params, x, y), each with its room; each is made when first asked for.

    They do not depend on the network that is checked: many of the same fields (the catalogue's mistakes) share them.
    """

    def __init__(self, fields: Any, params: Arrays, x: Any, y: Any, seed: int = 0):
        self.net = MLP(
            **{name: getattr(fields, name) for name in MLP.__dataclass_fields__ if hasattr(fields, name)}
        )
        self.seed, self._known = seed, dict[tuple, Any]()
        params = {name: np.asarray(a, np.float64) for name, a in params.items()}
        off = kinks(self.net, x, y, params)
        self.trace: Any = None  # where every sample is on a kink
        if not off.all():
            x, y = np.asarray(x, np.float64)[~off], np.asarray(y)[~off]
            with np.errstate(all="ignore"):
                self.trace = self.net.backward_pass(self.net.forward_pass(params, x), y)

    def criterion(self) -> tuple[Witness, Array]:
        """Return differences of the criterion, and where they are taken across a kink."""
        criterion, a, y = CRITERIA[self.net.criterion], self.trace.a[self.net.depth], self.trace.y
        off = np.zeros(a.shape, bool)
        if self.net.criterion == "hinge":
            off = np.abs(1 - y * a) <= 4e-3 * np.maximum(np.abs(a), 1)
        return self._once(
            (), lambda: numerical.evidence(lambda at: criterion(at["a"], y), {"a": a.copy()}, seed=self.seed)
        ), off

    def activation(self, l: int) -> tuple[Witness, Array]:
        """Return differences of the sum of cotangent * f_l(z), and where they are taken across a kink."""
        name, z = self.net.activations[l - 1], self.trace.z[l]
        f, da = ACTIVATIONS[name], cotangent(l, z, self.seed)
        off = (np.abs(z) <= 1e-3) if name in KINKED else np.zeros(z.shape, bool)
        return self._once(
            (l,),
            lambda: numerical.evidence(lambda at: (da * f(at["z"])).sum(), {"z": z.copy()}, seed=self.seed),
        ), off

    def fed(self, rule: str, l: int | None, decay: str | None, scale: float) -> tuple[Array, Array]:
        """Return what the rule of manual answers, and the rounding unit of a difference between two such answers."""

        def made() -> tuple[Array, Array]:
            centre, rounding = scale * _run(self.net, rule, l, decay, self.trace), Rounding(0)
            draws = [
                scale * np.asarray(_run(self.net, rule, l, decay, _noisy_pass(self.trace, rounding)))
                for _ in range(DRAWS)
            ]
            return centre, combined([unit(draws, centre, np.float64)] * 2)

        return self._once((rule, l, decay, scale), made)

    def _once(self, key: tuple, made: Callable[[], Any]) -> Any:
        if key not in self._known:
            self._known[key] = made()
        return self._known[key]


def check_rules(
    net: Any, params: Arrays, x: Any, y: Any, seed: int = 0, scale: float = 1.0, apart: bool = False
) -> list[RuleCheck]:
    """Return a RuleCheck for each rule of `net`, an object with the rules and fields of `manual.MLP`, in each layer.

    params: {"W1": (M_1, M_0), "b1": (M_1,), ...}; x: (N, M_0); y as the criterion takes it.  scale: the user's loss
    is this many times the criterion.  apart: judge the decay rules by themselves, and report a rule that calls a
    wrong one too.  Samples on a kink are left out. Arithmetic is float64.
    """
    return compared_rules(net, Right(net, params, x, y, seed), scale, apart)


def compared_rules(
    net: Any, known: Right, scale: float = 1.0, apart: bool = False, wanted: Collection[str] | None = None
) -> list[RuleCheck]:
    """Return what `check_rules` does, with right answers that are known; wanted: these rules alone."""
    right = known.net
    if known.trace is None:
        return []
    calls: list[tuple[str, int | None, str | None]] = [("output_delta", None, None)]
    if not net.fused:
        calls.insert(0, ("criterion_gradient", None, None))
    for l in range(right.depth, 0, -1):
        if l < right.depth or not net.fused:
            calls.append(("through_activation", l, None))
        if l < right.depth:
            calls.append(("hidden_delta", l, None))
        for rule, decay in (("weight_gradient", "weight_decay"), ("bias_gradient", "bias_decay")):
            calls.append((rule, l, decay if right.l2 and not apart else None))
            if apart and (right.l2_biases if decay == "bias_decay" else right.l2):
                calls.append((decay, l, None))
    with np.errstate(all="ignore"):
        found = [
            _checked(net, known, rule, l, decay, scale)
            for rule, l, decay in calls
            if wanted is None or rule in wanted
        ]
    return found if apart else _without_repetition(found)


def _checked(net: Any, known: Right, rule: str, l: int | None, decay: str | None, scale: float) -> RuleCheck:
    p, right = known.trace, known.net
    if rule == "criterion_gradient":
        hand = _answer(lambda: net.criterion_gradient(p.a[right.depth].copy(), deepcopy(p.y)))
        return _by_differences(rule, right.depth, hand, *known.criterion(), "a", scale)
    if rule == "through_activation":
        assert l is not None
        da = cotangent(l, p.z[l], known.seed)
        hand = _answer(lambda: net.through_activation(l, da, deepcopy(p)))
        return _by_differences(rule, l, hand, *known.activation(l), "z")
    return _fed(net, known, rule, l, decay, scale if rule == "output_delta" else 1.0)


def cotangent(l: int, z: Array, seed: int = 0) -> Array:
    """Return the random dL/da^l, of the shape of z, that is taken through the activation of layer l."""
    return np.random.default_rng([seed, l]).standard_normal(z.shape)


def _by_differences(
    rule: str, layer: int, hand: Array | str, witness: Witness, off: Array, key: str, scale: float = 1.0
) -> RuleCheck:
    right, error = scale * witness.arrays[key], abs(scale) * (witness.error or {})[key]
    # The derivative of f may cancel (1 - a^2): a rounding of 1 in the middle is no mistake.
    room = np.where(off, np.inf, THRESHOLD * error + 1e3 * np.finfo(float).eps * (1 + np.abs(right)))
    return _compared(rule, layer, hand, right, room, "differences of the forward formula")


def _run(who: Any, rule: str, l: int | None, decay: str | None, p: Any) -> Any:
    """Call a rule on a pass; a penalty counts with the gradient it is added to."""
    found = getattr(who, rule)(*((p,) if l is None else (l, p)))
    if decay and hasattr(who, decay):
        found = found + getattr(who, decay)(l, p)
    return found


def _fed(net: Any, known: Right, rule: str, l: int | None, decay: str | None, scale: float) -> RuleCheck:
    """Call a rule on a right pass."""
    centre, each = known.fed(rule, l, decay, scale)
    hand = _answer(lambda: _run(net, rule, l, decay, deepcopy(known.trace)))
    dtype = getattr(hand, "dtype", np.dtype(float))
    # A rule that casts to float32 has the rounding of that.
    grain = np.finfo(dtype).eps / np.finfo(float).eps if dtype.kind == "f" and dtype.itemsize < 8 else 1
    layer = known.net.depth if l is None else l
    return _compared(rule, layer, hand, centre, THRESHOLD * grain * each, "the rule of manual")


def _noisy_pass(p: Any, rounding: Rounding) -> Any:
    moved = deepcopy(p)
    for name in ("W", "b", "z", "a", "delta", "dW", "db"):
        setattr(moved, name, noisy(getattr(moved, name), rounding))
    return moved


def _answer(rule: Callable[[], Any]) -> Array | str:
    """Return what the user's rule returns, or the exception it raises, in a line."""
    try:
        return np.asarray(rule())
    except UserError as error:
        return str(error)
    except Exception as error:
        return in_a_line(error)


def _compared(rule: str, layer: int, hand: Array | str, right: Array, room: Array, against: str) -> RuleCheck:
    if isinstance(hand, str):
        return RuleCheck(rule, layer, None, against, hand)
    if hand.shape != right.shape:
        reason = f"its answer has shape {hand.shape}; {right.shape} is right"
        return RuleCheck(rule, layer, False, against, reason, hand=hand)
    known = np.isfinite(right) & np.isfinite(room)
    if not known.any():
        return RuleCheck(rule, layer, None, against, "no entry can be judged at these parameters")
    difference = np.where(known, np.abs(hand - right), 0.0)
    ratio = np.where(known, difference / np.where(known, room, 1), 0.0)
    index = tuple(int(i) for i in np.unravel_index(np.argmax(ratio), ratio.shape))
    size = np.linalg.norm(right[known])
    return RuleCheck(
        rule,
        layer,
        bool((difference <= np.where(known, room, np.inf)).all()),
        against,
        error=float(np.linalg.norm(difference) / size) if size > 0 else float(np.linalg.norm(difference)),
        worst_index=index,
        values={"hand": float(hand[index]), "right": float(right[index])},
        factor=facts.constant_ratio(hand[known], right[known], room[known] / THRESHOLD),
        hand=hand,
    )


def _without_repetition(checks: list[RuleCheck]) -> list[RuleCheck]:
    """Leave out a delta that is made of a wrong rule in its layer."""
    off = {(c.rule, c.layer) for c in checks if c.ok is False}
    inner = {l for rule, l in off if rule in ("through_activation", "criterion_gradient")}
    return [c for c in checks if not (c.rule in ("hidden_delta", "output_delta") and c.layer in inner)]
