"""Statements beside those that computed what is wrong: that call them, give their values other names, or nothing."""

import ast
from collections.abc import Iterable, Iterator

from ..derivatives.run import Run
from .names import assigned_pairs, filled_name, target_name
from .source import Statement, file_of, statement
from .suspect import FORWARD, SHARED, SILENT, Suspect

LAST = 6  # the rank of statements of which nothing is known


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


def called_by(node: ast.AST, file_name: str) -> Iterator[ast.FunctionDef]:
    """Yield the functions of a file that something in it calls by their names."""
    file = file_of(file_name)
    names = {n.func.id for n in ast.walk(node) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    for each in file.tree.body if file else ():
        if isinstance(each, ast.FunctionDef) and each.name in names:
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
        if f and isinstance(f.node, ast.Return) and (not wrong or _hands_over(f, wrong) or _keeps(f.node))
    }
    known = {s.statement for s in listed} | (forward - open_to)
    concerned = {s.statement.function for s in listed if s.tier < FORWARD}
    found = []
    for each in _beside(known, run):
        repeats = each.function in concerned and (_repeats_argument(each) or _repeats_itself(each.node))
        unpacked = len(stored_in(each.node)) > 1  # one alone: something may be missing there
        found.append(Suspect(each, tier=SILENT, rank=(1 if unpacked else 0) if repeats else LAST))
    firsts = [s.statement for s in listed if s.first and s.tier < FORWARD]
    tier = min((s.tier for s in listed if not s.right), default=FORWARD)
    likeliest = [s.statement for s in listed if s.tier == tier < FORWARD and not s.right]
    other = [
        s.statement for s in listed if s.calls or ((s.feeds or (s.rank <= 1 and s.into)) and s.tier < FORWARD)
    ]
    _link(found, [*(firsts or likeliest), *other])
    _link_renamed([*found, *listed], [*(firsts or likeliest), *other])
    for suspect in listed:  # of what it hands over as it is its own operations tell nothing
        if (
            suspect.right
            and isinstance(suspect.statement.node, ast.Return)
            and _keeps(suspect.statement.node)
        ):
            suspect.rank, suspect.right = 2, suspect.sure
    _link_loops(found, likeliest)
    _link_sums(found, [s.statement for s in listed if s.tier < FORWARD])
    _link_constants(found, [s.statement for s in listed if s.tier < FORWARD and not s.right])
    _link_recursion(found, [s.statement for s in listed if s.tier < FORWARD])
    _link_packed(found, firsts, {name for s in listed for name in stored_in(s.statement.node)})
    for suspect in found:  # what is wrong may lack there what the others have, / n
        # No operation made what is wrong: a parameter was returned in its place.
        if _hands_over(suspect.statement, wrong) or (not wrong and suspect.statement in open_to):
            suspect.rank = min(suspect.rank, 1)
    return found


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


def _link_loops(found: list[Suspect], firsts: list[Statement]) -> None:
    """Note which loops and conditions the likeliest statements stand in: one may be of another variable.

    So are those that skip them, and what does so, break or continue.
    """
    for suspect in found:
        node, around = suspect.statement.node, suspect.statement.parent
        leaves = isinstance(node, (ast.Break, ast.Continue)) and isinstance(around, ast.If)
        if not leaves and not isinstance(node, (ast.For, ast.While, ast.If)):
            continue
        test = around if leaves else node
        skips = isinstance(test, ast.If) and isinstance(test.body[-1], (ast.Continue, ast.Break))
        loop = _around(suspect.statement, test) if skips else None
        inside = {id(n) for n in ast.walk(loop if loop is not None else test)}
        suspect.into.update(first for first in firsts if id(first.node) in inside)
        suspect.rank = min(suspect.rank, 1 if suspect.into else LAST)


def _around(statement: Statement, test: ast.AST) -> ast.AST | None:
    """Return the loop, or the block, in which a condition of a statement's function stands."""
    for node in ast.walk(statement.function) if statement.function is not None else ():
        if any(child is test for child in ast.iter_child_nodes(node)):
            return node
    return None


def _link_sums(found: list[Suspect], adding: list[Statement]) -> None:
    """Note which statements store what wrong values are added to, g += dz or g = g + dz: a sum may start from ones."""
    for each in adding:
        name = holder(each.node)
        if not isinstance(each.node, (ast.AugAssign, ast.Expr)) and name not in read_in(each.node):
            continue
        for suspect in found:
            node, local = suspect.statement.node, suspect.statement.function is each.function
            targets = node.targets if isinstance(node, ast.Assign) else []
            held = any(isinstance(t, ast.Attribute) and t.attr == name for t in targets)
            of_class = suspect.statement.owner is each.owner is not None
            if (held and of_class) or (local and name in stored_in(node)):
                suspect.into.add(each)
                suspect.rank = min(suspect.rank, 1)


def _link_recursion(found: list[Suspect], backward: list[Statement]) -> None:
    """Note which statements call a function of the backward pass again: it may go on before a sum is complete."""
    for suspect in found:
        into = [each for each in backward if each.function is suspect.statement.function]
        if into and calls_itself(suspect.statement):
            suspect.into.update(into)
            suspect.rank = 0


def calls_itself(statement: Statement) -> bool:
    """Whether a statement only calls the function or the method that it stands in, perhaps of another object."""
    match statement.node:
        case ast.Expr(ast.Call(ast.Attribute(attr=name) | ast.Name(name))):
            return statement.function is not None and statement.function.name == name
    return False


def _link_constants(found: list[Suspect], wrong: list[Statement]) -> None:
    """Note which functions return a number to wrong values: a derivative may be meant that is none."""
    for suspect in found:
        if returns_number(suspect.statement.node):
            function = suspect.statement.function
            called = [w for w in wrong if any(each is function for each in called_by(w.node, w.file))]
            suspect.into.update(called)
            suspect.rank = 0 if called else suspect.rank


def returns_number(node: ast.stmt) -> bool:
    """Whether a statement is `return 1`, or of another number."""
    value = node.value if isinstance(node, ast.Return) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, (int, float))


def holder(node: ast.stmt) -> str | None:
    """Return the name of the array that a statement stores, or into which it stores or adds something."""
    match node:
        case ast.Expr(ast.Call(ast.Attribute(attr="at"), [ast.Name(array), *_])):
            return array
        case ast.AugAssign():
            return filled_name(node)
    return target_name(node)


def _link_packed(found: list[Suspect], firsts: list[Statement], computed: set[str]) -> None:
    """Note which statements keep the values that first wrong values were made with: in a cache, a list, an attribute.

    computed: the variables that a statement of the backward pass computes; they were kept nowhere.
    """
    for first in firsts:
        if not read_in(first.node) <= computed:
            for suspect in found:
                if _keeps(suspect.statement.node):
                    suspect.into.add(first)
                    suspect.rank = min(suspect.rank, 1)


def _keeps(node: ast.stmt) -> bool:
    """Whether a statement puts variables into a tuple, a list, a dict or an attribute, as they are."""
    match node:
        case ast.Return(value=ast.Tuple() | ast.List() | ast.Dict() as packed):
            pass
        case ast.Assign(targets=[*_, target], value=packed):
            plain = isinstance(packed, ast.Name) and isinstance(target, (ast.Attribute, ast.Subscript))
            if not plain and not isinstance(packed, (ast.Tuple, ast.List, ast.Dict)):
                return False
            if isinstance(target, ast.Tuple):  # a, b = b, c keeps nothing
                return False
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="append"), args=[packed])):
            pass
        case _:
            return False
    names = [n.id for n in ast.walk(packed) if isinstance(n, ast.Name)]
    return bool(names)


def _link(found: list[Suspect], firsts: list[Statement]) -> None:
    """Note which statements make the whole numbers, indices and sizes, that the first wrong values were made with.

    So do what the functions return that these call, and the conditions under which they are made.
    """
    storing = [(s, stored_in(s.statement.node)) for s in found if counts(s.statement.node)]
    for first in firsts:
        queue = [first]
        _link_makers(found, first, first)
        while queue:
            at = queue.pop()
            read = read_in(at.node)
            for suspect, names in storing:
                same = suspect.statement.function is first.function
                if same and not names.isdisjoint(read) and first not in suspect.into:
                    _linked(suspect, first)
                    queue.append(suspect.statement)
                    _link_makers(found, suspect.statement, first)


def _linked(suspect: Suspect, first: Statement) -> None:
    suspect.into.add(first)
    suspect.rank = min(suspect.rank, 1)


def _link_makers(found: list[Suspect], made: Statement, first: Statement) -> None:
    """Note the condition under which a number is made, and what a function returns that makes it."""
    called = list(called_by(made.node, made.file))
    for suspect in found:
        node = suspect.statement.node
        around = isinstance(node, ast.If) and any(each is made.node for each in (*node.body, *node.orelse))
        returns = isinstance(node, ast.Return) and any(suspect.statement.function is each for each in called)
        if around or returns:
            _linked(suspect, first)


COUNTED = (
    ast.Name,
    ast.Constant,
    ast.BinOp,
    ast.UnaryOp,
    ast.Tuple,
    ast.Subscript,
    ast.Slice,
    ast.IfExp,
    ast.Compare,
)
COUNTING = frozenset(["len", "slice", "min", "max", "int", "round", "range"])


def counts(node: ast.stmt) -> bool:
    """Whether a statement may store whole numbers, made of others, of sizes and of nothing else."""
    value = getattr(node, "value", None)
    if not isinstance(node, (ast.Assign, ast.AugAssign)) or value is None or not stored_in(node):
        return False
    unpacked = isinstance(value, ast.Name) and len(stored_in(node)) > 1
    if isinstance(value, ast.Call) and isinstance(
        value.func, ast.Name
    ):  # of the user's, that calls for no arrays
        value = ast.Tuple(value.args)
    called = {id(n.func) for n in ast.walk(value) if isinstance(n, ast.Call)}
    return not unpacked and all(
        isinstance(n, COUNTED)
        or (isinstance(n, ast.Attribute) and (n.attr in ("shape", "size", "ndim") or _is_own(n)))
        or (isinstance(n, ast.Call) and getattr(n.func, "id", "") in COUNTING)
        for n in ast.walk(value)
        if isinstance(n, ast.expr) and id(n) not in called
    )


def stored_in(node: ast.stmt) -> set[str]:
    """Return the variables that a statement assigns to, attributes of `self` among them."""
    if not isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
        return set()
    return _names(node, ast.Store)


def read_in(node: ast.stmt) -> set[str]:
    """Return the variables that a statement reads, attributes of `self` among them."""
    return _names(node, ast.Load)


def _names(node: ast.stmt, ctx: type[ast.expr_context]) -> set[str]:
    found = (n for n in ast.walk(node) if isinstance(n, ast.Name) or _is_own(n))
    return {ast.unparse(n) for n in found if isinstance(n.ctx, ctx)}  # type: ignore[attr-defined]


def _is_own(node: ast.AST) -> bool:
    """Whether an expression is an attribute of the method's object."""
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


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
