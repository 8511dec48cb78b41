"""check_rules: each rule of a hand-written backward pass on its own, so that two mistakes that cancel are found.

A rule gets right arguments (a right forward pass, right deltas, a random cotangent); its answer is compared with
differences of the forward formula where there is one, and with the rule of `manual`.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np

from manual import MLP
from manual.activations import ACTIVATIONS
from manual.criteria import CRITERIA

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
    hand: np.ndarray | None = None

    @property
    def name(self) -> str:
        return f"{self.rule}({self.layer})"


def has_rules(net: Any) -> bool:
    """Whether `net` is written in the named rules of `manual.MLP`."""
    return all(callable(getattr(net, rule, None)) for rule in RULES) and hasattr(net, "__dataclass_fields__")


def check_rules(
    net: Any, params: Arrays, x: Any, y: Any, seed: int = 0, scale: float = 1.0, apart: bool = False
) -> list[RuleCheck]:
    """Return a RuleCheck for each rule of `net`, an object with the rules and fields of `manual.MLP`, in each layer.

    params: {"W1": (M_1, M_0), "b1": (M_1,), ...}; x: (N, M_0); y as the criterion takes it.  scale: the user's loss
    is this many times the criterion.  apart: judge the decay rules by themselves, and report a rule that calls a
    wrong one too.  Samples on a kink are left out. Arithmetic is float64.
    """
    right = MLP(**{name: getattr(net, name) for name in MLP.__dataclass_fields__ if hasattr(net, name)})
    params = {name: np.asarray(a, np.float64) for name, a in params.items()}
    off = kinks(right, x, y, params)
    if off.all():
        return []
    x, y = np.asarray(x, np.float64)[~off], np.asarray(y)[~off]
    with np.errstate(all="ignore"):
        p = right.backward_pass(right.forward_pass(params, x), y)
        found = [*_output_rules(net, right, p, scale, seed)]
        for l in range(right.depth, 0, -1):
            if l < right.depth or not net.fused:
                found.append(_through_activation(net, right, l, p, seed))
            if l < right.depth:
                found.append(_fed(net, right, "hidden_delta", l, p))
            for rule, decay in (("weight_gradient", "weight_decay"), ("bias_gradient", "bias_decay")):
                found.append(_fed(net, right, rule, l, p, None if apart else decay))
                if apart and (right.l2_biases if decay == "bias_decay" else right.l2):
                    found.append(_fed(net, right, decay, l, p))
    return found if apart else _without_repetition(found)


def _output_rules(net: Any, right: MLP, p: Any, scale: float, seed: int) -> Iterator[RuleCheck]:
    L = right.depth
    if not net.fused:
        criterion, a = CRITERIA[right.criterion], p.a[L]
        witness = numerical.evidence(lambda at: criterion(at["a"], p.y), {"a": a.copy()}, seed=seed)
        off = np.zeros(a.shape, bool)
        if right.criterion == "hinge":
            off = np.abs(1 - p.y * a) <= 4e-3 * np.maximum(np.abs(a), 1)
        hand = _answer(lambda: net.criterion_gradient(a.copy(), deepcopy(p.y)))
        yield _by_differences("criterion_gradient", L, hand, witness, "a", off, scale)
    yield _fed(net, right, "output_delta", None, p, scale=scale)


def cotangent(l: int, z: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return the random dL/da^l, of the shape of z, that is taken through the activation of layer l."""
    return np.random.default_rng([seed, l]).standard_normal(z.shape)


def _through_activation(net: Any, right: MLP, l: int, p: Any, seed: int) -> RuleCheck:
    """Take a random cotangent through f_l; compare with differences of the sum of cotangent * f_l(z)."""
    f, z = ACTIVATIONS[right.activations[l - 1]], p.z[l]
    da = cotangent(l, z, seed)
    witness = numerical.evidence(lambda at: (da * f(at["z"])).sum(), {"z": z.copy()}, seed=seed)
    kinked = right.activations[l - 1] in KINKED
    off = (np.abs(z) <= 1e-3) if kinked else np.zeros(z.shape, bool)  # a difference across the kink
    hand = _answer(lambda: net.through_activation(l, da.copy(), deepcopy(p)))
    return _by_differences("through_activation", l, hand, witness, "z", off)


def _by_differences(
    rule: str,
    layer: int,
    hand: np.ndarray | str,
    witness: Witness,
    key: str,
    off: np.ndarray,
    scale: float = 1.0,
) -> RuleCheck:
    right, error = scale * witness.arrays[key], abs(scale) * (witness.error or {})[key]
    # The derivative of f may cancel (1 - a^2): a rounding of 1 in the middle is no mistake.
    room = np.where(off, np.inf, THRESHOLD * error + 1e3 * np.finfo(float).eps * (1 + np.abs(right)))
    return _compared(rule, layer, hand, right, room, "differences of the forward formula")


def _fed(
    net: Any, right: MLP, rule: str, l: int | None, p: Any, decay: str | None = None, scale: float = 1.0
) -> RuleCheck:
    """Call a rule on a right pass; a penalty counts with the gradient it is added to."""
    layer = right.depth if l is None else l

    def run(who: Any, p: Any) -> np.ndarray:
        found = getattr(who, rule)(*((p,) if l is None else (l, p)))
        if decay and right.l2 and hasattr(who, decay):
            found = found + getattr(who, decay)(l, p)
        return found

    centre, rounding = scale * run(right, deepcopy(p)), Rounding(0)
    draws = [scale * np.asarray(run(right, _noisy_pass(p, rounding))) for _ in range(DRAWS)]
    hand = _answer(lambda: run(net, deepcopy(p)))
    dtype = getattr(hand, "dtype", np.dtype(float))
    # A rule that casts to float32 has the rounding of that.
    grain = np.finfo(dtype).eps / np.finfo(float).eps if dtype.kind == "f" and dtype.itemsize < 8 else 1
    room = THRESHOLD * grain * combined([unit(draws, centre, np.float64)] * 2)
    return _compared(rule, layer, hand, centre, room, "the rule of manual")


def _noisy_pass(p: Any, rounding: Rounding) -> Any:
    moved = deepcopy(p)
    for name in ("W", "b", "z", "a", "delta", "dW", "db"):
        setattr(moved, name, noisy(getattr(moved, name), rounding))
    return moved


def _answer(rule: Callable[[], Any]) -> np.ndarray | str:
    """Return what the user's rule returns, or the exception it raises, in a line."""
    try:
        return np.asarray(rule())
    except UserError as error:
        return str(error)
    except Exception as error:
        return in_a_line(error)


def _compared(
    rule: str, layer: int, hand: np.ndarray | str, right: np.ndarray, room: np.ndarray, against: str
) -> RuleCheck:
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
