"""Large problems without a record: a sample is differenced, and random directions look at the rest; evidence beside."""

import numpy as np
import pytest

import manual
from compare.checks.gradients import check_gradients
from compare.report import door

SIZES = (60, 50, 8)  # 3,458 parameters: too many to be differenced one by one


def batch(dtype="float64", scale=0.3):
    rng = np.random.default_rng(0)
    params = {}
    for l in (1, 2):
        params[f"W{l}"] = (scale * rng.standard_normal((SIZES[l - 1], SIZES[l]))).astype(dtype)
        params[f"b{l}"] = (scale * rng.standard_normal(SIZES[l])).astype(dtype)
    return params, rng.standard_normal((7, SIZES[0])).astype(dtype), rng.standard_normal((7, 8)).astype(dtype)


def sine(params, x, y, spoil=None, real=False):
    """sin in the hidden layer: no network of the catalogue. `real` loses imaginary parts, as float() does."""
    z = x @ params["W1"] + params["b1"]
    a = np.sin(z)
    e = a @ params["W2"] + params["b2"] - y
    d2 = 2 * e / np.asarray(e.size, x.dtype)
    d1 = (d2 @ params["W2"].T) * np.cos(z)
    loss = (e**2).mean()
    grads = {"W1": x.T @ d1, "b1": d1.sum(0), "W2": a.T @ d2, "b2": d2.sum(0)}
    if spoil:
        name, index, relative = spoil
        grads[name][index] += relative * np.sqrt(np.mean(grads[name] ** 2))
    return float(loss) if real else loss, grads


def spoilt(*spoil, real=False):
    return lambda p, x, y: sine(p, x, y, spoil, real)


def statuses(report):
    return {v.name: v.status for v in report.verdicts}


def test_where_the_loss_is_analytic_the_complex_step_is_the_witness(unrecorded):
    report = check_gradients(sine, *batch())
    assert report.ok and report.about["numerical"]["how"] == "complex step"
    assert all(v.error < 1e-13 for v in report.verdicts)


def test_a_loss_that_is_not_analytic_is_differenced(unrecorded):
    report = check_gradients(lambda p, x, y: sine(p, x, y, real=True), *batch())
    assert report.ok and report.about["numerical"]["how"] == "central differences"


def test_a_loss_through_abs_is_not_taken_for_an_analytic_one(unrecorded):
    def hand(params, x):
        z = x * params["w"]
        return np.abs(z).sum(), {"w": (np.sign(z) * x).sum(0)}

    report = check_gradients(hand, {"w": np.array([0.5, -1.0])}, np.array([[1.0, 2.0], [-3.0, 1.0]]))
    assert report.ok and report.about["numerical"]["how"] == "central differences"


@pytest.mark.parametrize("index", [(0, 0), (17, 33), (59, 49)])
@pytest.mark.parametrize("real, relative", [(False, 1e-6), (True, 1e-3)])
def test_one_wrong_entry_between_the_sampled_ones_is_found_by_halves(index, real, relative, unrecorded):
    report = check_gradients(spoilt("W1", index, relative, real=real), *batch())
    assert report["W1"].status == "wrong" and report["W1"].worst_index == index
    assert all(s == "agree" for n, s in statuses(report).items() if n != "W1") and report.exit_code == 1
    assert f"W1{list(index)} is off" in report.diagnosis


@pytest.mark.parametrize("real", [False, True])
def test_the_sensitivity_of_a_sampled_check_is_what_it_would_catch_anywhere(real, unrecorded):
    params, x, y = batch()
    caught = check_gradients(lambda p, x, y: sine(p, x, y, real=real), params, x, y)["W1"].sensitivity
    assert 1e-14 < caught < 1e-4
    rng = np.random.default_rng(3)
    for _ in range(4):
        index = (int(rng.integers(60)), int(rng.integers(50)))
        report = check_gradients(spoilt("W1", index, 2 * caught, real=real), params, x, y)
        assert report["W1"].status == "wrong" and report["W1"].worst_index == index


def test_a_float32_function_that_keeps_its_digits_is_differenced_in_float64(unrecorded):
    report = check_gradients(sine, *batch("float32"))
    assert report.ok, str(report)
    assert all(v.sensitivity < 1e-2 for v in report.verdicts)


def test_a_sample_is_said_to_be_one(unrecorded):
    report = check_gradients(sine, *batch())
    entries = report.about["numerical"]["entries"]
    assert report.about["numerical"]["of"] == 3458 > entries
    assert f"Numerical derivatives: {entries} of 3458 entries (complex step)." in str(report)


# ---- Against autograd every entry counts


@pytest.mark.parametrize("who, trials", [("torch", 3), ("jax", 1)])
def test_one_entry_off_by_a_millionth_between_the_sampled_ones_is_always_found_against_autograd(
    who, trials, monkeypatch
):
    # To name it is another matter, and slow.
    monkeypatch.setattr("compare.mistakes.naming.name_mistakes", lambda case: ([], [], False))
    net = manual.MLP((40, 60, 5), ("tanh", "softmax"), "cross_entropy")
    rng = np.random.default_rng(1)
    params = {n: p + 0.1 * rng.standard_normal(p.shape) for n, p in net.init(rng).items()}
    x, y = rng.standard_normal((9, 40)), rng.integers(0, 5, 9)
    _, right = net.loss_and_grads(params, x, y)
    for _ in range(trials):
        index = (int(rng.integers(60)), int(rng.integers(40)))
        wrong = right | {"W1": right["W1"].copy()}
        wrong["W1"][index] += 1e-6 * np.sqrt(np.mean(right["W1"] ** 2))
        report = check_gradients(wrong, params, x, y, network=net, witnesses=(who,))
        assert report["W1"].status == "wrong" and report["W1"].worst_index == index


# ---- Evidence


NET = manual.MLP((3, 5, 2), ("tanh", "softmax"), "cross_entropy")


def small():
    rng = np.random.default_rng(0)
    params = {n: p + 0.3 * rng.standard_normal(p.shape) for n, p in NET.init(rng).items()}
    return params, rng.standard_normal((8, 3)), rng.integers(0, 2, 8)


def test_the_taylor_rate_is_2_for_the_gradient_and_1_for_another_array():
    assert check_gradients(NET.loss_and_grads, *small()).about["directions"]["taylor_rate"] == pytest.approx(
        2, abs=0.05
    )

    def hand(params, x, y):
        loss, grads = NET.loss_and_grads(params, x, y)
        return loss, grads | {"W1": 1.1 * grads["W1"]}

    assert check_gradients(hand, *small()).about["directions"]["taylor_rate"] == pytest.approx(1, abs=0.05)


def test_forward_mode_and_the_hand_give_one_derivative_along_a_direction():
    report = check_gradients(NET, *small(), network=NET, forward=True)
    products = report.to_dict()["about"]["directions"]["dot_product"]
    assert products.keys() == {"torch", "jax"}
    for said in products.values():
        assert said["relative"] < 1e-14 and said["Ju"] == pytest.approx(said["uJT"], rel=1e-12)


def test_forward_mode_differs_from_a_wrong_gradient():
    params, x, y = small()
    _, grads = NET.loss_and_grads(params, x, y)
    report = check_gradients(
        lambda *case: (NET.loss(*case), grads | {"b1": 2 * grads["b1"]}),
        params,
        x,
        y,
        network=NET,
        forward=True,
    )
    assert all(d["relative"] > 1e-3 for d in report.about["directions"]["dot_product"].values())


def test_evidence_is_shown_to_those_who_ask_for_more():
    report = check_gradients(NET, *small(), network=NET, forward=True)
    assert "Taylor rate" not in str(report)
    said = door.text(report.to_dict(), verbose=True)
    assert "Taylor rate along a random direction: 2.0" in said and "Dot product: jax's forward mode" in said
