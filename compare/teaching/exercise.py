"""An exercise judged: each rule by itself, fed with right arrays, and named where the catalogue has its mistake."""

import contextlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from manual import MLP

from .. import networks
from ..checks.rules import RuleCheck, check_rules, cotangent
from ..common.errors import UserError
from ..common.results import environment
from ..files.guard import Guard
from ..mistakes.catalogue import catalogue
from ..mistakes.mistake import Mistake
from ..networks.draws import suited_draw
from .hints import hint
from .rule_text import rules

SAMPLES, SEED = 7, 20
Case = tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]  # params, x, y


@dataclass(frozen=True)
class RuleResult:
    """The judgement of one rule.

    state: "right", "wrong", "empty" or "raised".  layers: those in which the rule is off.  one_of: ids of the
    mistakes that give these very numbers.  place, hint, answer: each tells more than the one before.
    """

    rule: str
    state: str
    layers: tuple[int, ...] = ()
    one_of: tuple[str, ...] = ()
    place: str = ""
    hint: str = ""
    answer: str = ""
    points: float = 0.0
    of: float = 1.0


@dataclass(frozen=True)
class Judged:
    """The raw result of checking an exercise."""

    schema: str
    environment: dict[str, Any]
    network: str
    rules: list[RuleResult] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return all(r.state == "right" for r in self.rules)

    @property
    def exit_code(self) -> int:
        return 0 if self.ok else 1


def batch(net: MLP, dtype: str = "float64") -> Case:
    """Return (params, x, y) that an exercise on `net` is judged on: layers of unlike widths, no zeros, N = 7."""
    d = suited_draw(net, SAMPLES, np.random.default_rng(SEED), dtype)
    return d.params, d.x, d.y


def judge(module: ModuleType, guard: Guard | None = None, function: str | None = None) -> Judged:
    """Return the Judged of a module made from a handout. Raises UserError where its EXERCISE cannot be read.

    guard: the Guard of a child, put around each rule of the module.
    """
    net, points = _network(module)
    names = [rule.name for rule in rules(net)]
    for name in names:
        if guard and hasattr(module, name):
            setattr(module, name, guard.around(getattr(module, name)))
    empty: set[str] = set()
    case = batch(net)
    checks = check_rules(_handed(net, module, names, empty), *case, apart=True)
    results = [
        _judged(name, [c for c in checks if c.rule == name], name in empty, net, case, points)
        for name in names
    ]
    return Judged("threeways/exercise/1", environment(), networks.named(net).describe(), results)


def _network(module: ModuleType) -> tuple[MLP, float | dict[str, float]]:
    """The network of a module, and the points of all rules or of each."""
    exercise = dict(getattr(module, "EXERCISE", {}))
    points = exercise.pop("points", 1)
    try:
        return networks.network("mlp", **exercise).build("hand"), points
    except (TypeError, UserError) as error:
        raise UserError(f"EXERCISE in the file has been changed, and cannot be read: {error}") from error


class _EmptyError(Exception):
    """A rule returns nothing yet."""


def _handed(net: MLP, module: ModuleType, names: list[str], empty: set[str]) -> MLP:
    """Return `net` with the functions of `module` as its rules; `empty` receives the names of unwritten ones."""

    def rule(name: str) -> Any:
        def call(self: MLP, *arguments: Any) -> Any:
            function = getattr(module, name, None)
            with _right_inner_rules(module, name, net):
                found = None if function is None else function(*arguments)
            if found is None:
                empty.add(name)
                raise _EmptyError(name)
            return found

        return call

    return type("Handed", (MLP,), {name: rule(name) for name in names})(**asdict(net))


@contextlib.contextmanager
def _right_inner_rules(module: ModuleType, rule: str, net: MLP) -> Iterator[None]:
    """While a delta is judged, replace the rules it calls by right ones: they are judged by themselves."""
    kept = {}
    if rule in ("output_delta", "hidden_delta"):
        for inner in ("through_activation", "criterion_gradient"):
            kept[inner] = getattr(module, inner, None)
            setattr(module, inner, getattr(net, inner))
    try:
        yield
    finally:
        for inner, function in kept.items():
            setattr(module, inner, function)


def _judged(
    name: str, checks: list[RuleCheck], empty: bool, net: MLP, case: Case, points: float | dict[str, float]
) -> RuleResult:
    of = float(points.get(name, 0) if isinstance(points, dict) else points)
    if empty:
        return RuleResult(name, "empty", of=of, place="returns None: write its formula")
    raised = [c for c in checks if c.ok is None and c.reason and not c.reason.startswith("no entry")]
    if raised:
        place = f"{raised[0].name} raised {raised[0].reason}"
        return RuleResult(name, "raised", tuple(c.layer for c in raised), place=place, of=of)
    failed = [c for c in checks if c.ok is False]
    if not failed:
        return RuleResult(name, "right", points=of, of=of)
    layers = tuple(c.layer for c in failed)
    named = _named(name, failed, net, case)
    ids = tuple(dict.fromkeys(m.id.partition(":")[0] for m in named))
    answer = ""
    if named:
        wrong, right, why = named[0].lines(max(layers))
        answer = f"Likely line: {wrong}. Make it: {right}. Why: {why}."
    array = {"bias": "b", "weig": "W"}.get(name[:4], "")
    question = hint({"one_of": ids} if ids else None, array)
    return RuleResult(name, "wrong", layers, ids, _place(failed), question, answer, 0.0, of)


def _place(failed: list[RuleCheck]) -> str:
    worst = failed[0]
    if worst.values is None:
        return f"{worst.name}: {worst.reason}"
    index = str(list(worst.worst_index or ())).replace(" ", "")
    user, right = worst.values["hand"], worst.values["right"]
    many = f" (and in {len(failed) - 1} more layers)" if len(failed) > 1 else ""
    return f"{worst.name}{index}: yours {user:.8g}, right {right:.8g}{many}"


def _named(rule: str, failed: list[RuleCheck], net: MLP, case: Case) -> list[Mistake]:
    """The catalogue's mistakes that, planted in these layers, give the very answers of this rule."""
    layers, found = frozenset(c.layer for c in failed), []
    for m in catalogue().values():
        if m.loss or m.constant or not m.concerns(net):
            continue
        possible = [at for at in m.layers(net.depth) if at >= layers]
        if not possible or m.needs(net, *case, layers):
            continue
        # A mistake in one rule may show in another that calls it, and there in fewer layers.
        with np.errstate(all="ignore"):
            fewest = min(possible, key=len)
            planted = check_rules(m.planted(net, fewest), *case, apart=True)
        off = {c.layer: c for c in planted if c.rule == rule and c.ok is False}
        if rule == "through_activation" and m.rule == "hidden_delta":
            off = {l: c for l in layers if (c := _seen_alone(m, net, case, l)) is not None}
        if off.keys() == layers and all(_same(c, off[c.layer]) for c in failed):
            found.append(m)
    return found


def _seen_alone(mistake: Mistake, net: MLP, case: Case, l: int) -> RuleCheck | None:
    """What a mistake in hidden_delta gives for the activation alone: W^(l+1) is a unit matrix."""
    if l == net.depth or frozenset([l]) not in mistake.layers(net.depth):
        return None
    params, x, y = case
    p = net.backward_pass(net.forward_pass(params, x), y)
    p.W[l + 1], p.delta[l + 1] = np.eye(net.sizes[l]), cotangent(l, p.z[l])
    try:
        wrong = mistake.planted(net, {l}).hidden_delta(l, p)
    except ValueError:  # the unit matrix has not the shape that this mistake wants
        return None
    return RuleCheck("through_activation", l, False, "", hand=wrong)


def _same(a: RuleCheck, b: RuleCheck) -> bool:
    if a.hand is None or b.hand is None or a.hand.shape != b.hand.shape:
        return False
    return np.allclose(a.hand, b.hand, rtol=1e-9, atol=1e-12, equal_nan=True)
