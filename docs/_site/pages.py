"""Extend sphinx: draw formulas without a network, and convert docstrings in plain prose."""

import re
from itertools import groupby

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml

# "params: arrays in ..." or "torch_loss, jax_loss: ...": names, a colon, and their description.
ENTRY = re.compile(r"^(?P<names>[A-Za-z_]\w*(?:, [A-Za-z_]\w*)*): ")


def inline_math(translator, node):
    """Write an inline formula as MathML, which browsers draw themselves."""
    translator.body.append(tex2mathml(node.astext(), as_block=False))
    raise nodes.SkipNode


def display_math(translator, node):
    """Write a displayed formula as MathML."""
    translator.body.append(f'<div class="math">{tex2mathml(node.astext().strip(), as_block=True)}</div>')
    raise nodes.SkipNode


def plain_docstring(app, what, name, obj, options, lines):
    """Turn a docstring of this project (prose, `name: what it is` entries, `code`) into reStructuredText, in place."""
    paragraphs = [
        list(group) for blank, group in groupby(lines, key=lambda line: not line.strip()) if not blank
    ]
    out = []
    for paragraph in paragraphs:
        if all(line.startswith("    ") for line in paragraph):
            out += ["::", "", *paragraph, ""]
            continue
        entries = _entries(paragraph)
        for text in entries:
            entry = ENTRY.match(text)
            shown = f"- **{entry['names']}**: {_escaped(text[entry.end() :])}" if entry else _escaped(text)
            out += [shown, ""]
    lines[:] = out


def _entries(paragraph):
    """Return the sentences before the first entry, then each entry, whatever the line breaks."""
    found = []
    for line in paragraph:
        for piece in re.split(r"(?<=\.)  (?=[A-Za-z_])", line.strip()):
            if ENTRY.match(piece) or not found:
                found.append(piece)
            else:
                found[-1] += " " + piece
    return found


def _escaped(text):
    """Mark `code` as literals and escape every other mark of docutils."""
    parts = re.split(r"(`[^`]+`)", text)
    return "".join(f"`{p}`" if p.startswith("`") else re.sub(r"([*|_\\])", r"\\\1", p) for p in parts)
