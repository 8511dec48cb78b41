"""The teacher's file: what to hand in, on which inputs it is judged, its points, and its limits."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType
from typing import Any, TypeVar

import numpy as np

from ..checks.gradients import check_gradients
from ..common.arrays import flatten
from ..common.errors import UserError, nearest
from ..common.mapping import Amount, Limit, fits
from ..files.loading import load
from ..files.raised import place
from ..user.raised import in_a_line
from ..user.subject import Subject
from ..witnesses.reference import given

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
T = TypeVar("T")


@dataclass(frozen=True)
class Case:
    """One set of inputs: params in any nest, x, y, and the seed they were drawn from (None: fixed)."""

    seed: int | None
    params: Any
    x: Any
    y: Any

    @property
    def where(self) -> str:
        """'seed 11: ', or nothing for fixed inputs."""
        return "" if self.seed is None else f"seed {self.seed}: "


@dataclass(frozen=True)
class Assignment:
    """The content of a teacher's file; see the starter (`threeways check --init FILE --style assignment`).

    reference: {"network": net} or {"torch_loss": f, ...}, as check_gradients takes them.  points: {array, or
    "loss": points}, or {"all": points} where only the whole counts.  arrays: the names that are judged.
    """

    file: str
    cases: list[Case]
    reference: dict[str, Any]
    points: dict[str, float]
    arrays: tuple[str, ...]
    function: str | None = None
    timeout: float = TIMEOUT
    memory: float = MEMORY
    reveal: str = "place"
    forbidden: tuple[str, ...] = FORBIDDEN
    warnings: list[str] = field(default_factory=list)

    @property
    def of(self) -> float:
        """The points of a right submission."""
        return sum(self.points.values())


def read(path: str, rehearse: bool = True) -> Assignment:
    """Return the Assignment of a teacher's file. Raises UserError, with what is missing or the line that raised.

    rehearse: check a reference network's own gradient on every input first.
    """
    path = str(path)
    module = _run(path, lambda: load(path))
    cases = _cases(path, module)
    arrays = _names(path, cases)
    named = {name: getattr(module, name, None) for name in ("network", *LOSSES)}
    reference = {name: value for name, value in named.items() if value is not None}
    if not reference:
        raise UserError(f"{path} has no reference: give network = MLP(...) or one of {', '.join(LOSSES)}")
    timeout, memory = getattr(module, "timeout", TIMEOUT), getattr(module, "memory", MEMORY)
    assignment = Assignment(
        path,
        cases,
        reference,
        _points(path, getattr(module, "points", None), arrays),
        arrays,
        getattr(module, "function", None),
        float(fits(f"{path}: timeout", timeout, Limit)),
        float(fits(f"{path}: memory", memory, Limit)),
        known_reveal(getattr(module, "reveal", "place")),
        tuple(getattr(module, "forbidden", FORBIDDEN)),
    )
    if rehearse:
        _rehearse(assignment)
    return assignment


def known_reveal(reveal: str) -> str:
    """Return `reveal` if it is one of REVEALS. Raises UserError otherwise."""
    if reveal not in REVEALS:
        raise UserError(f"reveal {reveal!r}: {nearest(str(reveal), REVEALS)}")
    return reveal


def _run(path: str, work: Callable[[], T]) -> T:
    """Return work(). Raises UserError with the line where the teacher's own code raised."""
    try:
        return work()
    except (UserError, KeyboardInterrupt):
        raise
    except BaseException as error:  # SystemExit too
        where = place(error, path)
        if where is None:
            raise
        raise UserError(f"the assignment raised {in_a_line(error)} ({where})") from error


def _cases(path: str, module: ModuleType) -> list[Case]:
    seeds = list(getattr(module, "seeds", ()))
    if callable(getattr(module, "example", None)):
        if not seeds:
            raise UserError(f"{path} has example(seed) and no seeds: give seeds = (some whole numbers)")
        drawn = [_run(path, partial(module.example, seed)) for seed in seeds]
        for inputs in drawn:
            if not isinstance(inputs, tuple) or len(inputs) != 3:
                raise UserError(
                    f"{path}: example(seed) returned {type(inputs).__name__}; (params, x, y) is needed"
                )
        return [Case(seed, *inputs) for seed, inputs in zip(seeds, drawn, strict=True)]
    missing = [name for name in ("params", "x", "y") if getattr(module, name, None) is None]
    if missing:
        raise UserError(
            f"{path} has no example(seed), and no {' and no '.join(missing)}; "
            "threeways check --init FILE --style assignment writes one to start from"
        )
    return [Case(None, module.params, module.x, module.y)]


def _names(path: str, cases: list[Case]) -> tuple[str, ...]:
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


def _points(path: str, points: Any, arrays: tuple[str, ...]) -> dict[str, float]:
    if points is None:
        return dict.fromkeys(arrays, 1.0)
    if not isinstance(points, dict):
        return {"all": float(fits(f"{path}: points", points, Amount))}
    for name in points:
        if name not in (*arrays, "loss"):
            raise UserError(f"{path}: points for {name!r}: {nearest(str(name), (*arrays, 'loss'))}")
    return {name: float(fits(f"{path}: points for {name}", p, Amount)) for name, p in points.items()}


def _rehearse(assignment: Assignment) -> None:
    """Check a reference network's own gradient on every case; add a warning for what an input hides."""
    network = assignment.reference.get("network")
    if network is None:
        return
    net = network.build("hand") if hasattr(network, "build") else network
    if not hasattr(net, "loss_and_grads"):
        raise UserError(f"{assignment.file}: network is {type(net).__name__}; a network of manual is needed")
    for case in assignment.cases:
        report = check_gradients(
            _submission(net, case), case.params, case.x, case.y, network=net, witnesses=()
        )
        if not report.ok:
            off = next((v for v in report.verdicts if not v.passes), None)
            reason = f"{off.name} is {off.status}: {off.reason}" if off else report.loss.reason
            raise UserError(f"{assignment.file}: {case.where}these inputs cannot be judged: {reason}")
        new = [w for w in report.warnings if not any(w in old for old in assignment.warnings)]
        assignment.warnings.extend(f"{case.where}{w}" for w in new)


def _submission(net: Any, case: Case) -> Callable[..., Any]:
    """Return the reference network as a submission would be: in the layout of the case's own params."""
    subject = Subject(lambda params, x, y: None, case.params, case.x, case.y)
    reference = given(net, subject)
    shapes = {name: array.shape for name, array in subject.flat.items()}

    def loss_and_grads(params: Any, x: Any, y: Any) -> tuple[float, dict[str, np.ndarray]]:
        loss, grads = net.loss_and_grads(
            reference.params(flatten(params), subject.dtype), reference.x, reference.y
        )
        return float(loss), reference.layout.theirs(grads, shapes)

    return loss_and_grads
