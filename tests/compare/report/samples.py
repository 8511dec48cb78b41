"""Results in their plain form, as the commands write them, small enough to read."""

import numpy as np

from compare.judge.comparison import Grid

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
    grid = Grid(shape)
    rng = np.random.default_rng(len(name))
    size = 0.3 if status == "agree" else 1e11
    grid.add(tuple(slice(None) for _ in shape), size * rng.random(shape))
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
        "grid": grid.value.tolist(),
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
        "answers": {
            "noise_ratio": 0.5,
            "worst": "W1, 0.5 rounding units",
            "ok": True,
            "flush_to_zero": framework == "jax",
            "tf32": False,
        },
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


def paid(steps, epochs):
    """A BreakEven in its plain form."""
    interval = {"median": steps, "low": 0.8 * steps, "high": 1.1 * steps}
    return {"steps": interval, "epochs": epochs, "seconds": 0.5, "reason": None}


def time(**changed):
    return {
        "schema": "threeways/time/1",
        "environment": environment(),
        "data": "digits",
        "batch": 32,
        "dtype": "float32",
        "threads": 1,
        "device": "cpu",
        "pinned_to": [1],
        "clock": "wall",
        "states": ["fresh machine", "warm cache"],
        "engines": [
            {"name": "NumPy", "against": "jax.jit", "ratio": {"median": 2.0, "low": 1.9, "high": 2.1}}
        ],
        "where": [{"framework": "torch", "step_s": 6e-4, "parts": {"dispatch": 4e-4, "arithmetic": 2e-4}}],
        "warnings": ["jax.jit: twice the calls took 1.20 times as long; work may have been folded away"],
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
                "reason": None,
                "break_even": {"fresh machine": paid(844.0, 18.8), "warm cache": paid(100.0, 2.2)},
            },
            {
                "static": "torch.compile",
                "dynamic": "torch, eager",
                "ratio": {"median": 0.9, "low": 0.8, "high": 0.95},
                "break_even_steps": None,
                "reason": "never: the dynamic one is faster",
                "break_even": {},
            },
        ],
        "control": {"name": "NumPy", "ratio": {"median": 1.0, "low": 0.98, "high": 1.02}},
        "retrace": [],
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
