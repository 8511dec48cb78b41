"""An edit of a place puts back what stood there."""

import ast

from compare.trace.changes.edits.slots import Edit, Slot


def test_an_edit_made_beside_another_leaves_nothing_of_it():
    """The other stayed in the user's code, and the lines that followed were looked for in that."""
    statement = ast.parse("a = b").body[0]

    def edit(name):
        return Edit(
            "another variable", Slot(statement, "value", None, statement.value), ast.Name(name, ast.Load())
        )

    with edit("c"):
        made_there = edit("d")
        with made_there:
            assert ast.unparse(statement) == "a = d"
        assert ast.unparse(statement) == "a = c"
    with made_there:
        assert ast.unparse(statement) == "a = d"
    assert ast.unparse(statement) == "a = b"
