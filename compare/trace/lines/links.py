"""Which statements that computed no array made what first wrong values were made with: numbers, starts, conditions."""

import ast

from .source import Statement
from .stores import called_by, calls_itself, counts, holder, keeps, read_in, returns_number, stored_in
from .suspect import Suspect

LAST = 6  # the rank of statements of which nothing is known


def link_numbers(found: list[Suspect], firsts: list[Statement]) -> None:
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


def link_loops(found: list[Suspect], firsts: list[Statement]) -> None:
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


def link_sums(found: list[Suspect], adding: list[Statement]) -> None:
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


def link_recursion(found: list[Suspect], backward: list[Statement]) -> None:
    """Note which statements call a function of the backward pass again: it may go on before a sum is complete."""
    for suspect in found:
        into = [each for each in backward if each.function is suspect.statement.function]
        if into and calls_itself(suspect.statement):
            suspect.into.update(into)
            suspect.rank = 0


def link_constants(found: list[Suspect], wrong: list[Statement]) -> None:
    """Note which functions return a number to wrong values: a derivative may be meant that is none."""
    for suspect in found:
        if returns_number(suspect.statement.node):
            function = suspect.statement.function
            called = [w for w in wrong if any(each is function for each in called_by(w.node, w.file))]
            suspect.into.update(called)
            suspect.rank = 0 if called else suspect.rank


def link_packed(found: list[Suspect], firsts: list[Statement], computed: set[str]) -> None:
    """Note which statements keep the values that first wrong values were made with: in a cache, a list, an attribute.

    computed: the variables that a statement of the backward pass computes; they were kept nowhere.
    """
    for first in firsts:
        if not read_in(first.node) <= computed:
            for suspect in found:
                if keeps(suspect.statement.node):
                    suspect.into.add(first)
                    suspect.rank = min(suspect.rank, 1)
