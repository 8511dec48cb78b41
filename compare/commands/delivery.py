"""Write and print a command's result."""

from pathlib import Path
from typing import Any

from ..common.results import plain, write_json
from ..common.words import say


def deliver(
    result: Any,
    json: Path | None = None,
    html: Path | None = None,
    force: bool = False,
    *,
    said: str | None = None,
    after: str = "",
    verbose: bool = False,
    **options: Any,
) -> None:
    """Write the files that were asked for, then print the result: a reader who goes away (| head) loses no file.

    said: its text, where the command has it already.  after: further lines.  options: see `report.door.text`.
    """
    data = plain(result)
    if json:
        write_json(json, result)
    if html:
        from ..report.html import write_page

        write_page(html, data, force)
    if said is None:
        from ..report import door

        said = door.text(data, verbose, **options)
    say("\n".join([said, after] if after else [said]))
