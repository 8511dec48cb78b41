"""What a statement names what it stores: dz is the derivative by z, if it is right."""

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...common.arrays import Array
from ..derivatives.run import Run
from ..recording.tape import Place
from .source import Statement, position, statement
from .suspect import FORWARD, SHARED, Suspect, sources_of
from .vouching import Status, Vouched

PREFIX = re.compile(r"^(?:grad_?|delta_?|d_?|g_)(?=\w)")
SUFFIX = re.compile(r"_?(?:grad|bar)$")
OF_LOSS = re.compile(r"^d_?(?:loss|cost|err|error|nll|l(?=_)|[LCJE])_?d_?(?=\w)")  # of dL_dz, dCdw, dloss_dz
QUOTIENT = re.compile(r"^d_?(\w+?)_d_?(\w+)$")
NEAR = 0.9  # the cosine between a value and the derivative that it is meant to be


def target_name(node: ast.stmt) -> str | None:
    """Return the name that an assignment stores its value under: of a variable, an attribute or a key."""
    return stored_name(node) if isinstance(node, ast.Assign) else None


def stored_name(node: ast.stmt) -> str | None:
    """Return the name of what a statement assigns or adds to."""
    match node:
        case ast.Assign([target]) | ast.AugAssign(target):
            return _name_of(target)
    return None


def filled_name(node: ast.stmt) -> str | None:
    """Return the name of what a statement stores, or of the array in which it stores some entries: dz[z <= 0] = 0."""
    match node:
        case (
            ast.Assign([ast.Subscript(value=held, slice=index)])
            | ast.AugAssign(target=ast.Subscript(value=held, slice=index))
        ) if not isinstance(index, ast.Constant):
            return _name_of(held)
    return stored_name(node)


def _name_of(target: ast.expr) -> str | None:
    if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        return str(target.slice.value)
    return (
        target.id
        if isinstance(target, ast.Name)
        else target.attr
        if isinstance(target, ast.Attribute)
        else None
    )


def bare(node: ast.expr) -> str:
    """Return what a variable, an attribute or a key names without the marks of a derivative, "" of other nodes."""
    name = node.id if isinstance(node, ast.Name) else _name_of(node) or ""
    return SUFFIX.sub("", PREFIX.sub("", name))


def derivatives_by_name(run: Run, vouched: Vouched) -> dict[str, list[Array]]:
    """Return the derivatives of the loss by the values that the forward pass stores under each name."""
    back = vouched.back
    found: dict[str, list[Array]] = {n: [a] for n, a in run.derivatives(back).items()}
    for index, gs in back.by_operation.items():
        for place in _handed_up(run.tape.operations[index].places[:3]):
            name = _name_at(place)
            if name is not None and gs[0] is not None:
                found.setdefault(name, []).append(np.asarray(gs[0], np.float64))
    for index, g in back.filled.items():
        for number, place in enumerate(_handed_up(run.tape.operations[index].places[:3])):
            where = statement(place)
            name = None if where is None else stored_name(where.node) if number else filled_name(where.node)
            if name is not None:
                found.setdefault(name, []).append(np.asarray(g, np.float64))
    functions = {where.function for i in back.by_operation for where in _statements(run, i)}
    for name, source in dict.fromkeys(pair for f in functions if f is not None for pair in _renamed(f)):
        if source in found:  # a, b = b, a: each name stands for both
            found[name] = [*found.get(name, ()), *found[source]]
    return {n.replace("_", ""): listed for n, listed in found.items()} | found


def _statements(run: Run, index: int) -> Iterator[Statement]:
    return (where for p in run.tape.operations[index].places[:1] if (where := statement(p)) is not None)


@lru_cache(maxsize=64)
def _renamed(function: ast.AST) -> tuple[tuple[str, str], ...]:
    """Return (name, other) of the variables of a function that are given what others hold: of a, b = b, a."""
    pairs = (pair for node in ast.walk(function) for pair in assigned_pairs(node))
    return tuple((t.id, v.id) for t, v in pairs if isinstance(t, ast.Name) and isinstance(v, ast.Name))


def assigned_pairs(node: ast.AST) -> list[tuple[ast.expr, ast.expr]]:
    """Return (target, value) of an assignment, several of a, b = x, y; of other nodes none."""
    match node:
        case ast.Assign([ast.Tuple(targets)], ast.Tuple(values)) if len(targets) == len(values):
            return list(zip(targets, values, strict=True))
        case ast.Assign([target], value):
            return [(target, value)]
    return []


def _handed_up(places: Sequence[Place]) -> Iterator[Place]:
    """Yield the instruction of an operation, and the calls whose functions return its value."""
    for place in places:
        yield place
        where = statement(place)
        if where is None or not _is_returned(where):
            return


def _is_returned(where: Statement) -> bool:
    """Whether a function returns what a statement of it computes, at once or under the name it is stored by."""
    if isinstance(where.node, ast.Return) or where.function is None:
        return True
    name = filled_name(where.node)
    returns = (n.value for n in ast.walk(where.function) if isinstance(n, ast.Return) and n.value is not None)
    return name is not None and any(
        isinstance(n, ast.Name) and n.id == name
        for value in returns
        for n in (value, *getattr(value, "elts", ()))
    )


def _name_at(place: Place) -> str | None:
    """Return the name under which what an instruction computes is stored; in `a, b = x, y` x is stored as a."""
    where = statement(place)
    match where and where.node:
        case ast.Assign([ast.Tuple(targets)], ast.Tuple(values)) if len(targets) == len(values):
            line, column = (position(place) or (0, 0))[:2]
            for target, value in zip(targets, values, strict=True):
                if (
                    (value.lineno, value.col_offset)
                    <= (line, column)
                    <= (value.end_lineno, value.end_col_offset)
                ):
                    return _name_of(target)
            return None
    return None if where is None else stored_name(where.node)


@dataclass(frozen=True)
class _Named:
    """What a statement stores under the name of a derivative.

    of: by what; "": of one forward value by another.  meant: the derivatives by it.  last: the operation that gives
    what is stored.  turns: (operation, value) of each turn of a loop; of a running sum of the last.
    """

    of: str
    meant: list[Array]
    last: int
    turns: list[tuple[int, Array]]
    close: float

    @property
    def value(self) -> Array:
        return self.turns[-1][1]

    def is_one(self, value: Array, scale: float = 1.0, laid_out: Callable[[Array], Array] = np.ravel) -> bool:
        """Whether a value is one of the derivatives, times `scale`."""
        room = self.close * float(np.linalg.norm(value))
        return any(
            value.size == g.size and np.linalg.norm(value.ravel() - scale * laid_out(g)) <= room
            for g in self.meant
        )

    @property
    def is_part(self) -> bool:
        """Whether the value is a part of one of the derivatives along an axis: a loop over entries stores a row."""
        room = self.close * float(np.linalg.norm(self.value))
        for g in self.meant if self.value.ndim else ():
            for axis in range(g.ndim if self.value.ndim == g.ndim - 1 else 0):
                rows = np.moveaxis(g, axis, 0)
                if rows.shape[1:] == self.value.shape and len(rows):
                    off = np.linalg.norm((rows - self.value).reshape(len(rows), -1), axis=1)
                    if off.min() <= room:
                        return True
        return False

    @property
    def right(self) -> bool:
        """Whether the value, or the sum of those of all turns, is the derivative."""
        alike = len(self.turns) > 1 and len({each.shape for _, each in self.turns}) == 1
        return self.is_one(self.value) or (
            alike and self.is_one(np.sum([each for _, each in self.turns], axis=0))
        )


def _named(suspect: Suspect, named: dict[str, list[Array]], run: Run) -> _Named | None:
    name = target_name(suspect.statement.node)
    if name is None:
        return None
    local = _quotients(name, named)
    of, meant = ("", local) if local else _meant(name, named)
    if not meant:
        return None
    return _Named(of, meant, suspect.operations[-1], list(_turns(suspect, run)), run.close)


def vouch_by_name(
    suspect: Suspect, named: dict[str, list[Array]], run: Run, vouched: Vouched, returned: frozenset[str]
) -> None:
    """Vouch for what a statement stores as dz where it is the derivative by z.

    returned: parameters that need no comparison, since the value is returned for one of them and is wrong.
    """
    found = _named(suspect, named, run)
    if found is not None and found.of not in returned and found.right:
        suspect.sure, status = True, Status.EXACT if found.of else Status.LOCAL
        for index, _ in found.turns:
            vouched.statuses[index] = min(vouched.statuses[index], status)


def compare_names(
    suspect: Suspect,
    named: dict[str, list[Array]],
    run: Run,
    vouched: Vouched,
    returned: frozenset[str] = frozenset(),
    alias: bool = False,
    begins: bool = False,
) -> None:
    """Compare what a statement stores as dz with the derivative by z.

    returned: parameters that need no comparison, since the value is returned for one of them and is wrong.
    alias: whether the value is another's, which may be one of the forward pass.  begins: whether no derivative leads
    to the wrong arrays, so that what is called one may be the first.
    """
    found = _named(suspect, named, run)
    if found is None or found.of in returned:
        return
    value, last = found.value, found.last
    if found.right:
        suspect.rank, suspect.right, suspect.sure = 5, True, True
        return
    if found.is_one(value, laid_out=lambda g: g.T.ravel()):  # the derivative by z has the layout of z
        suspect.rank, suspect.right, suspect.misnamed, suspect.since = 0, False, True, last
        return
    sources = [
        s for s in sources_of(last, set(suspect.operations), vouched.origins.before) if not vouched.of_loss[s]
    ]
    statuses = {vouched.statuses[s] for s in sources}
    near = any(_is_near(value, g) for g in found.meant)
    local = not found.of
    first = alias or (begins and suspect.tier == 0)
    if not first and not near and not local and not any(status < Status.FORWARD for status in statuses):
        return  # made of forward values: perhaps a derivative of z, not by z
    # Made of derivatives that hold no count, it holds none by a convention of the code.
    counted = Status.EXACT not in statuses or Status.SCALED in statuses
    alone = suspect.feeds and vouched.statuses[last] == Status.SCALED  # what is made beside it holds no count
    if counted and not alone and any(found.is_one(value, s) for s in vouched.common):
        if alias and suspect.tier == FORWARD:  # here the count came in, if it is too much
            suspect.tier, suspect.rank = SHARED, 0
        return
    if found.is_part:  # what is known of its value says more
        return
    suspect.right, suspect.named = False, found.meant
    since = next((i for i, each in found.turns if np.any(each) and not found.is_one(each)), last)
    suspect.since = since if suspect.since < 0 else min(since, suspect.since)
    if suspect.rank in (1, 2, 4, 5):  # 5: the derivative by another value
        suspect.rank = min(suspect.rank, 2)
        if near or all(status < Status.FORWARD for status in statuses):
            suspect.rank = 0
    suspect.misnamed = True


def _meant(name: str, named: dict[str, list[Array]]) -> tuple[str, list[Array]]:
    """Return the name by which a derivative is taken and what it may be; empty where the name tells of none.

    In the notation of the books delta1 is dL/dz1.
    """
    forms = (
        PREFIX.sub("", name),
        SUFFIX.sub("", name),
        re.sub(r"^delta_?(?=\d)", "z", name),
        OF_LOSS.sub("", name),
    )
    of = next((b for b in forms if b != name and b in named), "")
    return of, named.get(of, [])


def meant_by(name: str, named: dict[str, list[Array]]) -> list[Array]:
    """Return the derivatives by what a variable is named after, dz: by z; empty where its name tells of none."""
    return _quotients(name, named) or _meant(name, named)[1]


def _quotients(name: str, named: dict[str, list[Array]]) -> list[Array]:
    """Return what dp_dz may be, where p was made of z entry by entry: dL/dz by dL/dp."""
    parts = QUOTIENT.match(name)
    if parts is None or OF_LOSS.match(name) or any(part not in named for part in parts.groups()):
        return []
    above, below = (named[part] for part in parts.groups())
    return [z / p for p in above for z in below if p.shape == z.shape and p.ndim and np.all(p)]


def _turns(suspect: Suspect, run: Run) -> Iterator[tuple[int, Array]]:
    """Yield (operation, value) of what a statement stores at each turn of a loop; of a running sum at the last."""
    operations, last = run.tape.operations, suspect.operations[-1]
    node = suspect.statement.node
    read = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    for index in [last] if stored_name(node) in read else suspect.operations:
        if operations[index].places[0] == operations[last].places[0]:
            yield index, np.asarray(operations[index].writes[0].array, np.float64)


def _is_near(value: Array, g: Array) -> bool:
    """Whether a value has about the direction of a derivative, or its opposite."""
    size = float(np.linalg.norm(value)) * float(np.linalg.norm(g))
    return value.shape == g.shape and size > 0 and abs(float(np.vdot(value, g))) > NEAR * size
