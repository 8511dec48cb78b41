"""threeways derive: the derivation of one network, written out."""

import textwrap
from pathlib import Path
from typing import Annotated

from typer import Option

from . import options as o

Markdown = Annotated[
    Path | None, Option("--md", help="Write Markdown with LaTeX here instead of printing it.", metavar="PATH")
]


def derive(
    network: o.Network = "mlp",
    sizes: o.Sizes = "2,3,2",
    activations: o.Activations = None,
    criterion: o.Criterion = None,
    l2: o.L2 = None,
    l2_biases: o.L2Biases = False,
    seed: o.Seed = 0,
    md: Markdown = None,
    json: o.Json = None,
    html: o.Html = None,
    force: o.Force = False,
) -> int:
    """Write out the derivation for one MLP: every delta, every gradient, and an example in numbers."""
    from ..common.results import plain, write_json, write_text
    from ..report import sheet as sheet_text
    from ..teaching.sheet import derive as derived

    o.writable(force, md, json, html)
    net = o.network(network, sizes if network == "mlp" else None, activations, criterion, l2, l2_biases)
    result = derived(net, seed)
    data = plain(result)
    text = sheet_text.markdown(data)
    if json:
        write_json(json, result)
    if html:
        write_text(html, sheet_text.page(data))
    if md:
        write_text(md, text)
    if not (md or html):
        print(text, end="")
    else:
        print(textwrap.fill(sheet_text.intro(data), 100, subsequent_indent="  "))
    return result.exit_code
