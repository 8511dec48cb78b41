"""The report of a check: what was found, as plain data."""

from dataclasses import dataclass, field
from typing import Any

from ..common.errors import INCONCLUSIVE, WRONG
from ..common.results import Displayed, plain
from ..common.statuses import UNKNOWN
from .verdicts import Verdict


@dataclass(frozen=True)
class Finding:
    """A mistake with its name.

    array, rule: where.  one_of: the ids of mistakes that give these very numbers on this input.  exact: the
    planted mistake reproduces the gradient to rounding (else a fingerprint).  sentence: what, where, what it
    should be.  separating_input: what input would tell the ids apart, or None.
    file, line, source: the user's line, where it was found.  fix: {line, from, to, kind, others}, a change that was
    run and makes the arrays right.  lines: the candidates, where the evidence leaves several.
    """

    array: str
    rule: str
    one_of: tuple[str, ...]
    exact: bool
    sentence: str
    separating_input: str | None = None
    file: str | None = None
    line: int | None = None
    source: str | None = None
    fix: dict[str, Any] | None = None
    lines: tuple[int, ...] = ()


@dataclass(frozen=True)
class LossVerdict:
    """The judgement of the loss: agree, convention (a constant multiple), wrong, or unknown (no second loss)."""

    status: str
    reason: str
    hand: float | None = None
    witnesses: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Report(Displayed):
    """The outcome of a check; see `check_gradients`."""

    schema: str
    environment: dict[str, Any]
    ok: bool
    diagnosis: str | None
    findings: list[Finding]
    recognised: str | None
    loss: LossVerdict
    verdicts: list[Verdict]
    warnings: list[str]
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """Return 0 for right, 1 for wrong, 3 for not known."""
        off = [v for v in self.verdicts if not v.passes]
        if self.loss.status == "wrong" or any(v.status not in UNKNOWN for v in off):
            return WRONG
        return INCONCLUSIVE if off or not self.verdicts else 0

    def __getitem__(self, name: str) -> Verdict:
        return next(v for v in self.verdicts if v.name == name)

    def to_dict(self) -> dict[str, Any]:
        """Return the report in the plain form that JSON has."""
        return plain(self)

    def raise_if_wrong(self) -> "Report":
        """Raise NotRightError, an AssertionError whose text is this report, unless every array passes."""
        __tracebackhide__ = True
        if not self.ok:
            raise NotRightError(self)
        return self


class NotRightError(AssertionError):
    """A check that a test asserted did not pass; its text begins with the verdict, `report` has everything."""

    def __init__(self, report: Report) -> None:
        super().__init__(str(report))
        self.report = report
