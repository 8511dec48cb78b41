"""Results of the benches of mistakes, lines and families, and of the derivatives of lines, in their plain form."""

from tests.compare.report import samples


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


def families_bench():
    counts = {"cases": 4, "right": 3, "wrong": 1, "not_known": 0, "not_proved": 1}
    size = {"cases": 2, "found": 1, "below": 1}
    seconds = {"median": 0.11, "p90": 0.58, "max": 1.7, "referee": 1.34}
    row = {
        "number": 5,
        "dtype": "float32",
        "words": "mlp (tanh, 2, 0), huber; scale 1.0e-03, N=7",
        "late": False,
    }
    planted = {"kind": "row", "size": "1e-6", "array": "W1", "index": "[2]", "status": "agree", "others": []}
    planted |= {"unfounded": ["factor-two"]}
    return {
        "schema": "threeways/families/1",
        "environment": samples.environment(),
        "sizes": {"functions": 8, "errors": 2, "seed": 0, "workers": 1},
        "correct": {"float64": counts | {"right": 4, "wrong": 0}, "float32": counts},
        "planted": {"float64": {"whole": size | {"found": 2, "below": 0}}, "float32": {"1e-6": size}},
        "by_kind": {
            "row": size | {"named": 0, "exact": 0, "fixed": 0, "names": {}},
            "doubled": size | {"found": 2, "named": 1, "exact": 1, "fixed": 0, "names": {"factor-two": 1}},
        },
        "names": {"said": 1, "unfounded": 1},
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
