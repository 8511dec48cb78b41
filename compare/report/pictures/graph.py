"""A stage of a graph, drawn by Graphviz where that is installed, else in layers."""

import html
import re
import shutil
import subprocess
from dataclasses import dataclass

from . import DPI
from .dot import dot
from .svg import svg

COLOURS = {
    "#dbe9f6": "var(--input)",
    "#f6dbdb": "var(--output)",
    "#f4f4f4": "var(--raised)",
    "#666": "var(--soft)",
    "#999": "var(--soft)",
    "#555": "var(--soft)",
    "black": "var(--ink)",
    "white": "none",
}


@dataclass(frozen=True)
class GraphPicture:
    """A stage in its plain form, to be used as a `Picture` is."""

    name: str
    stage: dict
    description: str

    def svg(self) -> str:
        """Return the drawing for the inside of a page: without ids, in the page's colours."""
        drawn = svg(self.stage, "")
        drawn = drawn[drawn.index("<svg") :]
        drawn = re.sub(r"<!--.*?-->|<title>.*?</title>", "", drawn, flags=re.DOTALL)
        drawn = re.sub(r'(<(?:g|svg)\b[^>]*?) id="[^"]*"', r"\1", drawn)
        for fixed, follows in COLOURS.items():
            drawn = re.sub(rf'(fill|stroke)="{fixed}"', rf'\1="{follows}"', drawn)
        return drawn.replace("<svg ", f'<svg role="img" aria-label="{html.escape(self.description)}" ', 1)

    def svg_file(self) -> str:
        """Return the text of an .svg file."""
        return svg(self.stage, self.description)

    def png_file(self) -> bytes | None:
        """Return the bytes of a .png file; None without Graphviz."""
        program = shutil.which("dot")
        if program is None:
            return None
        text = dot(self.stage, self.description).encode()
        made = subprocess.run(
            [program, "-Tpng", f"-Gdpi={DPI}"], input=text, capture_output=True, timeout=120, check=False
        )
        return made.stdout if made.returncode == 0 else None
