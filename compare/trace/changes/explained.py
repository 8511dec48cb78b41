"""With a change, which statements still give what is no derivative of the loss? After the right one the fewest do.

A mistake that is undone further down, by a factor or a sign, leaves the values between the two wrong.
"""

from ...common.arrays import Arrays
from ..derivatives.run import Recordable, record
from ..derivatives.slices import Origins
from ..lines.source import Statement, statement
from ..lines.vouching import Status, Vouched
from .fix import Fix, applied

OFF = (Status.SCALED, Status.FORWARD, Status.BAD)
BAD = 0.4  # more of a value that cannot be one: what is made of the forward pass alone may yet be a factor


def unexplained(vouched: Vouched) -> float:
    """Return how many statements of the backward pass give a value that nothing vouches for, BAD ones for more."""
    bad: set[Statement] = set()
    last: dict[Statement, Status] = {}
    for operation, status, of_loss in zip(
        vouched.run.tape.operations, vouched.statuses, vouched.of_loss, strict=True
    ):
        where = None if of_loss or not operation.places else statement(operation.places[0])
        if where is not None:
            last[where] = status
            if status == Status.BAD:
                bad.add(where)
    return len(bad | {where for where, status in last.items() if status in OFF}) + BAD * len(bad)


def unexplained_with(subject: Recordable, flat: Arrays, fix: Fix) -> float:
    """Return the same of the user's code with a change in place; 0 where its run is not followed to the end."""
    try:
        with applied(subject, fix):
            run = record(subject, flat)
            return unexplained(Vouched(run, run.back(edges=True), Origins(run.tape)))
    except Exception:  # a change that is right may still do what no record follows
        return 0.0
