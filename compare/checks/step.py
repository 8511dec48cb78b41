"""check_step: a hand-written training step, judged by the gradient that its update contains."""

from dataclasses import replace

import numpy as np

from ..common.arrays import equal, unflatten
from ..common.errors import UserError
from ..common.results import environment
from ..judge import facts
from ..judge.blame import blame
from ..judge.report import Finding, LossVerdict, Report
from ..judge.verdicts import Verdict, judge
from ..mistakes.naming import name_mistakes
from ..mistakes.steps import STALE
from ..user.subject import Subject
from ..witnesses import Evidence, numerical
from ..witnesses import reference as references
from ..witnesses.rounding.units import THRESHOLD, combined
from . import update_rules
from .explain import hiding_places
from .kinks import kinks, without
from .updates import StepCase, accumulates, first_steps, returning, whole_steps


def check_step(update, params, x, y=None, rate=None, network=None, seed=0, optimizer=None):
    """Does one training step go down the gradient, and if not, which line is wrong?

    update: a function (params, x, y) -> the new parameters, or (new parameters, loss) in either order, or None
        where it changes the ones it was given.
    params, x, y: as `check_gradients` takes them.  rate: the learning rate; else fitted, one number for all.
    network: the network meant; else it is recognised from the loss that update returns, or that loss differenced.

    optimizer: the rule meant, of manual.optimizers (Adam(rate=0.01), ...); then update is called five times in a
        row, which begins its memory, so it must not have been called before.

    Without an optimizer it is for steps of plain gradient descent, params - rate * gradient. Returns a Report, of
    the gradients that (params - new) / rate are, or of the steps. Raises UserError where the input is unusable.
    """
    if optimizer is not None:
        rule = update_rules.rule_of(optimizer)
        if rule.slots or callable(rule.rate) or rule.clip is not None:
            return _by_rule(Subject(returning(update), params, x, y), rule, network, seed)
        rate = rule.rate
    if rate is not None and not (np.isfinite(rate) and rate > 0):
        raise UserError(f"rate is {rate}: a positive number is needed")
    subject = Subject(returning(update), params, x, y)
    steps, loss = first_steps(subject)
    check = _Step(subject, steps[0], loss, rate, seed)
    if not equal(steps[0], steps[1]):
        return check.unsteady(steps)
    check.find_right(network)
    return check.judged()


def _by_rule(subject, rule, network, seed):
    """The Report of a step with a memory: the first five, each beside what the rule makes of the right gradient."""
    first = subject.answer()
    check = _Step(subject, {}, first.loss, None, seed)
    whole_steps(subject, first.arrays)
    steps = update_rules.walked(subject, first.arrays)
    check.find_right(network)
    l2 = check.reference.net.l2 if check.reference is not None else 0.0
    verdicts, findings, said = update_rules.judged(steps, rule, check.gradients_at, check.dtype, l2)
    check.rate = rule.rate if not callable(rule.rate) else None
    check.given_rate = check.rate  # not fitted
    return check.report(verdicts, findings, said)


class _Step:
    def __init__(self, subject, step, loss, rate, seed):
        self.subject, self.step, self.loss, self.seed = subject, step, loss, seed
        self.given_rate, self.rate = rate, rate
        self.dtype = subject.dtype
        self.reference = self.description = None
        self.warnings = []
        if subject.mutated:
            self.warnings.append(
                f"your update changes {' and '.join(subject.mutated)} in place: what its caller kept of the old "
                "values changes with it (updated-params-returned, where both are used)"
            )

    # ---- What is right

    def find_right(self, network):
        """The right gradient: the network's own rules, else differences of the loss that update returns."""
        subject, shapes = self.subject, {n: a.shape for n, a in self.subject.flat.items()}
        if network is not None:
            self.reference = references.given(network, subject)
        else:
            self.reference, self.description = references.recognised(subject, self.seed)
        if self.reference is None and not subject.has_loss:
            raise UserError(
                "nothing to compare this step with: let update return (params, loss), or give network=..."
            )
        witness, units = self._right_at(subject.flat)
        self.witness, self.right = witness, witness.arrays
        self.units = {n: units[n] for n in shapes}

    def _right_at(self, flat):
        """(Evidence, units) of the gradient at `flat`."""
        shapes = {n: a.shape for n, a in flat.items()}
        if self.reference is not None:
            witness, units = self.reference.by_hand(flat, shapes, self.dtype)
            return replace(witness, arrays={n: witness.arrays[n] for n in shapes}), units
        witness = numerical.evidence(self.subject.loss, flat, seed=self.seed)
        return witness, {n: np.zeros(a.shape) for n, a in witness.arrays.items()}

    def gradients_at(self, flat):
        """({name: right gradient}, {name: how far each entry can be trusted})."""
        witness, units = self._right_at(flat)
        if witness.error is None:
            return witness.arrays, {n: units[n] for n in witness.arrays}
        if not all(np.isfinite(e).all() for e in witness.error.values()):
            raise UserError("too many parameters to difference for an optimizer's steps: give network=...")
        return witness.arrays, {n: combined([units[n], e]) for n, e in witness.error.items()}

    def lost(self, rate):
        """What of a gradient the update's rounding takes with it: half an ulp of the new parameter, over the rate."""
        eps = np.finfo(self.dtype).eps
        return {
            n: eps * np.maximum(np.abs(a), np.abs(self.step[n] - a)).astype(np.float64) / abs(rate)
            for n, a in self.subject.flat.items()
        }

    def ratio(self, name):
        """c with step = c * right in this array to rounding, or None."""
        room = np.where(np.isfinite(self.entries(name)), self.entries(name), np.inf)
        right = self.right[name]
        square = float((right * right).sum())
        if not square > 0 or not np.isfinite(room).all():
            return None
        c = float((self.step[name] * right).sum() / square)
        if c == 0:
            return None
        # The fitted number takes the rounding of one direction away: three times the room for the others.
        room = 3 * THRESHOLD * (abs(c) * room + self.lost(1.0)[name])
        return c if (np.abs(self.step[name] - c * right) <= room).all() else None

    def entries(self, name):
        error = self.witness.error
        return self.units[name] if error is None else combined([self.units[name], error[name]])

    def shared_rate(self):
        """(c, names): the number most arrays are right with, the ones nearer to the loss first; (None, [])."""
        ratios = {n: r for n in self.right if (r := self.ratio(n)) is not None}
        groups = [[m for m, s in ratios.items() if self._same(r, s, n, m)] for n, r in ratios.items()]
        if not groups:
            return None, []
        layer = self.reference.layers() if self.reference else {}
        best = max(groups, key=lambda g: (len(g), max(layer.get(n, 0) for n in g)))
        sizes = {n: float(np.abs(self.right[n]).max()) for n in best}
        return ratios[max(sizes, key=sizes.get)], best

    def _same(self, r, s, *names):
        room = max(
            float((self.lost(1.0)[n] + abs(r) * self.entries(n)).max() / np.abs(self.right[n]).max())
            for n in names
        )
        return abs(r - s) <= 3 * THRESHOLD * room

    # ---- What is said

    def judged(self):
        special = self._returns_gradients() or self._sign_of_gradient()
        if special:
            return special
        shared, names = self.shared_rate()
        rate = self.given_rate or shared or self._projected()
        whole = shared is not None and len(names) == len([n for n in self.right if np.any(self.right[n])])
        self.rate = abs(rate)
        gradient = {n: s / self.rate for n, s in self.step.items()}
        lost = self.lost(self.rate)
        units = {self.witness.name: {n: combined([u, lost[n]]) for n, u in self.units.items()}}
        shapes = {n: a.shape for n, a in self.right.items()}
        typed = {n: g.astype(self.dtype) for n, g in gradient.items()}
        verdicts = judge(Evidence("hand", self.loss, typed), [self.witness], units, shapes, self.dtype)
        verdicts = self._kinks(verdicts)
        if all(v.passes for v in verdicts):
            return self.report(verdicts, [], None)
        findings = self._scaled(shared) if whole else []
        if not findings and self.reference is not None:
            verdicts, findings = self._named(verdicts, gradient, lost)
        said = [
            facts.describe(
                v.name, gradient[v.name], self.right[v.name], self._room(units, v.name), batch=self._batch()
            )
            for v in verdicts
            if v.status == "wrong" and np.isfinite(self._room(units, v.name)).all()
        ]
        sentences = [
            f"From the step: {' '.join(said[:4])}" if said else None,
            *(f.sentence for f in findings),
        ]
        return self.report(verdicts, findings, "\n".join(s for s in sentences if s))

    def _batch(self):
        return None if self.reference is None else len(self.reference.x)

    def _room(self, units, name):
        own = units[self.witness.name][name]
        return own if self.witness.error is None else combined([own, self.witness.error[name]])

    def _projected(self):
        """A rate where no array is right: from the layer nearest to the loss, by least squares."""
        names = [n for n in self.right if np.any(self.right[n])]
        if not names:
            raise UserError("the gradient is 0 at these parameters: a step from here shows nothing")
        layer = self.reference.layers() if self.reference else {}
        top = max(names, key=lambda n: layer.get(n, 0))
        c = float((self.step[top] * self.right[top]).sum() / (self.right[top] ** 2).sum())
        return c or 1.0

    def _scaled(self, c):
        """One number in all arrays: uphill, or the rate twice."""
        if c < 0 and (self.given_rate is None or self._equals(-c, self.given_rate)):
            words = (
                "The step goes uphill: it adds rate * gradient. Make it params - rate * gradient, or, with the "
                "convention y - a, keep + and check that delta is y - a and not a - y."
            )
            return [Finding(next(iter(self.right)), "update", ("sign-flipped",), True, words)]
        if self.given_rate is not None and self._equals(c, self.given_rate**2):
            words = (
                f"The step is rate^2 = {c:.6g} times the gradient. Likely line: dW = rate * ..., and then "
                "W -= rate * dW. Make it: dW without the rate. Why: the rate belongs to the update alone."
            )
            return [Finding(next(iter(self.right)), "update", ("rate-in-gradient",), True, words)]
        return []

    def _equals(self, a, b):
        return bool(np.isclose(a, b, rtol=1e-6 if self.dtype == np.float64 else 1e-2))

    def _named(self, verdicts, gradient, lost):
        reference = self.reference
        hand = reference.ours({n: g for n, g in gradient.items() if n in reference.layers()})
        lost = {
            reference.layout.ours(n): reference.ours({n: a})
            for n, a in lost.items()
            if n in reference.layers()
        }
        lost = {n: np.abs(a[n]) for n, a in lost.items()}
        params, places = reference.params(self.subject.flat, self.dtype), reference.places()
        case = StepCase(reference.net, params, reference.x, reference.y, hand, self.dtype, places, lost=lost)
        findings, roots, _ = name_mistakes(case)
        findings = [
            replace(
                f,
                array=reference.layout.name(f.array) or f.array,
                sentence=f.sentence + self._about_rate(f),
            )
            for f in findings
        ]
        return blame(verdicts, reference.layers(), roots), findings

    def _about_rate(self, finding):
        if finding.one_of != ("updated-weights-used",):
            return ""
        return f" The learning rate here is {self.rate:.6g}."

    def _kinks(self, verdicts):
        """`kink` where leaving out the samples on a kink makes the step right."""
        if self.reference is None or all(v.passes for v in verdicts):
            return verdicts
        mask = kinks(self.reference, self.reference.params(self.subject.flat))
        if not mask.any() or mask.all():
            return verdicts
        x, y = without(self.subject, self.reference, mask)
        rest = check_step(
            self.subject.function,
            unflatten(self.subject.flat, self.subject.like),
            x,
            y,
            self.rate,
            self.reference.net,
            self.seed,
        )
        right = {v.name for v in rest.verdicts if v.passes}
        reason = f"differs only through {int(mask.sum())} samples on a kink"
        return [
            replace(v, status="kink", reason=reason) if v.status == "wrong" and v.name in right else v
            for v in verdicts
        ]

    def _returns_gradients(self):
        """A Report where what came back are the gradients themselves, not new parameters."""
        new = {n: np.asarray(a, np.float64) - self.step[n] for n, a in self.subject.flat.items()}
        # The step has lost what is below the parameter's last digit.
        room = {n: 10 * THRESHOLD * self.entries(n) + self.lost(1.0)[n] for n in self.right}
        if not all((np.abs(new[n] - self.right[n]) <= room[n]).all() for n in self.right):
            return None
        words = "update returns the gradients, not the parameters after the step: return params - rate * gradient."
        findings = [Finding(next(iter(self.right)), "update", ("updated-params-returned",), True, words)]
        verdicts = [Verdict(n, "wrong", "these are the gradients") for n in self.right]
        return self.report(verdicts, findings, words)

    def _sign_of_gradient(self):
        """A Report where every entry moves equally far: Adam's first step, or a sign step, is not for this check."""
        moved = [np.abs(s[g != 0]) for s, g in zip(self.step.values(), self.right.values(), strict=True)]
        sizes = np.concatenate(moved) if moved else np.zeros(0)
        spread = np.concatenate([np.abs(g[g != 0]) for g in self.right.values()])
        if sizes.size < 3 or not sizes.min() > 0 or np.ptp(sizes) > 1e-3 * sizes.max() or np.ptp(spread) == 0:
            return None
        reason = (
            "every entry moves equally far, as in Adam's first step: this check is for plain gradient descent"
        )
        return self.report([Verdict(n, "inconclusive", reason) for n in self.right], [], reason)

    def unsteady(self, steps):
        """Three calls from the same parameters make different steps: gradients that were never zeroed, or state."""
        reason = "a second step from the same parameters differs"
        verdicts = [
            Verdict(n, "agree", "the same in two calls")
            if np.array_equal(a, steps[1][n])
            else Verdict(n, "nondeterministic", reason)
            for n, a in steps[0].items()
        ]
        if accumulates(steps, self.subject.flat, self.dtype):
            words = STALE.format(what="step")
            finding = Finding(next(iter(self.subject.flat)), "update", ("stale-gradients",), True, words)
            return self.report(verdicts, [finding], words)
        words = f"{reason.capitalize()}: is something kept between calls (a momentum, old gradients), or drawn anew?"
        words += " For a rule with a memory: check_step(..., optimizer=manual.optimizers.Adam(rate=...)) or its like."
        return self.report(verdicts, [], words)

    def report(self, verdicts, findings, diagnosis):
        ok = all(v.passes for v in verdicts)
        fitted = (
            []
            if self.given_rate is not None or self.rate is None
            else [f"the rate is {self.rate:.6g}, fitted"]
        )
        return Report(
            schema="threeways/check/1",
            environment=environment(self.seed),
            ok=ok,
            diagnosis=None if ok else diagnosis,
            findings=findings,
            recognised=self.description,
            loss=LossVerdict("unknown", "a step is judged, not its loss", self.loss),
            verdicts=verdicts,
            warnings=self.warnings + hiding_places(self.subject, self.reference),
            about={
                "network": self.description or (self.reference.net_words() if self.reference else None),
                "function": self.subject.name,
                "batch": self._batch(),
                "data": None,
                "dtype": str(self.dtype),
                "assumed": self.subject.assumed + fitted,
                "rate": self.rate,
            },
        )
