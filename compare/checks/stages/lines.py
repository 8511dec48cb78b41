"""The lines behind the wrong arrays, and the change of each that was run."""

from dataclasses import replace
from pathlib import Path

from ...judge.report import Finding
from ...trace.locate import Located, locate
from ...trace.run import Recordable
from ..check import C, GradientCheck, Traced

OFF = ("wrong", "inherited", "shape", "nonfinite", "missing")


def placed(check: GradientCheck) -> GradientCheck:
    """Find the lines of the user's code that are wrong, where its run could be recorded."""
    traced, loss = check.traced, check.loss
    if (
        traced is None
        or check.whole is not None
        or not check.having(*OFF)
        or loss is None
        or loss.status == "wrong"
    ):
        return check
    return placing(check, check.subject, traced)


def placing(check: C, subject: Recordable, traced: Traced) -> C:
    """Find the lines of the subject's code behind the arrays that are off."""
    try:
        found = locate(subject, traced.run, traced.back, traced.origins, traced.flat, check.seed)
    except Exception as error:  # the verdict stands without a line
        return check.telling(not_placed=f"{type(error).__name__}: {error}")
    return told(check, found) if found else check


def told(check: C, found: list[Located]) -> C:
    """Add what was located to the findings and the diagnosis."""
    findings = _merged(check.findings, [_finding(each) for each in found])
    said = [f.sentence for f in findings if f.line is not None]
    none = "No single mistake of the catalogue explains all of it."
    diagnosis = "\n".join(line for line in (check.diagnosis or "").splitlines() if line != none)
    return check.but(
        findings=findings, diagnosis="\n".join([diagnosis, *(s for s in said if s not in diagnosis)]).strip()
    )


def _finding(each: Located) -> Finding:
    """Return what was located as a finding."""
    first = each.statements[0]
    file, lines = Path(first.file).name, [s.line for s in each.statements]
    listed = (
        ", ".join(f"line {line}" for line in lines[:-1])
        + (" or " if len(lines) > 1 else "")
        + f"line {lines[-1]}"
    )
    source = first.text.splitlines()[0] if first.text else ""
    if each.fix is None:
        one = f"The first value that is wrong, of right ones, is in {file}, {listed}: {source}"
        sentence = (
            one
            if len(lines) == 1
            else f"The mistake is in {file}, {listed}; what tells them apart is not known."
        )
        return Finding(
            each.arrays[0],
            "line",
            (),
            False,
            sentence,
            None,
            first.file,
            first.line,
            source,
            None,
            tuple(lines),
        )
    fix = each.fix
    where = f"{file}, {listed}"
    sentence = f"{where}: {source}"
    if each.evidence is not None:
        e = each.evidence
        index = str(list(e.index)).replace(" ", "") if e.index else ""
        loop = "".join(f" at {name} = {value}" for name, value in e.loop)
        sentence += f" gives {e.target}{index} = {e.yours:.6g}{loop}; right is {e.right:.6g}."
    change = {"line": first.line, "from": fix.before, "to": fix.after, "kind": fix.kind}
    change["others"] = [
        {"line": o.statement.line, "from": o.before, "to": o.after, "kind": o.kind} for o in each.others
    ]
    return Finding(
        each.arrays[0], "line", (), True, sentence, None, first.file, first.line, source, change, tuple(lines)
    )


def _merged(named: list[Finding], located: list[Finding]) -> list[Finding]:
    """Give each finding of the catalogue the line found for it; keep other lines as findings of their own."""
    if len(named) == len(located) == 1 or (named and len(named) == len(located)):
        return [
            replace(
                n,
                file=f.file,
                line=f.line,
                source=f.source,
                fix=f.fix,
                lines=f.lines,
                sentence=f"{n.sentence}\n{f.sentence}",
            )
            for n, f in zip(named, located, strict=True)
        ]
    return [*named, *located]
