"""threeways derive: the derivation of one network, written out."""

import textwrap
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from ..common.words import say
from . import options as o

File = Annotated[
    str | None,
    Argument(help="Your own file: the derivative by each of its lines.", metavar="FILE[:FN]"),
]
Markdown = Annotated[
    Path | None, Option("--md", help="Write Markdown with LaTeX here instead of printing it.", metavar="PATH")
]


def derive(
    file: File = None,
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
    """Write out the derivation for one MLP: every delta, every gradient, and an example in numbers.

    With FILE: the lines of your own forward pass, each with the shape and norm of the derivative of the loss by its
    value, and the line of your backward pass that computes it, right or wrong.
    """
    if file is not None:
        return _of_file(file, md, json, html, force)
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
        say(text, end="")
    else:
        say(textwrap.fill(sheet_text.intro(data), 100, subsequent_indent="  "))
    return result.exit_code


def _of_file(file, md, json, html, force):
    from ..common.errors import UserError
    from ..common.progress import waiting
    from ..common.words import printed_by_user, visible
    from ..files.process import run
    from ..report import door
    from .check import split
    from .delivery import deliver

    if md:
        raise UserError("--md is for a built-in network; with FILE use --html or --json")
    o.writable(force, json, html)
    path, function = split(file)
    with waiting(f"deriving each line of {visible(path)}"):
        outcome = run(path, function, derivatives=True)
    said = door.text(outcome.report) + printed_by_user(outcome.printed)
    deliver(outcome.report, json, html, force, said=said)
    return outcome.exit
