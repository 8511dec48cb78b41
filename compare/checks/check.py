"""The Check that stages hand on, and the Report made of the last one."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np

from ..common.errors import UserError
from ..common.results import environment
from ..judge.report import Finding, LossVerdict, Report
from ..judge.verdicts import Shapes, Verdict
from ..trace.changes.frames import is_evaluated
from ..trace.derivatives.adjoint import Adjoint
from ..trace.derivatives.run import Recordable, Run
from ..trace.derivatives.slices import Origins
from ..trace.exact.referee import Rulings
from ..user.subject import Answer, Subject
from ..witnesses import Arrays, Witness
from ..witnesses.reference import Reference, big

if TYPE_CHECKING:
    from ..user.operation import Operation
    from ..user.trio.trio import Trio


@dataclass(frozen=True)
class Whole:
    """A batch with samples on a kink, as the user gave it: they are replaced before any witness is asked.

    subject: the candidate with that batch.  mask: which samples sit on a kink.  answer: to the whole batch.
    """

    subject: Subject
    reference: Reference
    mask: np.ndarray
    answer: Answer


@dataclass(frozen=True)
class Traced:
    """A record of the candidate's run, at the parameters `flat`, and the derivatives of its loss by every value.

    kinked: the run stands on a kink, where the record takes one of several subgradients.
    """

    run: Run
    back: Adjoint
    origins: Origins
    flat: Arrays
    subject: Recordable
    kinked: bool = False


@dataclass(frozen=True)
class Check:
    """A candidate on its way to a Report.

    subject: the candidate, its parameters and batch.  answer: the arrays in question and the loss.
    network: the network the user named, or None.  reference: that network, or the one recognised (`description`).
    own: the rounding units of the candidate's own code.  closed: no further stage is run.
    traced: the record of a run, where the code could be followed.  rulings: what ball arithmetic proves of it.
    """

    subject: "Subject | Operation"
    answer: Answer
    seed: int = 0
    network: Any = None
    about: dict[str, Any] = field(default_factory=dict)
    schema: str = "threeways/check/1"
    reference: Reference | None = None
    description: str | None = None
    whole: Whole | None = None
    own: Arrays = field(default_factory=dict)
    witnesses: list[Witness] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    loss: LossVerdict | None = None
    findings: list[Finding] = field(default_factory=list)
    diagnosis: str | None = None
    warnings: list[str] = field(default_factory=list)
    closed: bool = False
    traced: Traced | None = None
    rulings: Rulings | None = None

    def but(self, **changes: Any) -> Self:
        """Return the check with these fields changed."""
        return replace(self, **changes)

    def warned(self, warnings: Iterable[str]) -> Self:
        """Return the check with further warnings."""
        return self.but(warnings=[*self.warnings, *warnings])

    def telling(self, **about: Any) -> Self:
        """Return the check with further entries of the report's `about`."""
        return self.but(about=self.about | about)

    @property
    def arrays(self) -> Arrays:
        """The arrays to judge: gradients, and deltas where a reference has them."""
        return self.answer.arrays | (self.answer.deltas if self.reference is not None else {})

    @property
    def expected(self) -> Shapes:
        """The shapes of the arrays that should be there."""
        shapes = {n: a.shape for n, a in self.subject.flat.items()}
        if self.reference is not None and self.answer.deltas:
            shapes |= {n: a.shape for n, a in self.witnesses[0].arrays.items() if n.startswith("delta")}
        return shapes

    @property
    def coarsest(self) -> np.dtype:
        """The floating type with the fewest digits among the parameters and the gradients."""
        types = [self.subject.dtype, *(a.dtype for a in self.answer.arrays.values() if a.dtype.kind == "f")]
        return max(types, key=lambda dtype: np.finfo(dtype).eps)

    @property
    def many(self) -> bool:
        """Return whether the parameters are so many that each pass over them counts."""
        return big(self.subject.flat)

    @property
    def batch(self) -> int | None:
        return None if self.reference is None else len(self.reference.x)

    @property
    def exact(self) -> list[Witness]:
        """The witnesses that only rounding separates from the gradient."""
        return [w for w in self.witnesses if w.exact]

    def having(self, *statuses: str) -> list[Verdict]:
        """Return the verdicts with one of these statuses."""
        return [v for v in self.verdicts if v.status in statuses]

    @property
    def ok(self) -> bool:
        return all(v.passes for v in self.verdicts) and (self.loss is None or self.loss.status != "wrong")


@dataclass(frozen=True)
class GradientCheck(Check):
    """A check of gradients.

    torch_loss, jax_loss, numpy_loss: further losses that the user gave.  wanted: the witnesses that may be asked.
    progress: wraps the entries to difference.  forward: whether the frameworks' forward modes are asked.
    certify: whether ball arithmetic is to decide every entry, whatever it costs.  trio: the user's network, where its
    versions are compared with one another.
    """

    subject: Subject
    torch_loss: Any = None
    jax_loss: Any = None
    numpy_loss: Callable[..., Any] | None = None
    wanted: frozenset[str] = frozenset()
    progress: Callable[[list], Iterable] | None = None
    forward: bool = False
    certify: bool = False
    trio: "Trio | None" = None


C = TypeVar("C", bound=Check)
Stage = Callable[[C], C]


def run(check: C, stages: Sequence[Stage[C]]) -> Report:
    """Hand the check through the stages, until one closes it, and report what they found.

    Raises UserError in an expression that a search evaluates: the text may hold the call of the check that searches.
    """
    if is_evaluated():
        raise UserError("a check does not search itself")
    for stage in stages:
        check = stage(check)
        if check.closed:
            break
    assert check.loss is not None
    reference = check.reference
    return Report(
        schema=check.schema,
        environment=environment(check.seed),
        ok=check.ok,
        diagnosis=None if check.ok else check.diagnosis,
        findings=check.findings,
        recognised=check.description,
        loss=check.loss,
        verdicts=check.verdicts,
        warnings=check.warnings,
        about={
            "network": check.description or (reference.net_words() if reference else None),
            "function": check.subject.name,
            "batch": check.batch,
            "dtype": str(check.subject.dtype),
            "coarsest": str(check.coarsest),
            "assumed": check.answer.assumed,
            "paths": check.subject.paths,
            "witnesses": [w.name for w in check.witnesses],
            "parameters": {n: a.shape for n, a in check.subject.flat.items()},
        }
        | check.about,
    )
