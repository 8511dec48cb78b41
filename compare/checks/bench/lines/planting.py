"""Plant a mistake in one line of a correct backward pass, as an edit of its text.

A mutant is kept if at four points it runs, gives the very loss of the right code and finite gradients of the right
shapes, and leaves its arguments as they were; and if at the first two, the module's own and a drawn one, it changes
at least one gradient by more than CHANGED of its norm.
What changes the loss is no mistake of a backward pass, what changes nothing is none at all.
A mutant that reads memory nobody wrote (`out[i] += v` for `out[i] = v` after np.empty) gives another gradient at
each run: np.empty gives it nan, so that its gradients are not finite.
"""

import sys
import warnings
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from types import FrameType, ModuleType
from typing import Any

import numpy as np

from ....common.arrays import Arrays, equal, flatten
from .corpus import load, points
from .edits import Wrong, wrong_edits
from .edits.forms import Seen
from .edits.texts import Edit, apply

CHANGED = 1e-4
# An array below this share of the whole gradient is rounding (the bias before a batch norm).
SHARE = 1e-6
POINT_SEED = 1
PATIENCE = 3  # edits of a line that changed the loss before the line is taken for a part of the forward pass

Answer = tuple[float, Arrays]


@dataclass(frozen=True)
class Planted:
    """A backward pass with one mistake.

    `line` to `last` are the lines of the changed statement in `source` (1-based), `before` and `after` its texts,
    `loop` says whether a loop runs it, `runs` how often it ran at the module's own point; `changed` names the
    gradients that are wrong there, as `flatten` names them.
    """

    source: str
    line: int
    last: int
    kind: str
    before: str
    after: str
    function: str
    loop: bool
    runs: int
    changed: tuple[str, ...]
    edit: Edit = field(repr=False)


@dataclass(frozen=True)
class Pair:
    """A backward pass with two mistakes on different lines; each of them is also given alone.

    `lines` are the lines of the two changed statements in `source`.
    """

    source: str
    lines: tuple[int, int]
    first: Planted
    second: Planted


Loader = Callable[[str], ModuleType]


def planted(source: str, seed: int = 0, many: int = 20, loader: Loader = load) -> list[Planted]:
    """Return up to `many` mutants of a correct text, spread over kinds of mistakes and over lines.

    The same text and seed give the same mutants.  loader: runs a text as a module with what corpus.py lists.
    """
    plant = _Plant(source, loader)
    rng = np.random.default_rng(seed)
    waiting: dict[str, list[Wrong]] = {}
    edits = wrong_edits(source, plant.seen)
    for i in rng.permutation(len(edits)):
        waiting.setdefault(edits[i].kind, []).append(edits[i])
    kept: list[Planted] = []
    of_kind, of_line, in_vain = Counter[str](), Counter[int](), Counter[int]()
    while waiting and len(kept) < many:
        kind = min(waiting, key=lambda k: of_kind[k])
        wrong = min(
            waiting[kind], key=lambda w: (in_vain[w.statement.line] >= PATIENCE, of_line[w.statement.line])
        )
        line = wrong.statement.line
        waiting[kind].remove(wrong)
        if not waiting[kind]:
            del waiting[kind]
        answers = plant.answers(apply(source, wrong.edit))
        if answers is None:
            continue
        if not plant.same_loss(answers):
            in_vain[line] += 1
        elif plant.new(line, answers):
            in_vain[line] = -len(edits)
            of_kind[kind] += 1
            of_line[line] += 1
            kept.append(plant.described(wrong, answers[0][1]))
    return kept


def pairs(source: str, seed: int = 0, many: int = 10) -> list[Pair]:
    """Return up to `many` texts with two mistakes on different lines, each a mistake alone.

    Both together are wrong at two points, and neither undoes the other or hides it: the gradient differs from that
    of each alone.
    """
    singles = planted(source, seed, 3 * many)
    plant = _Plant(source)
    rng = np.random.default_rng([seed, 2])
    chosen = [(a, b) for a in singles for b in singles if a.line < b.line]
    found: list[Pair] = []
    used: Counter[int] = Counter()
    for i in rng.permutation(len(chosen)):
        first, second = chosen[i]
        if used[id(first)] > 1 or used[id(second)] > 1:
            continue
        both = apply(source, first.edit, second.edit)
        answers, one, other = (plant.answers(s) for s in (both, first.source, second.source))
        if answers is None or one is None or other is None or not plant.same_loss(answers):
            continue
        if all(_differs(answers, than) for than in (plant.right, one, other)):
            used.update((id(first), id(second)))
            shift = first.source.count("\n") - source.count("\n")
            found.append(Pair(both, (first.line, second.line + shift), first, second))
        if len(found) == many:
            break
    return found


class _Plant:
    """The right code at two points, and what was in scope at each line."""

    def __init__(self, source: str, loader: Loader = load) -> None:
        self.source, self.loader = source, loader
        right = loader(source)
        self.points = list(points(right, POINT_SEED, drawn=3))
        self.right = [_answer(right, *point) for point in self.points]
        self.seen, self.runs = _traced(right, *self.points[0])
        self.fingerprints: set[tuple[Any, ...]] = set()

    def answers(self, text: str) -> list[Answer] | None:
        """Return loss and gradients of a changed text at each point, up to the first where the loss differs.

        Return None where the text fails or its gradients are not comparable.
        """
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                module = _without_leftovers(self.loader(text))
                answers = []
                for point, (loss, right) in zip(self.points, self.right, strict=True):
                    answers.append(_answer(module, *point))
                    grads = answers[-1][1]
                    alike = grads.keys() == right.keys() and all(
                        grads[k].shape == right[k].shape for k in right
                    )
                    if not alike or not all(np.all(np.isfinite(g)) for g in grads.values()):
                        return None
                    if answers[-1][0] != loss:
                        return answers
        except Exception:  # whatever a mistake raises
            return None
        return answers

    def same_loss(self, answers: list[Answer]) -> bool:
        return answers[-1][0] == self.right[len(answers) - 1][0]

    def new(self, line: int, answers: list[Answer]) -> bool:
        """Return whether the gradients are wrong at two points, and no mutant of this line had them before."""
        if not _differs(answers, self.right):
            return False
        norms = tuple(f"{np.linalg.norm(g):.9e}" for _, grads in answers for g in grads.values())
        if (line, *norms) in self.fingerprints:
            return False
        self.fingerprints.add((line, *norms))
        return True

    def described(self, wrong: Wrong, grads: Arrays) -> Planted:
        at, text = wrong.statement, apply(self.source, wrong.edit)
        # Each line of a statement over several lines is counted, the first one also when the value is stored.
        runs = min(self.runs[n] for n in range(at.line, at.last + 1) if self.runs[n])
        # Operators and closures are called by no name.
        uncalled = "__" in at.function or at.function.count(".") > 1
        after = text.encode()[at.start : at.end + len(text.encode()) - len(self.source.encode())].decode()
        return Planted(
            source=text,
            line=at.line,
            last=at.line + after.count("\n"),
            kind=wrong.kind,
            before=self.source.encode()[at.start : at.end].decode(),
            after=after,
            function=at.function,
            loop=at.loop or (uncalled and runs > 2),
            runs=runs,
            changed=tuple(_changed(grads, self.right[0][1])),
            edit=wrong.edit,
        )


def _answer(module: ModuleType, params: Any, x: Any, y: Any) -> Answer:
    given = deepcopy((params, x, y))
    with np.errstate(all="ignore"):
        loss, grads = module.backward(*given)
    if not all(equal(a, b) for a, b in zip(given, (params, x, y), strict=True)):
        raise ValueError("the arguments were changed")
    return float(np.asarray(loss)), flatten(grads)


def _without_leftovers(module: ModuleType) -> ModuleType:
    """Return the module with a NumPy whose new arrays hold nan, or ones, where NumPy leaves what was in memory."""

    def filled(make: Callable[..., Any]) -> Callable[..., Any]:
        def made(*given: Any, **named: Any) -> Any:
            array = make(*given, **named)
            array.fill(np.nan if array.dtype.kind in "fc" else 1)
            return array

        return made

    poisoned = ModuleType("numpy")
    poisoned.__dict__.update(np.__dict__, empty=filled(np.empty), empty_like=filled(np.empty_like))
    module.__dict__.update({name: poisoned for name, value in vars(module).items() if value is np})
    return module


def _changed(grads: Arrays, right: Arrays) -> list[str]:
    """Return the names of the arrays that differ by more than CHANGED of their norm."""
    norms = {name: float(np.linalg.norm(g)) for name, g in right.items()}
    least = SHARE * max(norms.values())
    return [n for n in right if np.linalg.norm(grads[n] - right[n]) > CHANGED * max(norms[n], least)]


def _differs(answers: list[Answer], others: list[Answer]) -> bool:
    return all(_changed(grads, than) for (_, grads), (_, than) in zip(answers[:2], others[:2], strict=True))


def _traced(module: ModuleType, params: Any, x: Any, y: Any) -> tuple[dict[int, Seen], Counter[int]]:
    """Return what was in scope at each line of the module that ran, and how often each line began."""
    seen: dict[int, Seen] = {}
    runs = Counter[int]()

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename != module.__file__:
            return None
        if event == "line":
            runs[frame.f_lineno] += 1
            seen.setdefault(frame.f_lineno, {}).update(_scope(frame.f_locals))
        return trace

    given, before = deepcopy((params, x, y)), sys.gettrace()
    sys.settrace(trace)
    try:
        with np.errstate(all="ignore"):
            module.backward(*given)
    finally:
        sys.settrace(before)
    return seen, runs


def _scope(values: dict[str, Any]) -> Seen:
    found: Seen = {}
    for name, value in list(values.items()):
        found |= _kind(name, value)
        if name == "self":
            held = {n: getattr(value, n) for n in getattr(value, "__slots__", ()) if hasattr(value, n)}
            for attribute, inner in {**held, **getattr(value, "__dict__", {})}.items():
                found |= _kind(f"self.{attribute}", inner)
        if isinstance(value, dict):
            for key, inner in value.items():
                if isinstance(key, str):
                    for quote in "'\"":
                        found |= _kind(f"{name}[{quote}{key}{quote}]", inner)
    return found


def _kind(name: str, value: Any) -> Seen:
    if isinstance(value, (bool, int, float, np.ndarray, np.number)):
        array = np.asarray(value)
        return {name: (array.dtype.kind, array.shape)}
    return {}
