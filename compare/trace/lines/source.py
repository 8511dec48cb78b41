"""From an instruction to the user's source: the statement in which it stands, and the expression it computes."""

import ast
import linecache
from dataclasses import dataclass
from types import CodeType

from ..recording.tape import Place


@dataclass(frozen=True)
class Statement:
    """A statement of the user's code.

    file: its path.  line, end: its lines, from 1.  node: its syntax.  function: the outermost function it stands in.
    owner: the class of that function.  parent, block, index: the place in the tree.
    """

    file: str
    line: int
    end: int
    node: ast.stmt
    function: ast.FunctionDef | ast.AsyncFunctionDef | None
    owner: ast.ClassDef | None
    parent: ast.AST
    block: str
    index: int

    def __hash__(self) -> int:
        return hash((self.file, self.line, id(self.node)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Statement) and self.node is other.node

    @property
    def text(self) -> str:
        """The statement as it stands; of a loop or a function its head."""
        node = self.node
        lines = linecache.getlines(self.file)[self.line - 1 : self.end]
        if getattr(node, "body", None) is not None or not lines:
            return "".join(lines).strip()
        # As ast.get_source_segment has it, which splits the whole file each time.
        rows = [line.encode() for line in lines]
        rows[-1] = rows[-1][: node.end_col_offset]
        rows[0] = rows[0][node.col_offset :]
        return b"".join(rows).decode(errors="replace") or "".join(lines).strip()


@dataclass(frozen=True)
class File:
    """A parsed source file: its path, its text, its syntax tree and its statements."""

    name: str
    text: str
    tree: ast.Module
    statements: tuple[Statement, ...]

    def at(self, line: int, column: int) -> Statement | None:
        """Return the innermost statement at a place."""
        best = None
        for each in self.statements:
            node = each.node
            start = (node.lineno, node.col_offset)
            end = (node.end_lineno or node.lineno, node.end_col_offset or 0)
            if start <= (line, column) <= end and (
                best is None or start >= (best.node.lineno, best.node.col_offset)
            ):
                best = each
        return best


_files: dict[tuple[str, int], File | None] = {}


def file_of(name: str) -> File | None:
    """Return the parsed file, or None where its source cannot be read."""
    text = "".join(linecache.getlines(name))
    key = (name, hash(text))
    if key not in _files:
        try:
            tree = ast.parse(text) if text else None
        except SyntaxError:
            tree = None
        _files[key] = None if tree is None else File(name, text, tree, tuple(_statements(name, tree)))
    return _files[key]


def _statements(file: str, tree: ast.Module) -> list[Statement]:
    found: list[Statement] = []

    def walk(
        parent: ast.AST, function: ast.FunctionDef | ast.AsyncFunctionDef | None, owner: ast.ClassDef | None
    ) -> None:
        for block, listed in ast.iter_fields(parent):
            if not isinstance(listed, list):
                continue
            for index, node in enumerate(listed):
                if isinstance(node, (ast.ExceptHandler, ast.match_case)):
                    walk(node, function, owner)
                if not isinstance(node, ast.stmt):
                    continue
                last = node.end_lineno or node.lineno
                inner = [
                    s.lineno
                    for name in ("body", "cases", "handlers")
                    for s in getattr(node, name, [])[:1]
                    if hasattr(s, "lineno")
                ]
                end = max(min(inner, default=last + 1) - 1, node.lineno)
                found.append(Statement(file, node.lineno, end, node, function, owner, parent, block, index))
                outer = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and function is None
                top = node if outer else function
                walk(node, top, node if isinstance(node, ast.ClassDef) and function is None else owner)  # type: ignore[arg-type]

    walk(tree, None, None)
    return found


_positions: dict[
    int, tuple[CodeType, tuple[tuple[int | None, ...], ...]]
] = {}  # by identity: equal code may differ
_places: dict[tuple[int, int], tuple[CodeType, Statement | None]] = {}


def forget() -> None:
    """Read sources anew: a file may have changed since its lines were looked up."""
    linecache.checkcache()
    _positions.clear()
    _places.clear()


def position(place: Place) -> tuple[int, int, int, int] | None:
    """Return (line, column, end line, end column) of an instruction; columns in bytes."""
    code, offset = place
    if id(code) not in _positions:
        _positions[id(code)] = (code, tuple(code.co_positions()))
    found = _positions[id(code)][1]
    if offset // 2 >= len(found):
        return None
    line, end, column, end_column = found[offset // 2]
    if line is None or column is None:
        return None
    return line, column, end or line, end_column or column


def statement(place: Place) -> Statement | None:
    """Return the statement in which an instruction stands, or None where the source cannot be read."""
    code, offset = place
    key = (id(code), offset)
    if key not in _places:
        where = position(place)
        file = file_of(code.co_filename)
        found = None if where is None or file is None else file.at(where[0], where[1])
        if found is not None and isinstance(found.node, (ast.Import, ast.ImportFrom)):
            found = None  # code that was made, and stands in no line of the file
        _places[key] = (code, found)  # the code is kept, and with it its id
    return _places[key][1]
