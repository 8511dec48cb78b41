"""The report of a check: what was found, as plain data, and what it says."""

from dataclasses import dataclass, field

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
    """

    array: str
    rule: str
    one_of: tuple
    exact: bool
    sentence: str
    separating_input: str | None = None


@dataclass(frozen=True)
class LossVerdict:
    """Whether the loss is the one meant: agree, convention (a constant multiple), wrong, or unknown (nothing to
    compare with)."""

    status: str
    reason: str
    hand: float | None = None
    witnesses: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Report(Displayed):
    """The outcome of a check; see `check_gradients`."""

    schema: str
    environment: dict
    ok: bool
    diagnosis: str | None
    findings: list
    recognised: str | None
    loss: LossVerdict
    verdicts: list[Verdict]
    warnings: list
    about: dict = field(default_factory=dict)

    @property
    def exit_code(self):
        """0 right, 1 wrong, 3 not known."""
        statuses = {v.status for v in self.verdicts}
        if self.loss.status == "wrong" or any(
            not v.passes and v.status not in UNKNOWN for v in self.verdicts
        ):
            return WRONG
        return INCONCLUSIVE if statuses & set(UNKNOWN) or not self.verdicts else 0

    def __getitem__(self, name):
        return next(v for v in self.verdicts if v.name == name)

    def to_dict(self):
        """Return the report in the plain form that JSON has."""
        return plain(self)

    def raise_if_wrong(self):
        """Raise AssertionError, whose text is the report, unless every array passes."""
        if not self.ok:
            raise AssertionError("\n" + str(self))
        return self
