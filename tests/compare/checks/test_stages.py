"""A status is set by the judge and by stages alone, a Report is built in one place, and never changed."""

import ast
import inspect
import sys
from functools import cache
from pathlib import Path

import pytest

import compare
from compare.checks import gradients, jvp, step, vjp
from compare.checks.stages.steps import in_place

HOME = Path(compare.__file__).parent
STAGES = {
    "calls",
    "directions",
    "guards",
    "kinks",
    "operations",
    "optimizers",
    "ports",
    "pushes",
    "referee",
    "rules",
    "step_names",
    "steps",
    "stopping",
    "verdicts",
    "widened",
}
SETTING = {"judge/blame.py", "judge/verdicts.py", *(f"checks/stages/{name}.py" for name in STAGES)}
LISTS = (gradients.STAGES, gradients.VERSIONS, step.DESCENT, step.RULE, vjp.STAGES, jvp.STAGES)
BUILDING = {"Verdict", "LossVerdict", "marked"}


@cache
def calls(path):
    """Return (name of the function called, names of its keywords) of each call in a file."""
    nodes = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call)]
    names = [getattr(n.func, "id", getattr(n.func, "attr", None)) for n in nodes]
    return [(name, {word.arg for word in n.keywords}) for name, n in zip(names, nodes, strict=True)]


def places(wanted):
    """The files with such a call, in POSIX form below compare/.

    teaching/grade.py alone may combine two reports: of the arrays without the submission's loss, and of the loss.
    training/ has verdicts of its own, on curves.
    """
    skipped = {HOME / "teaching" / "grade.py", *(HOME / "training").glob("*.py")}
    files = [p for p in HOME.rglob("*.py") if p not in skipped]
    return {p.relative_to(HOME).as_posix() for p in files if any(wanted(*call) for call in calls(p))}


def test_a_status_is_set_by_the_judge_and_the_stages_alone():
    setting = places(lambda name, words: name in BUILDING or (name == "replace" and "status" in words))
    assert setting == SETTING


def test_a_report_is_built_in_one_place():
    assert places(lambda name, words: name == "Report") == {"checks/check.py"}


@pytest.mark.parametrize("field", ["verdicts", "findings", "diagnosis", "ok", "warnings", "schema"])
def test_a_report_is_never_changed(field):
    assert places(lambda name, words: name == "replace" and field in words) == set()


def test_every_stage_is_in_a_list():
    listed = {stage for stages in LISTS for stage in stages}
    kinds = {"C", "GradientCheck", "StepCheck", "VjpCheck"}
    found = set()
    for stage in listed:
        module = sys.modules[stage.__module__]
        found |= {
            f
            for name, f in inspect.getmembers(module, inspect.isfunction)
            if list(inspect.signature(f).parameters) == ["check"]
            and not name.startswith("_")
            and getattr(f.__annotations__["return"], "__name__", None) in kinds
        }
    assert found - listed == {in_place}
