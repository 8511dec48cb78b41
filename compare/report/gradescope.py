"""results.json for Gradescope, as its page "Autograder Specifications" describes it (gradescope-autograders docs)."""

import json
from pathlib import Path

from ..common.results import write_text
from ..common.statuses import PASSES
from .kinds.grades import student


def results(graded: dict, reveal: str) -> dict:
    """Return the dict of results.json of one submission in its plain form.

    One test for each array that has points; `output` is the student's report, as much as `reveal` says, as plain
    text: nothing that a submission prints is taken for HTML. Without a verdict there is one test, of 0 points.
    """
    if reveal == "verdict":  # a test for each array would say where it is
        tests = [_test("all", graded["points"], graded["of"], "")]
    else:
        tests = [
            _test(name, graded["awarded"].get(name, 0.0), most, _said(graded["arrays"].get(name)))
            for name, most in graded["worth"].items()
        ]
    return {
        "score": graded["points"],
        "execution_time": round(graded["seconds"]),
        "output": student(graded, reveal),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",  # what the command prints is the teacher's
        "tests": tests,
    }


def _test(name, score, most, output):
    return {
        "name": {"all": "all gradients", "loss": "the loss"}.get(name, f"gradient of {name}"),
        "score": score,
        "max_score": most,
        "status": "passed" if score >= most else "failed",
        "output": output,
        "output_format": "text",
        "visibility": "visible",
    }


def _said(status):
    return "" if status is None else "right" if status in PASSES else status


def write(path: Path, graded: dict, reveal: str) -> None:
    """Write results.json of one submission in its plain form."""
    write_text(path, json.dumps(results(graded, reveal), indent=1, allow_nan=False) + "\n")
