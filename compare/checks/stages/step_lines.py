"""Find the wrong line of an update, and a change of it that was run."""

import numpy as np

from manual.optimizers import SGD

from ...common.arrays import Arrays
from ...trace.changes.limit import allowed
from ...trace.derivatives.run import record
from ...trace.locate import DEAR
from ...trace.steps import Gradient, Steps, locate_step
from . import lines
from .step_order import displaced
from .steps import StepCheck


def placed_in_step(check: StepCheck) -> StepCheck:
    """Find the line of the update that is wrong, where its steps can be recorded."""
    if check.ok or check.kept is None or not check.having("wrong", "nonfinite"):
        return check
    rate = check.about.get("rate")
    rule = check.optimizer or (SGD(rate=rate) if rate else None)
    if rule is None:
        return check
    wrong = check.having("wrong", "nonfinite")[0].name
    seconds = allowed(lines.SECONDS)
    try:
        steps = Steps(check.subject, check.update, check.kept, rule, _gradient(check))
        found = locate_step(steps, check.seed, seconds)
        # A statement that stands at the wrong place is likelier than text that makes up for it; where one is to be left
        # out, the reason is said with its order.
        likely = [f.fix for f in found if f.fix is not None and f.fix.cost <= DEAR]
        settled = any(fix.after != "pass" for fix in likely)
        moved = [] if settled else displaced(steps, wrong, check.seed)
    except Exception as error:  # keep the verdict, without a line
        return check.telling(not_placed=f"{type(error).__name__}: {error}")
    if moved:
        named = [f for f in check.findings if not moved[0].one_of]
        said = [*(f.sentence for f in named), moved[0].sentence]
        return check.but(findings=[*named, *moved], diagnosis="\n".join(said))
    return lines.told(check, found) if found else check


def _gradient(check: StepCheck) -> Gradient:
    """Return the function of the right gradient: the reference's, else that of the recorded loss."""
    reference, subject = check.reference, check.subject

    def at(flat: Arrays) -> Arrays:
        if reference is None:
            return record(subject, flat).derivatives()
        found = reference.by_hand(flat, np.dtype(np.float64), noise=False).arrays
        return {n: found[n] for n in flat}

    return at
