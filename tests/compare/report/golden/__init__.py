"""Full texts as a person sees them, without what differs between machines; `python -m` this writes them anew."""

import re
from pathlib import Path

import numpy as np

from compare.checks.gradients import check_gradients
from compare.common.results import plain
from compare.report import door
from compare.report.kinds.grades import student
from tests.compare.report import more_samples, samples

FOLDER = Path(__file__).parent


def backward(params, x, y, reduce=np.sum):
    """The network of README."""
    a1 = np.tanh(x @ params["W1"] + params["b1"])
    p = 1 / (1 + np.exp(-(a1 @ params["W2"] + params["b2"])))
    loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    delta2 = (p - y) / len(x)
    delta1 = (delta2 @ params["W2"].T) * (1 - a1**2)
    bias = reduce(delta1, axis=0)
    return loss, {"W1": x.T @ delta1, "b1": bias, "W2": a1.T @ delta2, "b2": delta2.sum(axis=0)}


def averaged(params, x, y):
    return backward(params, x, y, reduce=np.mean)


def checked(function, verbose=False):
    rng = np.random.default_rng(0)
    shapes = {"W1": (2, 4), "b1": 4, "W2": (4, 1), "b2": 1}
    params = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    x, y = rng.normal(size=(8, 2)), rng.integers(0, 2, (8, 1)).astype(float)
    return plain(check_gradients(function, params, x, y, forward=verbose))


def measured(said):
    """The text with # for what rounding decides: numbers with a point or an exponent, where an error is largest."""
    said = re.sub(r"-?\d+(\.\d+(e[-+]?\d+)?|e[-+]?\d+)", "#", said)
    said = re.sub(r"(?m)^(\w+ +agree) +\[[\d,]+\]", r"\1  [#]", said)
    said = re.sub(r"(?m)(?<=# ) *\d+$", " #", said)
    return re.sub(r"─+", "─", re.sub(r"(?<=\S) {2,}", "  ", said))


def graded():
    return {
        **more_samples.grades()["submissions"][1],
        "report": checked(averaged),
        "arrays": {"W1": "agree", "b1": "wrong", "W2": "agree", "b2": "agree", "loss": "agree"},
        "hints": ["What does the error term hold already?"],
        "inputs": 2,
        "seed": 11,
        "changed": [],
        "printed": "",
    }


TEXTS = {
    "check_right": lambda: measured(door.text(checked(backward))),
    "check_wrong": lambda: measured(door.text(checked(averaged))),
    "check_verbose": lambda: measured(door.text(checked(averaged, verbose=True), verbose=True)),
    "gradients": lambda: door.text(samples.gradients()),
    "gradients_wrong": lambda: door.text(samples.gradients(wrong="b1")),
    "curves": lambda: door.text(samples.curves()),
    "time": lambda: door.text(samples.time()),
    "run": lambda: door.text(samples.run()),
    "exercise": lambda: door.text(more_samples.exercise()),
    "exercise_answer": lambda: door.text(more_samples.exercise(), reveal="answer"),
    "grades": lambda: door.text(more_samples.grades()),
    "student_hint": lambda: measured(student(graded(), "hint")),
    "student_answer": lambda: measured(student(graded(), "answer")),
    "mistakes": lambda: door.text(more_samples.mistakes()),
    "lines": lambda: door.text(more_samples.lines_bench()),
    "families": lambda: door.text(more_samples.families_bench()),
    "wild": lambda: door.text(more_samples.wild_bench()),
    "derivatives": lambda: door.text(more_samples.derivatives()),
    "audit": lambda: door.text(more_samples.audit()),
    "printed": lambda: door.text(more_samples.printed()),
    "sweep": lambda: door.text(more_samples.sweep()),
    "baseline": lambda: door.text(more_samples.baseline()),
    "diff": lambda: door.text(more_samples.diff()),
    "graph": lambda: door.text(more_samples.graph()),
    "limits": lambda: door.text(more_samples.limits()),
    "executions": lambda: door.text(more_samples.executions(wrong=False)),
    "executions_wrong": lambda: door.text(more_samples.executions()),
    "workers": lambda: door.text(more_samples.workers()),
    "operations": lambda: door.text(more_samples.operations_bench()),
}
