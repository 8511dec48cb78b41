"""A change of a function whose run leaves no record, on tensors or on jax's arrays: each line's edits are run.

Nothing tells which value is the first wrong one, so the likeliest edit of all lines that makes every array right, at
the inputs and at other parameters, is shown.
"""

import ast
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from ...common.arrays import flatten
from ...judge.report import Finding
from ...trace.changes.edits import edits
from ...trace.changes.edits.scope import scope_of
from ...trace.changes.edits.slots import Edit, place_of, roots
from ...trace.changes.fix import edited_text
from ...trace.changes.frames import profiled
from ...trace.changes.likelihood import edit_cost
from ...trace.changes.limit import LIMIT, allowed
from ...trace.changes.patching import Live, edited
from ...trace.changes.points import Point, quiet
from ...trace.changes.rewriting import head
from ...trace.lines.source import Statement, file_of, forget
from ...trace.recording.kept import Kept, undone
from ...witnesses import numerical
from ..check import GradientCheck
from .lines import LIKELY, change

SECONDS = 4.0  # of CPU
LARGEST = 1_000  # entries, since other parameters are differenced
CLOSE = {8: 1e-6, 4: 1e-3}  # relative, in norm, by the bytes of the type
ELSEWHERE = 0.3  # relative: how far from the inputs the other parameters are

MISSES = 6  # edits of a statement that spoil a right array: it is not tried any more
FAILED = 0.2  # of a miss: an edit that raises or changes the loss
DERIVATIVES = ("y > 0", "1 - y ** 2", "y * (1 - y)")  # of activations, as factors that may be missing
DERIVATIVE, COST = "missing derivative", 3.5

Held = tuple[ast.AST, list[FunctionType]]  # what an edit is compiled in, and the functions that get the code
Candidate = tuple[float, int, Edit, Held, Statement, str, str]


def mended_unrecorded(check: GradientCheck) -> GradientCheck:
    """Look for a change of a line with which every array is right, where the run of a function was not recorded."""
    subject, library = check.subject, check.answer.library
    sizes = sum(a.size for a in subject.flat.values())
    right_loss = check.loss is not None and check.loss.status != "wrong"
    unable = not subject.function or not subject.has_loss or not right_loss or sizes > LARGEST
    if library == "numpy" or check.traced or unable or not check.having("wrong"):
        return check
    if any(f.line is not None for f in check.findings):
        return check
    if any(all(n not in w.arrays for w in (*check.exact, *check.witnesses)) for n in subject.flat):
        return check  # what is right for an array is not known
    seconds = allowed(SECONDS)
    try:
        with undone(subject.function), quiet(), LIMIT.watched():
            found = _first(check, seconds)
    except Exception as error:  # keep the verdict, without a line
        return check.telling(not_placed=f"{type(error).__name__}: {error}")
    if found is None:
        return check
    statement, before, after, kind = found
    fix = change(statement, before, after, kind) | {"others": []}
    source = fix["from"].splitlines()[0]
    name = check.having("wrong")[0].name
    own = Finding(name, "line", (), True, f"line {fix['line']}: {source}", file=statement.file)
    first, *others = [*check.findings, *([] if check.findings else [own])]
    sentence = LIKELY.sub("", first.sentence)
    first = replace(first, file=statement.file, line=fix["line"], source=source, fix=fix, sentence=sentence)
    said = "\n".join(LIKELY.sub("", line) for line in (check.diagnosis or "").splitlines())
    return check.but(findings=[replace(first, lines=(fix["line"],)), *others], diagnosis=said or None)


def _first(check: GradientCheck, seconds: float) -> tuple[Statement, str, str, str] | None:
    """Return the likeliest change that mends all: the statement, its text before and after, and the kind of edit."""
    forget()
    # An edit may write into what the function reads: labels -= 1.
    here, other, kept = _here(check), None, Kept(check.subject.function)
    unedited = here.without()
    ended = time.process_time() + seconds
    misses: dict[Statement, float] = {}
    for _, _, edit, (whole, functions), statement, before, after in sorted(
        _edits(check), key=lambda c: c[:2]
    ):
        if time.process_time() > ended:
            return None
        if misses.get(statement, 0.0) >= MISSES:
            continue
        with edit, edited(whole, functions, statement.file) as done:
            arrays = here.gradients() if done else None
        kept.restore()
        right = here.right_of(arrays)
        able = arrays is not None and right >= unedited
        missed = FAILED if arrays is None else 1.0
        misses[statement] = -np.inf if able else misses.get(statement, 0.0) + missed
        if len(right) < len(here.right):
            continue
        other = other or _elsewhere(check, here)  # by the loss as it is, without the edit
        with edit, edited(whole, functions, statement.file):
            whole_there = len(other.right_arrays()) == len(other.right)
        kept.restore()
        if whole_there:
            return statement, before, after, edit.kind
    return None


def _edits(check: GradientCheck) -> list[Candidate]:
    live, known = Live(check.subject.function), set[tuple[Statement, str]]()
    files = {key[0]: file_of(key[0]) for key in live.functions}
    ran, found = _ran(check), list[Candidate]()
    for statement in [s for f in files.values() if f is not None for s in f.statements]:
        held = live.holding(statement)
        if held is None or not any(f.__code__ in ran for f in held[1]):
            continue
        before, modules = ast.unparse(head(statement.node)), _modules(held[1][0])
        for edit in _of_statement(statement, modules):
            if isinstance(edit.slot.node, ast.Name) and edit.slot.node.id in modules:
                continue
            with edit:
                after = edited_text(statement, edit)
            if (statement, after) not in known:
                known.add((statement, after))
                cost = COST if edit.kind == DERIVATIVE else edit_cost(edit.kind, before, after)
                found.append((cost, len(found), edit, held, statement, before, after))
    return found


def _of_statement(statement: Statement, modules: set[str]) -> Iterator[Edit]:
    scope = scope_of(statement.function or statement.node, statement.node)
    yield from edits(place_of(statement), scope, {})
    single = isinstance(statement.node, ast.Assign) and not isinstance(statement.node.value, ast.Tuple)
    for slot in roots(statement.node) if single else ():
        for name in sorted(set(scope.names) - modules):
            for factor in DERIVATIVES:
                text = f"({ast.unparse(slot.node)}) * ({re.sub('y', name, factor)})"
                yield Edit(DERIVATIVE, slot, ast.parse(text, mode="eval").body)


def _ran(check: GradientCheck) -> set[CodeType]:
    """Return the code of the functions that a call of the user's runs."""
    found: set[CodeType] = set()
    with profiled(lambda frame, event, _: found.add(frame.f_code) if event == "call" else None):
        check.subject.call(check.subject.flat)
    return found


def _modules(function: FunctionType) -> set[str]:
    return {n for n, v in function.__globals__.items() if isinstance(v, ModuleType)}


def _here(check: GradientCheck) -> Point:
    """Return the inputs as a point, with the gradient of the witnesses."""
    witnesses = [*check.exact, *check.witnesses]
    right = {n: next(np.asarray(w.arrays[n]) for w in witnesses if n in w.arrays) for n in check.subject.flat}
    return _point(check, check.subject.flat, right)


def _elsewhere(check: GradientCheck, here: Point) -> Point:
    """Return other parameters, with the gradient by differences of the loss there."""
    rng = np.random.default_rng([check.seed, 17])
    flat = {
        n: a * (1 + ELSEWHERE * rng.standard_normal(a.shape)) + 1e-2 * rng.standard_normal(a.shape)
        for n, a in here.flat.items()
    }
    found = numerical.evidence(check.subject.loss, flat, (), check.seed).arrays
    return _point(check, flat, {n: found[n] for n in here.right})


def _point(check: GradientCheck, flat: Any, right: Any) -> Point:
    """Return a point in float64 if the function takes that, else in its own type."""
    subject, at = check.subject.wide(), {n: np.asarray(a, np.float64) for n, a in flat.items()}
    try:
        outcome = subject.call(at)
    except Exception:  # code that takes its own types alone
        subject, at = check.subject, {n: np.asarray(a, check.subject.flat[n].dtype) for n, a in flat.items()}
        outcome = subject.call(at)
    digits = min(a.dtype.itemsize for a in flatten(outcome.grads).values())
    return Point(subject, at, right, float(outcome.loss or 0.0), CLOSE[8 if digits == 8 else 4])
