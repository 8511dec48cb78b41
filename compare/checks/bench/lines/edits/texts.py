"""The text of a source by the places of its syntax tree, and edits of it: characters that become others."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """The bytes from `start` to `end` of a text become `text`."""

    start: int
    end: int
    text: str


def apply(source: str, *edits: Edit) -> str:
    """Return the text with the edits made; they must not overlap."""
    text = source.encode()
    for edit in sorted(edits, key=lambda e: e.start, reverse=True):
        text = text[: edit.start] + edit.text.encode() + text[edit.end :]
    return text.decode()


class Text:
    """The bytes of a source by the positions of a syntax tree."""

    def __init__(self, source: str) -> None:
        self.bytes = source.encode()
        self.starts = [0]
        for line in self.bytes.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))

    def start(self, node: ast.AST) -> int:
        return self.starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]

    def end(self, node: ast.AST) -> int:
        return self.starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]

    def between(self, start: int, end: int) -> str:
        return self.bytes[start:end].decode()

    def of(self, node: ast.AST) -> str:
        return self.between(self.start(node), self.end(node))

    def enclosed(self, node: ast.AST) -> bool:
        """Return whether parentheses enclose the node, its own or those of a call."""
        before, after = self.bytes[: self.start(node)].rstrip(), self.bytes[self.end(node) :].lstrip()
        return before.endswith(b"(") and after.startswith(b")")

    def replaced(self, node: ast.AST, text: str) -> Edit:
        return Edit(self.start(node), self.end(node), text)

    def alone(self, part: ast.AST, node: ast.AST) -> str:
        """Return the text of a part that replaces the node."""
        whole = self.of(part)
        return f"({whole})" if needs_parentheses(part, ast.Pow) and not self.enclosed(node) else whole

    def inserted(self, at: int, text: str) -> Edit:
        return Edit(at, at, text)

    def operator(self, left: ast.AST, right: ast.AST, old: str, new: str) -> Edit:
        """Replace the operator between two nodes."""
        at = self.end(left) + self.between(self.end(left), self.start(right)).index(old)
        return Edit(at, at + len(old), new)

    def renamed(self, node: ast.Attribute | ast.Name, new: str) -> Edit:
        """Replace the last name of `a.b.name`."""
        old = node.attr if isinstance(node, ast.Attribute) else node.id
        return Edit(self.end(node) - len(old), self.end(node), new)

    def argument_dropped(self, call: ast.Call, argument: ast.AST) -> Edit:
        """Drop an argument with the comma before it."""
        before = [n for n in (call.func, *call.args, *call.keywords) if self.end(n) < self.start(argument)]
        previous = max(before, key=self.end)
        start = self.start(argument) if previous is call.func else self.end(previous)
        return Edit(start, self.end(argument), "")


def swapping(a: ast.expr, b: ast.expr, text: Text) -> Edit:
    """Exchange two expressions, the text between them stays."""
    first, second = (a, b) if text.start(a) < text.start(b) else (b, a)
    between = text.between(text.end(first), text.start(second))
    return Edit(text.start(first), text.end(second), text.of(second) + between + text.of(first))


def transposed(operands: tuple[ast.expr, ...], text: Text) -> Iterator[tuple[str, Edit]]:
    for operand in operands:
        if not isinstance(operand, ast.BinOp) and not (
            isinstance(operand, ast.Attribute) and operand.attr == "T"
        ):
            yield "transpose", text.inserted(text.end(operand), ".T")


def needs_parentheses(node: ast.AST, outer: type) -> bool:
    """Return whether the expression needs parentheses as an operand of `outer`, Mult or Pow."""
    if isinstance(node, ast.BinOp):
        return outer is ast.Pow or isinstance(node.op, (ast.Add, ast.Sub))
    return isinstance(node, (ast.Compare, ast.BoolOp, ast.IfExp, ast.Lambda)) or (
        outer is ast.Pow and isinstance(node, ast.UnaryOp)
    )
