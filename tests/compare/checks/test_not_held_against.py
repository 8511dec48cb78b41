"""Right derivations that a careless check calls wrong, and wrong ones it lets pass: each found by somebody trying."""

import numpy as np
import pytest

from compare.checks.gradients import check_gradients
from compare.common.errors import UserError


def batch(outputs=3, seed=1, size=1.0):
    rng = np.random.default_rng(seed)
    params = {
        "W1": size * rng.standard_normal((4, 6)),
        "b1": size * rng.standard_normal(6),
        "W2": size * rng.standard_normal((6, outputs)),
        "b2": size * rng.standard_normal(outputs),
    }
    x = rng.standard_normal((7, 4))
    y = rng.integers(0, 2, (7, 1)).astype(float) if outputs == 1 else rng.standard_normal((7, outputs))
    return params, x, y


def back(params, x, h, delta2):
    delta1 = delta2 @ params["W2"].T * (1 - h**2)
    return {"W1": x.T @ delta1, "b1": delta1.sum(0), "W2": h.T @ delta2, "b2": delta2.sum(0)}


def penalised(params, x, y, l2=0.01):
    h = np.tanh(x @ params["W1"] + params["b1"])
    e = h @ params["W2"] + params["b2"] - y
    grads = back(params, x, h, e / len(x))
    decay = {n: l2 * a if n[0] == "W" else 0 for n, a in params.items()}
    penalty = 0.5 * l2 * sum((a**2).sum() for n, a in params.items() if n[0] == "W")
    return 0.5 * (e**2).sum() / len(x) + penalty, {n: g + decay[n] for n, g in grads.items()}


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("l2", [0.01, 1e-3, 1 / 3])
def test_a_penalty_whose_factor_is_fitted_to_rounded_losses(seed, l2):
    report = check_gradients(lambda *a: penalised(*a, l2=l2), *batch(seed=seed, size=0.1))
    assert report.ok and f"l2={l2:.6g}" in report.recognised, str(report)


def with_epsilon(params, x, y, eps=1e-12):
    h = np.tanh(x @ params["W1"] + params["b1"])
    p = 1 / (1 + np.exp(-(h @ params["W2"] + params["b2"])))
    loss = -np.mean(y * np.log(p + eps) + (1 - y) * np.log(1 - p + eps))
    delta2 = (-y / (p + eps) + (1 - y) / (1 - p + eps)) / len(x) * p * (1 - p)
    return loss, back(params, x, h, delta2)


@pytest.mark.parametrize("eps", [1e-10, 1e-12, 1e-15])
@pytest.mark.parametrize("seed", range(3))
def test_an_epsilon_in_the_logarithm_differentiated_as_it_stands(seed, eps):
    report = check_gradients(lambda *a: with_epsilon(*a, eps=eps), *batch(1, seed))
    assert report.ok, str(report)


def test_a_mistake_beside_that_epsilon_has_its_name():
    def averaged(params, x, y):
        loss, grads = with_epsilon(params, x, y)
        return loss, grads | {"b1": grads["b1"] / len(x)}

    report = check_gradients(averaged, *batch(1))
    assert [v.name for v in report.verdicts if not v.passes] == ["b1"]
    assert [f.one_of for f in report.findings] == [("bias-averaged",)]


def logistic(params, x, y):
    """Naive: where p is near 1, log(1 - p) has lost digits that p - y has."""
    p = 1 / (1 + np.exp(-(x @ params["w"] + params["b"])))
    loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    return loss, {"w": x.T @ (p - y) / len(x), "b": np.mean(p - y)}


@pytest.mark.parametrize("spread", [2, 4, 6, 8])
@pytest.mark.parametrize("seed", range(5))
def test_a_loss_that_has_lost_the_digits_its_gradient_has(seed, spread):
    rng = np.random.default_rng(seed)
    x, y = spread * rng.standard_normal((20, 3)), rng.integers(0, 2, 20).astype(float)
    params = {"w": rng.standard_normal(3), "b": np.array(0.5)}
    with np.errstate(all="ignore"):
        report = check_gradients(logistic, params, x, y)
    assert not any(v.status in ("wrong", "inherited") for v in report.verdicts), str(report)


def sine(params, x, y, dtype=np.float64):
    W, b, x, y = (np.asarray(a, dtype) for a in (params["W"], params["b"], x, y))
    e = np.sin(x @ W + b) - y
    d = 2 * e * np.cos(x @ W + b) / dtype(e.size)
    return (e**2).mean(), {"W": x.T @ d, "b": d.sum(0)}


def sines(dtype=np.float64):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((8, 3)).astype(dtype), rng.standard_normal((8, 2)).astype(dtype)
    return {"W": rng.standard_normal((3, 2)).astype(dtype), "b": rng.standard_normal(2).astype(dtype)}, x, y


def torch_sine(params, x, y):
    torch = pytest.importorskip("torch")
    return ((torch.sin(x @ params["W"] + params["b"]) - y) ** 2).mean()


@pytest.mark.parametrize("index", list(np.ndindex(3, 2)))
@pytest.mark.parametrize("inside", [np.float32, np.float64])
def test_rounding_is_no_kink(index, inside):
    """A difference over 1e-7 of a loss that keeps seven digits jumps; the loss does not."""

    def off(params, x, y):
        loss, grads = sine(params, x, y, inside)
        W = grads["W"].copy()
        W[index] *= 1.1
        return loss, grads | {"W": W}

    for loss in (torch_sine, None):
        report = check_gradients(off, *sines(np.float32), torch_loss=loss)
        assert report["W"].status == "wrong" and report.exit_code == 1


@pytest.mark.parametrize("known", [True, False])
def test_float32_inside_is_right_and_what_is_seen_is_said(known, unrecorded):
    def inside(params, x, y):
        loss, grads = sine(params, x, y, np.float32)
        return loss, grads if known else {n: g.astype(float) for n, g in grads.items()}

    report = check_gradients(inside, *sines())
    assert report.ok and all(v.sensitivity > 1e-6 for v in report.verdicts), str(report)


def test_float32_inside_is_proved_and_the_digits_kept_are_told():
    def inside(params, x, y):
        loss, grads = sine(params, x, y, np.float32)
        return loss, {n: g.astype(float) for n, g in grads.items()}

    report = check_gradients(inside, *sines())
    assert report.ok and all(v.proved for v in report.verdicts)
    assert any("in float64, W[0,0] keeps 6 digits" in w for w in report.warnings), report.warnings


def test_a_float32_buffer_in_the_middle():
    rng = np.random.default_rng(0)
    mask = rng.random((6, 5)) > 0.4
    U, V, x = (rng.standard_normal(s).astype(np.float32) for s in ((6, 2), (5, 2), (6, 5)))

    def factors(params, x):
        E = np.zeros_like(x)
        E[mask] = (params["U"] @ params["V"].T - x)[mask]
        n = mask.sum()
        loss = (E**2).sum() / n + 0.05 * ((params["U"] ** 2).sum() + (params["V"] ** 2).sum())
        return loss, {
            "U": 2 * E @ params["V"] / n + 0.1 * params["U"],
            "V": 2 * E.T @ params["U"] / n + 0.1 * params["V"],
        }

    report = check_gradients(factors, {"U": U, "V": V}, x)
    assert report.ok, str(report)


def test_a_loss_that_cancels_inside_is_the_loss_that_was_meant():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(4)
    x, y, W = rng.standard_normal((9, 3)) + 100, rng.standard_normal((9, 4)), rng.standard_normal((3, 4))

    def normalised(params, x, y):
        z = x @ params["W"]
        m, s = z.mean(0), 1 / np.sqrt((z * z).mean(0) - z.mean(0) ** 2 + 1e-5)
        hat = (z - m) * s
        d = 2 * (hat - y) / y.size
        return ((hat - y) ** 2).mean(), {"W": x.T @ (s * (d - d.mean(0) - hat * (d * hat).mean(0)))}

    def meant(params, x, y):
        z = x @ params["W"]
        return (((z - z.mean(0)) / torch.sqrt(z.var(0, unbiased=False) + 1e-5) - y) ** 2).mean()

    report = check_gradients(normalised, {"W": W}, x, y, torch_loss=meant)
    assert report.ok and report.loss.status == "agree", str(report)


def test_a_loss_that_is_drawn_anew_is_noticed():
    rng = np.random.default_rng()

    def drawn(params, x, y):
        loss, grads = sine(params, x, y)
        return loss + rng.random(), grads

    report = check_gradients(drawn, *sines())
    assert {v.status for v in report.verdicts} == {"nondeterministic"} and report.exit_code == 1
    assert "another loss" in report.diagnosis


FORMS = {
    "a list": lambda loss, g: [loss, g],
    "a dict": lambda loss, g: {"loss": loss, "grads": g},
    "one after another": lambda loss, g: (loss, *g.values()),
    "layer by layer": lambda loss, g: (loss, (g["W1"], g["b1"]), (g["W2"], g["b2"])),
    "an accuracy between": lambda loss, g: (loss, 0.5, g),
    "an accuracy behind": lambda loss, g: (loss, g, 0.5),
    "predictions behind": lambda loss, g: (loss, g, np.ones((7, 3))),
    "a cache behind": lambda loss, g: (loss, g, {"h": np.ones((7, 6)), "o": np.ones((7, 3))}),
    "nothing behind": lambda loss, g: (loss, g, None),
}


@pytest.mark.parametrize("form", FORMS)
def test_what_people_return(form):
    report = check_gradients(lambda *a: FORMS[form](*penalised(*a)), *batch())
    assert report.ok and [v.name for v in report.verdicts] == ["W1", "b1", "W2", "b2"], str(report)
    if ("behind" in form and form != "nothing behind") or "between" in form:
        assert any("not looked at" in said for said in report.about["assumed"])


def test_gradients_as_lists_of_numbers():
    params, x, y = batch()
    report = check_gradients(
        lambda *a: (penalised(*a)[0], {n: g.tolist() for n, g in penalised(*a)[1].items()}), params, x, y
    )
    assert report.ok


def test_a_loss_that_was_rounded_is_said_to_stand_still():
    report = check_gradients(lambda *a: (round(float(sine(*a)[0]), 1), sine(*a)[1]), *sines())
    assert not report.ok and any("does not move with the parameters" in w for w in report.warnings)


def test_a_loss_that_is_a_torch_scalar():
    torch = pytest.importorskip("torch")
    report = check_gradients(lambda *a: (torch.tensor(sine(*a)[0]), sine(*a)[1]), *sines())
    assert report.ok


@pytest.mark.parametrize(
    "names", [("W", "gamma", "beta"), ("dense", "gate", "decay"), ("W", "grad_scale", "delta")]
)
@pytest.mark.parametrize("form", ["d{}", "grad_{}", "d_{}", "{}_grad", "g_{}", "nabla_{}"])
def test_a_parameter_whose_name_begins_as_a_gradients_does(names, form):
    rng = np.random.default_rng(0)
    values = (rng.standard_normal((3, 4)), rng.standard_normal(4), rng.standard_normal(4))
    x, y = rng.standard_normal((6, 3)), rng.standard_normal((6, 4))

    def scaled(params, x, y):
        W, gamma, beta = (params[n] for n in names)
        z = x @ W
        e = np.sin(z) * gamma + beta - y
        d = 2 * e / e.size
        grads = x.T @ (d * gamma * np.cos(z)), (d * np.sin(z)).sum(0), d.sum(0)
        return (e**2).mean(), {form.format(n): g for n, g in zip(names, grads, strict=True)}

    assert check_gradients(scaled, dict(zip(names, values, strict=True)), x, y).ok


@pytest.mark.parametrize("who", ["torch", "jax"])
def test_numbers_as_parameters_beside_a_framework(who):
    pytest.importorskip(who)
    x = np.arange(5.0)

    def line(params, x, y):
        e = params["a"] * x + params["b"] - y
        return (e**2).mean(), {"a": 2 * (e * x).mean(), "b": 2 * e.mean()}

    loss = {f"{who}_loss": lambda p, x, y: ((p["a"] * x + p["b"] - y) ** 2).mean()}
    assert check_gradients(line, {"a": 1.5, "b": -0.3}, x, x**2, **loss).ok


def test_a_number_whose_gradient_is_all_rounding():
    def centred(params, x):
        z = params["w"] * x + params["b"]
        c = z - z.mean()
        d = 2 * c - (2 * c).mean()
        return (c**2).sum(), {"w": d @ x, "b": d.sum()}

    assert check_gradients(centred, {"w": 1.3, "b": 0.3}, np.arange(5.0)).ok


def test_several_inputs_in_one_place():
    def masked(params, x):
        return float(((x[0] @ params["W"]) * x[1]).sum()), {"W": x[0].T @ x[1]}

    rng = np.random.default_rng(0)
    x = (rng.standard_normal((5, 3)), np.ones((5, 4)))
    assert check_gradients(masked, {"W": rng.standard_normal((3, 4))}, x).ok


@pytest.mark.parametrize(
    "params, x, y, says",
    [
        ({"W": np.zeros((3, 0))}, np.ones((2, 3)), None, "parameter W is empty"),
        ({"W": np.ones((3, 2))}, np.ones((2, 3)), np.full((2, 2), np.nan), "y holds nan or inf"),
    ],
)
def test_what_cannot_be_judged_is_one_line(params, x, y, says):
    with pytest.raises(UserError, match=says):
        check_gradients(lambda p, x, y=None: (0.0, p), params, x, y)


def test_an_exception_of_several_lines_is_told_in_one():
    def raising(params, x, y):
        raise ValueError("first\nsecond")

    with pytest.raises(UserError) as caught:
        check_gradients(raising, *sines())
    assert "first" in str(caught.value) and "\n" not in str(caught.value)


def test_a_note_says_that_jax_rounds_to_float32_and_how_it_does_not():
    jax = pytest.importorskip("jax")

    def loss(p, x, y):
        return jax.numpy.mean((jax.numpy.sin(x @ p["W"] + p["b"]) - y) ** 2)

    report = check_gradients(lambda p, x, y: jax.value_and_grad(loss)(p, x, y), *sines())
    assert report.ok and any("JAX_ENABLE_X64=1" in w for w in report.warnings)
    assert "float32 keeps about 7 digits" in str(report)
