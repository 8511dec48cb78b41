"""Results in their plain form, as the commands write them, small enough to read."""

import itertools

import numpy as np

from compare.judge.verdicts import block_maximum

HOSTILE = "<script>alert('no')</script> & $x_1$"
SHAPES = {
    "W1": (30, 64),
    "b1": (30,),
    "W2": (10, 30),
    "b2": (10,),
    "delta1": (32, 30),
    "delta2": (32, 10),
}
# Of no network of ours: nothing may depend on what arrays are called, or on how many axes they have.
OTHERS = {
    "K": (8, 1, 3, 3),
    "gamma1": (8,),
    "W_q": (16, 16),
    "temperature": (),
    "delta.attention": (4, 2, 5, 5),
}


def environment(**changed):
    versions = {"threeways": "0.1.0", "numpy": "2.0", "torch": "2.13.0", "jax": None, "optax": None}
    return {"versions": versions, "python": "3.11", "cores": 2, "flags": {}, "seed": 0} | changed


def verdict(name, status="agree", reason="within rounding", shape=None):
    shape = SHAPES[name] if shape is None else shape
    rng = np.random.default_rng(len(name))
    size = 0.3 if status == "agree" else 1e11
    return {
        "name": name,
        "status": status,
        "reason": reason,
        "error": 2e-16,
        "noise": 1e-16,
        "ratio": 0.5,
        "worst_index": [size - 1 for size in shape],
        "values": {"hand": -0.0125, "torch": -0.0125, "jax": -0.0125, "numerical": None},
        "sensitivity": 1e-12,
        "errors": {"torch": 2e-16, "jax": 2e-16},
        "grid": block_maximum(size * rng.random(shape)).tolist(),
        "shape": list(shape),
    }


def gradients(wrong=None, **changed):
    verdicts = [verdict(n, *(("wrong", "differs from torch and jax") if n == wrong else ())) for n in SHAPES]
    return {
        "schema": "threeways/gradients/1",
        "environment": environment(),
        "ok": wrong is None,
        "diagnosis": None,
        "findings": [],
        "recognised": None,
        "loss": {"status": "agree", "reason": "the same loss", "hand": 2.3, "witnesses": {"torch": 2.3}},
        "verdicts": verdicts,
        "warnings": [],
        "about": {"network": "64-30-10", "data": "digits", "batch": 32, "dtype": "float64", "absent": {}},
    } | changed


def gradients_of_others():
    """Of a network with other arrays and another description."""
    verdicts = [verdict(name, shape=shape) for name, shape in OTHERS.items()]
    parameters = {name: shape for name, shape in OTHERS.items() if not name.startswith("delta")}
    about = {"network": "hybrid, image 1x8x8, channels 8, kernel 3", "parameters": parameters}
    return gradients(verdicts=verdicts, about=about)


def curve(name, framework, loss, absent=None):
    return {
        "name": name,
        "framework": framework,
        "absent": absent,
        "loss": loss,
        "accuracy": [0.5] * len(loss),
        "test_accuracy": 0.9 if loss else None,
        "final": None,
    }


def curves(apart=1e-15, **changed):
    loss = [2.3 * 0.99**step for step in range(50)]
    other = [value * (1 + apart) for value in loss]
    return {
        "schema": "threeways/curves/1",
        "environment": environment(),
        "ok": True,
        "first_divergence": None,
        "reason": "",
        "judged": "envelope",
        "finding": None,
        "left_envelope": None,
        "largest_difference": {"value": apart, "step": 7, "one": "hand", "other": "torch"},
        "contenders": [
            curve("hand", "numpy", loss),
            curve("torch", "torch", other),
            curve("jax", "jax", [], "jax is not installed: pip install jax jaxlib optax"),
        ],
        "envelope": None,
        "network": "64-30-10",
        "data": "digits",
        "optimizer": "sgd",
        "steps": 50,
        "batch": 32,
        "rate": 0.5,
        "seed": 0,
        "dtype": "float64",
        "interrupted": False,
    } | changed


def timed(name, framework, kind, step, first):
    return {
        "name": name,
        "framework": framework,
        "kind": kind,
        "cpu_per_wall": 1.0,
        "steady_s": {"median": step, "low": 0.95 * step, "high": 1.1 * step},
        "ledger": {"first_s": first, "second_s": 2 * step},
        "ledgers": {
            "fresh machine": {
                "first_s": first,
                "trace_s": 0.1 * first if kind == "static" else 0.0,
                "compile_s": 0.7 * first if kind == "static" else 0.0,
                "rest_s": 0.2 * first,
            }
        },
        "samples": [step] * 3,
    }


def time(**changed):
    return {
        "schema": "threeways/time/1",
        "environment": environment(),
        "contenders": [
            timed("NumPy", "numpy", None, 3e-4, 4e-4),
            timed("torch, eager", "torch", "dynamic", 6e-4, 2e-2),
            timed("jax.jit", "jax", "static", 1.5e-4, 0.4),
            {
                "name": "torch.compile",
                "framework": "torch",
                "kind": "static",
                "reason": "no C++ compiler here",
            },
        ],
        "network": "64-30-10, sigmoid, softmax, cross_entropy",
        "pairs": [
            {
                "static": "jax.jit",
                "dynamic": "torch, eager",
                "ratio": {"median": 4.0, "low": 3.5, "high": 4.4},
                "break_even_steps": {"median": 844.0, "low": 700.0, "high": 900.0},
            },
            {
                "static": "torch.compile",
                "dynamic": "torch, eager",
                "ratio": {"median": 0.9, "low": 0.8, "high": 0.95},
                "break_even_steps": None,
                "reason": "never: the dynamic one is faster",
            },
        ],
        "control": {"ratio": {"median": 1.0, "low": 0.98, "high": 1.02}},
        "retrace": None,
        "widths": {
            "widths": [16, 64],
            "contenders": [_over_widths(name) for name in ("torch", "jax.jit")],
            "crossings": [
                {"static": "jax.jit", "dynamic": "torch", "width": {"median": 40, "low": 30, "high": 50}}
            ],
        },
    } | changed


def _over_widths(name):
    times = [
        {"width": w, "flops": 10000 * w, "step_s": {"median": w * 1e-6, "low": w * 9e-7, "high": w * 2e-6}}
        for w in (16, 64)
    ]
    return {"name": name, "times": times, "overhead_s": {"median": 1e-6}, "flops_per_s": {"median": "inf"}}


def run(**changed):
    return {
        "schema": "threeways/run/1",
        "environment": environment(command="threeways run"),
        "gradients": gradients(),
        "curves": curves(),
        "time": time(),
        "seconds": {"gradients": 1.0, "curves": 2.0, "time": 3.0},
        "interrupted": False,
    } | changed


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
        "environment": environment(),
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
        "environment": environment(),
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
        "environment": environment(),
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
        "environment": environment(),
        "ok": True,
        "name": "digits-sweep",
        "over": ["rate", "width"],
        "runs": runs,
        "trials": trials,
        "budget": {"hand": [0.7, 0.8, 0.85, 0.9]},
        "test_evaluations": 4,
    } | changed


def diff(**changed):
    run = {"implementation": "hand", "seed": 0, "epoch": None, "difference": 1e-12, "status": "rounding"}
    return {
        "schema": "threeways/diff/1",
        "environment": environment(),
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


def mistakes(**changed):
    counts = {"cases": 3, "found": 3, "placed": 3, "named": 2}
    judged = {"correct": 100, "false_alarms": 0, "inconclusive": 1}
    return {
        "schema": "threeways/mistakes/1",
        "environment": environment(),
        "sizes": {"networks": 1, "architectures": 50, "draws": 2, "seed": 0},
        "by_dtype": {"float64": counts | judged},
        "by_id": {"bias-averaged": {"float64": counts, "vacuous": 0, "unrunnable": 0}},
        "notable": [
            {"kind": "correct", "dtype": "float64", "verdict": "inconclusive", "architecture": 3, "draw": 1}
        ],
        "seconds": 12.5,
    } | changed


EVERY_KIND = {
    "gradients": gradients(),
    "wrong gradients": gradients(wrong="b1"),
    "gradients of another network": gradients_of_others(),
    "curves": curves(),
    "time": time(),
    "run": run(),
    "graph": graph(),
    "limits": limits(),
    "baseline": baseline(),
    "sweep": sweep(),
    "diff": diff(),
    "mistakes": mistakes(),
}
