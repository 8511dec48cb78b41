"""The derivative of the loss by each line of a forward pass, and which line of the backward pass computes it."""

import ast
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..common.errors import UserError
from ..common.results import Displayed, environment, plain
from ..trace.changes.fix import applied
from ..trace.changes.points import quiet, wrong_arrays
from ..trace.changes.rewriting import head
from ..trace.derivatives.run import record
from ..trace.derivatives.slices import Origins
from ..trace.derive import Derived, derive
from ..trace.lines.source import Statement
from ..trace.locate import locate
from ..trace.located import Located
from ..user.subject import Subject
from .check import GradientCheck
from .stages.traced import adjoint, recorded

WANTED = frozenset({"numerical"})


@dataclass(frozen=True)
class Line:
    """A line of the user's code: its file's name, its number, its text."""

    file: str
    line: int
    source: str


@dataclass(frozen=True)
class Value:
    """A value of the forward pass, and the derivative of the loss by it.

    at: its line, None of a parameter.  times: how often the line ran.  shape, norm: of the derivative; the norm of
    all times together.  by: the lines of the backward pass that compute it.  state: right; wrong, where `by` is a line
    that has a mistake; inherited, where it is off because of one above it; unknown, where no line computes it.
    computed: at how many of the times the backward pass has it right.
    """

    name: str
    at: Line | None
    times: int
    shape: tuple[int, ...]
    norm: float
    by: list[Line]
    state: str
    computed: int


@dataclass(frozen=True)
class Derivatives(Displayed):
    """The derivatives of every line.  wrong: the lines with a mistake, each with its fix {line, from, to} or None."""

    schema: str
    environment: dict[str, Any]
    ok: bool
    function: str
    loss: float
    values: list[Value]
    wrong: list[dict[str, Any]] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        return 0 if self.ok else 1


def derivatives(hand: Any, params: Any, x: Any = None, y: Any = None, seed: int = 0) -> Derivatives:
    """Return the derivative of the loss by the value of each line, and the line of the backward pass that computes it.

    hand: a function (params, x, y) -> (loss, grads). Raises UserError where its run cannot be recorded.
    """
    subject = Subject(hand, params, x, y)
    answer = subject.answer()
    if answer.loss is None:
        raise UserError("derive needs the loss too: return (loss, gradients)")
    check = recorded(GradientCheck(subject, answer, seed=seed, wanted=WANTED))
    check, _ = adjoint(check)
    traced = check.traced
    if traced is None or traced.kinked:
        reason = check.about.get("not_followed", "the function is a network of this package")
        raise UserError(f"the run of {subject.name} cannot be followed: {reason}")
    if any(traced.flat[n] is not a for n, a in subject.flat.items()):
        subject.flat = dict(traced.flat)
    found = derive(traced.run, traced.back, traced.origins)
    truth = traced.run.derivatives(traced.back)
    with quiet():
        wrong = wrong_arrays(subject, truth, traced.run.close)
    located = locate(subject, traced.run, traced.back, traced.origins, traced.flat, seed) if wrong else []
    fixed = _with_fixes(subject, located)
    bad = {s for each in located for s in each.statements}
    assert traced.run.outcome.loss is not None
    return Derivatives(
        "threeways/derivatives/1",
        environment(seed),
        not wrong,
        subject.name,
        float(traced.run.outcome.loss),
        _apart([v for d in found if (v := _value(d, fixed.get((d.name, d.statement)), bad, wrong))]),
        [_said(each) for each in located],
    )


def _with_fixes(subject: Subject, located: list[Located]) -> dict[tuple[str, Any], Derived]:
    """Return the lines again as they are with every fix: what would compute what."""
    fixes = [each.fix for each in located if each.fix is not None]
    if not fixes:
        return {}
    with quiet(), ExitStack() as stack:
        for fix in fixes:
            stack.enter_context(applied(subject, fix))
        try:
            run = record(subject, subject.flat)
            return {(d.name, d.statement): d for d in derive(run, run.back(edges=True), Origins(run.tape))}
        except Exception:  # what the fixed code does beside its derivatives
            return {}


def _value(
    derived: Derived, fixed: Derived | None, bad: set[Statement], wrong: frozenset[str]
) -> Value | None:
    """Return a value with its state; None for a part of an expression that no line of the backward pass is about.

    fixed: the same with every fix.  bad: the lines with a mistake.  wrong: the arrays that are off.
    """
    best = fixed if fixed is not None and fixed.by else derived
    if derived.inner and not (best.by and best.whole):
        return None
    parameter = derived.statement is None
    by = derived.by
    if parameter and derived.name not in wrong:
        state = "right"  # perhaps filled part by part
    elif derived.computed == derived.times and (derived.whole or not best.whole):
        state = "right"
    else:
        by = best.by
        known = best is not derived or (
            parameter and bool(by)
        )  # what no line computes is off because of none
        state = "wrong" if bad & set(by) else "inherited" if known else "unknown"
    at = None if derived.statement is None else _line(derived.statement)
    lines = [_line(s) for s in by]
    return Value(derived.name, at, derived.times, derived.shape, derived.norm, lines, state, derived.computed)


def _apart(values: list[Value]) -> list[Value]:
    """Leave out what has the derivative of the value after it on its line: x @ W of x @ W + b."""
    after = [*values[1:], None]
    return [v for v, n in zip(values, after, strict=True) if n is None or v.at is None or not _alike(v, n)]


def _alike(v: Value, n: Value) -> bool:
    return (v.at, v.by, v.shape, v.times) == (n.at, n.by, n.shape, n.times) and abs(
        v.norm - n.norm
    ) <= 1e-9 * n.norm


def _line(where: Statement) -> Line:
    """Return the line; a statement over several lines is put into one, without its comments."""
    text = where.text
    if "\n" in text:
        text = ast.unparse(head(where.node)).partition("\n")[0]
    return Line(Path(where.file).name, where.line, " ".join(text.split()))


def _said(each: Located) -> dict[str, Any]:
    lines = [plain(_line(s)) for s in each.statements]
    fix = (
        None
        if each.fix is None
        else {"line": each.fix.statement.line, "from": each.fix.before, "to": each.fix.after}
    )
    return {"lines": lines, "arrays": list(each.arrays), "fix": fix}
