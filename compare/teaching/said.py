"""Read what the file of an exercise says about itself, without running it."""

import ast
import contextlib
import re
from pathlib import Path
from typing import Any

from ..common.errors import UNPARSABLE, UserError
from ..common.results import regular
from ..files.notebook import cells, without_magics


def said_by(path: Path) -> dict[str, Any] | None:
    """Return the EXERCISE that is written in a file or a notebook, which is not run; None where it has none."""
    try:
        texts = (
            [source for _, source in cells(path)]
            if path.suffix == ".ipynb"
            else [regular(path).read_text("utf-8-sig")]
        )
    except (OSError, ValueError, UserError):
        return None
    for text in texts:
        try:
            body = ast.parse(without_magics(text) if path.suffix == ".ipynb" else text).body
        except UNPARSABLE:
            body = []
            found = re.search(r"^EXERCISE = (\{.*?^\s*.*?\})$", text, re.MULTILINE | re.DOTALL)
            if found:  # a file that is no Python is one that was handed in all the same
                with contextlib.suppress(*UNPARSABLE):
                    body = ast.parse(found[0]).body
        for node in body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EXERCISE":
                try:
                    said = ast.literal_eval(node.value)
                except (TypeError, *UNPARSABLE):
                    return {}
                return said if isinstance(said, dict) else {}
    return None
