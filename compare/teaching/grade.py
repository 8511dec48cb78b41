"""One submission against an assignment: its function answers in a process of its own, the verdict is computed here."""

import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..checks.gradients import check_gradients
from ..common.errors import INCONCLUSIVE, UNUSABLE, WRONG, UserError
from ..common.results import plain
from ..common.statuses import PASSES
from ..common.words import printed_by_user
from ..files.session import Session
from ..judge.report import Report
from ..witnesses.rounding.noisy import Noisy
from ..witnesses.rounding.units import THRESHOLD
from .hints import questions

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
LONGEST = 400  # characters: what an error says could be the hidden inputs
EXITS = {"right": 0, "wrong": WRONG, "inconclusive": INCONCLUSIVE}


@dataclass(frozen=True)
class Graded:
    """What became of one submission.

    status: "right", "wrong", "inconclusive", "forbidden" (it imported what the assignment forbids), or why nothing
    could be judged: "raised", "time", "memory", "crashed", "unusable", "bug" (ours).
    arrays: {array or "loss": its status on the worst of the inputs}.  worth, awarded: {name: points} that there
    were and that it got; "all" where they are given for everything together.  report: that of the worst input,
    with its seed.  hints: questions that lead to the mistake.  seconds: of their code.
    """

    submission: str
    status: str
    points: float = 0.0
    of: float = 0.0
    worth: dict = field(default_factory=dict)
    arrays: dict = field(default_factory=dict)
    awarded: dict = field(default_factory=dict)
    diagnosis: str = ""
    hints: list = field(default_factory=list)
    seed: int | None = None
    inputs: int = 0
    report: Report | None = None
    imported: list = field(default_factory=list)
    changed: list = field(default_factory=list)
    printed: str = ""
    seconds: float = 0.0

    @property
    def right(self):
        """How many of the parameters' gradients are right."""
        return sum(status in PASSES for name, status in self.arrays.items() if name != "loss")

    @property
    def exit_code(self):
        return EXITS.get(self.status, UNUSABLE)


def grade(file, assignment, name=None, function=None):
    """The Graded of one file. Raises nothing for what the file does; an error of ours is a RuntimeError."""
    name = name or Path(file).stem
    session = Session(
        file, function or assignment.function, assignment.timeout, assignment.memory, assignment.forbidden
    )
    judged, failed = [], None
    try:
        with session, warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # their numbers may be anything
            judged = [(case, _judge(session, case, assignment)) for case in assignment.cases]
    except UserError as error:
        failed = error
    about = {
        "worth": assignment.points,
        "of": assignment.of,
        "imported": session.imported,
        "changed": session.changed,
        "printed": session.printed,
        "seconds": session.seconds,
    }
    if failed:
        said = (
            str(failed).removesuffix(printed_by_user(session.printed)).split("; --")[0]
        )  # options are not the student's
        kind = getattr(failed, "kind", "unusable")
        return Graded(name, kind, diagnosis=said, **about)
    return _marked(name, judged, assignment, about)


def _judge(session, case, assignment):
    """The Report on one set of inputs: each array held against the reference, the loss judged on its own."""
    full = check_gradients(
        _Remote(session), case.params, case.x, case.y, witnesses=(), **assignment.reference
    )
    if full.verdicts and any(v.status == "nondeterministic" for v in full.verdicts):
        return replace(full, verdicts=[replace(v, status="nondeterministic") for v in full.verdicts])
    if "network" in assignment.reference and full.loss.status != "wrong":
        return full
    # Their own loss is no witness here: without it each array answers to the reference alone.
    alone = check_gradients(
        _Remote(session, with_loss=False), case.params, case.x, case.y, witnesses=(), **assignment.reference
    )
    ok = alone.ok and full.loss.status != "wrong"
    said = full.diagnosis or alone.diagnosis
    return replace(full, verdicts=alone.verdicts, ok=ok, diagnosis=None if ok else said)


class _Remote:
    """Their function as check_gradients calls it; the noise it shows is believed up to a part in 1e8 (float64).

    Beyond that it would not be rounding: who sees that he is being measured could answer anything.
    """

    __name__ = "loss_and_grads"

    def __init__(self, session, with_loss=True):
        self.session, self.with_loss, self.first, self.draws = session, with_loss, None, 0

    def __call__(self, params, x, y):
        measured = any(isinstance(a, Noisy) for a in _leaves(params, x, y))
        if not measured:
            loss, grads = self.session.call(params, x, y)
            self.first = self.first or grads
            return (loss, grads) if self.with_loss and loss is not None else grads
        self.draws += 1
        loss, grads = self.session.call(_plain(params), _plain(x), _plain(y), noisy=self.draws)
        given = [a.dtype for a in _leaves(params, x, y) if isinstance(a, np.ndarray)]
        return {n: near(grads[n], a, _coarsest([*given, a.dtype])) for n, a in self.first.items()}


def near(moved, clean, eps):
    """`moved`, taken back to within sqrt(eps) / THRESHOLD of the array `clean`, relative to its largest entry."""
    clean = np.asarray(clean)
    if clean.dtype.kind != "f":
        return clean
    most = np.sqrt(eps) / THRESHOLD * np.max(np.abs(clean), initial=0.0)
    with np.errstate(invalid="ignore"):
        step = np.clip(np.asarray(moved, clean.dtype) - clean, -most, most)
    return clean + np.nan_to_num(step)


def _coarsest(dtypes):
    """The largest eps among these: what was computed from float32 rounds as that, whatever it is returned in."""
    return max((np.finfo(dtype).eps for dtype in dtypes if dtype.kind == "f"), default=np.finfo(float).eps)


def _leaves(*trees):
    """The leaves as they are: flatten would copy, and lose their type."""
    for tree in trees:
        if isinstance(tree, dict):
            yield from _leaves(*tree.values())
        elif isinstance(tree, (list, tuple)):
            yield from _leaves(*tree)
        else:
            yield tree


def _plain(tree):
    if isinstance(tree, dict):
        return {key: _plain(item) for key, item in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)(_plain(item) for item in tree)
    return np.asarray(tree) if isinstance(tree, Noisy) else tree


def _marked(name, judged, assignment, about):
    """Points for what is right on every input; the report kept is that of the worst."""
    statuses = [_statuses(report, assignment) for _, report in judged]
    worst = {n: max((s[n] for s in statuses), key=_badness) for n in statuses[0]}
    (case, report), _ = max(
        zip(judged, statuses, strict=True),
        key=lambda one: (one[0][1].exit_code == WRONG, sorted(map(_badness, one[1].values()), reverse=True)),
    )  # of equal ones the first
    fine = {n: s in PASSES for n, s in worst.items()}
    if worst["loss"] == "unknown":  # it returns none: that is a fault only where it is asked for
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
        diagnosis = f"imports {', '.join(about['imported'])}, which this assignment does not allow"
    return Graded(
        name,
        status,
        sum(awarded.values()),
        arrays=worst,
        awarded=awarded,
        diagnosis=diagnosis,
        hints=questions(plain(report), worst),
        seed=case.seed,
        inputs=len(judged),
        report=report,
        **about,
    )


def _statuses(report, assignment):
    found = {v.name: v.status for v in report.verdicts}
    return {n: found.get(n, "missing") for n in assignment.arrays} | {"loss": report.loss.status}


def _badness(status):
    return GRADES.index(status) if status in GRADES else len(GRADES)
