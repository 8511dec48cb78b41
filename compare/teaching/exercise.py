"""An exercise judged: each rule by itself, fed with right arrays, and named where the catalogue has its mistake."""

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import numpy as np

from manual import MLP

from .. import networks
from ..checks.rules import Right, RuleCheck, compared_rules, cotangent
from ..common.errors import UserError
from ..common.mapping import Amount, fits
from ..common.results import Displayed, environment, plain
from ..common.words import printed_by_user
from ..files.process import GRACE, MEMORY, TIMEOUT, Outcome
from ..files.raised import NoAnswerError
from ..files.sandbox import NO_SANDBOX, Sandbox
from ..files.session import Session
from ..mistakes.catalogue import catalogue
from ..mistakes.mistake import Mistake
from ..networks.draws import suited_draw
from .assignment import FORBIDDEN, known_reveal
from .hints import hint
from .rule_text import rules

SAMPLES, SEED = 7, 20
WIDEST = 10_000  # units of an exercise's network: the file says how many
INNER, DELTAS = {"through_activation", "criterion_gradient"}, {"output_delta", "hidden_delta"}
# (rule, its arguments, what it sees of the pass, the rules it is lent) -> what it returns
Call = Callable[[str, list[Any], dict[str, Any] | None, dict[str, Callable[..., Any]]], np.ndarray | None]
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
class Judged(Displayed):
    """The raw result of checking an exercise. sandbox: around the process of its rules.  reveal: how much is shown."""

    schema: str
    environment: dict[str, Any]
    network: str
    rules: list[RuleResult] = field(default_factory=list)
    sandbox: str | None = None
    reveal: str = "hint"

    @property
    def ok(self) -> bool:
        return all(r.state == "right" for r in self.rules)

    @property
    def exit_code(self) -> int:
        return 0 if self.ok else 1

    @property
    def points(self) -> float:
        return sum(r.points for r in self.rules)

    def raise_if_wrong(self) -> Self:
        """Raise AssertionError, whose text is the report, unless every rule is right."""
        if not self.ok:
            raise AssertionError("\n" + str(self))
        return self


def batch(net: MLP, dtype: str = "float64") -> Case:
    """Return (params, x, y) that an exercise on `net` is judged on: layers of unlike widths, no zeros, N = 7."""
    d = suited_draw(net, SAMPLES, np.random.default_rng(SEED), dtype)
    return d.params, d.x, d.y


def check(
    file: str, timeout: float = TIMEOUT, memory: float = MEMORY, sandbox: Sandbox = NO_SANDBOX
) -> Outcome:
    """Return the Outcome of an exercise's file: its rules run in a child, and are judged here.

    timeout: seconds, memory: gigabytes that the rules may take. Raises UserError where there is no verdict.
    """
    result, printed = judged_file(file, timeout, memory, sandbox)
    return Outcome(plain(result), result.exit_code, printed)


def judged_file(
    file: str, timeout: float, memory: float, sandbox: Sandbox, wanted: dict[str, Any] | None = None
) -> tuple[Judged, str]:
    """Return the Judged of an exercise's file, and what its code printed.

    wanted: the EXERCISE that was handed out, by which it is judged instead of its own.
    """
    beside = [str(p) for p in Path(file).absolute().parent.glob("*.py") if not p.is_symlink()]
    options: dict[str, Any] = {"exercise": True, "sandbox": sandbox, "beside": beside}
    with Session(file, None, timeout, memory, FORBIDDEN, **options) as user:
        try:
            result = judge(user.said if wanted is None else wanted, user.rule, sandbox.said)
        except UserError as error:
            raise UserError(f"{error}{printed_by_user(user.printed)}") from None
        if user.failure:
            raise NoAnswerError(user.failure.kind, f"{user.failure}{printed_by_user(user.printed)}")
        if user.imported:
            raise UserError(
                f"{Path(file).name} imports {', '.join(user.imported)}: an exercise needs NumPy alone"
            )
        user.finish(GRACE)
    return result, user.printed


def described(exercise: dict[str, Any]) -> tuple[str, float]:
    """Return the network of an EXERCISE in words, and the points of all its rules."""
    net, points = _network(exercise)
    each = [points.get(r.name, 0) if isinstance(points, dict) else points for r in rules(net)]
    return networks.named(net).describe(), float(sum(each))


def judge(exercise: dict[str, Any], rule: Call, sandbox: str | None = None) -> Judged:
    """Return the Judged of an exercise. Raises UserError where what it says about itself cannot be read.

    exercise: the EXERCISE of a handout.  rule: calls a rule of the person who wrote it, see `Session.rule`.
    """
    net, points = _network(exercise)
    names, empty, checks = [r.name for r in rules(net)], set[str](), list[RuleCheck]()
    case, known = _answers(net)
    # A call may remember what it saw: in this order, and from the loss down, no rule is asked for what it was shown.
    for part in (INNER, set(names) - INNER):
        checks += compared_rules(_handed(net, rule, part, names, empty), known, apart=True, wanted=part)
    results = [
        _judged(name, [c for c in checks if c.rule == name], name in empty, known, case, points)
        for name in names
    ]
    reveal = known_reveal(exercise.get("reveal", "hint"))
    reveal = "hint" if reveal == "answer" else reveal  # a student's own file does not ask for the answer
    name = networks.named(net).describe()
    return Judged("threeways/exercise/1", environment(), name, results, sandbox, reveal)


def _network(exercise: dict[str, Any]) -> tuple[MLP, float | dict[str, float]]:
    """The network of an exercise, and the points of all rules or of each."""
    fields = dict(exercise)
    points = fields.pop("points", 1)
    fields.pop("reveal", None)
    try:
        for name, each in (points if isinstance(points, dict) else {"all": points}).items():
            fits(f"points of {name}", each, Amount)
        if "sizes" not in fields:
            raise UserError("it is no dict with sizes")
        net = networks.network("mlp", **fields).build("hand")
        if sum(net.sizes) > WIDEST:
            raise UserError(f"sizes {net.sizes}: at most {WIDEST} units in all")
        hash(net)  # a list where a number belongs
    except (TypeError, ValueError, UserError) as error:
        raise UserError(f"EXERCISE in the file has been changed, and cannot be read: {error}") from error
    return net, points


@lru_cache(maxsize=8)
def _answers(net: MLP) -> tuple[Case, Right]:
    """The batch of an exercise and the right answers on it, once for all files on the same network."""
    case = batch(net)
    return case, Right(net, *case)


def _handed(net: MLP, rule: Call, part: Collection[str], names: list[str], empty: set[str]) -> MLP:
    """Return `net` with the user's functions as the rules in `part`; `empty` receives the names of unwritten ones."""

    def one(name: str) -> Any:
        def call(self: MLP, *arguments: Any) -> Any:
            if name not in part:
                return None
            *given, last = arguments
            p = last if hasattr(last, "delta") else None
            given = given if p else list(arguments)
            layer = self.depth if name == "output_delta" else given[0] if p else 0
            inner = {n: _right(net, n, p) for n in INNER} if p and name in DELTAS else {}
            found = rule(name, given, _shown(p, name, layer) if p else None, inner)
            if found is None:
                empty.add(name)
                raise UserError(f"{name} returns None")
            # Judged in float64, whatever type it comes in: a coarse one would excuse an error of its size.
            return np.asarray(found, np.float64)

        return call

    return type("Handed", (MLP,), {name: one(name) for name in names})(**asdict(net))


def _shown(p: Any, name: str, layer: int) -> dict[str, Any]:
    """Return what a rule may see of a right pass: what came before it on the way back, never its own answer."""
    seen = {"W": p.W, "b": p.b, "z": p.z, "a": p.a, "y": p.y, "slope": dict.fromkeys(p.z)}
    if name in INNER:
        return seen | {"delta": {}, "dW": {}, "db": {}}
    nearest = {"delta": layer + (name in DELTAS), "dW": layer + 1, "db": layer + 1}
    return seen | {what: {l: a for l, a in getattr(p, what).items() if l >= n} for what, n in nearest.items()}


def _right(net: MLP, name: str, p: Any) -> Callable[..., Any]:
    """Return a right rule on the pass p, for a delta that calls it."""

    def through_activation(l: int, da: np.ndarray) -> np.ndarray:
        if np.shape(da) != p.z[l].shape:
            raise ValueError(f"dL/da^{l} has shape {np.shape(da)}; {p.z[l].shape} is right")
        return net.through_activation(l, np.asarray(da), p)

    def criterion_gradient(a: np.ndarray, y: np.ndarray) -> np.ndarray:
        if np.shape(a) != p.a[net.depth].shape or np.shape(y) != np.shape(p.y):
            raise ValueError(f"shapes {np.shape(a)} and {np.shape(y)} are not those of a^L and y")
        return net.criterion_gradient(np.asarray(a), np.asarray(y))

    return through_activation if name == "through_activation" else criterion_gradient


def _judged(
    name: str,
    checks: list[RuleCheck],
    empty: bool,
    known: Right,
    case: Case,
    points: float | dict[str, float],
) -> RuleResult:
    of = float(points.get(name, 0) if isinstance(points, dict) else points)
    if empty:
        return RuleResult(name, "empty", of=of, place="returns None: write its formula")
    raised = [c for c in checks if c.ok is None and c.reason and not c.reason.startswith("no entry")]
    if raised:
        place = f"{raised[0].name}: {raised[0].reason}"
        return RuleResult(name, "raised", tuple(c.layer for c in raised), place=place, of=of)
    failed = [c for c in checks if c.ok is False]
    if not failed:
        return RuleResult(name, "right", points=of, of=of)
    layers = tuple(c.layer for c in failed)
    named = _named(name, failed, known, case)
    ids = tuple(dict.fromkeys(m.id.partition(":")[0] for m in named))
    place, answer = _place(failed)
    if named:
        wrong, right, why = named[0].lines(max(layers))
        answer += f"Likely line: {wrong}. Make it: {right}. Why: {why}."
    array = {"bias": "b", "weig": "W"}.get(name[:4], "")
    question = hint({"one_of": ids} if ids else None, array)
    return RuleResult(name, "wrong", layers, ids, place, question, answer.strip(), 0.0, of)


def _place(failed: list[RuleCheck]) -> tuple[str, str]:
    """Return where a rule is off, and the right value there, which only the answer shows."""
    worst = failed[0]
    if worst.values is None:
        return f"{worst.name}: {worst.reason}", ""
    index = str(list(worst.worst_index or ())).replace(" ", "")
    user, right = worst.values["hand"], worst.values["right"]
    many = f" (and in {len(failed) - 1} more layers)" if len(failed) > 1 else ""
    return f"{worst.name}{index}: yours {user:.8g} is not right{many}", f"Right is {right:.8g}. "


def _named(rule: str, failed: list[RuleCheck], known: Right, case: Case) -> list[Mistake]:
    """The catalogue's mistakes that, planted in these layers, give the very answers of this rule."""
    net, layers, found = known.net, frozenset(c.layer for c in failed), []
    for m in catalogue().values():
        if m.loss or m.constant or not m.concerns(net):
            continue
        possible = [at for at in m.layers(net.depth) if at >= layers]
        if not possible or m.needs(net, *case, layers):
            continue
        # A mistake in one rule may show in another that calls it, and there in fewer layers.
        with np.errstate(all="ignore"):
            fewest = min(possible, key=len)
            planted = compared_rules(m.planted(net, fewest), known, apart=True, wanted={rule})
        off = {c.layer: c for c in planted if c.ok is False}
        if rule == "through_activation" and m.rule == "hidden_delta":
            off = {l: c for l in layers if (c := _seen_alone(m, net, case, l)) is not None}
        if off.keys() == layers and all(c.answers_as(off[c.layer]) for c in failed):
            found.append(m)
    return found


def _seen_alone(mistake: Mistake, net: MLP, case: Case, l: int) -> RuleCheck | None:
    """Return the result of a mistake in hidden_delta for the activation alone: W^(l+1) is a unit matrix."""
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
