"""threeways check --fix: the corrected copy beside the user's file."""

from pathlib import Path
from typing import Any

from ..common.errors import UserError
from ..common.results import check_writable, write_text


def copy_of(file: str, force: bool) -> Path:
    """Return where the corrected copy of a file goes. Raises UserError before any work where it cannot be written."""
    path = Path(file)
    if path.suffix != ".py":
        raise UserError(f"--fix corrects a .py file; {path} is none")
    copy = path.with_name(f"{path.stem}.fixed.py")
    check_writable(copy, force)
    return copy


def corrected(file: str, function: str | None, report: dict, copy: Path, **limits: Any) -> list[str]:
    """Make every change that was found in a copy of the file, and check the copy; return what to tell the user."""
    from ..files.process import run
    from ..report import door
    from ..trace.changes.rewriting import NoPlaceError, rewritten

    if report["ok"]:
        return ["Nothing to fix."]
    located = [f for f in report["findings"] if f["line"] is not None]
    here = [
        f["fix"]["statement"]
        for f in located
        if f["fix"] and Path(f["file"]).resolve() == Path(file).resolve()
    ]
    elsewhere = sorted({Path(f["file"]).name for f in located if f["fix"]} - {Path(file).name})
    if not here:
        where = f" in {Path(file).name}: change {elsewhere[0]}" if elsewhere else ""
        return [
            f"No fix{where}."
            if where
            else "No fix: no change of a line that was tried makes more arrays right."
        ]
    raw = Path(file).read_bytes()
    bom = "\ufeff" if raw.startswith(b"\xef\xbb\xbf") else ""
    try:
        text = rewritten(raw.decode("utf-8-sig"), here)
    except (NoPlaceError, UnicodeDecodeError) as error:
        return [f"No fix was written: {error}."]
    write_text(copy, bom + text)
    lines = ", ".join(str(f["fix"]["line"]) for f in located if f["fix"] and f["fix"]["statement"] in here)
    said = [f"Wrote {copy}: line {lines} of {Path(file).name} changed."]
    try:
        again = run(copy, function, **limits)
    except UserError as error:
        return [*said, f"Its check did not end: {error}"]
    return [*said, f"The copy is {door.brief(again.report)}"]
