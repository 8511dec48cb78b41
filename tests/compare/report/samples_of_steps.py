"""Results of `executions`, `time --workers` and the bench of operations in their plain form."""

from tests.compare.report.samples import environment

RIGHT = {"array": "W1", "entry": [2, 3], "value": 0.125, "right": 0.125, "ratio": 0.4, "limit": 10.0}
OFF = RIGHT | {"array": "b1", "entry": [1], "value": 0.25, "ratio": 4.2e5}
UNNAMED = {"array": "loss", "entry": [], "value": "nan", "ratio": "nan"}


def execution(name, says, **changed):
    offs = {
        "gradient": RIGHT,
        "again": RIGHT | {"ratio": 0.9},
        "steps": RIGHT | {"ratio": 3.1, "limit": 20.0},
    }
    row = {
        "name": name,
        "framework": "torch",
        "says": says,
        "absent": None,
        "ok": True,
        **offs,
        "fault": None,
    }
    return row | changed


def executions(wrong=True, **changed):
    """Return executions of which one is right, and one absent; wrong: two more that are."""
    fault = {
        "id": "operation",
        "sentence": "The first operation that differs is aten.tanh: 0.9, right 0.8.",
        "one_of": [],
    }
    rows = [execution("torch", "eager: autograd records each call")]
    if wrong:
        rows += [
            execution("torch.compile", "the whole step compiled", ok=False, gradient=OFF, fault=fault),
            execution("torch.export", "the exported program", ok=False, again=RIGHT | UNNAMED),
        ]
    nothing = {"ok": None, "gradient": None, "again": None, "steps": None}
    rows.append(
        execution("jax.jit", "compiled by XLA", absent="jax is not installed: pip install jax", **nothing)
    )
    reference = execution("torch in float64", "against hand", again=None, steps=None)
    return {
        "schema": "threeways/executions/1",
        "environment": environment(),
        "ok": not wrong,
        "rows": rows,
        "references": [reference],
        "network": "64-30-10, sigmoid, softmax, cross_entropy",
        "data": "digits",
        "optimizer": "sgd, rate 0.1",
        "batch": 32,
        "steps": 10,
        "dtype": "float32",
        "seed": 0,
        "backend": "inductor",
        "notes": [],
    } | changed


def workers(**changed):
    def interval(median):
        return {"median": median, "low": 0.9 * median, "high": 1.1 * median}

    def row(name, count, speedup):
        times = {"speedup": interval(speedup), "efficiency": interval(speedup / count)}
        about = {"says": "processes", "absent": None, "start_s": 1.5, "samples": [1e-3]}
        return {"name": name, "workers": count, "step_s": interval(1e-3 / speedup), **about, **times}

    absent = dict.fromkeys(("start_s", "step_s", "speedup", "efficiency"))
    absent |= {
        "name": "jax.mesh",
        "workers": 2,
        "says": "a mesh",
        "absent": "jax is not installed",
        "samples": [],
    }
    return {
        "schema": "threeways/workers/1",
        "environment": environment(),
        "rows": [row("torch.gloo", 1, 1.0), row("torch.gloo", 2, 1.6), absent],
        "network": "64-30-10, sigmoid, softmax, cross_entropy",
        "data": "digits",
        "batch": 32,
        "dtype": "float64",
        "cores": 2,
    } | changed


def operations_bench(**changed):
    def check(mistake, **changed):
        about = {
            "kernel": "softmax",
            "framework": "torch",
            "dtype": "bfloat16",
            "scale": 8.0,
            "mistake": mistake,
        }
        about |= {
            "id": None,
            "moved": None,
            "ok": True,
            "found": False,
            "ids": [],
            "statuses": {"x": "agree"},
        }
        return about | changed

    counts = {"right": 40, "wrong": 0, "unknown": 1, "shown": 30, "found": 30, "with_id": 24, "named": 23}
    missed = {"id": "wrong-axis", "moved": 812.0, "ok": False, "found": True, "statuses": {"x": "wrong"}}
    return {
        "schema": "threeways/operations/1",
        "environment": environment(),
        "counts": {"torch bfloat16": counts | {"misnamed": 0}},
        "checks": [
            check(None),
            check(None, ok=False, statuses={"x": "inconclusive"}),
            check("sum over the batch", **missed),
        ],
    } | changed
