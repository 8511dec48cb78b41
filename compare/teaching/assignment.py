"""The teacher's file: what is asked for, on which inputs, what it is worth, and how long it may take."""

import math
from dataclasses import dataclass, field

import numpy as np

from ..common.arrays import flatten
from ..common.errors import UserError, nearest
from ..files.loading import load
from ..files.raised import place

REVEALS = ("verdict", "place", "hint", "answer")
LOSSES = ("torch_loss", "jax_loss", "numpy_loss")
FORBIDDEN = (
    "torch",
    "jax",
    "tensorflow",
    "autograd",
    "manual",
    "torch_ref",
    "jax_ref",
    "compare",
    "threeways",
)
TIMEOUT, MEMORY = 10.0, 1.0  # seconds, gigabytes: generous for a homework in NumPy


@dataclass(frozen=True)
class Case:
    """One set of inputs: params in any nest, x, y, and the seed they were drawn from (None: fixed)."""

    seed: int | None
    params: object
    x: object
    y: object


@dataclass(frozen=True)
class Assignment:
    """What a teacher's file says; see the starter (`threeways check --init FILE --style assignment`).

    reference: {"network": net} or {"torch_loss": f, ...}, as check_gradients takes them.  points: {array, or
    "loss": points}, or {"all": points} where only all of it counts.  arrays: the names that are judged.
    """

    file: str
    cases: list
    reference: dict
    points: dict
    arrays: tuple
    function: str | None = None
    timeout: float = TIMEOUT
    memory: float = MEMORY
    reveal: str = "place"
    forbidden: tuple = FORBIDDEN
    warnings: list = field(default_factory=list)

    @property
    def of(self):
        """What a right submission gets."""
        return sum(self.points.values())


def read(path, rehearse=True):
    """The Assignment of a teacher's file. Raises UserError, with what is missing or the line that raised.

    rehearse: hold a reference network's own gradient against itself on every input first.
    """
    path = str(path)
    module = _theirs(path, lambda: load(path))
    cases = _cases(path, module)
    arrays = _names(path, cases)
    wanted = {name: getattr(module, name, None) for name in ("network", *LOSSES)}
    reference = {name: value for name, value in wanted.items() if value is not None}
    if not reference:
        raise UserError(f"{path} has no reference: give network = MLP(...) or one of {', '.join(LOSSES)}")
    assignment = Assignment(
        path,
        cases,
        reference,
        _points(path, getattr(module, "points", None), arrays),
        arrays,
        getattr(module, "function", None),
        _positive(path, module, "timeout", TIMEOUT),
        _positive(path, module, "memory", MEMORY),
        known_reveal(getattr(module, "reveal", "place")),
        tuple(getattr(module, "forbidden", FORBIDDEN)),
    )
    if rehearse:
        _rehearse(assignment)
    return assignment


def known_reveal(reveal):
    """`reveal`, if it is one of REVEALS."""
    if reveal not in REVEALS:
        raise UserError(f"reveal {reveal!r}: {nearest(str(reveal), REVEALS)}")
    return reveal


def _theirs(path, work):
    """What `work()` gives; what the teacher's own code raises is told with its line."""
    try:
        return work()
    except UserError:
        raise
    except Exception as error:
        where = place(error, path)
        if where is None:
            raise
        said = str(error).splitlines()
        raise UserError(
            f"the assignment raised {type(error).__name__}: {said[0] if said else ''} ({where})"
        ) from error


def _cases(path, module):
    seeds = list(getattr(module, "seeds", ()))
    if callable(getattr(module, "example", None)):
        if not seeds:
            raise UserError(f"{path} has example(seed) and no seeds: give seeds = (some whole numbers)")
        given = [_theirs(path, lambda seed=seed: module.example(seed)) for seed in seeds]
        for found in given:
            if not isinstance(found, tuple) or len(found) != 3:
                raise UserError(
                    f"{path}: example(seed) returned {type(found).__name__}; (params, x, y) is needed"
                )
        return [Case(seed, *found) for seed, found in zip(seeds, given, strict=True)]
    missing = [name for name in ("params", "x", "y") if getattr(module, name, None) is None]
    if missing:
        raise UserError(
            f"{path} has no example(seed), and no {' and no '.join(missing)}; "
            "threeways check --init FILE --style assignment writes one to start from"
        )
    return [Case(None, module.params, module.x, module.y)]


def _names(path, cases):
    names = tuple(flatten(cases[0].params))
    for case in cases:
        if case.x is None or case.y is None:
            raise UserError(f"{path}: x or y is None (seed {case.seed}); arrays are needed")
        arrays = flatten({"params": case.params, "x": case.x, "y": case.y})  # UserError for what is no array
        if tuple(flatten(case.params)) != names:
            raise UserError(
                f"{path}: example({case.seed}) has other parameters than example({cases[0].seed})"
            )
        off = [name for name, a in arrays.items() if a.dtype.kind == "f" and not np.isfinite(a).all()]
        if off:
            raise UserError(f"{path}: {off[0]} holds nan or inf (seed {case.seed})")
    return names


def _points(path, points, arrays):
    if points is None:
        return dict.fromkeys(arrays, 1.0)
    whole = points if isinstance(points, dict) else {"all": points}
    for name, value in whole.items():
        if isinstance(points, dict) and name not in (*arrays, "loss"):
            raise UserError(f"{path}: points for {name!r}: {nearest(str(name), (*arrays, 'loss'))}")
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
            raise UserError(f"{path}: {value!r} points for {name}: a number from 0 on is needed")
    return {n: float(p) for n, p in whole.items()}


def _positive(path, module, name, default):
    value = getattr(module, name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
        raise UserError(f"{path}: {name} = {value!r}: a number above 0 is needed")
    return float(value)


def _rehearse(assignment):
    """A reference network's own gradient must be right on every case; what an input hides is a warning."""
    network = assignment.reference.get("network")
    if network is None:
        return
    from ..checks.gradients import check_gradients

    net = network.build("hand") if hasattr(network, "build") else network
    if not hasattr(net, "loss_and_grads"):
        raise UserError(f"{assignment.file}: network is {type(net).__name__}; a network of manual is needed")
    for case in assignment.cases:
        report = check_gradients(_of_ours(net, case), case.params, case.x, case.y, network=net, witnesses=())
        where = "" if case.seed is None else f"seed {case.seed}: "
        if not report.ok:
            off = next((v for v in report.verdicts if not v.passes), None)
            reason = f"{off.name} is {off.status}: {off.reason}" if off else report.loss.reason
            raise UserError(f"{assignment.file}: {where}these inputs cannot be judged: {reason}")
        new = [f"{where}{w}" for w in report.warnings if not any(w in old for old in assignment.warnings)]
        assignment.warnings.extend(new)


def _of_ours(net, case):
    """The reference network as a submission would be: in the layout of the case's own params."""
    from ..user.subject import Subject
    from ..witnesses.reference import given

    subject = Subject(lambda params, x, y: None, case.params, case.x, case.y)
    reference = given(net, subject)
    shapes = {name: array.shape for name, array in subject.flat.items()}

    def hand(params, x, y):
        flat = flatten(params)
        loss, grads = net.loss_and_grads(reference.params(flat, subject.dtype), reference.x, reference.y)
        return float(loss), reference.layout.theirs(grads, shapes)

    return hand
