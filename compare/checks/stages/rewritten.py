"""A change of a torch or jax backward that was run: with it every gradient is right, at the inputs given and at others.

Changes are those of the search in NumPy code, and formulas of operations that are often written by hand, in the names
that stand in the backward.
"""

import ast
import dis
import inspect
import re
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np

from ...judge.report import Finding
from ...trace.changes.edits import edits
from ...trace.changes.edits.scope import scope_of
from ...trace.changes.edits.slots import Edit, place_of, roots
from ...trace.changes.fix import edited_text
from ...trace.changes.likelihood import SLIP, edit_cost
from ...trace.changes.limit import allowed
from ...trace.changes.patching import Live, edited
from ...trace.changes.points import quiet
from ...trace.changes.rewriting import head
from ...trace.lines.source import Statement, file_of, forget
from ...user.numpy_op import pair_of
from ...witnesses import Arrays, numerical
from ...witnesses.rounding.units import THRESHOLD
from .lines import change
from .operations import VjpCheck
from .sliced import MOST, searched_lines, written_backward

NAMED = 6  # variables of which pairs are put into a formula
LARGEST = 2_000  # entries, since other inputs are differenced
SECONDS = 2.0
CLOSE = 1e-6  # relative, in norm, at other inputs
# g: the cotangent; y: a variable; X, K: the last axis, and what keeps it; E: the exponential.
FORMULAS = (
    "y * (g - (g * y).sum(X, K))", "g - E * g.sum(X, K)", "g - y * g.sum(X, K)", "g * y * (1 - y)",
    "g * (1 - y ** 2)", "g * (y > 0)", "g * y", "g / y", "g * 2 * y", "g / (2 * y)",
)  # fmt: skip
KEPT, FORMULA, LONGER = "kept factor", "formula", "formula of two"
COSTS = {KEPT: SLIP, FORMULA: SLIP + 3, LONGER: SLIP + 6}
# Of norms: n is what was divided by, or multiplied with.
OF_TWO = (
    "(g - y * (g * y).sum(X, K)) / n", "(g - y * (g * y).mean(X, K)) * n",
    "(g - g.mean(X, K) - y * (g * y).mean(X, K)) * n",
)  # fmt: skip
NUMPY = re.compile(r"\bnp\.")
SPELT = {
    "torch": {"X": "dim=-1", "K": "keepdim=True", "E": "y.exp()"},
    "jax": {"X": "axis=-1", "K": "keepdims=True", "E": "jnp.exp(y)"},
}


def mended_in_source(check: VjpCheck) -> VjpCheck:
    """Look for a change of the lines that were named with which all gradients are right; the likeliest is kept.

    Where no line was named, because too many are left, all of these are searched.
    """
    named = [f for f in check.findings if f.line is not None and f.file]
    function = written_backward(check.subject.op) or _deaf(check)
    sizes = sum(a.size for a in check.subject.flat.values())
    if function is None or not check.having("wrong") or sizes > LARGEST or any(f.fix for f in named):
        return check
    if (
        check.subject.op.framework == "numpy"
    ):  # what the record told of it is of no use: the cotangent is missing
        places = [_all_lines(function)]
    else:
        places = [(f.file or "", f.lines) for f in named] or [searched_lines(check)]
    try:
        with quiet(), _eagerly(check.subject.op.framework):
            found = _Search(check, function).best(places)
    except Exception as error:  # keep the lines, without a change
        return check.telling(not_placed=f"{type(error).__name__}: {error}")
    if not found:
        return check
    statement, *_ = found[0]
    fix, *others = (change(*each) for each in found)
    fix |= {"others": others}
    line, source = fix["line"], fix["from"].splitlines()[0]
    said = f"{Path(statement.file).name}, line {line}: {source}"
    own = Finding(check.having("wrong")[0].name, "line", (), True, said, file=statement.file)
    first = next((f for f in named if statement.line in f.lines), own)
    lines = tuple(dict.fromkeys(each["line"] for each in (fix, *others)))
    mended = replace(first, exact=True, line=line, source=source, fix=fix, lines=lines)
    dropped = {s for f in named if line not in f.lines for s in f.sentence.splitlines()}
    told = [s for s in (check.diagnosis or "").splitlines() if s not in dropped]
    findings = [*(f for f in check.findings if f.line is None), mended]
    return check.but(findings=findings, diagnosis="\n".join(told) or None)


def _deaf(check: VjpCheck) -> Any:
    """Return the backward of a NumPy pair that never reads its cotangent; None of others."""
    if check.subject.op.framework != "numpy":
        return None
    backward = inspect.unwrap(getattr(backward := pair_of(check.subject.op.op)[1], "__func__", backward))
    return backward if inspect.isfunction(backward) and _unread(backward) is not None else None


def _cotangent_of(function: Any, framework: str) -> str:
    """Return the name of the argument that is the cotangent: the last of a framework's backward, else the first."""
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    return names[-1] if framework != "numpy" else names[names[0] == "self"]


def _unread(function: Any) -> str | None:
    """Return the name of a NumPy backward's cotangent, where nothing reads it."""
    code = function.__code__
    if not code.co_argcount:
        return None
    name = _cotangent_of(function, "numpy")
    read = {i.argval for i in dis.get_instructions(function) if i.opname.startswith("LOAD")}
    return None if name in read or name in code.co_cellvars else name


def _all_lines(function: Any) -> tuple[str, tuple[int, ...]]:
    code = function.__code__
    return code.co_filename, tuple(dict.fromkeys(n for *_, n in code.co_lines() if n is not None))


def _eagerly(framework: str) -> AbstractContextManager[Any]:
    """Let jax run each operation at once: to compile a backward that runs once takes longer than to run it."""
    if framework != "jax":
        return nullcontext()
    import jax

    return jax.disable_jit()


class _Search:
    """Runs changes of one backward.  right: the gradients at the inputs; others: inputs and gradients elsewhere."""

    def __init__(self, check: VjpCheck, function: Any) -> None:
        forget()
        self.subject, self.live = check.subject, Live(function)
        self.names = function.__globals__
        self.g = _cotangent_of(function, check.subject.op.framework)
        witnesses = [*check.exact, *check.witnesses]
        names, self.wrong = [v.name for v in check.verdicts], [v.name for v in check.having("wrong")]
        first = {n: next(w for w in witnesses if n in w.arrays) for n in names}
        self.right = {n: (np.asarray(w.arrays[n]), w.room(n)) for n, w in first.items()}
        self.others: tuple[Arrays, Arrays] | None = None
        self.seed, self.ended = check.seed, time.process_time() + allowed(SECONDS)

    def best(self, places: list[tuple[str, tuple[int, ...]]]) -> list[tuple[Statement, str, str, str]]:
        """Return the likeliest change that mends all: the statement, its text before and after, what kind it is.

        A cotangent that is missing may be put into several statements: up to three are returned.
        """
        known: set[str] = set()
        waiting: list[tuple[float, int, Edit, Any, tuple[Statement, str, str, str]]] = []
        for statement in self._statements(places):
            before, held = ast.unparse(head(statement.node)), self.live.holding(statement)
            for edit in self._edits(statement):
                with edit:
                    after = edited_text(statement, edit)
                if after not in known and not (NUMPY.search(after) and "np" not in self.names):
                    known.add(after)
                    cost = COSTS.get(edit.kind) or edit_cost(edit.kind, before, after)
                    waiting.append((cost, len(waiting), edit, held, (statement, before, after, edit.kind)))
        mending: dict[Statement, tuple[Statement, str, str, str]] = {}
        most = MOST if self.subject.op.framework == "numpy" else 1
        for *_, edit, held, found in sorted(waiting, key=lambda w: w[:2]):
            if time.process_time() > self.ended or len(mending) == most:
                break
            with edit:
                if found[0] not in mending and held is not None and self._mends(held, found[0].file):
                    mending[found[0]] = found
        return list(mending.values())[::-1]  # the nearest to what is returned first

    def _statements(self, places: list[tuple[str, tuple[int, ...]]]) -> Iterator[Statement]:
        for name, lines in places:
            file = file_of(name)
            for statement in file.statements if file else ():
                if statement.line in lines and self.live.holding(statement):
                    yield statement

    def _edits(self, statement: Statement) -> Iterator[Edit]:
        scope = scope_of(statement.function or statement.node, statement.node)
        stored = ast.walk(statement.function or statement.node)
        own = {n.id for n in stored if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        yield from self._written(statement, [n for n in scope.names if n in own])
        if self.subject.op.framework == "numpy":
            return
        yield from edits(place_of(statement), scope, {})

    def _written(self, statement: Statement, names: list[str]) -> Iterator[Edit]:
        """Yield what is kept on ctx as a factor, and formulas of operations in the place of a value."""
        file = file_of(statement.file)
        kept = {
            n.attr
            for n in ast.walk(file.tree if file else statement.node)
            if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store) and ast.unparse(n.value) == "ctx"
        }
        if self.subject.op.framework == "numpy":
            yield from self._by_the_cotangent(statement)
            return
        spelt = SPELT[self.subject.op.framework]
        texts, longer = (["".join(spelt.get(c, c) for c in t) for t in of] for of in (FORMULAS, OF_TWO))
        slots, inputs = roots(statement.node), list(self.subject.inputs.values)
        of_each = dict(zip(inputs, slots, strict=True)) if len(slots) == len(inputs) else {}
        for slot in [s for n, s in of_each.items() if n in self.wrong] or slots:
            value = ast.unparse(slot.node)
            for name in [f"ctx.{k}" for k in sorted(kept)]:
                for text in (f"({value}) * {name}", f"({value}) / {name}"):
                    yield Edit(KEPT, slot, ast.parse(text, mode="eval").body)
            for name in names:
                for text in texts:
                    node = _Named({"g": self.g, "y": name}).visit(ast.parse(text, mode="eval").body)
                    yield Edit(FORMULA, slot, node)
            for name, other in permutations(names[:NAMED], 2):
                for text in longer:
                    node = _Named({"g": self.g, "y": name, "n": other}).visit(
                        ast.parse(text, mode="eval").body
                    )
                    yield Edit(LONGER, slot, node)

    def _by_the_cotangent(self, statement: Statement) -> Iterator[Edit]:
        """Yield the cotangent as a factor: whole, its entries by the variables of loops, and with axes put in."""
        loops = [
            n
            for n in ast.walk(statement.function or statement.node)
            if isinstance(n, (ast.For, ast.comprehension))
        ]
        names = [n.id for each in loops for n in ast.walk(each.target) if isinstance(n, ast.Name)]
        entries = [
            "",
            *(f"[{n}]" for n in dict.fromkeys(names)),
            "[:, None]",
            "[..., None]",
            "[:, None, None]",
        ]
        for slot in roots(statement.node):
            for entry in entries:
                text = f"({ast.unparse(slot.node)}) * {self.g}{entry}"
                yield Edit(KEPT, slot, ast.parse(text, mode="eval").body)

    def _mends(self, held: tuple[ast.AST, list[Any]], file: str) -> bool:
        with edited(*held, file) as done:
            if not done or not self._is(self._pulled(self.subject.flat), self.right):
                return False
            flat, right = self._elsewhere()
            found = self._pulled(flat)
            return all(
                n in found and np.linalg.norm(found[n] - r) <= CLOSE * np.linalg.norm(r)
                for n, r in right.items()
            )

    def _pulled(self, flat: Arrays) -> Arrays:
        self.subject.op.forget()
        try:
            return self.subject.op.pull(flat, self.subject.cotangents)
        except Exception:  # the edit made nonsense
            return {}

    @staticmethod
    def _is(mine: Arrays, right: dict[str, tuple[np.ndarray, np.ndarray]]) -> bool:
        return all(
            n in mine and mine[n].shape == r.shape and bool((np.abs(mine[n] - r) <= THRESHOLD * room).all())
            for n, (r, room) in right.items()
        )

    def _elsewhere(self) -> tuple[Arrays, Arrays]:
        """Return other inputs, and the gradients there by differences of the forward."""
        if self.others is None:
            rng = np.random.default_rng([self.seed, 16])
            wide = self.subject.inputs.cast(np.float64)
            flat = {n: a * (1 + 0.3 * rng.standard_normal(a.shape)) for n, a in wide.items()}
            found = numerical.evidence(self.subject.loss, flat, (), self.seed).arrays
            self.others = flat, {n: found[n] for n in self.right}
        return self.others


class _Named(ast.NodeTransformer):
    """Puts names in the place of those of a formula."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.copy_location(ast.Name(self.names.get(node.id, node.id), node.ctx), node)
