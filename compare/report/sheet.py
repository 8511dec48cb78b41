"""A derivation sheet as Markdown with LaTeX, or as a page with MathML, drawn from its JSON."""

import re
from pathlib import Path

import numpy as np

from ..common.errors import UserError

# The prime's own glyph is raised: as an exponent it floats above the formula.
PRIMED = re.compile(
    r"<(msup|msubsup)>(<mi>[^<]*</mi>)(<mrow>(?:(?!</mrow>).)*</mrow>|<mn>[^<]*</mn>)?<mi>(&#x02032;)</mi></\1>"
)
MOST = 6  # rows and columns of an array that are printed; of larger ones a corner


def markdown(sheet: dict) -> str:
    """Return the sheet as Markdown, from its plain form."""
    lines = [f"# {heading(sheet)}", "", intro(sheet), ""]
    for title, blocks in parts(sheet):
        lines += [f"## {title}", ""]
        for block in blocks:
            lines += [*_MARKDOWN[block["kind"]](block), ""]
    return "\n".join(lines).rstrip() + "\n"


def page(sheet: dict) -> str:
    """Return the sheet as one HTML page with MathML, which browsers draw by themselves."""
    try:
        import jinja2
        from latex2mathml.converter import convert
        from markupsafe import Markup
    except ModuleNotFoundError as error:
        raise UserError(f"the page needs {error.name}: pip install jinja2 latex2mathml") from error

    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    whole = ' display="inline"', ' display="inline" displaystyle="true"'

    def math(tex: str) -> Markup:  # our own LaTeX, no user's
        made = " ".join(convert(each, display="inline").replace(*whole, 1) for each in pieces(tex))
        return Markup(PRIMED.sub(_prime, made))

    templates.filters["math"] = math
    return templates.get_template("sheet.html").render(
        heading=heading(sheet), intro=intro(sheet), parts=parts(sheet), environment=sheet["environment"]
    )


def _prime(found: re.Match[str]) -> str:
    _, base, below, prime = found.groups()
    primed = f'<mrow>{base}<mo lspace="0" rspace="0">{prime}</mo></mrow>'
    return f"<msub>{primed}{below}</msub>" if below else primed


def heading(sheet: dict) -> str:
    return f"Backpropagation through {sheet['network']}"


def intro(sheet: dict) -> str:
    vouched = sheet["vouched"]
    said = "; ".join(f"{who} within {error:.0e}" for who, error in vouched["worst"].items())
    verdict = "agree" if vouched["ok"] else "do NOT agree"
    return (
        "Each backward rule wrote its own formula. All "
        f"{vouched['arrays']} arrays of the example {verdict}: {said} (relative, in norm)."
    )


def parts(sheet: dict) -> list[tuple[str, list[dict]]]:
    """[(title, [block, ...]), ...]; a block is {"kind": "text" | "math" | "equation" | "array", ...}."""
    return [
        ("Notation", _notation(sheet)),
        ("Forward", [*(_equation(e) for e in sheet["forward"]), *_functions(sheet)]),
        ("The loss", _loss(sheet)),
        ("Backward, from the loss down", [_equation(e) for e in sheet["backward"]]),
        ("An example to compare yours with", _example(sheet)),
    ]


def _text(text):
    return {"kind": "text", "text": text}


def pieces(tex: str) -> list[str]:
    """Cut a formula before each = and + that stands in no brackets: a line may end there."""
    if "\\begin" in tex:
        return [tex]
    found, depth = [""], 0
    for token in re.findall(r"\\[a-zA-Z]+|\\.| [=+] |.", tex, flags=re.DOTALL):
        depth += (token in ("{", "(", "[", "\\{")) - (token in ("}", ")", "]", "\\}"))
        if token in (" = ", " + ") and not depth and found[-1].strip():
            found.append("")
            token = f"{token.strip()} \\; " if token == " + " else token
        found[-1] += token
    return [each.strip() for each in found]


def _math(tex):
    return {"kind": "math", "tex": tex}


def _notation(sheet):
    return [
        _text(
            "A batch holds N samples, one a row. The error term of a layer is the derivative by its net input:"
        ),
        _math("\\delta^{l} = \\frac{\\partial L}{\\partial z^{l}}"),
        _text(
            "Weights are [out, in]. A product written with a dot in a circle is taken entry by entry. "
            "1/N is in one place, the criterion: no other line divides by N."
        ),
    ]


def _equation(e):
    shape = " x ".join(map(str, e["shape"])) if len(e["shape"]) > 1 else str(e["shape"][0])
    return {
        "kind": "equation",
        "tex": f"{e['left']} = {e['right']}",
        "shape": shape,
        "rule": e["rule"],
        "why": e["why"],
        "entry": e["entry"],
    }


def _functions(sheet):
    blocks = []
    for name, formula in sheet["activations"].items():
        blocks += [
            _text(f"{name.replace('_', ' ')} and its derivative:"),
            _math(formula["f"]),
            _math(formula["slope"]),
        ]
        if name == "softmax":
            blocks.append(_text("J(z) is the matrix of these derivatives, one for each sample."))
    return blocks


def _loss(sheet):
    criterion = sheet["criterion"]
    blocks = [_math(criterion["loss"] + (f" + {criterion['penalty']}" if "penalty" in criterion else ""))]
    if "cancels" in criterion:
        blocks += [_text("Its derivative and the last activation's cancel to"), _math(criterion["cancels"])]
    else:
        last = sheet["forward"][-1]["left"]
        blocks += [
            _text("with the derivative"),
            _math(f"\\frac{{\\partial L}}{{\\partial {last}}} = {criterion['slope']}"),
        ]
    return blocks


def _example(sheet):
    e, depth = sheet["example"], len(sheet["example"]["z"])
    blocks = [_array("x", e["x"]), _array("y", e["y"])]
    for l in range(1, depth + 1):
        blocks += [_array(f"W{l}", e["params"][f"W{l}"]), _array(f"b{l}", e["params"][f"b{l}"])]
    blocks.append(_text("Forward"))
    for l in range(1, depth + 1):
        blocks += [_array(f"z{l}", e["z"][str(l)]), _array(f"a{l}", e["a"][str(l)])]
    blocks += [_text(f"Loss: {e['loss']:.10g}"), _text("Backward")]
    for l in range(depth, 0, -1):
        blocks += [_array(f"delta{l}", e["delta"][str(l)])]
        blocks += [_array(f"dW{l}", e["grads"][f"W{l}"]), _array(f"db{l}", e["grads"][f"b{l}"])]
    return blocks


def _array(name, values):
    """A block with the array's numbers as text; of a large one the first rows and columns."""
    array = np.array(values)
    table = np.atleast_2d(array)
    cut = tuple(n > MOST for n in table.shape)
    rows = [[f"{v:.8g}" for v in row[:MOST]] + (["..."] if cut[1] else []) for row in table[:MOST]]
    shape = " x ".join(map(str, array.shape))
    return {"kind": "array", "name": name, "shape": shape, "rows": rows, "more": cut[0]}


def _markdown_equation(b):
    lines = [f"**{b['rule'].replace('_', ' ')}** ({b['shape']}): {b['why']}", "", *_markdown_math(b)]
    return [*lines, "", *_markdown_math({"tex": b["entry"]})] if b["entry"] else lines


def _markdown_math(b):
    return ["$$", b["tex"], "$$"]


def _markdown_array(b):
    width = max(len(cell) for row in b["rows"] for cell in row)
    rows = ["    " + "  ".join(f"{cell:>{width}}" for cell in row) for row in b["rows"]]
    return [f"{b['name']}, {b['shape']}:", "", *rows, *(["    ..."] if b["more"] else [])]


_MARKDOWN = {
    "text": lambda b: [b["text"]],
    "math": _markdown_math,
    "equation": _markdown_equation,
    "array": _markdown_array,
}
