"""Whether a formula is right is decided with as many digits as it takes, apart from how it rounds."""

import numpy as np
import pytest

from compare.checks.gradients import check_gradients

pytest.importorskip("flint")


def huber(how):
    """A Huber regression whose bias gradient adds equal terms, in four ways that round differently."""

    def hand(p, x, y):
        u = x @ p["W"]
        z = np.sin(u) * 0.1 + u + p["b"] - y
        n, a = len(x), np.where(z > 0, z, -z)
        g = np.clip(z, -0.1, 0.1)
        dz = g * (1 + 0.1 * np.cos(u))
        if how == "sum":
            db = g.sum(axis=0)
        elif how == "einsum":
            db = np.einsum("nj->j", g)
        elif how == "bincount":
            db = np.bincount(np.tile([0, 1], n), g.reshape(-1)).astype(g.dtype)
        elif how == "add.at":
            db = np.zeros_like(p["b"])
            np.add.at(db, np.tile([0, 1], n), g.reshape(-1))
        else:
            db = np.zeros_like(p["b"])
            for i in range(n):
                for j in range(2):
                    db[j] += g[i, j]
        loss = np.where(a < 0.1, 0.5 * z * z, 0.1 * a - 0.005).sum() / n
        return loss, {"W": x.T @ dz / n, "b": db / n}

    return hand


def accumulation(dtype, count):
    rng = np.random.default_rng(0)
    p = {"W": rng.normal(size=(3, 2)).astype(dtype), "b": rng.normal(size=2).astype(dtype)}
    x = (1 + 0.1 * np.random.default_rng(1).random((count, 3))).astype(dtype)
    return p, x, (x @ p["W"] - 5).astype(dtype)


@pytest.mark.parametrize("how", ["sum", "einsum", "bincount", "add.at", "loop"])
@pytest.mark.parametrize("dtype, count", [("f4", 300), ("f8", 2000)])
def test_long_sums_are_right_however_they_are_added(how, dtype, count):
    report = check_gradients(huber(how), *accumulation(dtype, count))
    assert report.ok and all(v.proved for v in report.verdicts), str(report)


@pytest.mark.parametrize("how", ["einsum", "loop"])
def test_the_digits_that_a_right_formula_loses_are_told_with_the_line(how):
    report = check_gradients(huber(how), *accumulation("f4", 300))
    line = {"einsum": 23, "loop": 33}[how]
    said = [w for w in report.warnings if "keeps" in w]
    assert said and "in float32, b[" in said[0] and f"test_referee.py, line {line}" in said[0], (
        report.warnings
    )


def test_digits_are_those_of_the_type_that_the_numbers_were_computed_in():
    def hand(p, x, y):
        e = x @ p["w"] - y
        grads = np.zeros(3)  # of float64, for numbers of float32
        for row, each in zip(x, e, strict=True):
            grads += 2 * each * row
        return (e**2).sum(), {"w": grads}

    rng = np.random.default_rng(0)
    params = {"w": rng.normal(size=3).astype(np.float32)}
    report = check_gradients(hand, params, *(rng.normal(size=s).astype(np.float32) for s in ((9, 3), 9)))
    assert report.ok and not any("float64" in w for w in report.warnings), report.warnings


def saturated(cast):
    """A logistic loss whose derivative, about 1e-130, is 0 in float32; `cast`: the type of the user's first line."""

    def hand(p, x, y):
        w, a = p["w"].astype(cast), x.astype(cast)
        s = np.exp(a @ w) / (1 + np.exp(a @ w))
        return (s * s).sum(), {"w": a.T @ (2 * s * s * (1 - s))}

    return hand


def test_a_derivative_that_is_nothing_to_float32_is_proved_and_loses_no_digits():
    report = check_gradients(saturated(np.float32), {"w": np.array([-150.0])}, np.ones((2, 1)), np.zeros(2))
    assert report.ok and all(v.proved for v in report.verdicts) and not report.warnings, str(report)


@pytest.mark.parametrize("how", ["sum", "loop"])
@pytest.mark.parametrize("share", [1e-2, 1e-4, 1e-6])
def test_a_wrong_formula_is_wrong_below_the_rounding_of_its_type(how, share):
    right = huber(how)

    def spoilt(p, x, y):
        loss, grads = right(p, x, y)
        W = grads["W"].copy()
        W[1, 1] *= 1 + share
        return loss, grads | {"W": W}

    report = check_gradients(spoilt, *accumulation("f4", 300))
    assert report["W"].status == "wrong" and report["b"].passes and report.exit_code == 1


def network(p, x, y):
    a = np.tanh(x @ p["W1"] + p["b1"])
    s = 1 / (1 + np.exp(-(a @ p["W2"] + p["b2"])))
    e = s - y
    d = 2 * e / e.size * s * (1 - s)
    q = d @ p["W2"].T * (1 - a * a)
    return (e**2).mean(), {"W1": x.T @ q, "b1": q.sum(axis=0), "W2": a.T @ d, "b2": d.sum(axis=0)}


def copying(p, x, y):
    return network({k: np.array(v) for k, v in p.items()}, np.array(x), np.asarray(y))


@pytest.mark.parametrize("size", [1, 3, 5])
@pytest.mark.parametrize("dtype", ["f8", "f4"])
def test_a_copy_of_the_parameters_changes_no_verdict_however_saturated(size, dtype):
    for seed in range(6):
        r = np.random.default_rng(seed)
        shapes = {"W1": (2, 3), "b1": (3,), "W2": (3, 2), "b2": (2,)}
        p = {n: (size * r.normal(size=s)).astype(dtype) for n, s in shapes.items()}
        x, y = r.normal(size=(8, 2)).astype(dtype), r.normal(size=(8, 2)).astype(dtype)
        for hand in (network, copying):
            report = check_gradients(hand, p, x, y)
            assert report.ok, str(report)


def triplet(factor):
    def hand(p, x, y):
        h = np.tanh(x @ p["W"])
        z = h @ p["V"]
        a, b, c = z[0::3], z[1::3], z[2::3]
        m = ((a - b) ** 2).sum(axis=1) - ((a - c) ** 2).sum(axis=1) + 1
        k = (m > 0).astype(z.dtype)[:, None] / len(a)
        d = np.zeros_like(z)
        d[0::3], d[1::3], d[2::3] = 2 * k * (c - b), -2 * k * (a - b), 2 * k * (a - c)
        dh = d @ p["V"].T
        return np.maximum(m, 0).mean(), {"W": factor * (x.T @ (dh * (1 - h * h))), "V": factor * (h.T @ d)}

    return hand


@pytest.mark.parametrize("dtype, scale", [("f4", 1e-2), ("f4", 1e-4), ("f8", 1e-3), ("f8", 1e-5)])
@pytest.mark.parametrize("factor", [1.0, 3.0, -1.0, 0.0])
def test_a_loss_that_does_not_move_by_an_ulp_has_a_derivative(dtype, scale, factor):
    rng = np.random.default_rng(0)
    p = {n: (scale * rng.normal(size=s)).astype(dtype) for n, s in {"W": (2, 3), "V": (3, 2)}.items()}
    x = rng.normal(size=(6, 2)).astype(dtype)
    report = check_gradients(triplet(factor), p, x, np.zeros(6, dtype))
    assert report.ok == (factor == 1.0), str(report)


@pytest.mark.parametrize("seed", range(8))
def test_two_entries_that_are_swapped_in_a_large_array_are_found(seed):
    r = np.random.default_rng(seed)
    p = {"W": r.normal(size=(60, 40)) / 8}
    x, y = r.normal(size=(5, 60)), r.normal(size=(5, 40))
    i, j = r.choice(2400, 2, replace=False)

    def hand(p, x, y):
        z = x @ p["W"]
        e = np.sin(z) - y
        g = x.T @ (2 * e / e.size * np.cos(z))
        g.flat[i], g.flat[j] = g.flat[j], g.flat[i]
        return (e**2).mean(), {"W": g}

    assert check_gradients(hand, p, x, y)["W"].status == "wrong"


def test_constants_that_are_computed_twice_may_round_apart():
    def gelu(p, x):
        c = np.sqrt(2 / np.pi)
        u = c * (x * p["w"] + 0.044715 * (x * p["w"]) ** 3)
        t = np.tanh(u)
        z = x * p["w"]
        again = 2**0.5 / np.pi**0.5  # the same number, rounded otherwise
        dz = 0.5 * (1 + t) + 0.5 * z * (1 - t**2) * again * (1 + 3 * 0.044715 * z**2)
        return (0.5 * z * (1 + t)).sum(), {"w": (dz * x).sum(axis=0)}

    rng = np.random.default_rng(0)
    report = check_gradients(gelu, {"w": rng.normal(size=3)}, rng.normal(size=(5, 3)))
    assert report.ok, str(report)


def test_a_value_that_left_the_record_is_not_refereed():
    def hand(p):
        z = np.array([complex(v) for v in p["w"]]).real * 2
        return (z**2).sum(), {"w": 8 * p["w"]}

    report = check_gradients(hand, {"w": np.array([0.3, -0.8])})
    assert report.ok and not any(v.proved for v in report.verdicts)


def in_torch(factor, loop):
    """A hand-written gradient on torch tensors, whose operations no array type of NumPy sees."""
    torch = pytest.importorskip("torch")

    def hand(p, x, y):
        W, b, X, Y = (torch.as_tensor(np.asarray(a)) for a in (p["W"], p["b"], x, y))
        e = torch.sin(X @ W + b) - Y
        d = 2 * e / e.numel() * torch.cos(X @ W + b)
        db = torch.zeros_like(b)
        if loop:
            for i in range(len(X)):
                db += d[i]
        else:
            db = d.sum(0)
        return float((e**2).mean()), {"W": (factor * (X.T @ d)).numpy(), "b": db.numpy()}

    return hand


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("loop", [False, True])
def test_rounding_that_no_array_type_sees_is_measured_in_a_wider_type(loop, dtype):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        p = {"W": rng.normal(size=(3, 2)).astype(dtype), "b": rng.normal(size=2).astype(dtype)}
        x, y = (1 + 0.1 * rng.random((300, 3))).astype(dtype), np.full((300, 2), -5.0, dtype)
        report = check_gradients(in_torch(1.0, loop), p, x, y)
        assert report.ok and all(v.ratio <= 2 for v in report.verdicts), str(report)
        assert check_gradients(in_torch(1.001, loop), p, x, y)["W"].status == "wrong"


def test_a_loss_in_float32_inside_blames_no_right_line_and_its_snippet_shows_the_difference():
    def hand(p, x, y):
        p = {k: np.asarray(v, np.float32) for k, v in p.items()}
        x, y = x.astype(np.float32), y.astype(np.float32)
        h = np.tanh(x @ p["W1"].T + p["b1"])
        e = h @ p["W2"].T + p["b2"] - y
        d = 2 * e / e.size
        dh = d @ p["W2"] * (1 - h**2)
        W1 = 1.03 * (dh.T @ x)
        return (e**2).mean(), {"W1": W1, "b1": dh.sum(0), "W2": d.T @ h, "b2": d.sum(0)}

    rng = np.random.default_rng(0)
    shapes = {"W1": (5, 4), "b1": (5,), "W2": (3, 5), "b2": (3,)}
    p = {n: rng.normal(size=s) for n, s in shapes.items()}
    report = check_gradients(hand, p, rng.normal(size=(6, 4)), rng.normal(size=(6, 3)))
    assert report["W1"].status == "wrong" and all(report[n].status == "dtype" for n in ("b1", "W2", "b2"))
    lines = {f.source for f in report.findings if f.line is not None}
    assert lines <= {"W1 = 1.03 * (dh.T @ x)"}, lines
    see, v = report.about["see"], report["W1"]
    assert abs(see["quotient"] - v.right) <= 0.05 * abs(v.entry - v.right)


def test_zeros_of_whole_numbers_are_wrong_and_no_error():
    def backward(params, x, y):
        e = x @ params["W"] + params["b"] - y
        return 0.5 * (e**2).mean(), {"W": x.T @ e / len(x), "b": np.zeros(1, int)}

    rng = np.random.default_rng(0)
    params = {"W": rng.normal(size=3), "b": rng.normal(size=1)}
    report = check_gradients(backward, params, rng.normal(size=(5, 3)), rng.normal(size=5))
    assert {v.name: v.status for v in report.verdicts} == {"W": "agree", "b": "wrong"}


def test_what_constants_may_move_counts_in_the_sensitivity():
    def hand(p, x, y):
        return 0.05 * (p["w"] ** 2).sum(), {"w": 10.1 * p["w"] - 10 * p["w"]}

    report = check_gradients(hand, {"w": np.array([1.0, 2.0])}, np.zeros(2), np.zeros(2))
    assert report.ok and report["w"].proved and report["w"].sensitivity > 1e-14


def test_a_saturated_gradient_is_proved_where_floats_have_0():
    def hand(p, x, y):
        a, b = p["w"]
        loss = 1e30 * (np.logaddexp(a, b) - a)
        share = np.exp(b - np.logaddexp(a, b))
        return loss, {"w": 1e30 * np.array([-share, share])}

    report = check_gradients(hand, {"w": np.array([3e4, 0.0])}, np.zeros(2), np.zeros(2))
    assert report.ok and report["w"].proved


def test_numbers_that_become_objects_are_judged_by_differences():
    def hand(p, x, y):
        e = x.astype(object) @ p["W"].astype(object) - y
        return float((e**2).sum()), {"W": (x.T @ (2 * e)).astype(float)}

    rng = np.random.default_rng(0)
    given = {"W": rng.normal(size=(3, 2))}, rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    assert check_gradients(hand, *given).ok
    wrong = check_gradients(lambda *a: (hand(*a)[0], {"W": 1.01 * hand(*a)[1]["W"]}), *given)
    assert wrong["W"].status == "wrong"


def test_differences_that_see_only_a_clipped_loss_contradict_nothing():
    scale = np.array([1e-3, 1e3, 1.0])

    def hand(p, x, y):
        z = x @ (p["w"] / scale)
        inside = np.abs(z) < 3
        return np.sinh(np.clip(z, -3, 3)).sum(), {
            "w": (x * (np.cosh(np.clip(z, -3, 3)) * inside)[:, None]).sum(0) / scale
        }

    x = np.random.default_rng(0).normal(size=(6, 3))
    report = check_gradients(hand, {"w": np.array([1e-3, 2e3, -5.0])}, x, np.zeros(6))
    assert report.ok and not report.about.get("contradicted")


def test_a_system_of_two_equations_is_solved_in_balls():
    def hand(p, x, y):
        A = x.T @ x + np.diag(p["penalty"])
        b = np.linalg.solve(A, x.T @ y)
        return 0.5 * b @ b, {"penalty": -np.linalg.solve(A, b) * b}

    rng = np.random.default_rng(5)
    report = check_gradients(
        hand, {"penalty": np.array([0.7, 1.3])}, rng.normal(size=(6, 2)), rng.normal(size=6)
    )
    assert report.ok and report["penalty"].proved


@pytest.mark.parametrize("count, ok", [("e.count()", True), ("len(y)", False)])
def test_masked_targets_have_no_rounding_that_another_array_class_makes(count, ok):
    def hand(p, x, y):
        e = x @ p["w"] - np.ma.masked_equal(y, 99.0)
        n = eval(count, {"e": e, "y": y, "len": len})
        return float((e**2).mean()), {"w": np.ma.dot(x.T, 2 * e).filled(0.0) / n}

    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(9, 4)), rng.normal(size=9)
    y[[2, 5]] = 99.0
    assert check_gradients(hand, {"w": rng.normal(size=4)}, x, y).exit_code == (0 if ok else 1)


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_numbers_that_are_all_0_in_floats_are_each_held_against_their_own_derivative(order):
    """The loss, and the derivatives by two scalars, are 0: 1 - (1 - p) has lost p = 9e-34."""

    def hand(p, x, y):
        q = 1 / (1 + np.exp(-p["a"]))
        r = 1 - (1 - q)
        slope = q * (1 - q)
        grads = {"a": 2 * r * slope * p["b"], "b": r**2}
        return r**2 * p["b"], {n: grads[n] for n in order}

    report = check_gradients(hand, {"a": np.float64(-76.1), "b": np.float64(3.0)}, None, None)
    assert report.ok and all(v.proved for v in report.verdicts), str(report)
