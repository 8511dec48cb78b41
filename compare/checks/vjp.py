"""check_vjp: a hand-written backward of one operation, as research code keeps them inside the frameworks."""

from dataclasses import replace

import numpy as np

from ..common.errors import UserError
from ..common.results import environment
from ..judge import facts
from ..judge.report import LossVerdict, Report
from ..judge.verdicts import Verdict, judge
from ..user import ops
from ..user.subject import _where as where_raised
from ..witnesses import Evidence, numerical
from ..witnesses.directional import direction, inner, taylor_rate
from ..witnesses.rounding.noisy import Rounding, noisy
from ..witnesses.rounding.units import THRESHOLD, combined, unit
from .kinks import between_sides

DRAWS = 8


def check_vjp(op, *inputs, reference=None, cotangent=None, seed=0):
    """Is the hand-written backward of one operation its vector-Jacobian product?

    op: a torch.autograd.Function subclass (old style, or with setup_context), a jax.custom_vjp function, or a
        pair (forward, backward) of NumPy functions: backward(cotangent, *inputs), or backward(cotangent, cache)
        where forward returns (output, cache); it returns one gradient for each input.
    inputs: its arguments. Floating arrays are differentiated; the others are passed on, and that is said.
    reference: a plain implementation in the same framework, to be differentiated by it; else the op's own
        forward is differenced.
    cotangent: what the output is multiplied with, an array or one for each output; else random normal.

    Arrays have the names of the op's arguments. Returns a Report. Raises UserError where this is unusable.
    """
    op, inputs = ops.understood(op, inputs)
    check = _Check(op, inputs, reference, seed)
    outputs = check.run("forward", op.outputs, inputs.arrays)
    cotangents = _cotangents(cotangent, outputs, seed)
    first, second = (check.run("backward", op.pull, inputs.arrays, cotangents) for _ in range(2))
    hand = Evidence("hand", _total(outputs, cotangents), first)
    forward = check.forward_verdict(outputs, cotangents)
    if not _equal(first, second):
        return check.report(
            _unsteady(first, second), forward, "Two backward calls with the same inputs differ."
        )
    witnesses, units = check.witnesses(cotangents, first)
    expected = {
        n: a.shape
        for n, a in inputs.arrays.items()
        if n in first or any(np.any(w.arrays[n]) for w in witnesses if n in w.arrays)
    }
    verdicts = judge(hand, witnesses, units, expected, check.dtype)
    verdicts = [check.kink(v, first, witnesses, units, cotangents) for v in verdicts]
    said = [check.describe(v, first, witnesses, units, outputs) for v in verdicts if not v.passes]
    return check.report(
        verdicts, forward, " ".join(said) or None, check.directions(first, cotangents, witnesses)
    )


class _Check:
    """One call of check_vjp: the operation, its inputs, and what there is to hold it against."""

    def __init__(self, op, inputs, reference, seed):
        self.op, self.inputs, self.reference, self.seed = op, inputs, reference, seed
        self.dtype = np.result_type(*inputs.arrays.values())
        self.warnings = []

    def run(self, what, function, *arguments):
        try:
            with np.errstate(all="ignore"):
                return function(*arguments)
        except UserError:
            raise
        except Exception as error:
            line = str(error).splitlines()[0] if str(error) else ""
            raise UserError(
                f"your {what} raised {type(error).__name__}: {line}{where_raised(error)}"
            ) from error

    def value(self, arrays, cotangents):
        """sum of cotangents * outputs: the scalar whose gradient the vector-Jacobian product is."""
        with np.errstate(all="ignore"):
            return _total(self.op.outputs(arrays), cotangents)

    def witnesses(self, cotangents, first):
        """([Evidence], {witness: {array: unit}})"""
        arrays, witnesses = self.inputs.arrays, []
        own, graph = self._own_noise(cotangents, first), {}
        module = ops.witness_of(self.op.framework)
        if self.reference is not None and module is not None:
            value = self.op.scalar(self.reference, cotangents)
            found = self.run("reference", module.evidence, value, arrays, [], self.op.framework)
            witnesses.append(found)
            draws = module.noise(value, arrays, [], self.dtype, DRAWS, self.seed)
            graph = {n: unit([d[n] for d in draws], a, self.dtype) for n, a in found.arrays.items()}
        elif self.reference is not None:
            witnesses.append(self._differences(self._reference_value(cotangents), "reference"))
        if not (module is not None and self.reference is not None and self._large()):
            witnesses.append(self._differences(lambda at: self.value(at, cotangents), "numerical"))
        floor = {n: unit([first.get(n, a * 0)], first.get(n, a * 0), self.dtype) for n, a in arrays.items()}
        each = {
            n: combined(
                [u for u in (own.get(n), graph.get(n), floor[n]) if u is not None and u.shape == a.shape]
            )
            for n, a in arrays.items()
            if floor[n].shape == a.shape
        }
        each |= {n: np.zeros(a.shape) for n, a in arrays.items() if n not in each}
        return witnesses, {w.name: each for w in witnesses}

    def _large(self):
        return sum(a.size for a in self.inputs.arrays.values()) > numerical.ENTRY_BY_ENTRY

    def _differences(self, value, name):
        """Differences in float64, or where the operation refuses that in its own type."""
        try:
            wide = self.inputs.cast(np.float64)
            value(wide)
        except Exception:
            wide = self.inputs.arrays
        found = self.run("forward", numerical.evidence, value, wide, (), self.seed)
        return replace(found, name=name)

    def _reference_value(self, cotangents):
        def value(arrays):
            result = self.reference(*self.inputs.filled({n: np.array(a) for n, a in arrays.items()}))
            return _total(ops._outputs(result), cotangents)

        return value

    def _own_noise(self, cotangents, first):
        """The rounding unit of the operation's own backward, where it can be watched; {} elsewhere."""
        arrays, module = self.inputs.arrays, ops.witness_of(self.op.framework)
        try:
            with np.errstate(all="ignore"):
                if module is not None:
                    value = self.op.scalar(None, cotangents)
                    draws = module.noise(value, arrays, [], self.dtype, DRAWS, self.seed)
                    centre = module.evidence(value, arrays, []).arrays
                else:
                    rounding = Rounding(self.seed)
                    draws = [
                        self.op.pull(noisy(arrays, rounding), noisy(cotangents, rounding))
                        for _ in range(DRAWS)
                    ]
                    centre = first
            return {n: unit([d[n] for d in draws], a, self.dtype) for n, a in centre.items() if n in first}
        except Exception:  # code that leaves its framework, or refuses other types, cannot be watched
            return {}

    def forward_verdict(self, outputs, cotangents):
        """Whether the forward is the reference's: a right derivative of another function is a question of its own."""
        mine = _total(outputs, cotangents)
        if self.reference is None:
            return LossVerdict("unknown", "no reference was given: held against your own forward", mine)
        theirs = self.run("reference", self._reference_outputs)
        theirs = [t for t in theirs if np.asarray(t).dtype.kind == "f"]
        outputs = [o for o in outputs if o.dtype.kind == "f"]
        if [o.shape for o in outputs] != [np.shape(t) for t in theirs]:
            shapes = f"{[o.shape for o in outputs]}, the reference's {[np.shape(t) for t in theirs]}"
            raise UserError(f"your outputs have shapes {shapes}")
        room = 1e3 * np.finfo(self.dtype).eps
        for k, (o, t) in enumerate(zip(outputs, theirs, strict=True)):
            off = ~(np.abs(o - t) <= room * np.maximum(np.abs(t), np.abs(t).max(initial=0)))
            if off.any():
                i = tuple(int(j) for j in np.argwhere(off)[0])
                words = f"output {k}{list(i)} is {o[i]:.10g}, the reference's {np.asarray(t)[i]:.10g}"
                return LossVerdict("wrong", words, mine, {"reference": _total(theirs, cotangents)})
        return LossVerdict("agree", "the same outputs", mine, {"reference": _total(theirs, cotangents)})

    def _reference_outputs(self):
        if self.op.framework == "numpy":
            return [
                np.asarray(o)
                for o in ops._outputs(self.reference(*self.inputs.filled(self.inputs.cast(float))))
            ]
        return type(self.op)(self.reference, self.inputs).outputs(self.inputs.arrays)

    def kink(self, verdict, first, witnesses, units, cotangents):
        """`kink` where every entry that is off lies between the derivatives from the left and from the right."""
        if verdict.status not in ("wrong", "inconclusive") or verdict.ratio is None:
            return verdict
        mine, at = first[verdict.name], self.inputs.cast(np.float64)
        off = np.zeros(mine.shape, bool)
        for w in witnesses:
            room = (
                units[w.name][verdict.name]
                if w.error is None
                else combined([units[w.name][verdict.name], w.error[verdict.name]])
            )
            off |= ~(np.abs(mine - w.arrays[verdict.name]) <= THRESHOLD * room)
        if not between_sides(lambda a: self.value(a, cotangents), at, verdict.name, mine, off):
            return verdict
        reason = f"differs only in {int(off.sum())} entries on a kink, where frameworks do too"
        return replace(verdict, status="kink", reason=reason)

    def describe(self, verdict, first, witnesses, units, outputs):
        """What the numbers of a wrong array say by themselves."""
        if verdict.status != "wrong":
            return f"{verdict.name}: {verdict.reason}."
        witness = next((w for w in witnesses if w.error is None), witnesses[0])
        room = units[witness.name][verdict.name]
        if witness.error is not None:
            room = combined([room, witness.error[verdict.name]])
        batch = outputs[0].shape[0] if outputs[0].ndim else None
        known = np.where(np.isfinite(room), room, np.inf)
        if not np.isfinite(known).all():
            values = ", ".join(f"{k} {v:.10g}" for k, v in verdict.values.items() if v is not None)
            return f"{verdict.name}{list(verdict.worst_index)} is wrong: {values}."
        param = self.inputs.arrays[verdict.name]
        return facts.describe(
            verdict.name, first[verdict.name], witness.arrays[verdict.name], room, param, batch
        )

    def directions(self, first, cotangents, witnesses):
        """The Taylor rate of the forward and, with a framework's reference, the dot-product test."""
        arrays, u = self.inputs.cast(np.float64), direction(self.inputs.arrays, self.seed)
        found = {}
        if self.dtype == np.float64:
            try:
                rate = taylor_rate(lambda at: self.value(at, cotangents), arrays, first, self.seed)
                found["taylor_rate"] = rate
            except Exception:
                found["taylor_rate"] = None
        if self.reference is not None and self.op.framework != "numpy":
            try:
                pushed = self.op.push(self.reference, self.inputs.arrays, u)
            except Exception as error:  # forward mode is not there for every operation
                return found | {"dot_product": None, "dot_product_absent": type(error).__name__}
            left = float(sum((p * c).sum() for p, c in zip(pushed, cotangents, strict=True)))
            right = inner(first, u)
            size = max(float(sum(np.abs(np.asarray(first[n]) * u[n]).sum() for n in first)), 1e-300)
            found["dot_product"] = {"Ju_v": left, "u_JTv": right, "relative": abs(left - right) / size}
        return found

    def report(self, verdicts, forward, diagnosis, more=None):
        ok = all(v.passes for v in verdicts) and forward.status != "wrong"
        if forward.status == "wrong":
            diagnosis = " ".join(
                filter(None, [f"Your forward is not the reference's: {forward.reason}.", diagnosis])
            )
        return Report(
            schema="threeways/check/1",
            environment=environment(self.seed),
            ok=ok,
            diagnosis=None if ok else diagnosis,
            findings=[],
            recognised=None,
            loss=forward,
            verdicts=verdicts,
            warnings=self.warnings + self.inputs.skipped,
            about={
                "network": None,
                "function": "backward",
                "batch": None,
                "data": None,
                "dtype": str(self.dtype),
                "assumed": self.inputs.skipped,
                "framework": self.op.framework,
            }
            | (more or {}),
        )


def _cotangents(given, outputs, seed):
    """One float64 array for each floating output."""
    floating = [o for o in outputs if o.dtype.kind == "f"]
    if not floating:
        raise UserError("the operation has no floating-point output")
    for output in floating:
        if not np.isfinite(output).all():
            raise UserError("the forward gives nan or inf at these inputs")
    rng = np.random.default_rng([seed, 1])
    if given is None:
        return [rng.standard_normal(o.shape).astype(o.dtype) for o in floating]
    given = [ops._array(g) if ops._array(g) is not None else np.asarray(g) for g in ops._outputs(given)]
    if [np.shape(g) for g in given] != [o.shape for o in floating]:
        raise UserError(
            f"cotangent has shape {[np.shape(g) for g in given]}; the outputs {[o.shape for o in floating]}"
        )
    return [np.asarray(g, o.dtype) for g, o in zip(given, floating, strict=True)]


def _total(outputs, cotangents):
    floating = [o for o in map(np.asarray, outputs) if o.dtype.kind == "f"]
    return float(sum((o * c).sum() for o, c in zip(floating, cotangents, strict=True)))


def _equal(a, b):
    return a.keys() == b.keys() and all(np.array_equal(a[n], b[n], equal_nan=True) for n in a)


def _unsteady(first, second):
    reason = "a second backward with the same inputs gives other numbers: is something kept, or drawn anew?"
    return [
        Verdict(n, "agree", "the same in two calls")
        if n in second and np.array_equal(a, second[n], equal_nan=True)
        else Verdict(n, "nondeterministic", reason)
        for n, a in first.items()
    ]
