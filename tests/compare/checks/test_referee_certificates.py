"""What a proof says of its own precision: the sensitivity that is printed, and certificates."""

import numpy as np
import pytest

from compare.checks.gradients import check_gradients

pytest.importorskip("flint")


def logistic(share, plain):
    """README's network; one entry of W2's gradient is off by `share`."""

    def hand(p, x, y):
        a1 = np.tanh(x @ p["W1"] + p["b1"])
        q = 1 / (1 + np.exp(-(a1 @ p["W2"] + p["b2"])))
        d2 = (q - y) / len(x)
        d1 = (d2 @ p["W2"].T) * (1 - a1**2)
        dW2 = a1.T @ d2
        dW2[0, 0] = dW2[0, 0] * (1 + share)
        loss = -np.mean(y * np.log(q) + (1 - y) * np.log(1 - q))
        grads = {"W1": x.T @ d1, "b1": d1.sum(axis=0), "W2": dW2, "b2": d2.sum(axis=0)}
        return float(loss) if plain else loss, grads

    return hand


def drawn():
    rng = np.random.default_rng(0)
    shapes = {"W1": (2, 4), "b1": (4,), "W2": (4, 1), "b2": (1,)}
    p = {n: rng.normal(size=s) for n, s in shapes.items()}
    return p, rng.normal(size=(8, 2)), rng.integers(0, 2, (8, 1)).astype(float)


@pytest.mark.parametrize("plain", [False, True])
def test_three_times_the_printed_sensitivity_is_found(plain):
    report = check_gradients(logistic(0.0, plain), *drawn())
    assert report.ok
    printed = max(v.sensitivity for v in report.verdicts)
    for share in (3 * printed, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8):
        spoilt = check_gradients(logistic(share, plain), *drawn())
        assert spoilt["W2"].status == "wrong" and spoilt.recognised, share
    # What is printed is within ten times of what is seen.
    assert check_gradients(logistic(printed / 10, plain), *drawn()).ok


def test_a_certificate_holds_the_derivative_of_every_entry():
    report = check_gradients(logistic(0.0, False), *drawn(), certify=True)
    certificate = report.about["certificate"]
    assert certificate["arrays"].keys() == {"W1", "b1", "W2", "b2"}
    w1 = certificate["arrays"]["W1"]
    assert w1["status"] == "same" and w1["entries"] == len(w1["enclosures"]) == 8
    middle = float(w1["enclosures"][0].strip("[]").split(" +/-")[0])
    assert middle == pytest.approx(0.3183713797788057, rel=1e-14)
    assert ": proved." in str(report) and "0.31837137977880569" in str(report)
    spoilt = check_gradients(logistic(1e-9, False), *drawn(), certify=True)
    assert spoilt.about["certificate"]["arrays"]["W2"]["status"] == "apart"
    assert "yours proved wrong" in str(spoilt)


def test_a_certificate_that_cannot_be_had_says_why():
    def hand(p):
        w = p["w"]
        return np.cov(w) * 1.0, {"w": (w - w.mean()) * (2 / (len(w) - 1))}

    report = check_gradients(hand, {"w": np.array([0.3, 1.4, -0.6])}, certify=True)
    assert report.ok and all(1e-10 < v.sensitivity < 1e-7 for v in report.verdicts)
    assert any("Not certified: no formula is known for cov" in w for w in report.warnings)
