"""The lines behind the wrong arrays, and the change of each that was run."""

import ast
import linecache
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import numpy as np

from ...judge.report import Finding
from ...trace.changes.limit import allowed
from ...trace.derivatives.run import Recordable, record
from ...trace.derivatives.slices import Origins
from ...trace.lines.parts import one_by_one
from ...trace.recording.kept import undone
from ..check import C, GradientCheck, Traced

if TYPE_CHECKING:
    from ...trace.changes.fix import Fix
    from ...trace.lines.source import Statement
    from ...trace.located import Located

LIKELY = re.compile(r"^Likely line: .*? Make it: .*? (?=Why: )")
ASIDE = 1e-3  # of the largest entry: how far beside a kink the line is looked for
SECONDS = 3.0  # of CPU that the search for a change may take
MOST = 3  # lines of one statement that are named
OFF = ("wrong", "inherited", "shape", "nonfinite", "missing")


def placed(check: GradientCheck) -> GradientCheck:
    """Find the lines of the user's code that are wrong, where its run could be recorded."""
    traced, loss = check.traced, check.loss
    if traced is None or not check.having(*OFF) or loss is None or loss.status == "wrong":
        return check
    if any(f.exact and f.line is not None for f in check.findings):  # found and run in another way
        return check
    with undone(check.subject.function):  # a change that is tried may change the user's objects
        return placing(check, check.subject, traced)


def placing(check: C, subject: Recordable, traced: Traced) -> C:
    """Find the lines of the subject's code behind the arrays that are off."""
    from ...trace.locate import locate

    seconds = allowed(SECONDS)
    try:
        if traced.kinked:
            subject, traced = _beside_the_kink(subject, traced, check.seed)
        found = locate(subject, traced.run, traced.back, traced.origins, traced.flat, check.seed, seconds)
    except Exception as error:  # keep the verdict, without a line
        return check.telling(not_placed=f"{type(error).__name__}: {error}")
    return told(check, found) if found else check


def _beside_the_kink(subject: Recordable, traced: Traced, seed: int) -> tuple[Recordable, Traced]:
    """Record a run at parameters beside the kink, where one derivative alone is right: the wrong line is the same."""
    rng = np.random.default_rng([seed, 19])
    other = subject.on_batch(subject.x, subject.y)
    other.flat = {
        n: a + ASIDE * max(float(np.abs(a).max(initial=0.0)), ASIDE) * rng.standard_normal(a.shape)
        for n, a in ((n, a.astype(np.float64)) for n, a in traced.flat.items())
    }
    run = record(other, other.flat)
    return other, Traced(run, run.back(edges=True), Origins(run.tape), other.flat, other)


def told(check: C, found: "list[Located]") -> C:
    """Add what was located to the findings and the diagnosis."""
    findings = _merged(check.findings, [_finding(each) for each in found])
    none = "No single mistake of the catalogue explains all of it."
    said = [line for line in (check.diagnosis or "").splitlines() if line != none]
    for finding in findings:
        if finding.fix:  # the change itself is shown: of a likely line only the reason stays
            said = [LIKELY.sub("", line) for line in said]
        for sentence in finding.sentence.splitlines() if finding.line is not None else ():
            sentence = LIKELY.sub("", sentence) if finding.fix else sentence
            shown = finding.fix is not None and sentence.endswith(": " + (finding.source or ""))
            if not shown and not any(sentence in each for each in said):
                said.append(sentence)
    return check.but(findings=findings, diagnosis="\n".join(said))


def _finding(each: "Located") -> Finding:
    """Return what was located as a finding."""
    first, fix = each.statements[0], each.fix
    lines = tuple(dict.fromkeys(s.line for s in each.statements if s.file == first.file))
    source, change = first.text.splitlines()[0] if first.text else "", None
    sentence = None
    if fix is not None:
        change = _change(fix)
        inside = _inside(change, first.end)
        if inside:
            source, lines = change["from"].splitlines()[0], tuple(dict.fromkeys((*inside, *lines[1:])))
        if len(inside) > 1 and len(each.statements) == 1:
            sentence = f"{Path(first.file).name}, lines {_listed(inside, 'and')}: {source} and so on."
        change["others"] = [_change(other) for other in each.others]
    sentence = sentence or _sentence(each, Path(first.file).name, lines, source)
    return Finding(
        each.arrays[0],
        "line",
        (),
        fix is not None or each.said is not None,
        sentence,
        file=first.file,
        line=lines[0],
        source=source,
        fix=change,
        lines=lines,
    )


def _inside(change: dict[str, Any], end: int) -> tuple[int, ...]:
    """Return the lines that a change touches inside a statement that ends in line `end`: one, or up to three."""
    was, becomes = change["from"].splitlines(), change["to"].splitlines()
    if len(was) <= 1:
        return (change["line"],)
    if len(was) != len(becomes) or change["line"] + len(was) - 1 > end:
        return ()
    lines = [n for n, (a, b) in enumerate(zip(was, becomes, strict=True), start=change["line"]) if a != b]
    return tuple(lines) if len(lines) <= MOST else ()


def _listed(lines: tuple[int, ...], word: str) -> str:
    return f"{', '.join(map(str, lines[:-1]))} {word} {lines[-1]}"


def _change(fix: "Fix") -> dict[str, Any]:
    return change(fix.statement, fix.before, fix.after, fix.kind)


def change(at: "Statement", before: str, after: str, kind: str) -> dict[str, Any]:
    """Return {line, from, to}: the lines of the source that change, and what they become.

    statement: the same of the whole statement, as Python writes it.
    """
    from ...trace.changes.rewriting import NoPlaceError, rewritten

    statement = {"line": at.line, "from": before, "to": after}
    found = {**statement, "kind": kind, "statement": statement}
    text = "".join(linecache.getlines(at.file))
    texts = [before, *one_by_one(before, after)]
    steps = [{"line": at.line, "from": a, "to": b} for a, b in pairwise(texts)]
    try:
        old, new = text.splitlines(), rewritten(text, steps).splitlines()
    except (NoPlaceError, SyntaxError):
        return found
    start = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), 0)
    end = next((i for i, (a, b) in enumerate(zip(old[::-1], new[::-1], strict=False)) if a != b), 0)
    start -= len(old) - start == end and start > 0  # an insertion follows a line that stays
    was, becomes = ("\n".join(each[start : len(each) - end]) for each in (old, new))
    return {**found, "line": start + 1, "from": dedent(was).strip(), "to": dedent(becomes).strip()}


def _sentence(each: "Located", file: str, lines: tuple[int, ...], source: str) -> str:
    """Say where the mistake is, and show one entry of the value there beside the right one."""
    if each.beside:
        other = " or ".join(str(s.line) for s in each.beside)
        here = " or ".join(map(str, lines))
        return f"{file}, line {lines[0]}: {source}. Of two mistakes one is in line {here}, the other in line {other}."
    if each.said is not None:
        return f"{file}, line {lines[0]}: {source}. {each.said}"
    if len(lines) > 1:
        listed = _listed(lines, "or")
        if each.fix is None:
            return f"The mistake is in line {listed} of {file}: the values do not tell which."
        return f"{file}, line {lines[0]}: {source}. A change of line {listed} mends it: the values do not tell which."
    if each.fix is None and len(each.statements) > 1:
        return (
            f"The mistake is in line {lines[0]} of {file}: the values do not tell in which of its statements."
        )
    if each.fix is None and isinstance(each.statements[0].node, ast.Pass):
        return f"{file}, line {lines[0]}: {source}. Nothing is done here: a statement is probably missing."
    if each.fix is None:
        return f"{file}, line {lines[0]}: {source}. What this is made of is right, its value is not."
    if each.evidence is None:
        return f"{file}, line {lines[0]}: {source}"
    e = each.evidence
    index = str(list(e.index)).replace(" ", "") if e.index else ""
    loop = "".join(f" at {name} = {value}" for name, value in e.loop)
    said = f"gives {e.target}{index} = {e.yours:.6g}{loop}; right is {e.right:.6g}."
    return f"{file}, line {lines[0]}: {source} {said}"


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
