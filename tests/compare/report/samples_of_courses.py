"""Results of exercises and of grading in their plain form."""

from tests.compare.report import samples


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
