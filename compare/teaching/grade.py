"""One submission against an assignment: its function runs in a child process, and the verdict is made here."""

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..checks.gradients import check_gradients
from ..common.arrays import flatten
from ..common.errors import INCONCLUSIVE, UNUSABLE, WRONG, UserError
from ..common.results import plain
from ..common.statuses import PASSES
from ..common.words import visible
from ..files import process
from ..files.session import Session
from ..judge.report import Finding, Report
from ..witnesses.rounding.noisy import Noisy
from ..witnesses.rounding.units import THRESHOLD
from .assignment import Assignment, Case
from .hints import questions
from .lines import located

# From the best to the worst: of several inputs the worst counts.
GRADES = (
    *PASSES,
    "unknown",
    "inconclusive",
    "inherited",
    "wrong",
    "shape",
    "nonfinite",
    "missing",
    "nondeterministic",
)
EXITS = {"right": 0, "wrong": WRONG, "inconclusive": INCONCLUSIVE}


@dataclass(frozen=True)
class Graded:
    """The grade of one submission.

    status: "right", "wrong", "inconclusive", "forbidden" (it imported what the assignment forbids), or the reason
    without a verdict: "raised", "time", "memory", "crashed", "unusable", "bug" (of the harness).
    arrays: {array or "loss": its status on the worst of the inputs}.  worth, awarded: {name: points} offered and
    given; "all" where they are given for the whole.  report: that of the worst input, with its seed.  hints:
    questions that lead to the mistake.  narrowed: {array: its type}, where that has fewer digits than the
    parameters: judged in theirs.  seconds: of the submission's code.
    """

    submission: str
    status: str
    points: float = 0.0
    of: float = 0.0
    worth: dict[str, float] = field(default_factory=dict)
    arrays: dict[str, str] = field(default_factory=dict)
    awarded: dict[str, float] = field(default_factory=dict)
    diagnosis: str = ""
    hints: list[str] = field(default_factory=list)
    seed: int | None = None
    inputs: int = 0
    report: Report | dict[str, Any] | None = None  # a dict where it was read from a file
    imported: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    narrowed: dict[str, str] = field(default_factory=dict)
    printed: str = ""
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        return EXITS.get(self.status, UNUSABLE)


def grade(
    file: str | Path,
    assignment: Assignment,
    name: str | None = None,
    function: str | None = None,
    others: Iterable[str] = (),
    **sandbox: Any,
) -> Graded:
    """Return the Graded of one file, whatever the file does.

    others: names of files beside it that are other submissions.  sandbox: `sandbox` and `beside` of a Session.
    """
    name = name or visible(Path(file).stem)
    session = Session(
        file,
        function or assignment.function,
        assignment.timeout,
        assignment.memory,
        assignment.forbidden,
        others=others,
        hidden=[str(Path(assignment.file).absolute())],
        **sandbox,
    )
    judged, failure = [], None
    narrowed: dict[str, str] = {}
    try:
        with session, warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a submission may return any numbers
            judged = [(case, _judge(session, case, assignment, narrowed)) for case in assignment.cases]
    except UserError as error:
        failure = error
    about: dict[str, Any] = {
        "worth": assignment.points,
        "of": assignment.of,
        "imported": session.imported,
        "changed": session.changed,
        "narrowed": narrowed,
        "printed": session.printed,
        "seconds": session.seconds,
    }
    if failure and session.imported:
        return Graded(name, "forbidden", diagnosis=_imports(session.imported), **about)
    if failure:
        diagnosis = str(failure).split("; --")[0]  # the options are the teacher's
        return Graded(name, getattr(failure, "kind", "unusable"), diagnosis=visible(diagnosis, "\n"), **about)
    marked = _marked(name, judged, assignment, about)
    if marked.status != "wrong" or not isinstance(marked.report, Report) or Path(file).suffix != ".py":
        return marked
    case = next(case for case, report in judged if report is marked.report)
    report = _placed(marked.report, file, function or assignment.function, assignment, case, sandbox)
    return replace(marked, report=report, hints=questions(plain(report), marked.arrays))


def _placed(
    report: Report,
    file: str | Path,
    function: str | None,
    assignment: Assignment,
    case: Case,
    sandbox: dict[str, Any],
) -> Report:
    """Return the report with the lines of the submission that are wrong, where its own loss is right.

    A child, in the same sandbox, runs the submission recorded. What it answers decides no points: a submission could
    forge it.
    """
    if report.loss.status == "wrong":
        return report
    timeout, memory, inputs = assignment.timeout, assignment.memory, (case.params, case.x, case.y)
    try:
        hidden = [str(Path(assignment.file).absolute())]
        outcome = process.run(file, function, timeout, memory, inputs=inputs, hidden=hidden, **sandbox)
        text = Path(file).read_text(encoding="utf-8-sig")
    except (UserError, RuntimeError, OSError, UnicodeDecodeError):
        return report
    return with_lines(report, located(outcome.report, text, assignment.arrays))


def with_lines(report: Report, found: list[Finding]) -> Report:
    """Return the report with the lines that were found: in its findings where there are as many, else beside them."""
    named = report.findings
    if len(found) == len(named):
        pairs = zip(named, found, strict=True)
        found = [
            replace(n, file=f.file, line=f.line, source=f.source, fix=f.fix, lines=f.lines) for n, f in pairs
        ]
        return replace(report, findings=found)
    return replace(report, findings=[*named, *found])


def _judge(session: Session, case: Case, assignment: Assignment, narrowed: dict[str, str]) -> Report:
    """The Report on one set of inputs: each array compared with the reference, the loss judged by itself."""

    def checked(with_loss: bool) -> Report:
        user = _Remote(session, with_loss, narrowed)
        return check_gradients(user, case.params, case.x, case.y, witnesses=(), **assignment.reference)

    full = checked(with_loss=True)
    moving = any(v.status == "nondeterministic" for v in full.verdicts)
    if moving or ("network" in assignment.reference and full.loss.status != "wrong"):
        return full
    # Without the submission's loss, which would be a witness, each array is compared with the reference alone.
    alone = checked(with_loss=False)
    ok = alone.ok and full.loss.status != "wrong"
    diagnosis = None if ok else full.diagnosis or alone.diagnosis
    return replace(full, verdicts=alone.verdicts, ok=ok, diagnosis=diagnosis)


class _Remote:
    """The submission's function as check_gradients calls it; its noise is believed up to 1e-8 (float64).

    More would not be rounding: a function that notices the measurement could answer anything.
    """

    __name__ = "loss_and_grads"

    def __init__(self, session: Session, with_loss: bool, narrowed: dict[str, str]):
        self.session, self.with_loss, self.draws, self.narrowed = session, with_loss, 0, narrowed
        self.first: dict[str, np.ndarray] = {}

    def __call__(self, params: Any, x: Any, y: Any) -> Any:
        leaves = list(_leaves(params, x, y))
        if not any(isinstance(a, Noisy) for a in leaves):
            loss, grads = self.session.call(params, x, y)
            grads = self._widened(grads, _dtype(params))
            self.first = self.first or grads
            return (loss, grads) if self.with_loss and loss is not None else grads
        self.draws += 1
        loss, grads = self.session.call(params, x, y, noisy=self.draws)
        eps = _coarsest(a.dtype for a in leaves if isinstance(a, np.ndarray))
        return {n: near(grads[n], a, eps) for n, a in self.first.items() if n in grads}

    def _widened(self, grads: dict[str, np.ndarray], dtype: np.dtype) -> dict[str, np.ndarray]:
        """Return the gradients, those of a coarser type than the parameters in theirs: a float16 has no rounding of
        its own that would excuse an error."""
        for name, a in grads.items():
            if a.dtype.kind == "f" and np.finfo(a.dtype).eps > np.finfo(dtype).eps:
                grads = grads | {name: a.astype(dtype)}
                self.narrowed[name] = str(a.dtype)
        return grads


def _dtype(params: Any) -> np.dtype:
    """Return the floating type of parameters, as a check has it."""
    kinds = [a.dtype for a in flatten(params, copy=False).values() if a.dtype.kind == "f"]
    return np.result_type(*kinds) if kinds else np.dtype(np.float64)


def near(moved: np.ndarray, clean: np.ndarray, eps: float) -> np.ndarray:
    """Return `moved`, limited to sqrt(eps) / THRESHOLD around `clean`, relative to its largest entry."""
    clean = np.asarray(clean)
    if clean.dtype.kind != "f" or np.shape(moved) != clean.shape:
        return clean
    most = np.sqrt(eps) / THRESHOLD * np.max(np.abs(clean), initial=0.0)
    with np.errstate(invalid="ignore"):
        step = np.clip(np.asarray(moved, clean.dtype) - clean, -most, most)
    return clean + np.nan_to_num(step)


def _coarsest(dtypes: Iterable[np.dtype]) -> float:
    """The largest eps: a number computed from float32 rounds as float32, whatever type it is returned in."""
    return max((float(np.finfo(d).eps) for d in dtypes if d.kind == "f"), default=float(np.finfo(float).eps))


def _leaves(*trees: Any) -> Iterator[Any]:
    """The leaves as they are: flatten would lose their type."""
    for tree in trees:
        if isinstance(tree, dict):
            yield from _leaves(*tree.values())
        elif isinstance(tree, (list, tuple)):
            yield from _leaves(*tree)
        else:
            yield tree


def _marked(
    name: str, judged: list[tuple[Case, Report]], assignment: Assignment, about: dict[str, Any]
) -> Graded:
    """Give points for what is right on every input; keep the report of the worst."""
    statuses = [_statuses(report, assignment) for _, report in judged]
    worst = {n: max((s[n] for s in statuses), key=_badness) for n in statuses[0]}
    (case, report), _ = max(
        zip(judged, statuses, strict=True),
        key=lambda one: (one[0][1].exit_code == WRONG, sorted(map(_badness, one[1].values()), reverse=True)),
    )  # of equal ones the first
    fine = {n: s in PASSES for n, s in worst.items()}
    if worst["loss"] == "unknown":  # without a loss: a fault only where it has points
        fine["loss"] = "loss" not in assignment.points
    status = "right" if all(fine.values()) else "wrong"
    if status == "wrong" and all(ok or worst[n] == "inconclusive" for n, ok in fine.items()):
        status = "inconclusive"
    right = fine | {"all": status == "right"}
    awarded = {n: p if right[n] else 0.0 for n, p in assignment.points.items()}
    off = [v for v in report.verdicts if v.status not in PASSES]
    diagnosis = report.diagnosis or (f"{off[0].name}: {off[0].reason}" if off else "")
    if about["imported"]:
        status, awarded = "forbidden", dict.fromkeys(awarded, 0.0)
        diagnosis = _imports(about["imported"])
    return Graded(
        name,
        status,
        sum(awarded.values()),
        arrays=worst,
        awarded=awarded,
        diagnosis=visible(diagnosis, "\n"),
        hints=questions(plain(report), worst),
        seed=case.seed,
        inputs=len(judged),
        report=report,
        **about,
    )


def _imports(names: list[str]) -> str:
    return f"imports {', '.join(names)}, which this assignment does not allow"


def _statuses(report: Report, assignment: Assignment) -> dict[str, str]:
    found = {v.name: v.status for v in report.verdicts}
    if "nondeterministic" in found.values():  # the others are not judged then
        found = dict.fromkeys(found, "nondeterministic")
    return {n: found.get(n, "missing") for n in assignment.arrays} | {"loss": report.loss.status}


def _badness(status: str) -> int:
    return GRADES.index(status) if status in GRADES else len(GRADES)
