"""Lines of a forward pass on the left, of the backward pass on the right, each joined with what it computes."""

from dataclasses import dataclass
from html import escape

from ...common.results import number

ROW, TOP, GAP, LETTER, MOST = 40, 30, 110, 7.3, 58
STROKE = {
    "right": 'stroke="currentColor" stroke-opacity=".45" stroke-width="1.2"',
    "wrong": 'stroke="#d55e00" stroke-width="3"',
    "inherited": 'stroke="#d55e00" stroke-width="1.4" stroke-dasharray="5 4"',
}


@dataclass(frozen=True)
class LinesPicture:
    """Two columns of lines as SVG, from the plain form of Derivatives."""

    data: dict

    def svg(self) -> str:
        """Return the SVG text; everything from the user's file is escaped."""
        values = self.data["values"]
        lines = sorted({_key(line) for v in values for line in v["by"]})
        left = [_left(v) for v in values]
        right = [(f"{line}: {_short(source)}", "") for _, line, source in lines]
        wide, far = (
            LETTER * max((len(t) for pair in side for t in pair), default=1) for side in (left, right)
        )
        start, end = 10 + wide, 10 + wide + GAP
        height = TOP + ROW * max(len(left), len(right), 1)
        tall = {key: k * (height - TOP) / len(lines) for k, key in enumerate(lines)}
        joins = [
            f'<path d="M{start + 6:.0f} {TOP + k * ROW + 12} C{start + GAP / 2:.0f} {TOP + k * ROW + 12} '
            f'{start + GAP / 2:.0f} {TOP + tall[_key(line)] + 12:.0f} {end - 6:.0f} {TOP + tall[_key(line)] + 12:.0f}" '
            f'fill="none" {STROKE[v["state"]]}/>'
            for k, v in enumerate(values)
            for line in v["by"]
            if v["state"] in STROKE
        ]
        texts = [_text(10, TOP + k * ROW, pair) for k, pair in enumerate(left)]
        bad = {_key(line) for each in self.data["wrong"] for line in each["lines"]}
        texts += [
            _text(end, TOP + tall[key], pair, key in bad) for key, pair in zip(lines, right, strict=True)
        ]
        width = end + far + 10
        heads = _text(10, 8, ("forward", "")) + _text(end, 8, ("backward", ""))
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" '
            f'height="{height}" font-family="monospace" font-size="12" role="img" aria-label="Each line of the forward '
            f'pass, joined with the line of the backward pass that computes its derivative">\n{heads}\n'
            + "\n".join(joins + texts)
            + "\n</svg>\n"
        )


def _key(line: dict) -> tuple[str, int, str]:
    return line["file"], line["line"], line["source"]


def _left(v: dict) -> tuple[str, str]:
    shape = "x".join(map(str, v["shape"])) or "scalar"
    times = f", {v['times']} times" if v["times"] > 1 else ""
    said = {"wrong": "wrong", "inherited": "off: carried on", "unknown": "not computed"}.get(
        v["state"], "right"
    )
    whole = v["name"] if v["at"] is None else v["at"]["source"]
    if v["at"] is not None and not whole.startswith((f"{v['name']} ", "return ")):
        whole = f"{v['name']}  in  {whole}"
    where = "parameter" if v["at"] is None else f"{v['at']['line']}"
    return (
        f"{where}: {_short(whole)}",
        f"dL/d {_short(v['name'])}: {shape}, norm {number(v['norm']):.4g}{times}; {said}",
    )


def _short(text: str) -> str:
    return text if len(text) <= MOST else f"{text[: MOST - 4]} ..."


def _text(x: float, y: float, pair: tuple[str, str], bad: bool = False) -> str:
    weight = ' font-weight="700"' if bad else ""
    first = f'<text x="{x:.0f}" y="{y + 16:.0f}"{weight}>{escape(pair[0])}</text>'
    return first + (
        f'<text x="{x:.0f}" y="{y + 31:.0f}" font-size="11">{escape(pair[1])}</text>' if pair[1] else ""
    )
