"""Results of an audit of tests and of printed numbers, in their plain form."""

from tests.compare.report import samples


def audit():
    noticed = {
        "file": "layers.py",
        "line": 6,
        "function": "backward",
        "target": "backward",
        "kind": "zero",
        "before": "return dW",
        "after": "return 0 * dW",
        "outcome": "noticed",
        "by": "tests/test_layers.py::test_backward",
        "outcomes": {"tests/test_layers.py::test_backward": "failed"},
        "said": "assert False",
        "error": None,
        "blind": None,
    }
    place = {"test": "tests/test_layers.py::test_loose", "file": "tests/test_layers.py", "line": 31}
    blind = place | {"text": "assert np.allclose(dW, num, atol=1e-2)", "why": "atol 1e-2 hides 38 %"}
    survived = {"kind": "factor inserted", "after": "return 0.62 * dW", "outcome": "survived", "by": None}
    counts = {
        "planted": 5,
        "wrong": 3,
        "noticed": 1,
        "late": 0,
        "survived": 2,
        "raised": 1,
        "equivalent": 1,
        "unmeasured": 0,
    }
    return {
        "schema": "threeways/audit/1",
        "environment": samples.environment(),
        "about": {"tests": "tests", "many": 20, "each": False, "seconds_of_tests": 1.0},
        "counts": counts,
        "functions": [{"file": "layers.py", "function": "backward", "line": 6, "unrun": [9], **counts}],
        "tests": [{"test": "tests/test_layers.py::test_loose", "ran": 3, "noticed": 0}],
        "untested": ["layers.py:other_backward"],
        "rows": [
            noticed,
            noticed | survived | {"error": 0.38, "blind": blind | {"cause": "tolerance"}},
            noticed
            | survived
            | {"error": "inf", "blind": blind | {"cause": "unread", "line": 0, "why": "<b>"}},
        ],
        "seconds": 12.5,
    }


def printed():
    row = {"source": "mazur", "what": "E", "printed": "0.298371109", "verdict": "reproduced"}
    wrong = {"what": "E after 1", "printed": "0.291027924", "verdict": "source wrong", "right": "0.291027774"}
    computed = {"numpy": [0.29837110876], "torch": [0.29837110876]}
    return {
        "schema": "threeways/printed/1",
        "environment": samples.environment(),
        "ways": ["numpy", "torch"],
        "absent": ["jax"],
        "counts": {"reproduced": 1, "source wrong": 1, "not reproduced": 0},
        "sources": {"mazur": {"title": "A worked example", "where": "mattmazur.com"}},
        "rows": [
            row | {"computed": computed, "right": None, "why": None},
            row | wrong | {"computed": computed, "why": "the output weights were updated first"},
        ],
    }
