"""Weights and biases in lists have the names they have in books; where they stood is kept."""

import json

import numpy as np
import pytest

from compare.checks.gradients import check_gradients
from compare.checks.step import check_step
from compare.common.arrays import flatten, positional_names, unflatten
from manual import MLP

NET = MLP((3, 5, 4, 2), ("sigmoid", "sigmoid", "sigmoid"), "quadratic")


def batch():
    rng = np.random.default_rng(0)
    params = {n: p + 0.3 * rng.standard_normal(p.shape) for n, p in NET.init(rng).items()}
    return params, rng.standard_normal((6, 3)), rng.random((6, 2))


def column(b):
    return b[:, None]


FORMS = {
    "(biases, weights)": lambda p: ([p["b1"], p["b2"], p["b3"]], [p["W1"], p["W2"], p["W3"]]),
    "(weights, biases)": lambda p: [[p["W1"], p["W2"], p["W3"]], [p["b1"], p["b2"], p["b3"]]],
    "columns of biases": lambda p: ([column(p[f"b{l}"]) for l in (1, 2, 3)], [p[f"W{l}"] for l in (1, 2, 3)]),
    "[W, b, W, b]": lambda p: [p["W1"], p["b1"], p["W2"], p["b2"], p["W3"], p["b3"]],
    "[in, out]": lambda p: ([p[f"W{l}"].T for l in (1, 2, 3)], [p[f"b{l}"] for l in (1, 2, 3)]),
}


def back(form, nest):
    """The flat dict of NET from a nest."""
    names = positional_names(nest)
    flat = {names[place]: a for place, a in flatten(nest).items()}
    return {n: a.reshape(-1) if n[0] == "b" else a.T if form == "[in, out]" else a for n, a in flat.items()}


def hand_for(form, wrong=1.0):
    def hand(nest, x, y):
        loss, grads = NET.loss_and_grads(back(form, nest), x, y)
        return loss, FORMS[form](grads | {"b2": wrong * grads["b2"]})

    return hand


@pytest.mark.parametrize("form", FORMS)
def test_arrays_in_lists_have_their_names(form):
    params, x, y = batch()
    report = check_gradients(hand_for(form), FORMS[form](params), x, y)
    assert report.ok and {v.name for v in report.verdicts} == params.keys(), str(report)


@pytest.mark.parametrize("form", FORMS)
def test_a_wrong_array_is_told_by_its_name_and_its_place_is_in_the_json(form):
    params, x, y = batch()
    report = check_gradients(hand_for(form, 1 / 6), FORMS[form](params), x, y)
    assert [v.name for v in report.verdicts if not v.passes] == ["b2"]
    assert report.findings[0].array == "b2" and "b2 is 1/6 of the right value" in str(report)
    place = json.loads(json.dumps(report.to_dict()))["about"]["paths"]["b2"]
    assert place == {"(biases, weights)": "0.1", "columns of biases": "0.1", "[W, b, W, b]": "3"}.get(
        form, "1.1"
    )


@pytest.mark.parametrize("form", FORMS)
def test_the_nest_is_given_back_as_it_was(form):
    nest = FORMS[form](batch()[0])
    named = {positional_names(nest)[place]: a for place, a in flatten(nest).items()}
    again = unflatten(named, nest)
    assert type(again) is type(nest)
    for a, b in zip(flatten(nest).values(), flatten(again).values(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_step_in_lists_has_the_names_too():
    params, x, y = batch()
    form = "(biases, weights)"

    def update(nest, x, y):
        flat = back(form, nest)
        loss, grads = NET.loss_and_grads(flat, x, y)
        return FORMS[form]({n: p - 0.1 * grads[n] for n, p in flat.items()}), loss

    report = check_step(update, FORMS[form](params), x, y, 0.1)
    assert report.ok and {v.name for v in report.verdicts} == params.keys()


@pytest.mark.parametrize(
    "nest",
    [
        [np.zeros((3, 4)), np.zeros((7, 2))],
        ([np.zeros(3)], [np.zeros(4)]),
        [np.zeros((4, 3)), np.zeros((1, 4))],
        [np.zeros(3), np.zeros(3)],
        {"a": [np.zeros(3)]},
        [[np.zeros((2, 3)), {"x": np.zeros(2)}], [np.zeros(2), np.zeros(2)]],
    ],
)
def test_what_is_no_row_of_layers_keeps_its_places(nest):
    assert positional_names(nest) == {}
