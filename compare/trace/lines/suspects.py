"""The statements that may hold a mistake, the likeliest first."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from ...common.arrays import Array, Arrays
from ..derivatives.run import Run
from .source import Statement, file_of, statement
from .vouching import Status, Vouched

SHARED = 2  # the tier of statements that right arrays were made of too
FORWARD = 3  # the tier of statements that the loss too was made of
SILENT = 4  # of those that computed nothing


@dataclass
class Suspect:
    """A statement that may be wrong.

    operations: those of its operations that led to a wrong array.  tier: 0: every wrong array was made of them and no
    right one; 1: some; 2: right ones too; then FORWARD and SILENT.  right: all its values are right.  first: an
    operation of it gives the first wrong value of right ones, or a forward value that feeds such.  rank: 0 is the
    likeliest.  off: made of derivatives, it is none.  misnamed: it stores, as dz or grad_z, what is not the derivative
    by z.  sure: it stores just that.  visit: the execution in which it was the first; -1: not known.
    feeds: it is a factor of the first wrong value, of which nothing tells whether it is right.
    calls: it calls the function in which the first wrong value was computed.
    named: the derivatives by what it is named after, where it is misnamed.
    """

    statement: Statement
    operations: list[int] = field(default_factory=list)
    tier: int = 0
    right: bool = False
    first: bool = False
    rank: int = 0
    visit: int = -1
    off: bool = False
    misnamed: bool = False
    sure: bool = False
    feeds: bool = False
    calls: bool = False
    named: list[Array] = field(default_factory=list)

    @property
    def standing(self) -> int:
        """The rank, or 0 for a factor that may be wrong as well as the first wrong value."""
        return 0 if self.feeds else self.rank


def suspects(run: Run, wrong: Iterable[str], truth: Arrays, vouched: Vouched) -> list[Suspect]:
    """Return the statements behind the wrong arrays, the likeliest first.

    The statement of a single mistake lies behind every wrong array. A value that a right array, or a right entry, was
    made of is right, unless it was multiplied by 0 on the way.
    truth: the right derivatives.
    """
    tape, origins, of_loss = run.tape, vouched.origins, vouched.of_loss
    behind, beside, last = [], [], set()
    for name, value in run.gradients.items():
        assert value.region is not None
        starts: set[int] = set(origins.of(value.region))
        good: set[int] = set()
        if name in wrong:
            starts, good = _last_writers(
                origins.writers(value.region), np.asarray(value.array), truth[name], run.close
            )
            behind.append(origins.behind(starts))
            last |= starts
        else:
            good = starts
        if good:
            beside.append(origins.behind(good))
    if not behind:  # they were not made by any operation: a parameter was returned in place of its gradient
        behind = [~of_loss]
    none = np.zeros(len(tape.operations), bool)
    all_wrong, any_wrong = np.logical_and.reduce(behind), np.logical_or.reduce(behind)
    any_right = np.logical_or.reduce([none, *beside])
    tiers = [all_wrong & ~any_right, any_wrong & ~any_right, any_wrong]
    read = none.copy()
    for index in np.flatnonzero(any_wrong & ~of_loss):
        read[list(origins.before[index])] = True
    tiers = [*(t & ~of_loss for t in tiers), any_wrong & of_loss & read]
    found: dict[Statement, Suspect] = {}
    for tier, inside in enumerate(tiers):
        for index in np.flatnonzero(inside):
            places = tape.operations[index].places
            where = statement(places[0]) if places else None
            if where is None:
                continue
            suspect = found.setdefault(where, Suspect(where, tier=tier))
            if suspect.tier == tier:
                suspect.operations.append(int(index))
    vouched.refute(i for i in last if i >= 0 and not any_right[i])
    _rank(found, run, vouched, any_wrong & ~of_loss)
    named = _by_name(run, vouched)
    final = {_stored(s.statement.node): s for s in sorted(found.values(), key=lambda s: s.operations[-1])}
    for suspect in found.values():
        last_of_name = final[_stored(suspect.statement.node)] is suspect
        if suspect.tier < FORWARD and last_of_name and last.isdisjoint(suspect.operations):
            _compare_names(suspect, named, run, vouched)
    for alias in _aliases(found, run):
        _compare_names(alias, named, run, vouched)
        if (
            alias.tier == FORWARD and alias.misnamed
        ):  # a value of the forward pass that stands for a derivative
            alias.tier = SHARED
        if alias.tier < FORWARD:
            found[alias.statement] = alias
    _demote(found, vouched)
    _add_callers(found, run)
    forward = {statement(o.places[0]) for o in tape.operations if of_loss[o.index] and o.places}
    listed = sorted(
        found.values(),
        key=lambda s: (s.tier == FORWARD, s.rank, s.tier, not s.misnamed, s.calls, s.operations[0]),
    )
    return listed + _silent(listed, forward, run)


def _last_writers(writers: Array, mine: Array, right: Array, close: float) -> tuple[set[int], set[int]]:
    """Return the operations that wrote wrong entries of an array last, and the others that wrote right ones."""
    everything = set(np.unique(writers).tolist()) - {-1}
    if mine.shape != right.shape or len(everything) < 2:
        return everything, set()
    off = ~(np.abs(mine - right) <= close * np.abs(right).max(initial=0))
    starts = set(np.unique(writers[off]).tolist()) - {-1}
    return (starts, everything - starts) if starts else (everything, set())


def _rank(found: dict[Statement, Suspect], run: Run, vouched: Vouched, inside: Array) -> None:
    """Rank the statements: the first wrong values of right ones, what feeds them, other wrong values, right ones."""
    statuses, origins, of_loss = vouched.statuses, vouched.origins, vouched.of_loss
    # Where the cotangents are known, what is made without them is a factor, and no derivative that is off.
    factors = (Status.FORWARD,) if run.seeds else ()
    feeding: set[Statement] = set()
    doubtful: set[Statement] = set()
    where_of = {
        int(i): statement(run.tape.operations[i].places[0])
        for i in np.flatnonzero(inside)
        if run.tape.operations[i].places
    }
    for suspect in found.values():
        own = set(suspect.operations)
        results = [
            i
            for i in suspect.operations
            if not own.issuperset(r for r in vouched.readers.get(i, ()) if inside[r])
            or not vouched.readers.get(i)
        ]
        results = results or suspect.operations
        found_right = [statuses[i] <= Status.PASSED for i in results]
        suspect.right = all(found_right) and not any(statuses[i] == Status.LOCAL for i in results)
        suspect.rank = (
            5
            if suspect.right
            else 4
            if all(found_right)
            else 3
            if all(statuses[i] <= Status.NOTHING for i in results)
            else 2
        )
        largest = 0.0
        for index in results:
            if (
                statuses[index] not in (Status.BAD, Status.FORWARD, Status.SCALED)
                or statuses[index] in factors
            ):
                continue
            backward = [s for s in _sources(index, own, origins.before) if not of_loss[s]]
            if statuses[index] == Status.SCALED:  # it is a suspect where a count came in, or went out, here
                if any(statuses[s] == Status.EXACT for s in backward) and all(
                    statuses[s] < Status.SCALED for s in backward
                ):
                    suspect.first, suspect.rank, suspect.visit = True, 0, _visit(run, index)
                continue
            if all(statuses[s] < Status.FORWARD or statuses[s] in factors for s in backward):
                size = float(np.linalg.norm(run.tape.operations[index].writes[0].array))
                if not size > largest:  # in another run of the loop it says more
                    continue
                suspect.first, suspect.rank, suspect.visit, largest = True, 0, _visit(run, index), size
                suspect.off = suspect.off or statuses[index] == Status.BAD or _derives(suspect.statement.node)
                feeding.update(w for s in backward if (w := where_of.get(s)) is not None)
                unknown = [
                    s
                    for s in backward
                    if statuses[s] >= Status.FORWARD or _uncounted(s, statuses, origins.before)
                ]
                doubtful.update(w for s in unknown if (w := where_of.get(s)) is not None)
    for suspect in found.values():
        if suspect.statement in feeding and suspect.rank > 1:
            suspect.rank, suspect.right = 1, False  # right, perhaps, for another value than it stands for
            suspect.feeds = suspect.statement in doubtful


def _uncounted(index: int, statuses: list[Status], before: list[tuple[int, ...]]) -> bool:
    """Whether a count goes out with an operation: dW / N of a sum over the samples. Twice may be too often."""
    return statuses[index] == Status.EXACT and any(statuses[b] == Status.SCALED for b in before[index])


PREFIX = re.compile(r"^(?:grad_?|delta_?|d_?|g_)(?=\w)")
SUFFIX = re.compile(r"_?(?:grad|bar)$")


def _derives(node: ast.stmt) -> bool:
    """Whether a statement adds to something, or names what it stores as a derivative."""
    name = _target(node)
    return isinstance(node, ast.AugAssign) or (name is not None and PREFIX.match(name) is not None)


def _target(node: ast.stmt) -> str | None:
    """Return the name that an assignment stores its value under: of a variable, an attribute or a key."""
    return _stored(node) if isinstance(node, ast.Assign) else None


def _stored(node: ast.stmt) -> str | None:
    """Return the name of what a statement assigns or adds to."""
    match node:
        case ast.Assign([target]) | ast.AugAssign(target):
            return _name_of(target)
    return None


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


def _by_name(run: Run, vouched: Vouched) -> dict[str, list[Array]]:
    """Return the derivatives of the loss by the values that the forward pass stores under each name."""
    found: dict[str, list[Array]] = {n: [a] for n, a in run.derivatives(vouched.back).items()}
    for index, gs in vouched.back.by_operation.items():
        for place in run.tape.operations[index].places[:3]:
            where = statement(place)
            name = _target(where.node) if where is not None else None
            if name is not None and gs[0] is not None:
                found.setdefault(name, []).append(np.asarray(gs[0], np.float64))
    return found


def _compare_names(suspect: Suspect, named: dict[str, list[Array]], run: Run, vouched: Vouched) -> None:
    """Compare what a statement stores as dz with the derivative by z."""
    name = _target(suspect.statement.node)
    if name is None:
        return
    # In the notation of the books delta1 is dL/dz1.
    forms = (PREFIX.sub("", name), SUFFIX.sub("", name), re.sub(r"^delta_?(?=\d)", "z", name))
    of = next((b for b in forms if b != name and b in named), None)
    if of is None:
        return
    last = suspect.operations[-1]
    value = np.asarray(run.tape.operations[last].writes[0].array, np.float64)
    norm = float(np.linalg.norm(value))

    def is_one(scale: float, laid_out: Callable[[Array], Array] = np.ravel) -> bool:
        return any(
            value.size == g.size and np.linalg.norm(value.ravel() - scale * laid_out(g)) <= run.close * norm
            for g in named[of]
        )

    if is_one(1.0):
        suspect.rank, suspect.right, suspect.sure = 5, True, True
        return
    if is_one(1.0, lambda g: g.T.ravel()):  # the derivative by z has the layout of z
        suspect.rank, suspect.right, suspect.misnamed = 0, False, True
        return
    sources = [
        s for s in _sources(last, set(suspect.operations), vouched.origins.before) if not vouched.of_loss[s]
    ]
    statuses = {vouched.statuses[s] for s in sources}
    # Made of derivatives that hold no count, it holds none by a convention of the code.
    counted = Status.EXACT not in statuses or Status.SCALED in statuses
    if counted and any(is_one(s) for s in vouched.common):
        return
    suspect.right, suspect.named = False, named[of]
    if suspect.rank in (1, 2, 4, 5):  # 5: the derivative by another value
        suspect.rank = min(suspect.rank, 2)
        if all(status < Status.FORWARD for status in statuses):
            suspect.rank = 0
    suspect.misnamed = True


def _demote(found: dict[Statement, Suspect], vouched: Vouched) -> None:
    """Let a statement wait that is made of what another stores under a wrong name: that one comes first."""
    misnamed = {i: s for s in found.values() if s.misnamed and s.rank == 0 for i in s.operations}
    for suspect in found.values():
        own = set(suspect.operations)
        if suspect.rank == 0 and any(
            misnamed[b] is not suspect and misnamed[b].operations[0] < suspect.operations[0]
            for i in suspect.operations
            for b in _sources(i, own, vouched.origins.before)
            if b in misnamed
        ):
            suspect.rank = 1


def _add_callers(found: dict[Statement, Suspect], run: Run) -> None:
    """Add the statements that call the functions of the first wrong values: they may hand over a wrong argument."""
    for suspect in [s for s in found.values() if s.first and s.tier < FORWARD]:
        for place in run.tape.operations[suspect.operations[0]].places[1:3]:
            where = statement(place)
            if where is not None and where not in found:
                found[where] = Suspect(where, suspect.operations, suspect.tier, rank=1, calls=True)


def _visit(run: Run, index: int) -> int:
    """Return how often the instruction of an operation ran before it."""
    operations = run.tape.operations
    place = operations[index].places[0]
    return sum(1 for o in operations[:index] if o.places and o.places[0] == place)


def _sources(index: int, own: set[int], before: list[tuple[int, ...]]) -> set[int]:
    """Return the operations of other statements whose results a statement's operation was made of."""
    found, inside, queue = set[int](), {index}, [index]
    while queue:
        for each in before[queue.pop()]:
            if each not in own:
                found.add(each)
            elif each not in inside:  # a loop reaches its own results by many ways
                inside.add(each)
                queue.append(each)
    return found


def _beside(known: Iterable[Statement | None], run: Run) -> Iterator[Statement]:
    """Yield the other statements of the functions that were recorded."""
    functions: dict[ast.AST, str] = {}
    for operation in run.tape.operations:
        for place in operation.places[:3]:
            where = statement(place)
            if where is not None and where.function is not None:
                functions.setdefault(where.function, where.file)
    for function, name in functions.items():
        file = file_of(name)
        for each in file.statements if file else ():
            inside = each.function is function and each.node is not function
            if inside and each not in known and not isinstance(each.node, (ast.FunctionDef, ast.ClassDef)):
                yield each


def _aliases(found: dict[Statement, Suspect], run: Run) -> list[Suspect]:
    """Return the statements that give a suspect's value another name, dh = dxmu: something may be missing in them."""
    stored = {(s.statement.function, _target(s.statement.node)): s for s in found.values()}
    aliases = []
    for each in _beside(found, run):
        of = stored.get((each.function, _renames(each.node)))
        if of is not None:
            aliases.append(Suspect(each, of.operations, of.tier, rank=max(of.rank, 1)))
    return aliases


def _silent(listed: list[Suspect], forward: set[Statement | None], run: Run) -> list[Suspect]:
    """Return the other statements of the same functions: a return of values in another order, a loop's head."""
    known = {s.statement for s in listed} | forward
    return [Suspect(each, tier=SILENT, rank=6) for each in _beside(known, run)]


def _renames(node: ast.stmt) -> str:
    """Return the variable for which a statement is another name, "" of other statements."""
    value = getattr(node, "value", None)
    return value.id if isinstance(node, ast.Assign) and isinstance(value, ast.Name) else ""
