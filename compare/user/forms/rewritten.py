"""Rewrite a script so that the body of its training loop is a function; each line keeps its number."""

import ast
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ...common.errors import UNPARSABLE
from .adapter import show_source
from .early import made_in_place
from .firstpass import Loop
from .slicing import kept_of, read_first, shows
from .straight import assigned_in
from .updates import Update, names_in, statements_in


@dataclass(frozen=True)
class Named:
    """A parameter under a name of the module.

    gradient: its expression.  statement: the update that holds it; of a value that the script computes (tap) its
    assignment, to which a zero under the name `source` is added: the derivative by that zero is the value's.
    """

    source: str
    gradient: str
    statement: ast.stmt | None = None
    tap: bool = False

    @property
    def inline(self) -> bool:
        """Return whether the gradient is computed in the update."""
        return (
            self.statement is not None and not self.tap and not re.fullmatch(r"[\w.\[\]'\"]+", self.gradient)
        )


@dataclass(frozen=True)
class Rewritten:
    """The loop's body as a function of the module.

    reads: the names that it reads of the module.  shown: {beginning of a statement of it: as the user wrote it}.
    """

    function: Callable[[], Any]
    text: str
    reads: frozenset[str]
    shown: dict[str, str]


def rewritten(
    loop: Loop,
    loss: ast.expr,
    named: dict[str, Named],
    names: dict[str, Any],
    name: str,
    ones: Sequence[ast.expr] = (),
    made_early: Sequence[Update] = (),
) -> Rewritten | None:
    """Return the body of a loop as a function `name` that returns (loss, {parameter: gradient}).

    Its lines keep their numbers and are in linecache under the file's name, so that a finding is the user's line.
    Updates, and what neither the loss nor the gradients need, are left out; so is what draws at random and needs no
    parameter: its value is that of the first pass.  ones: numbers in the loop that become 1.  made_early: updates that
    are made all the same, because what stands below reads them.
    """
    node = loop.node
    header, first = node.lineno, node.body[0].lineno
    if first == header or node.body[0].lineno <= header:
        return None
    expressions = [loss, *(ast.parse(each.gradient) for each in named.values())]
    needed = {n.id for e in expressions for n in ast.walk(e) if isinstance(n, ast.Name)}
    for update in made_early:
        needed |= names_in(update.statement)
    kept = kept_of(loop, needed, set(named))
    lines = _Lines(loop.text)
    indent = loop.text.splitlines()[header - 1][: node.col_offset]
    inner = " " * node.body[0].col_offset
    for number in ones:
        width = (number.end_col_offset or 0) - number.col_offset
        lines.put(number, "1.0"[:width].ljust(width))
    inline = {n: each for n, each in named.items() if each.inline and each.statement in node.body}
    shown = {}
    for update in made_early:
        key = next((n for n, each in inline.items() if each.statement is update.statement), None)
        before = f"{_word(key)}_gradient = {inline[key].gradient}; " if key is not None else ""
        made_so = before + made_in_place(update)
        shown[made_so] = ast.unparse(update.statement)
        lines.put(update.statement, made_so)
    early = [u.statement for u in made_early]
    for key, each in inline.items():
        if each.statement in early:
            continue
        assert each.statement is not None
        assigned = f"{_word(key)}_gradient = {each.gradient}"
        shown[assigned] = ast.unparse(each.statement)
        lines.put(each.statement, assigned)
    for key, each in named.items():
        if each.tap and each.statement in kept:
            assert isinstance(each.statement, ast.Assign)
            added = f"; {key} = {key} + {each.source}"
            lines.append(each.statement, added)
            shown[added] = ""
    in_place = [each.statement for each in inline.values()]
    for statement in node.body:
        if statement not in kept and statement not in [*in_place, *early]:
            lines.put(statement, "...")  # no pass: that may be a statement forgotten
    own = assigned_in(node.body)
    for statement in statements_in([s for s in node.body if s in kept]):
        ends = isinstance(statement, (ast.Break, ast.Continue)) and _of_loop(statement, node)
        if shows(statement, own) or ends or any(u.statement is statement for u in loop.updates):
            lines.put(statement, "...")  # no pass: that may be a statement forgotten
    local = assigned_in(kept) - {n for n, each in named.items() if not each.tap}
    given_first = sorted(n for n in local if n in names and read_first(n, kept))
    arguments = ", ".join(f"{n}={n}" for n in given_first)
    summed = {ast.unparse(s.target) for s in statements_in(kept) if isinstance(s, ast.AugAssign)}
    if not hasattr(node.body[0], "body"):  # a sum in an array starts anew in each call
        copied = "".join(
            f"{n} = {n}.copy(); " for n in given_first if n in summed and hasattr(names[n], "copy")
        )
        lines.before(first, node.body[0].col_offset, copied)
        shown |= {copied: ""} if copied else {}
    given = ", ".join(
        f"{n!r}: {f'{_word(n)}_gradient' if n in inline else each.gradient}" for n, each in named.items()
    )
    result = f"{inner}return {ast.unparse(loss)}, {{{given}}}"
    text = lines.function(
        header, first, f"{indent}def {name}({arguments}):", node.end_lineno or first, result
    )
    try:
        tree = ast.parse(text, filename=loop.file)
    except UNPARSABLE:
        return None
    definition = next(n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == name)
    made: dict[str, Any] = {}
    exec(compile(ast.Module([definition], []), loop.file, "exec", dont_inherit=True), names, made)
    show_source(loop.file, text)
    reads = frozenset(n for s in kept for n in names_in(s)) - local
    return Rewritten(made[name], text, reads, shown)


def _word(name: str) -> str:
    return re.sub(r"\W", "_", name)


class _Lines:
    """The lines of a file, in which statements are blanked or replaced without moving another line."""

    def __init__(self, text: str) -> None:
        self.lines = [line.encode() for line in text.splitlines()]
        self.edits: dict[tuple[int, int], tuple[ast.stmt | ast.expr, str, bool]] = {}
        self.first = (1, 0, "")

    def put(self, node: ast.stmt | ast.expr, piece: str) -> None:
        """Put a piece in place of a statement."""
        self.edits[node.lineno, node.col_offset] = (node, piece, False)

    def append(self, node: ast.stmt, piece: str) -> None:
        """Put a piece behind a simple statement."""
        self.edits[node.lineno, node.col_offset] = (node, piece, True)

    def before(self, number: int, column: int, piece: str) -> None:
        """Put a piece before what a line has from a column on, once the other edits are made."""
        self.first = (number, column, piece)

    def function(self, header: int, first: int, definition: str, last: int, result: str) -> str:
        """Return the text: the definition in place of the loop's header, the result below its last line."""
        for place in sorted(self.edits, reverse=True):  # an edit moves the text to its right
            self._edit(*self.edits[place])
        number, column, piece = self.first
        line = self.lines[number - 1]
        self.lines[number - 1] = line[:column] + piece.encode() + line[column:]
        listed = [line.decode() for line in self.lines[:last]]
        listed[header - 1] = definition
        for i in range(header, first - 1):
            listed[i] = listed[i] if listed[i].lstrip().startswith("#") or not listed[i].strip() else ""
        return "\n".join([*listed, result, ""])

    def _edit(self, node: ast.stmt | ast.expr, piece: str, behind: bool) -> None:
        start, end = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        left, right = node.col_offset, node.end_col_offset or 0
        after = self.lines[end][right:]
        if behind:
            self.lines[end] = self.lines[end][:right] + piece.encode() + after
            return
        self.lines[start] = self.lines[start][:left] + piece.encode()
        self.lines[start] += after if start == end or after.strip().startswith(b";") else b""
        for i in range(start + 1, end + 1):
            self.lines[i] = b""


def _of_loop(statement: ast.stmt, loop: ast.stmt) -> bool:
    """Return whether a break or continue belongs to the training loop, not to one inside it."""
    inner = [n for n in ast.walk(loop) if isinstance(n, (ast.For, ast.While)) and n is not loop]
    return not any(statement in list(statements_in(n.body)) for n in inner)
