"""Results of the other commands in their plain form, and one of every kind."""

import itertools

from tests.compare.report import samples


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


def mistakes(**changed):
    counts = {"cases": 3, "found": 3, "placed": 3, "named": 2}
    judged = {"correct": 100, "false_alarms": 0, "inconclusive": 1}
    return {
        "schema": "threeways/mistakes/1",
        "environment": samples.environment(),
        "sizes": {"networks": 1, "architectures": 50, "draws": 2, "seed": 0},
        "by_dtype": {"float64": counts | judged},
        "by_id": {"bias-averaged": {"float64": counts, "vacuous": 0, "unrunnable": 0}},
        "notable": [
            {"kind": "correct", "dtype": "float64", "verdict": "inconclusive", "architecture": 3, "draw": 1}
        ],
        "seconds": 12.5,
    } | changed


def exercise():
    rule = {
        "rule": "bias_gradient",
        "state": "right",
        "place": "",
        "hint": "",
        "answer": "",
        "one_of": [],
        "points": 1.0,
        "of": 1.0,
    }
    wrong = {"rule": "hidden_delta", "state": "wrong", "place": "layer 1", "hint": "Which f?", "points": 0.0}
    return {
        "schema": "threeways/exercise/1",
        "environment": samples.environment(),
        "network": "5-4-3, tanh, softmax, cross_entropy",
        "rules": [
            rule,
            rule | wrong | {"answer": "the answer, kept back"},
            rule | {"rule": "loss", "state": "empty"},
        ],
    }


def exercises():
    wrong, right = exercise()["rules"][1], exercise()["rules"][0]
    wrong = wrong | {"one_of": ["missing-activation-derivative"], "layers": [1]}
    line = {"hidden_delta": [71, "return p.delta[l + 1] @ p.W[l + 1]"]}
    marked = {"submission": "adams", "status": "wrong", "points": 1.0, "of": 2.0, "rules": [wrong, right]}
    none = {"submission": "=cmd()", "status": "time", "points": 0.0, "of": 2.0, "rules": [], "lines": {}}
    return {
        "schema": "threeways/exercises/1",
        "environment": samples.environment(),
        "network": "5-4-3, tanh, softmax, cross_entropy",
        "exercise": {"sizes": [5, 4, 3]},
        "of": 2.0,
        "submissions": [
            marked | {"lines": line, "diagnosis": "", "seconds": 0.5},
            none | {"diagnosis": "your code ran out of time", "seconds": 10.0},
        ],
        "mistakes": [
            {
                "rule": "hidden_delta",
                "one_of": ["missing-activation-derivative"],
                "source": "return p.delta[l + 1] @ p.W[l + 1]",
                "students": ["adams"],
            }
        ],
        "warnings": [],
        "jobs": 2,
        "seconds": 10.5,
        "sandbox": None,
    }


def grades():
    right = {
        "submission": "ada.py",
        "status": "right",
        "points": 4.0,
        "of": 4.0,
        "seconds": 0.5,
        "diagnosis": "",
    }
    wrong = {
        "submission": "bob.py",
        "status": "wrong",
        "points": 1.0,
        "diagnosis": "b1 is 1/8 of the right value",
    }
    return {
        "schema": "threeways/grades/1",
        "environment": samples.environment(),
        "assignment": "assignment.py",
        "of": 4.0,
        "inputs": [11, 12],
        "jobs": 2,
        "seconds": 1.5,
        "warnings": [],
        "submissions": [
            right | {"arrays": {"W1": "agree", "b1": "agree"}},
            right | wrong | {"arrays": {"W1": "agree", "b1": "wrong"}},
            right | {"submission": "cy.py", "status": "time", "points": 0.0, "arrays": {}},
        ],
    }


def lines_bench():
    single = {"cases": 4, "found": 4, "placed": 3, "among": 4, "blamed": 1, "fixed": 3, "fix_right": 3}
    one = {"cases": 1, "found": 1, "placed": 0, "among": 1, "blamed": 0, "fixed": 0, "fix_right": 0}
    seconds = {"median": 0.51, "p90": 1.4, "max": 2.2}
    row = {"case": "single", "function": "rmsnorm", "kind": "term dropped", "line": 39, "named": [14, 15]}
    right = {
        "case": "correct",
        "function": "rmsnorm",
        "dtype": "float32",
        "scale": 30.0,
        "batch": 7,
        "seconds": 0.2,
    }
    return {
        "schema": "threeways/lines/1",
        "environment": samples.environment(),
        "sizes": {"functions": 2, "many": 2, "seed": 0},
        "correct": {"cases": 8, "right": 8, "wrong": 0, "not_known": 0, "overflowed": 0},
        "single": single,
        "pairs": {"cases": 2, "found": 2, "both": 1, "fixed": 1, "fix_right": 1},
        "seconds_of": {"correct": seconds, "single": seconds, "pair": seconds},
        "by_kind": {"sign": single | {"cases": 3, "found": 3, "among": 3}, "term dropped": one},
        "by_function": {"rmsnorm": single},
        "rows": [
            right | {"verdict": "right"},
            row | {"found": True, "placed": False, "fix_right": None, "seconds": 1.5},
        ],
        "seconds": 20.0,
    }


def wild_bench():
    part = {"cases": 2, "found": 2, "line": 1, "alone": 1, "explained": 1, "by_id": 1, "by_change": 0}
    part |= {
        "accused": 1,
        "accused_wrong": 0,
        "accused_right": 1,
        "right": 2,
        "right_wrong": 0,
        "right_right": 2,
    }
    none = dict.fromkeys(part, 0)
    row = {
        "case": "lstm-cell-assigned",
        "kind": "wrong",
        "code": "LSTM",
        "mistake": "dc assigned where it is a sum",
        "source": "https://example.org/issues/4057",
        "held_out": False,
        "verdict": "wrong",
        "said": "Wh is off in 6 of 6 entries.",
        "seconds": 2.5,
        "planted": [31],
        "named": [30],
        "ids": [],
        "found": True,
        "line": False,
        "alone": False,
        "explained": False,
        "by_id": False,
        "by_change": False,
    }
    told = ("case", "kind", "code", "mistake", "source", "held_out", "verdict", "said", "seconds")
    right = {k: row[k] for k in told} | {"kind": "right", "verdict": "right", "said": None}
    return {
        "schema": "threeways/wild/1",
        "environment": samples.environment(),
        "sources": 2,
        "seen": part,
        "held_out": none,
        "by_code": {"LSTM": part},
        "seconds_of": {"median": 2.1, "p90": 4.0, "max": 9.5},
        "rows": [right, row, row | {"case": "in-the-dark", "held_out": True}],
        "seconds": 31.0,
    }


def families_bench():
    counts = {"cases": 4, "right": 3, "wrong": 1, "not_known": 0, "not_proved": 1}
    size = {"cases": 2, "found": 1, "below": 1}
    seconds = {"median": 0.11, "p90": 0.58, "max": 1.7}
    row = {
        "number": 5,
        "dtype": "float32",
        "words": "mlp (tanh, 2, 0), huber; scale 1.0e-03, N=7",
        "late": False,
    }
    planted = {"kind": "row", "size": "1e-6", "array": "W1", "index": "[2]", "status": "agree", "others": []}
    return {
        "schema": "threeways/families/1",
        "environment": samples.environment(),
        "sizes": {"functions": 8, "errors": 2, "seed": 0},
        "correct": {"float64": counts | {"right": 4, "wrong": 0}, "float32": counts},
        "planted": {"float64": {"whole": size | {"found": 2, "below": 0}}, "float32": {"1e-6": size}},
        "by_kind": {
            "row": size | {"named": 0, "exact": 0, "fixed": 0, "names": {}},
            "doubled": size | {"found": 2, "named": 1, "exact": 1, "fixed": 0, "names": {"factor-two": 1}},
        },
        "seconds_of": {"correct": seconds, "planted": seconds},
        "failed": 0,
        "late": 1,
        "notable": [
            row
            | {
                "case": "correct",
                "seconds": 0.2,
                "verdict": "wrong",
                "not_proved": [],
                "off": [{"name": "b1"}],
            },
            row | {"case": "planted", "seconds": 0.3, "found": False} | planted,
            row | {"case": "failed", "said": "TimeoutError: more than 10 s"},
        ],
        "seconds": 12.0,
    }


def derivatives():
    forward = {"file": "mine.py", "line": 5, "source": "h = np.tanh(x @ W1 + b1)"}
    backward = {"file": "mine.py", "line": 9, "source": "dz = dh * (1 + h**2)"}
    last = {"file": "mine.py", "line": 10, "source": "return loss, {'W1': x.T @ dz}"}
    value = {
        "name": "x @ W1 + b1",
        "at": forward,
        "times": 2,
        "shape": [6, 4],
        "norm": 0.5343,
        "by": [backward],
    }
    return {
        "schema": "threeways/derivatives/1",
        "environment": samples.environment(),
        "ok": False,
        "function": "backward",
        "loss": 0.5136894591,
        "values": [
            value | {"state": "wrong", "computed": 0},
            value | {"name": "h", "state": "right", "computed": 2},
            value | {"name": "slack", "state": "unknown", "computed": 0, "by": [], "times": 1, "shape": []},
            value | {"name": "W1", "at": None, "times": 1, "state": "inherited", "computed": 0, "by": [last]},
        ],
        "wrong": [
            {
                "lines": [backward],
                "arrays": ["W1"],
                "fix": {"line": 9, "from": "dz = dh * (1 + h ** 2)", "to": "dz = dh * (1 - h ** 2)"},
            }
        ],
    }


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
    "wild": wild_bench(),
    "derivatives": derivatives(),
}
