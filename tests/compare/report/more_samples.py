"""Results of the other commands in their plain form, and one of every kind."""

import itertools

from tests.compare.report import samples
from tests.compare.report.samples_of_audits import audit, printed
from tests.compare.report.samples_of_benches import (
    derivatives,
    families_bench,
    lines_bench,
    mistakes,
    wild_bench,
)
from tests.compare.report.samples_of_courses import exercise, exercises, grades
from tests.compare.report.samples_of_steps import executions, operations_bench, workers


def stage(name, operations):
    names = ["x", "W1", *(f"n{k}" for k in range(operations)), "loss"]
    kinds = ["input", "input", *["op"] * operations, "output"]
    return {
        "name": name,
        "kind": "static",
        "says": "what is handed over",
        "text": "\n".join(names),
        "nodes": [
            {"id": n, "op": n, "shape": "f32[3]", "kind": k} for n, k in zip(names, kinds, strict=True)
        ],
        "edges": [["W1", "n0"], *([a, b] for a, b in itertools.pairwise(names) if a != "x")],
        "operations": operations,
        "counts": {"add": operations - 1, "mul": 1},
    }


def graph(**changed):
    return {
        "schema": "threeways/graph/1",
        "environment": samples.environment(),
        "network": "64-30-10, sigmoid, softmax, cross_entropy",
        "form": "hlo",
        "framework": "jax",
        "batch": 32,
        "stages": [stage("lowered", 5), stage("optimised", 3)],
        "warnings": [],
    } | changed


def limits():
    tried = {
        "tried": "if v > 0",
        "as_said": True,
        "seen": "no",
        "error": "TypeError",
        "who": "jax.jit",
        "about": "?",
    }
    return {
        "schema": "threeways/limits/1",
        "environment": samples.environment(),
        "observations": [tried, tried | {"tried": "print", "error": None}],
        "sentences": [{"sentence": "It is fixed.", "holds_for": "jit", "why": "as printing shows"}],
    }


def epochs(best):
    return [
        {
            "epoch": k,
            "train_loss": 2.0 - k,
            "validation_loss": 2.1 - k,
            "validation_accuracy": best - 0.1 * (2 - k),
        }
        | {"gradient_norm": {"W1": 0.1}}
        for k in range(3)
    ]


def baseline(**changed):
    low = {"low": 0.88, "high": 0.94, "reason": None}
    runs = [
        {
            "implementation": who,
            "seed": seed,
            "settings": "sgd",
            "best_epoch": 2,
            "test_accuracy": 0.9 + 0.01 * seed,
        }
        | {"parameters_sha256": "00", "epochs": epochs(0.9)}
        for who in ("hand", "torch")
        for seed in range(2)
    ]
    each = {"seeds": 2, "mean": 0.905, "median": 0.905, **low, "test_set_standard_error": 0.01}
    settings = {
        "net": "64-30-10, sigmoid, softmax, cross_entropy",
        "init": "xavier",
        "epochs": 3,
        "batch": 32,
    }
    settings |= {"dtype": "float64", "rule": "sgd, rate 0.1"}
    pair = {"one": "hand", "other": "torch", "differences": [0.0, 0.0], "mean": 0.0, "median": 0.0, **low}
    return {
        "schema": "threeways/baseline/1",
        "environment": samples.environment(),
        "ok": True,
        "name": "digits",
        "title": "the default network on digits",
        "settings": settings,
        "samples": {"train": 1198, "validation": 239, "test": 360},
        "starts": [{"seed": 0}, {"seed": 1}],
        "runs": runs,
        "summary": [{"implementation": who, **each} for who in ("hand", "torch")],
        "differences": [pair],
        "peer": {"name": "peer", "runs": [{"seed": 0, "test_accuracy": None, "reason": "absent"}]},
        "published": None,
        "test_evaluations": 4,
    } | changed


def sweep(**changed):
    settings = [{"rate": rate, "width": width} for rate in (0.01, 0.1) for width in (10, 30)]
    runs = [
        {"implementation": "hand", "seed": 0, "settings": s, "test_accuracy": 0.9, "epochs": epochs(0.9)}
        for s in settings
    ]
    trials = [
        {
            "implementation": "hand",
            "settings": s,
            "seeds": [0],
            "validation_accuracy": 0.9,
            "test_accuracy": 0.9,
        }
        for s in settings
    ]
    return {
        "schema": "threeways/sweep/1",
        "environment": samples.environment(),
        "ok": True,
        "name": "digits-sweep",
        "over": ["rate", "width"],
        "runs": runs,
        "trials": trials,
        "budget": {"hand": [0.7, 0.8, 0.85, 0.9]},
        "test_evaluations": 4,
    } | changed


def diff(**changed):
    run = {
        "implementation": "hand",
        "seed": 0,
        "epoch": None,
        "difference": 1e-12,
        "losses": [[2.3, 0.5, 0.3], [2.3, 0.6, 0.2]],
        "status": "rounding",
    }
    return {
        "schema": "threeways/diff/1",
        "environment": samples.environment(),
        "ok": False,
        "verdict": "changed",
        "a": "old",
        "b": "new",
        "settings": {"rule": ["sgd, rate 0.1", "adam, rate 0.01"]},
        "runs": [run, run | {"seed": 1, "status": "changed", "epoch": 2, "difference": "nan"}],
        "accuracy": [
            {"implementation": "hand", "mean": 0.01, "low": None, "high": None, "reason": "2 seeds"}
        ],
        "missing": [["jax", 0]],
    } | changed


EVERY_KIND = {
    "gradients": samples.gradients(),
    "wrong gradients": samples.gradients(wrong="b1"),
    "gradients of another network": samples.gradients_of_others(),
    "curves": samples.curves(),
    "time": samples.time(),
    "run": samples.run(),
    "graph": graph(),
    "limits": limits(),
    "baseline": baseline(),
    "sweep": sweep(),
    "diff": diff(),
    "mistakes": mistakes(),
    "exercise": exercise(),
    "exercises": exercises(),
    "grades": grades(),
    "lines": lines_bench(),
    "families": families_bench(),
    "derivatives": derivatives(),
    "audit": audit(),
    "printed": printed(),
    "wild": wild_bench(),
    "executions": executions(),
    "executions that agree": executions(wrong=False),
    "workers": workers(),
    "operations": operations_bench(),
}
