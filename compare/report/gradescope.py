"""results.json for Gradescope, as its page "Autograder Specifications" describes it (gradescope-autograders docs)."""

import json
from pathlib import Path

from ..common.errors import UserError
from ..common.results import check_writable, write_text
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


def ready(path: Path | None, count: int, force: bool) -> None:
    """Make the folder of several submissions. Raises UserError where it, or the file of one, cannot be written."""
    if path is None:
        return
    if count == 1:
        check_writable(path, force)
    elif path.suffix == ".json":
        raise UserError(
            f"--gradescope {path} takes one submission; {count} were given: name a folder for several"
        )
    else:
        try:
            path.mkdir(exist_ok=True)
        except OSError as error:
            raise UserError(f"--gradescope: no folder {path}: {error.strerror}") from error


def write(path: Path, name: str | None, shown: dict, force: bool) -> None:
    """Write what is shown of one submission as results.json; in a folder of several under the submission's name."""
    if name is not None:
        path = path / f"{name.replace('/', '_')}.json"
        check_writable(path, force)
    write_text(path, json.dumps(shown, indent=1, allow_nan=False) + "\n")
