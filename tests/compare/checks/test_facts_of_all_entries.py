"""check_gradients says what is true of all entries, for any function: false explanations are not given."""

import numpy as np
import pytest

from compare.checks.gradients import check_gradients

RNG = np.random.default_rng(0)
V, D = 5, 3


def softmax(s):
    e = np.exp(s - s.max())
    return e / e.sum()


def skipgram(params, x, y, assigned=True):
    grad, cost = np.zeros_like(params), 0.0
    for c, contexts in zip(x, y, strict=True):
        inner = np.zeros(D)
        for o in contexts:
            p = softmax(params[V:] @ params[c])
            cost -= np.log(p[o])
            p[o] -= 1
            inner += params[V:].T @ p
            grad[V:] += np.outer(p, params[c])
        grad[c] = inner if assigned else grad[c] + inner
    return cost, grad


def test_rows_that_were_assigned_and_not_added_to():
    params, words = RNG.standard_normal((2 * V, D)), [0, 4, 1, 0, 4]
    contexts = [[1, 2], [0, 3], [2], [3], [1]]
    report = check_gradients(skipgram, params, words, contexts)
    assert report.diagnosis.splitlines()[0] == "value is off in rows 0, 4 only."
    assert check_gradients(lambda *a: skipgram(*a, assigned=False), params, words, contexts).ok


def likelihood(theta, X, y, power=3):
    """A Gaussian process: the derivative by log l has l^power for l^2."""
    l, sf, sn = np.exp(theta)
    d2 = ((X[:, None] - X[None]) ** 2).sum(-1)
    K0 = sf**2 * np.exp(-d2 / (2 * l**2))
    K = K0 + sn**2 * np.eye(len(X))
    a = np.linalg.solve(K, y)
    W = np.linalg.inv(K) - np.outer(a, a)
    value = 0.5 * y @ a + np.log(np.diag(np.linalg.cholesky(K))).sum()
    return value, np.array(
        [0.5 * np.sum(W * M) for M in (K0 * d2 / l**power, 2 * K0, 2 * sn**2 * np.eye(len(X)))]
    )


def test_one_wrong_entry_is_not_a_factor_of_every_array():
    X = RNG.standard_normal((12, 2))
    y = np.sin(X[:, 0]) + 0.1 * RNG.standard_normal(12)
    report = check_gradients(likelihood, np.log([1.7, 0.8, 0.3]), X, y)
    assert report.diagnosis.splitlines()[0] == "value is off in 1 of 3 entries: [0]."


N, K = 8, 3
X, Y = RNG.standard_normal((N, 4)), RNG.uniform(size=(N, K))
PARAMS = {"W1": RNG.standard_normal((4, 5)), "b1": RNG.standard_normal((1, 5))}
PARAMS |= {"W2": RNG.standard_normal((5, K)), "b2": RNG.standard_normal((1, K))}


def network(p, x, y, f=np.tanh, slope=lambda h: 1 - h**2, l2=0.0):
    h = f(x @ p["W1"] + p["b1"])
    e = h @ p["W2"] + p["b2"] - y
    d2 = 2 * e / e.size
    d1 = d2 @ p["W2"].T * slope(h)
    grads = {"W1": x.T @ d1, "b1": d1.sum(0, keepdims=True), "W2": h.T @ d2, "b2": d2.sum(0, keepdims=True)}
    loss = np.mean(e**2) + 0.5 * l2 * sum((p[n] ** 2).sum() for n in ("W1", "W2"))
    return loss, {n: g + (l2 * p[n] if n[0] == "W" else 0) for n, g in grads.items()}


def odd(p, x, y, l2=0.0):
    """The same with an activation that no catalogue has."""
    return network(p, x, y, lambda z: z + 0.1 * np.sin(3 * z), lambda h: 1.0, l2)


def right_odd(p, x, y, l2=0.0):
    z = x @ p["W1"] + p["b1"]
    return network(p, x, y, lambda z: z + 0.1 * np.sin(3 * z), lambda h: 1 + 0.3 * np.cos(3 * z), l2)


def spoilt(forward, change):
    def hand(p, x, y):
        loss, g = forward(p, x, y)
        return loss, g | change(g, p)

    return check_gradients(hand, PARAMS, X, Y)


@pytest.mark.parametrize("forward", [network, right_odd])
@pytest.mark.parametrize(
    "ratio, words",
    [
        (12, "12 = N K / 2 times the right value (N=8, K=3)"),
        (24, "24 = N K times the right value (N=8, K=3)"),
        (1.5, "1.5 = K / 2 times the right value (K=3)"),
        (-2, "-2 times the right value"),
        (-0.5, "-1/2 times the right value"),
    ],
)
def test_one_factor_of_every_array(forward, ratio, words):
    report = spoilt(forward, lambda g, p: {n: ratio * a for n, a in g.items()})
    assert report.diagnosis.startswith(
        (f"Every array is {words}.", f"Every array is {words}: the sign is reversed")
    )
    assert "No single mistake" not in report.diagnosis


@pytest.mark.parametrize("ratio, id", [(8, "missing-batch-mean"), (0.5, "factor-two"), (-1, "sign-flipped")])
def test_a_factor_with_a_name_keeps_it_and_is_uncertain(ratio, id):
    report = spoilt(right_odd, lambda g, p: {n: ratio * a for n, a in g.items()})
    assert id in report.findings[0].one_of and not report.findings[0].exact
    assert f"the mark of {id}" in report.diagnosis


def test_a_factor_that_one_entry_breaks_is_not_said():
    def change(g, p):
        found = {n: 2 * a for n, a in g.items()}
        found["W1"][2, 3] *= 1.001
        return found

    report = spoilt(right_odd, change)
    assert "Every array" not in report.diagnosis.split("\n")[0].split("W2, b2")[0]
    assert "W2, b2, b1 are each 2 times the right value in every entry" in report.diagnosis


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda g, p: {"b2": g["b2"] * N}, "b2 is 8 times the right value in every entry, and N=8."),
        (lambda g, p: {"W1": g["W1"] - 0.2 * p["W1"]}, "W1 is the right gradient plus -0.2 times W1 itself"),
        (lambda g, p: {"b1": g["b1"] + 0.1 * p["b1"]}, "b1 is the right gradient plus 0.1 times b1 itself"),
        (
            lambda g, p: {"W2": np.clip(g["W2"], -0.01, 0.01)},
            "W2 is the right gradient clipped to [-0.01, 0.01].",
        ),
        (lambda g, p: {"W1": g["W1"] * (0.1 / np.linalg.norm(g["W1"]))}, "its norm is 0.1: clipped by norm."),
        (
            lambda g, p: {"W1": np.where(np.arange(5) == 2, 0, g["W1"])},
            "W1 is off in columns 2 only, where it is 0.",
        ),
    ],
)
def test_facts_by_differences_alone(change, words):
    report = spoilt(right_odd, change)
    assert words in report.diagnosis, report.diagnosis


def test_the_array_nearest_to_the_loss_is_first():
    report = check_gradients(odd, PARAMS, X, Y)
    assert (
        report.diagnosis.startswith("W1 is off in 20 of 20 entries")
        and "W2, b2 are right." in report.diagnosis
    )
    report = spoilt(right_odd, lambda g, p: {"W1": np.sin(g["W1"]) + 1, "W2": g["W2"] ** 2})
    assert report.diagnosis.index("W2 is off") < report.diagnosis.index("W1 is off")
    assert report.about["see"]["array"] == "W2"


def test_a_sample_of_entries_is_called_that(unrecorded):
    big = {"W1": RNG.standard_normal((4, 500)), "b1": RNG.standard_normal((1, 500))}
    big |= {"W2": RNG.standard_normal((500, K)), "b2": RNG.standard_normal((1, K))}

    def twice(p, x, y):
        loss, g = right_odd(p, x, y)
        return loss, g | {"W2": 2 * g["W2"]}

    report = check_gradients(twice, big, X, Y)
    assert "entries that were differenced (of 1500)" in report.diagnosis


def test_digits_of_n_are_not_n():
    """One unit in each layer, nine samples: the ratio has a 9 in it by chance."""

    def sig(z):
        return 1 / (1 + np.exp(-z))

    def backprop(p, x, y):
        h = sig(x @ p["w1"] + p["b1"])
        o = sig(h @ p["w2"] + p["b2"])
        gy = 2 * (o - y)
        dy, dh = o * (1 - o), h * (1 - h)
        gh = gy @ p["w2"].T
        grads = {"w1": (gh * dh).sum() * p["w1"], "w2": (gy * dy).sum() * p["w2"]}
        return ((o - y) ** 2).sum(), grads | {"b1": (gh * dh).sum(0), "b2": (gy * dy).sum(0)}

    params = {"w1": np.array([[0.3]]), "w2": np.array([[-0.8]]), "b1": np.array([0.1]), "b2": np.array([0.2])}
    x, y = np.arange(1, 10).reshape(-1, 1) / 9, np.array([[0, 1, 0, 1, 0, 1, 0, 1, 0]]).T
    report = check_gradients(backprop, params, x, y)
    assert "w2 is -1.37794 times the right value (one entry)." in report.diagnosis
    assert "N=9" not in report.diagnosis


def test_a_transpose_of_another_shape_is_told():
    report = spoilt(right_odd, lambda g, p: {"W1": g["W1"].T, "b1": g["b1"].ravel()})
    assert report.diagnosis.split("\n")[0] == (
        "W1 is the right gradient transposed: yours is (5, 4), W1 is (4, 5). "
        "b1 is the right gradient in another shape: yours is (5,), b1 is (1, 5)."
    )
    report = spoilt(right_odd, lambda g, p: {"W1": 2 * g["W1"].T})
    assert not report.ok and "the right gradient transposed" not in str(report)


@pytest.mark.parametrize("w", [np.array([1.0, 2.0, 3.0]), np.linspace(0.5, 3, 12)])
def test_ratios_that_differ_from_entry_to_entry_are_no_ratio(w):
    def product_rule(w):
        return np.sum(np.sin(w) * w**2), np.cos(w) * w**2 + np.sin(w) * w  # right: 2 * np.sin(w) * w

    report = check_gradients(product_rule, w)
    assert report.exit_code == 1 and "times the right value" not in report.diagnosis
    assert not any(f.one_of for f in report.findings)


def test_a_class_that_counts_twice_is_no_factor_of_every_array():
    def poisson(p, x, y):
        z = x @ p["W"] + p["b"]
        o = np.sin(z)
        m = np.exp(o)
        dz = (m - y) / y.size * np.array([2.0, 1.0]) * np.cos(z)
        return (m - y * o).mean(), {"W": x.T @ dz, "b": dz.sum(axis=0)}

    params = {"W": RNG.normal(size=(3, 2)), "b": RNG.normal(size=2)}
    report = check_gradients(poisson, params, RNG.normal(size=(10, 3)), RNG.poisson(2, (10, 2)).astype(float))
    assert report.exit_code == 1 and "Every array" not in report.diagnosis
    assert not any(f.one_of for f in report.findings)
