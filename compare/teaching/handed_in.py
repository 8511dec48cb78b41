"""A folder of handed-in exercises: each rule its points, who has which mistake in which line."""

import ast
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from ..common.errors import UNPARSABLE, UserError
from ..common.results import cores, environment, regular
from ..common.words import visible
from ..files.process import MEMORY, TIMEOUT
from ..files.sandbox import NO_SANDBOX, Sandbox
from ..user.raised import in_a_line
from .exercise import Judged, RuleResult, described, judged_file
from .said import said_by

SCHEMA = "threeways/exercises/1"
SUFFIXES = (".py", ".ipynb")


class HandedIn(NamedTuple):
    """A file of an exercise, and the name of who handed it in."""

    name: str
    path: Path


@dataclass(frozen=True)
class Marked:
    """One handed-in exercise. status: right, wrong, or why there is no verdict.

    lines: {rule: (line, source)} of the rules as they were handed in.
    """

    submission: str
    status: str
    points: float = 0.0
    of: float = 0.0
    rules: list[RuleResult] = field(default_factory=list)
    lines: dict[str, tuple[int, str]] = field(default_factory=dict)
    diagnosis: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Mistake:
    """A mistake that several made: the rule, the ids that give its numbers, a line as one wrote it, and who."""

    rule: str
    one_of: tuple[str, ...]
    source: str
    students: tuple[str, ...]


@dataclass(frozen=True)
class ClassResult:
    """All handed-in exercises, and the class's mistakes, the commonest first. exercise: what was handed out."""

    schema: str
    environment: dict[str, Any]
    network: str
    exercise: dict[str, Any]
    of: float
    submissions: list[Marked]
    mistakes: list[Mistake]
    warnings: list[str]
    jobs: int
    seconds: float
    sandbox: str | None = None


def handed_in(folder: str | Path) -> list[HandedIn]:
    """Return the exercises below a folder: `adams/backward.py` is adams's, `adams.py` too; [] where there is none."""
    root = Path(folder)
    below = [
        p
        for p in sorted(root.rglob("*"))
        if p.suffix in SUFFIXES
        and p.is_file()
        and not any(part[0] in "._" for part in p.relative_to(root).parts)
    ]
    found = [p for p in below if said_by(p) is not None and not p.is_symlink()]
    common = {p.stem for p in found if p.parent != root}
    names = [
        p.parent.relative_to(root)
        if p.parent != root and len(common) == 1
        else p.relative_to(root).with_suffix("")
        for p in found
    ]
    return [HandedIn(visible(str(n)), p) for n, p in zip(names, found, strict=True)]


def mark_all(
    found: Sequence[HandedIn],
    teacher: str | Path | None = None,
    jobs: int | None = None,
    sandbox: Sandbox = NO_SANDBOX,
    timeout: float = TIMEOUT,
    memory: float = MEMORY,
    progress: Callable[[int, int], None] | None = None,
) -> ClassResult:
    """Return the ClassResult of handed-in exercises, `jobs` judged at a time.

    teacher: the file that was handed out; without it the EXERCISE that most files hold. A file whose EXERCISE differs
    is judged by that one all the same, with a warning. Raises UserError where the teacher's file is no exercise.
    """
    began = time.perf_counter()
    own = [said_by(one.path) for one in found]
    wanted = _wanted(teacher, own)
    changed = [one.name for one, said in zip(found, own, strict=True) if _alike(said) != _alike(wanted)]
    jobs = min(jobs or cores(), len(found))
    marked: dict[int, Marked] = {}
    with ThreadPoolExecutor(jobs) as pool:  # each file runs in a process of its own
        todo = {pool.submit(_mark, one, wanted, sandbox, timeout, memory): i for i, one in enumerate(found)}
        for done in as_completed(todo):
            marked[todo[done]] = done.result()
            if progress:
                progress(len(marked), len(found))
    each = [marked[i] for i in range(len(found))]
    network, of = described(wanted)
    return ClassResult(
        SCHEMA,
        environment(),
        network,
        wanted,
        of,
        each,
        _commonest(each),
        [f"EXERCISE was changed in {', '.join(changed)}: judged by the one handed out"] if changed else [],
        jobs,
        time.perf_counter() - began,
        sandbox.said,
    )


def _wanted(teacher: str | Path | None, own: Sequence[dict[str, Any] | None]) -> dict[str, Any]:
    if teacher is not None:
        said = said_by(Path(teacher))
        if said is None:
            raise UserError(
                f"{teacher} defines no EXERCISE that can be read: give the file that was handed out"
            )
        return said
    counted = Counter(_alike(said) for said in own)
    return next(said for said in own if _alike(said) == counted.most_common(1)[0][0]) or {}


def _alike(said: dict[str, Any] | None) -> str:
    """Return what decides the points, as text: how much is shown may differ."""
    judged = {key: value for key, value in (said or {}).items() if key != "reveal"}
    return json.dumps(None if said is None else judged, sort_keys=True, default=str)


def _mark(one: HandedIn, wanted: dict[str, Any], sandbox: Sandbox, timeout: float, memory: float) -> Marked:
    began = time.perf_counter()
    try:
        judged, _ = judged_file(str(one.path), timeout, memory, sandbox, wanted)
        found = _marked(one, judged)
    except UserError as error:
        said = visible(str(error).partition("\n")[0])
        found = Marked(one.name, getattr(error, "kind", "unusable"), diagnosis=said)
    except Exception as error:
        found = Marked(one.name, "bug", diagnosis=f"a bug in threeways: {visible(in_a_line(error))}")
    return replace(found, seconds=time.perf_counter() - began)


def _marked(one: HandedIn, judged: Judged) -> Marked:
    points, of = sum(r.points for r in judged.rules), sum(r.of for r in judged.rules)
    return Marked(
        one.name,
        "right" if judged.ok else "wrong",
        points,
        of,
        judged.rules,
        rule_lines(one.path, [r.rule for r in judged.rules]),
    )


def rule_lines(path: Path, rules: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Return {rule: (line, source)} of the statement with which each function returns; {} for a notebook."""
    try:
        text = regular(path).read_text(encoding="utf-8-sig") if path.suffix == ".py" else ""
        tree = ast.parse(text)
    except (OSError, UserError, *UNPARSABLE):
        return {}
    found = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in rules:
            returns: list[ast.stmt] = [n for n in ast.walk(node) if isinstance(n, ast.Return)]
            last = max(returns or [node.body[-1]], key=lambda n: n.lineno)
            found[node.name] = (last.lineno, visible(ast.unparse(last))[:400])
    return found


def _commonest(each: Sequence[Marked]) -> list[Mistake]:
    """Return the mistakes of a class; those without a name are one for each way they are written."""
    groups: dict[tuple[str, tuple[str, ...], str], list[tuple[str, str]]] = {}
    for marked in each:
        for rule in marked.rules:
            if rule.state not in ("wrong", "raised"):
                continue
            source = marked.lines.get(rule.rule, (0, ""))[1]
            key = (rule.rule, rule.one_of, "" if rule.one_of else source)
            groups.setdefault(key, []).append((marked.submission, source))
    found = [
        Mistake(rule, ids, Counter(s for _, s in who).most_common(1)[0][0], tuple(n for n, _ in who))
        for (rule, ids, _), who in groups.items()
    ]
    return sorted(found, key=lambda m: (-len(m.students), m.rule))
