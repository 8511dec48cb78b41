"""Statements beside those that computed what is wrong: that call them, give their values other names, or nothing."""

import ast
from collections.abc import Iterable, Iterator

import numpy as np

from ...common.arrays import Arrays
from ..derivatives.run import Run
from .links import LAST, link_constants, link_loops, link_numbers, link_packed, link_recursion, link_sums
from .names import assigned_pairs, target_name
from .source import Statement, file_of, statement
from .stores import called_by, holder, is_void, keeps, read_in, stored_in
from .suspect import FORWARD, SHARED, SILENT, Suspect
from .vouching import Vouched


def add_callers(found: dict[Statement, Suspect], run: Run) -> None:
    """Add the statements that call the functions of the first wrong values, and of what these were made of.

    They may hand over a wrong argument.
    """
    blamed = [s for s in found.values() if (s.first or (s.rank == 1 and s.into)) and s.tier < FORWARD]
    for suspect in [s for s in blamed if s.operations]:
        for place in run.tape.operations[suspect.operations[0]].places[1:3]:
            where = statement(place)
            if where is not None and where not in found:
                found[where] = Suspect(where, suspect.operations, suspect.tier, rank=1, calls=True)


def _beside(known: Iterable[Statement | None], run: Run) -> Iterator[Statement]:
    """Yield the other statements of the functions that were recorded, of the constructors of their classes, and of the
    functions that they call."""
    functions: dict[ast.AST, str] = {}
    for operation in run.tape.operations:
        for place in operation.places[:3]:
            where = statement(place)
            if where is not None and where.function is not None:
                functions.setdefault(where.function, where.file)
                for member in where.owner.body if where.owner is not None else ():
                    if isinstance(member, ast.FunctionDef) and member.name == "__init__":
                        functions.setdefault(member, where.file)
    for function, name in list(functions.items()):
        for called in called_by(function, name):
            functions.setdefault(called, name)
    for function, name in functions.items():
        file = file_of(name)
        for each in file.statements if file else ():
            inside = each.function is function and each.node is not function
            if inside and each not in known and not isinstance(each.node, (ast.FunctionDef, ast.ClassDef)):
                yield each


def aliases_of(found: dict[Statement, Suspect], run: Run) -> list[Suspect]:
    """Return the statements that give a suspect's value another name, dh = dxmu: something may be missing in them.

    One that does so beside other things, loss, grad = mse(diff), diff, may stand for a derivative by any name.
    """
    stored: dict[tuple[ast.AST | None, str | None], Suspect] = {}
    for suspect in found.values():
        if isinstance(suspect.statement.node, ast.Return) and suspect.operations:
            for place in run.tape.operations[suspect.operations[-1]].places[1:2]:
                caller = statement(place)
                if caller is not None:
                    stored[caller.function, target_name(caller.node)] = suspect
    stored |= {(s.statement.function, holder(s.statement.node)): s for s in found.values()}
    aliases = []
    for each in _beside(found, run):
        for name in _renamed(each.node):
            of = stored.get((each.function, name))
            if of is not None:
                single = isinstance(getattr(each.node, "value", None), ast.Name)
                aliases.append(
                    Suspect(
                        each,
                        of.operations,
                        of.tier if single else SHARED,
                        rank=max(of.rank, 1) if single else 1,
                        alias=single,
                    )
                )
                break
    return aliases


def silent(listed: list[Suspect], forward: set[Statement | None], run: Run) -> list[Suspect]:
    """Return the other statements of the same functions: a return of values in another order, a loop's head."""
    wrong = [s for s in listed if s.tier < FORWARD and not s.right]
    # A return of the loss may also hand over what is wrong as it is, one of the forward pass what it keeps.
    open_to = {
        f
        for f in forward
        if f and isinstance(f.node, ast.Return) and (not wrong or _hands_over(f, wrong) or keeps(f.node))
    }
    known = {s.statement for s in listed} | (forward - open_to)
    concerned = {s.statement.function for s in listed if s.tier < FORWARD}
    found = []
    for each in _beside(known, run):
        repeats = each.function in concerned and (_repeats_argument(each) or _repeats_itself(each.node))
        unpacked = len(stored_in(each.node)) > 1  # one alone: something may be missing there
        void = each.function in concerned and is_void(each.node)
        rank = (1 if unpacked else 0) if repeats or void else LAST
        found.append(Suspect(each, tier=SILENT, rank=rank))
    firsts = [s.statement for s in listed if s.first and s.tier < FORWARD]
    tier = min((s.tier for s in listed if not s.right), default=FORWARD)
    likeliest = [s.statement for s in listed if s.tier == tier < FORWARD and not s.right]
    other = [
        s.statement for s in listed if s.calls or ((s.feeds or (s.rank <= 1 and s.into)) and s.tier < FORWARD)
    ]
    link_numbers(found, [*(firsts or likeliest), *other])
    _link_renamed([*found, *listed], [*(firsts or likeliest), *other])
    for suspect in listed:  # of what it hands over as it is its own operations tell nothing
        if suspect.right and isinstance(suspect.statement.node, ast.Return) and keeps(suspect.statement.node):
            suspect.rank, suspect.right = 2, suspect.sure
    link_loops(found, likeliest)
    link_sums(found, [s.statement for s in listed if s.tier < FORWARD])
    link_constants(found, [s.statement for s in listed if s.tier < FORWARD and not s.right])
    link_recursion(found, [s.statement for s in listed if s.tier < FORWARD])
    link_packed(found, firsts, {name for s in listed for name in stored_in(s.statement.node)})
    for suspect in found:  # what is wrong may lack there what the others have, / n
        # No operation made what is wrong: a parameter was returned in its place.
        if _hands_over(suspect.statement, wrong) or (not wrong and suspect.statement in open_to):
            suspect.rank = min(suspect.rank, 1)
    return found


def leave_over(listed: list[Suspect], run: Run, vouched: Vouched, right: Arrays) -> None:
    """Blame statements that compute what nothing reads, of as many entries as a gradient lacks: it is never added."""
    known = {s.statement: s for s in listed}
    lacking = set[int]()
    for name, array in right.items():
        value = run.gradients.get(name)
        if value is not None and np.shape(value.array) == array.shape:
            lacking.add(int(np.count_nonzero((np.asarray(value.array) == 0) & (array != 0))))
    lacking.discard(0)
    likely = {s.statement for s in listed if s.rank == 0}
    for operation in run.tape.operations if lacking else ():
        made = operation.writes[0].array if operation.writes else np.zeros(0)
        read = vouched.readers.get(operation.index) or vouched.of_loss[operation.index]
        if read or made.size not in lacking or made.dtype.kind != "f" or not np.any(made):
            continue
        places = (statement(place) for place in operation.places[:3])
        stored = next((s for s in places if s is not None and isinstance(s.node, ast.Assign)), None)
        suspect = known.get(stored) if stored is not None else None
        if suspect is not None and suspect.tier == SILENT:
            suspect.into.update(likely - {stored})
            suspect.rank, suspect.unread = 0, True


def _hands_over(statement: Statement, wrong: list[Suspect]) -> bool:
    """Whether a statement returns a variable that holds what is wrong, beside others."""
    held = {holder(s.statement.node) for s in wrong if s.statement.function is statement.function}
    return isinstance(statement.node, ast.Return) and not held.isdisjoint(read_in(statement.node))


def _link_renamed(found: list[Suspect], firsts: list[Statement]) -> None:
    """Note which statements give a value another name under which a first wrong value was made of it."""
    for suspect in found:
        names = _given_names(suspect.statement.node)
        into = [f for f in firsts if f.function is suspect.statement.function and names & read_in(f.node)]
        if into and not suspect.sure:
            suspect.into.update(into)
            suspect.rank, suspect.right = min(suspect.rank, 0 if suspect.tier == SILENT else 1), False
            suspect.alias = suspect.alias or isinstance(
                getattr(suspect.statement.node, "value", None), ast.Name
            )


def _given_names(node: ast.stmt) -> set[str]:
    """Return the variables that a statement lets stand for what another variable or attribute holds."""
    return {t.id for t, v in assigned_pairs(node) if isinstance(t, ast.Name) and _is_held(v)}


def _is_held(value: ast.expr) -> bool:
    """Whether an expression reads a variable, an attribute or what is kept under a key."""
    keyed = isinstance(value, ast.Subscript) and isinstance(value.slice, ast.Constant)
    return keyed or isinstance(value, (ast.Name, ast.Attribute))


def _repeats_itself(node: ast.stmt) -> bool:
    """Whether a statement stores what it stored there before, dW = dW: something is missing in it."""
    match node:
        case ast.Assign([target], value):
            return ast.unparse(target) == ast.unparse(value)
    return False


def _repeats_argument(statement: Statement) -> bool:
    """Whether a statement gives an argument of its function, or what a call returned, another name, dh = dout.

    Something may be missing in it.
    """
    if statement.function is None:
        return False
    arguments = statement.function.args
    names = {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    for node in ast.walk(statement.function):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            names.update(n.id for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name))
    return any(name in names for name in _renamed(statement.node))


def _renamed(node: ast.stmt) -> list[str]:
    """Return the variables that a statement gives other names."""
    if not isinstance(node, ast.Assign):
        return []
    values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
    return [value.id for value in values if isinstance(value, ast.Name)]
