"""The first wrong derivative of a script that computes one after the other: its lines are known from the start."""

from pathlib import Path

from ...judge.report import Finding
from ..check import GradientCheck


def first_in_order(check: GradientCheck) -> GradientCheck:
    """Name the lines that compute the first wrong gradient, in the order of the script.

    `about` holds them: places, {name: lines}, and file.
    """
    places, wrong = (
        check.about.get("places") or {},
        {v.name for v in check.having("wrong", "inherited", "shape")},
    )
    wrong = {n for n in wrong if places.get(n)}
    if not wrong:
        return check
    name = min(wrong, key=lambda n: places[n][-1])
    lines, file = tuple(places[name]), check.about["file"]
    text = Path(file).read_text(encoding="utf-8-sig", errors="replace").splitlines()
    source = text[lines[-1] - 1].strip()
    where = f"line {lines[-1]}" if len(lines) == 1 else f"lines {', '.join(map(str, lines))}"
    others = [n for n in places if n in wrong and n != name]
    after = f"\nDerivatives made of it are off too: {', '.join(others)}." if others else ""
    said = f"{Path(file).name}, {where}: the derivative by {name} is the first that is not torch.autograd's:"
    said = f"{said}\n  {source}{after}"
    found = Finding(name, "", (), False, said, file=file, line=lines[-1], source=source, lines=lines)
    return check.but(findings=[found], diagnosis=said)
