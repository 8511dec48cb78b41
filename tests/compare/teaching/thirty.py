"""A class of thirty exercises and thirty submissions, graded by the command: points, and what students see.

python -m tests.compare.teaching.thirty
"""

import csv
import itertools
import json
import tempfile
from pathlib import Path

import numpy as np

from compare.files.loading import load
from compare.mistakes.catalogue import catalogue
from compare.teaching import exercise

from ...processes import python
from .sample import ASSIGNMENT, SAMPLE
from .test_handed_in import BIAS, BY_HAND, RIGHT

WEIGHT = "return p.delta[l].T @ p.a[l - 1]"
BIASES = [
    BIAS,
    "return p.delta[l].mean(axis=0)",
    "return np.mean(p.delta[l], axis=0)",
    "return 0 * p.b[l]",
    "return 2 * p.delta[l].sum(0)",
    "return -np.sum(p.delta[l], 0)",
]
WEIGHTS = [WEIGHT, f"{WEIGHT} / 2", f"{WEIGHT} * 2", WEIGHT.replace("p.delta", "-p.delta"), "return p.W[l]"]
EXERCISES = {
    f"student{i:02}": (RIGHT.replace(BIAS, b).replace(WEIGHT, w), 10.0 - 2 * (b != BIAS) - 2 * (w != WEIGHT))
    for i, (b, w) in enumerate(itertools.product(BIASES, WEIGHTS))
}
LIMIT = "timeout = 4"  # seconds: one submission loops until they are over
COLUMNS = 4  # significant digits of the right gradients that are looked for


def _digits(arrays):
    return {f"{v:.{COLUMNS}g}" for a in arrays for v in np.ravel(a) if v and abs(v) < 1}


def exercises(folder):
    """Grade the exercises; return {student: (points, points due)}, what each sees, and what must not be in it."""
    work = Path(folder, "exercises")
    for name, (text, _) in EXERCISES.items():
        (work / name).mkdir(parents=True)
        (work / name / "backward.py").write_text(text)
    (Path(folder) / "handed_out.py").write_text(RIGHT)
    points, told = _graded(folder, work, Path(folder) / "handed_out.py")
    gradients = BY_HAND.loss_and_grads(*exercise.batch(BY_HAND))[1]
    return {n: (points.get(n), due) for n, (_, due) in EXERCISES.items()}, told, _digits(gradients.values())


def submissions(folder):
    """Grade the submissions, in the form that `exercises` returns."""
    work, teacher = Path(folder, "submissions"), Path(folder, "assignment.py")
    work.mkdir()
    # Of several seeds the worst counts.
    teacher.write_text(ASSIGNMENT.replace("timeout = 10", LIMIT).replace("seeds = (11,)", "seeds = (11, 23)"))
    for name, (text, _, _) in SAMPLE.items():
        (work / f"{name}.py").write_text(text)
    points, told = _graded(folder, work, teacher)
    module = load(teacher)
    gradients = [module.network.loss_and_grads(*module.example(seed))[1] for seed in module.seeds]
    right = _digits([a for each in gradients for a in each.values()])
    return {n: (points.get(n), due) for n, (_, _, due) in SAMPLE.items()}, told, right


def _graded(folder, work, teacher):
    table, page, scope = (Path(folder, n) for n in ("grades.csv", "class.html", "gradescope"))
    options = ["--csv", table, "--html", page, "--gradescope", scope, "--jobs", "2", "--reveal", "hint"]
    options += ["--json", Path(folder, "grades.json")]
    ended = python("-m", "threeways", "check", work, "--against", teacher, *options)
    assert ended.returncode == 0, ended.stderr
    assert "commonest mistakes" in page.read_text()
    with table.open(newline="") as rows:
        points = {
            row["submission"].removeprefix("'"): float(row["points"]) for row in csv.DictReader(rows)
        }  # no formula
    return points, {file.stem: file.read_text() for file in sorted(scope.glob("*.json"))}


def leaks(told, right):
    """Return (student, what) of what a student is told that belongs to the reference: its numbers, ids, and fixes."""
    ids = set(catalogue())
    for name, text in told.items():
        own = SAMPLE[name][0] if name in SAMPLE else EXERCISES[name][0]
        said = " ".join(str(t.get("output", "")) for t in json.loads(text)["tests"]) + text
        found = [f for f in (*right, *ids, BIAS, WEIGHT, "Make it", "Right is") if f in said and f not in own]
        yield from ((name, each) for each in found)


def main():
    for grade in (exercises, submissions):
        with tempfile.TemporaryDirectory() as folder:
            points, told, right = grade(folder)
            off = {n: p for n, p in points.items() if p[0] != p[1]}
            print(
                f"{grade.__name__}: {len(points) - len(off)} of {len(points)} have their points {off or ''}; CSV, page "
                f"and {len(told)} files for Gradescope; of the reference in these: ",
                list(leaks(told, right)) or "nothing",
                flush=True,
            )


if __name__ == "__main__":
    main()
