"""An exercise judged: each rule on its own, fed with right arrays, and named where the catalogue has its mistake."""

import contextlib
from dataclasses import dataclass, field

import numpy as np

from manual import MLP

from .. import networks
from ..checks.rules import RuleCheck, check_rules, cotangent
from ..common.errors import UserError
from ..common.results import environment
from ..mistakes.catalogue import catalogue
from .hints import hint
from .rule_text import rules

SAMPLES, SEED = 7, 20
STATES = ("right", "wrong", "empty", "raised")


@dataclass(frozen=True)
class RuleResult:
    """What is said of one rule: a state of STATES, the layers in which it is off, and what leads on.

    one_of: ids of the mistakes that give these very numbers.  place, hint, answer: each tells more than the one
    before.
    """

    rule: str
    state: str
    layers: tuple = ()
    one_of: tuple = ()
    place: str = ""
    hint: str = ""
    answer: str = ""
    points: float = 0.0
    of: float = 1.0


@dataclass(frozen=True)
class Judged:
    """The raw result of checking an exercise."""

    schema: str
    environment: dict
    network: str
    rules: list = field(default_factory=list)

    @property
    def ok(self):
        return all(r.state == "right" for r in self.rules)

    @property
    def exit_code(self):
        return 0 if self.ok else 1


def batch(net, dtype="float64"):
    """(params, x, y) that an exercise on `net` is judged on: unlike layers, no zeros, N = 7."""
    from ..networks.draws import suited_draw

    d = suited_draw(net, SAMPLES, np.random.default_rng(SEED), dtype)
    return d.params, d.x, d.y


def judge(module, guard=None, function=None):
    """Return the Judged of a module made from a handout. Raises UserError where its EXERCISE cannot be read.

    guard: the Guard of a child, put around each rule of the module.
    """
    net, points = _network(module)
    for rule in rules(net):
        if guard and hasattr(module, rule.name):
            setattr(module, rule.name, guard.around(getattr(module, rule.name)))
    student = _Handed.of(net, module)
    params, x, y = batch(net)
    asked = [rule.name for rule in rules(net)]
    checks = check_rules(student, params, x, y, apart=True)
    results = []
    for name in asked:
        mine = [c for c in checks if c.rule == name]
        results.append(_judged(name, mine, student.empty, net, (params, x, y), points))
    return Judged("threeways/exercise/1", environment(), networks.named(net).describe(), results)


def planted_shows(mistake, net, params, x, y):
    """Whether the mistake, in every layer it can sit in, can be made and changes the gradient."""
    layers = next(iter(mistake.layers(net.depth)), None)
    if layers is None or (mistake.needs and mistake.needs(net, params, x, y, layers)):
        return False
    with np.errstate(all="ignore"):
        right = net.loss_and_grads(params, x, y)[1]
        wrong = mistake.planted(net, layers).loss_and_grads(params, x, y)[1]
    return any(not np.abs(right[n] - wrong[n]).max() <= 1e-6 * np.abs(right[n]).max() for n in right)


@contextlib.contextmanager
def _right_inner_rules(module, rule, net):
    """While a delta is judged, the rules that it calls are right ones: what is wrong in them is told there."""
    kept = {}
    if rule in ("output_delta", "hidden_delta"):
        right = MLP(**{name: getattr(net, name) for name in net.__dataclass_fields__})
        for inner in ("through_activation", "criterion_gradient"):
            kept[inner] = getattr(module, inner, None)
            setattr(module, inner, getattr(right, inner))
    try:
        yield
    finally:
        for inner, function in kept.items():
            setattr(module, inner, function)


class _EmptyError(Exception):
    """A rule that returns nothing yet."""


class _Handed(MLP):
    """The MLP whose backward rules are the functions of a module."""

    @classmethod
    def of(cls, net, module):
        made = cls(**{name: getattr(net, name) for name in net.__dataclass_fields__})
        object.__setattr__(made, "module", module)
        object.__setattr__(made, "empty", set())
        return made

    def _asked(self, rule, *arguments):
        function = getattr(self.module, rule, None)
        with _right_inner_rules(self.module, rule, self):
            found = None if function is None else function(*arguments)
        if found is None:
            self.empty.add(rule)
            raise _EmptyError(rule)
        return found

    def criterion_gradient(self, a, y):
        return self._asked("criterion_gradient", a, y)

    def through_activation(self, l, da, p):
        return self._asked("through_activation", l, da, p)

    def output_delta(self, p):
        return self._asked("output_delta", p)

    def hidden_delta(self, l, p):
        return self._asked("hidden_delta", l, p)

    def weight_gradient(self, l, p):
        return self._asked("weight_gradient", l, p)

    def bias_gradient(self, l, p):
        return self._asked("bias_gradient", l, p)

    def weight_decay(self, l, p):
        return self._asked("weight_decay", l, p)

    def bias_decay(self, l, p):
        return self._asked("bias_decay", l, p) if self.l2_biases else 0


def _network(module):
    exercise = dict(getattr(module, "EXERCISE", {}))
    points = exercise.pop("points", 1)
    try:
        return networks.network("mlp", **exercise).build("hand"), points
    except (TypeError, UserError) as error:
        raise UserError(f"EXERCISE in the file has been changed, and cannot be read: {error}") from error


def _judged(name, checks, empty, net, case, points):
    of = float(points.get(name, 0) if isinstance(points, dict) else points)
    failed = [c for c in checks if c.ok is False]
    if name in empty:
        return RuleResult(name, "empty", of=of, place="returns None: write its formula")
    raised = [c for c in checks if c.ok is None and c.reason and not c.reason.startswith("no entry")]
    if raised:
        place = f"{raised[0].name} raised {raised[0].reason}"
        return RuleResult(name, "raised", tuple(c.layer for c in raised), place=place, of=of)
    if not failed:
        return RuleResult(name, "right", points=of, of=of)
    layers = tuple(c.layer for c in failed)
    named = _named(name, failed, net, case)
    ids = tuple(dict.fromkeys(m.id.partition(":")[0] for m in named))
    answer = ""
    if named:
        wrong, right, why = named[0].lines(max(layers))
        answer = f"Likely line: {wrong}. Make it: {right}. Why: {why}."
    finding = {"one_of": ids} if ids else None
    array = "b" if name.startswith("bias") else "W" if name.startswith("weight") else ""
    return RuleResult(name, "wrong", layers, ids, _place(failed), hint(finding, array), answer, 0.0, of)


def _place(failed):
    worst = failed[0]
    if worst.values is None:
        return f"{worst.name}: {worst.reason}"
    index = str(list(worst.worst_index)).replace(" ", "")
    mine, right = worst.values["hand"], worst.values["right"]
    many = f" (and in {len(failed) - 1} more layers)" if len(failed) > 1 else ""
    return f"{worst.name}{index}: yours {mine:.8g}, right {right:.8g}{many}"


def _named(rule, failed, net, case):
    """The catalogue's mistakes that, planted in these layers, give the very answers of this rule."""
    layers, found = frozenset(c.layer for c in failed), []
    for m in catalogue().values():
        if m.loss or m.constant or not m.concerns(net):
            continue
        possible = [at for at in m.layers(net.depth) if at >= layers]
        if not possible or (m.needs and m.needs(net, *case, layers)):
            continue
        # A mistake that sits in one rule may show in another that calls it, and there in fewer layers.
        with np.errstate(all="ignore"):
            theirs = check_rules(m.planted(net, min(possible, key=len)), *case, apart=True)
        off = {c.layer: c for c in theirs if c.rule == rule and c.ok is False}
        if rule == "through_activation" and m.rule == "hidden_delta":
            off = {l: c for l in layers if (c := _seen_alone(m, net, case, l)) is not None}
        if off.keys() == layers and all(_same(c, off[c.layer]) for c in failed):
            found.append(m)
    return found


def _seen_alone(mistake, net, case, l):
    """What a mistake in hidden_delta gives for the activation alone: a unit matrix stands where W^(l+1) stood."""
    if l == net.depth or frozenset([l]) not in mistake.layers(net.depth):
        return None
    p = net.backward_pass(net.forward_pass(*case[:2]), case[2])
    p.W[l + 1], p.delta[l + 1] = np.eye(net.sizes[l]), cotangent(l, p.z[l])
    try:
        return RuleCheck(
            "through_activation", l, False, "", hand=mistake.planted(net, {l}).hidden_delta(l, p)
        )
    except ValueError:  # the unit matrix has not the shape that this mistake wants
        return None


def _same(a, b):
    if a.hand is None or b.hand is None or a.hand.shape != b.hand.shape:
        return False
    return np.allclose(a.hand, b.hand, rtol=1e-9, atol=1e-12, equal_nan=True)
