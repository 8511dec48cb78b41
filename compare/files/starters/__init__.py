"""Files to start from, one for each habit of writing a network and one with three versions; each is right."""

from pathlib import Path

from ...common.errors import UserError, nearest
from ...common.results import check_writable, write_text

STYLES = {
    "plain": "plain.py",
    "coursera": "coursera.py",
    "cs231n": "cs231n.py",
    "nielsen": "nielsen.py",
    "class": "one_class.py",
    "assignment": "assignment.py",
    "three": "three.py",
}


def text(style: str) -> str:
    """Return the starter's text. Raises UserError for an unknown style."""
    if style not in STYLES:
        raise UserError(f"no style {style!r}: {nearest(style, list(STYLES))}")
    return Path(__file__).with_name(STYLES[style]).read_text(encoding="utf-8")


def write(path: str | Path, style: str, force: bool = False) -> None:
    """Write the starter of that style to `path`; a file that exists is replaced only with force."""
    starter = text(style)
    check_writable(path, force)
    if Path(path).suffix != ".py":
        raise UserError(f"{path}: the starter is a Python file; give a name that ends in .py")
    write_text(path, starter)
