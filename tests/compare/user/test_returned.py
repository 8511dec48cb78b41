"""What a user's function returns beside the loss and the gradients is left aside, and said."""

import numpy as np
import pytest

from compare.checks.gradients import check_gradients

RNG = np.random.default_rng(0)
PARAMS = {"W": RNG.standard_normal((4, 3)), "U": RNG.standard_normal((3, 3)), "b": RNG.standard_normal(3)}
X, Y = RNG.standard_normal((6, 4)), RNG.standard_normal((6, 3))


def parts(params, x, y):
    W, U, b = params.values()
    h = np.tanh(x @ W)
    e = h @ U + b - y
    dh = e @ U.T * (1 - h**2)
    return 0.5 * (e**2).sum(), {"W": x.T @ dh, "U": h.T @ e, "b": e.sum(0)}, {"h": h, "e": e, "dh": dh}


FORMS = {
    "a hidden state behind": lambda loss, g, k: (loss, *g.values(), k["h"]),
    "two values behind": lambda loss, g, k: (loss, *g.values(), k["h"], k["e"]),
    "a value before": lambda loss, g, k: (loss, k["h"], *g.values()),
    "a list, then values": lambda loss, g, k: (loss, list(g.values()), k["h"], k["e"]),
    "a dict, then values": lambda loss, g, k: (loss, g, k["h"], k["e"]),
    "a name behind": lambda loss, g, k: (loss, *g.values(), "tanh"),
}


@pytest.mark.parametrize("form", FORMS)
def test_values_beside_the_loss_and_the_gradients_are_left_aside(form):
    report = check_gradients(lambda *a: FORMS[form](*parts(*a)), PARAMS, X, Y)
    assert report.ok and [v.name for v in report.verdicts] == ["W", "U", "b"], str(report)
    assert "not looked at" in " ".join(report.about["assumed"])


def test_a_wrong_gradient_among_further_values_is_found():
    def last(params, x, y):
        loss, g, k = parts(params, x, y)
        return loss, g["W"], 2 * g["U"], g["b"], k["h"]

    report = check_gradients(last, PARAMS, X, Y)
    assert {v.name for v in report.verdicts if not v.passes} == {"U"}


def decorated(params, x, y, **more):
    loss, g, k = parts(params, x, y)
    return loss, {"de": k["e"], "dh": k["dh"], **{f"d{n}": a for n, a in g.items()}, **more}


def test_intermediates_in_the_dict_of_gradients_are_ignored_and_noted():
    report = check_gradients(decorated, PARAMS, X, Y)
    assert report.ok and [v.name for v in report.verdicts] == ["W", "U", "b"]
    assert "de, dh belong to no parameter: ignored" in report.about["assumed"]


def test_a_cache_among_them_may_hold_anything():
    assert check_gradients(lambda *a: decorated(*a, cache=("tanh", object())), PARAMS, X, Y).ok


def test_a_parameter_of_that_name_is_judged():
    params = {"e": PARAMS["W"], "h": PARAMS["U"], "z": PARAMS["b"]}

    def named(p, x, y):
        loss, g, k = parts(dict(zip(PARAMS, p.values(), strict=True)), x, y)
        return loss, {"dh": 3 * g["U"], "de": g["W"], "dz": g["b"], "dq": k["h"]}

    report = check_gradients(named, params, X, Y)
    assert {v.name: v.passes for v in report.verdicts} == {"e": True, "h": False, "z": True}


@pytest.mark.parametrize("name", ["W2", "dW", "U_grad"])
def test_a_gradient_too_many_is_unexpected(name):
    def more(params, x, y):
        loss, g, _ = parts(params, x, y)
        return loss, g | {name: g["W"]}

    assert check_gradients(more, PARAMS, X, Y)[name].status == "unexpected"


def test_a_missing_gradient_is_not_covered_by_an_intermediate():
    def without(params, x, y):
        loss, g = decorated(params, x, y)
        return loss, {n: a for n, a in g.items() if n != "dU"}

    report = check_gradients(without, PARAMS, X, Y)
    assert report["U"].status == "missing" and report["dh"].status == "unexpected"
