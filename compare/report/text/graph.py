"""`threeways graph` as text and files, from the plain JSON form."""

import textwrap

from ...common.results import check_writable, write_text
from ..pictures.dot import dot
from ..pictures.svg import svg


def graph(result, counts_only=False):
    """Each stage: when it exists, how many operations of which kind, and its text."""
    lines = [f"{result['network']}; batch {result['batch']}; {result['form']}, by {result['framework']}"]
    for stage in result["stages"]:
        lines += ["", *_filled(f"{stage['name']} ({stage['kind']} graph): {stage['says']}")]
        counts = ", ".join(f"{n} {op}" for op, n in stage["counts"].items())
        lines += _filled(f"{stage['operations']} operations: {counts}")
        if not counts_only:
            lines += ["", stage["text"]]
    sizes = [stage["operations"] for stage in result["stages"]]
    if len(sizes) == 2:
        lines += ["", f"{sizes[0]} operations before optimisation, {sizes[1]} after."]
    return "\n".join(lines + [f"Warning: {warning}" for warning in result["warnings"]])


def write_pictures(result, dot_path, svg_path, force=False):
    """Write DOT and SVG files; where there are two stages, each has its name in its file's. Yields the paths."""
    for path, draw in ((dot_path, dot), (svg_path, svg)):
        if path is None:
            continue
        for stage in result["stages"]:
            several = len(result["stages"]) > 1
            at = path.with_name(f"{path.stem}-{stage['name']}{path.suffix}") if several else path
            check_writable(at, force)
            title = (
                f"{result['network']}: {result['form']}, {stage['name']}, {stage['operations']} operations"
            )
            write_text(at, draw(stage, title))
            yield at


def _filled(text):
    return textwrap.wrap(text, 100, subsequent_indent="  ")
