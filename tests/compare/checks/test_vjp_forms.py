"""Forwards and backwards in the forms that layers have: caches, several outputs, dicts of parameters, objects."""

import numpy as np
import pytest

from compare.checks.vjp import check_vjp

RNG = np.random.default_rng(1)
X, H, C = RNG.standard_normal((4, 3)), RNG.standard_normal((4, 2)), RNG.standard_normal((4, 2))


def normal(*shape):
    return RNG.standard_normal(shape)


P = {"Wax": normal(5, 3), "Waa": normal(5, 5), "Wy": normal(2, 5), "ba": normal(5, 1)}
XT, A_PREV = normal(3, 4), normal(5, 4)


def step(xt, a_prev, parameters):
    p = parameters
    a = np.tanh(p["Waa"] @ a_prev + p["Wax"] @ xt + p["ba"])
    s = np.exp(p["Wy"] @ a)
    return a, s / s.sum(0), (a, a_prev, xt, p)


def step_backward(da, cache, factor=1.0):
    a, a_prev, xt, p = cache
    d = (1 - a**2) * da
    grads = {"dxt": p["Wax"].T @ d, "da_prev": p["Waa"].T @ d, "dWax": factor * d @ xt.T}
    return grads | {"dWaa": d @ a_prev.T, "dba": d.sum(1, keepdims=True)}


def hidden(xt, a_prev, parameters):
    return step(xt, a_prev, parameters)[::2]


def off(report):
    return {v.name for v in report.verdicts if not v.passes}


@pytest.mark.parametrize("forward", [step, hidden])
def test_a_dict_of_parameters_is_differentiated_and_named(forward):
    report = check_vjp((forward, step_backward), XT, A_PREV, P)
    assert report.ok, str(report)
    names = ["xt", "a_prev", "parameters.Wax", "parameters.Waa", "parameters.ba"]
    assert [v.name for v in report.verdicts] == names
    assert any("output 0 alone" in said for said in report.about["assumed"]) == (forward is step)
    wrong = check_vjp((forward, lambda da, cache: step_backward(da, cache, 2.0)), XT, A_PREV, P)
    assert off(wrong) == {"parameters.Wax"}
    assert wrong.diagnosis.splitlines()[0] == "parameters.Wax is 2 times the right value in every entry."


def linear(x, params):
    return x @ params["W"] + params["b"], (x, params)


RETURNED = {
    "a dict of its own": lambda g, x, W: (g @ W.T, {"W": x.T @ g, "b": g.sum(0)}),
    "decorated": lambda g, x, W: (g @ W.T, {"dW": x.T @ g, "db": g.sum(0)}),
    "one dict": lambda g, x, W: {"dx": g @ W.T, "dW": x.T @ g, "db": g.sum(0)},
    "a dict in a dict": lambda g, x, W: {"dx": g @ W.T, "dparams": {"dW": x.T @ g, "db": g.sum(0)}},
    "one after another": lambda g, x, W: (g @ W.T, x.T @ g, g.sum(0)),
}


@pytest.mark.parametrize("form", RETURNED)
def test_gradients_of_nested_parameters_are_matched(form):
    params = {"W": normal(3, 2), "b": normal(2)}

    def backward(dout, cache):
        return RETURNED[form](dout, cache[0], cache[1]["W"])

    assert check_vjp((linear, backward), X, params).ok
    assert off(check_vjp((linear, lambda d, c: RETURNED[form](d, c[0] + 0.1, c[1]["W"])), X, params)) == {
        "params.W"
    }


def test_tuples_and_lists_of_parameters():
    def forward(x, layers):
        return np.tanh(x @ layers[0][0]) @ layers[1][0], (x, layers)

    def backward(dout, cache, factor=1.0):
        x, ((W1,), (W2,)) = cache
        h = np.tanh(x @ W1)
        d = dout @ W2.T * (1 - h**2)
        return d @ W1.T, [[x.T @ d], [factor * h.T @ dout]]

    layers = [(normal(3, 2),), (normal(2, 2),)]
    assert check_vjp((forward, backward), X, layers).ok
    assert off(check_vjp((forward, lambda d, c: backward(d, c, 2.0)), X, layers)) == {"layers.1.0"}


def cell(x, h, c, p):
    z = x @ p["Wx"] + h @ p["Wh"]
    f = 1 / (1 + np.exp(-z))
    new = f * c + (1 - f) * np.tanh(z)
    return np.tanh(new), new, (x, h, c, p, z, f, new)


def cell_backward(dh, dc, cache):
    x, h, c, p, z, f, new = cache
    d = dc + dh * (1 - np.tanh(new) ** 2)
    dz = d * ((c - np.tanh(z)) * f * (1 - f) + (1 - f) * (1 - np.tanh(z) ** 2))
    return dz @ p["Wx"].T, dz @ p["Wh"].T, d * f, {"Wx": x.T @ dz, "Wh": h.T @ dz}


CELL = X, H, C, {"Wx": normal(3, 2), "Wh": normal(2, 2)}


def test_two_outputs_and_a_cache():
    assert check_vjp((cell, cell_backward), *CELL).ok
    assert check_vjp((cell, lambda douts, cache: cell_backward(*douts, cache)), *CELL).ok


def test_a_cotangent_of_two_that_is_forgotten_is_told():
    report = check_vjp((cell, lambda dh, dc, cache: cell_backward(dh, 0 * dc, cache)), *CELL)
    assert not report.ok and "ignores the cotangent of output 1" in report.diagnosis


def relu(Z):
    return np.maximum(0, Z), Z


def relu_backward(dA, Z):
    dZ = np.array(dA, copy=True)
    dZ[Z <= 0] = 0
    return dZ


def test_one_input_that_is_its_own_cache():
    assert check_vjp((relu, relu_backward), X).ok
    assert off(check_vjp((relu, lambda dA, Z: dA * (Z < 0)), X)) == {"Z"}


def test_an_output_that_is_its_own_cache_is_no_second_cotangent():
    def softmax(x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        return p, p

    report = check_vjp((softmax, lambda g, p: 2 * p * (g - np.sum(g * p, axis=1, keepdims=True))), X)
    assert off(report) == {"x"} and "not linear" not in report.diagnosis, str(report)


@pytest.mark.parametrize(
    "forgets",
    [
        lambda d_colour, raw: 1.0 * d_colour,
        lambda d, raw: 1.0 * d,
        lambda g, kept: 1.0 * g,
        lambda grad, z: 1.0 * grad,
        lambda u, c: 1.0 * u,
    ],
)
def test_a_backward_that_forgets_a_clip_is_no_right_one_of_what_is_kept(forgets):
    """It is the derivative of the second thing that the forward returns, which is a cache: it was called right."""

    def clipped(x):
        raw = 0.5 + x
        return np.clip(raw, 0.0, 1.0), raw

    assert off(check_vjp((clipped, forgets), X)) == {"x"}
    assert check_vjp((clipped, lambda d, raw: d * ((raw > 0) & (raw < 1))), X).ok


def test_a_backward_of_the_second_output_alone_is_one_where_its_names_say_so():
    def counted(x):
        return x.sum(axis=0), np.tanh(x)

    assert check_vjp((counted, lambda dh, x: dh * (1 - np.tanh(x) ** 2)), X).ok
    assert not check_vjp((counted, lambda dh, x: dh * (1 - np.tanh(x))), X).ok


def test_two_outputs_of_one_input_are_still_that():
    pair = (lambda x: (np.sin(x), np.cos(x)), lambda g, x: g[0] * np.cos(x) - g[1] * np.sin(x))
    assert check_vjp(pair, X).ok
    assert off(check_vjp((pair[0], lambda g, x: g[0] * np.cos(x) + g[1] * np.sin(x)), X)) == {"x"}


def test_a_state_in_a_dict_without_a_gradient_is_constant():
    def forward(x, gamma, state):
        return gamma * (x - state["mean"]), (x, gamma, state["mean"])

    def backward(dout, cache):
        x, gamma, mean = cache
        return dout * gamma, (dout * (x - mean)).sum(0)

    report = check_vjp((forward, backward), X, normal(3), {"mode": "test", "mean": normal(3)})
    assert report.ok and any("state.mean: taken as constant" in w for w in report.warnings)


class Affine:
    def __init__(self):
        self.W, self.b = normal(3, 2), normal(2)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(0)
        return dout @ self.W.T


class Averaged(Affine):
    def backward(self, dout):
        dx = super().backward(dout)
        self.db = dout.mean(0)
        return dx


class InDicts:
    def __init__(self):
        self.params, self.grads = {"W": normal(3, 2)}, {}

    def forward(self, x):
        self.x = x
        return x @ self.params["W"]

    def backward(self, dout):
        self.grads["W"] = self.x.T @ dout
        return dout @ self.params["W"].T


class InLists:
    def __init__(self):
        self.params = [normal(3, 2), normal(2)]
        self.grads = [np.zeros_like(p) for p in self.params]

    def forward(self, x):
        self.x = x
        return x @ self.params[0] + self.params[1]

    def backward(self, dout):
        self.grads[0][...], self.grads[1][...] = self.x.T @ dout, dout.sum(0)
        return dout @ self.params[0].T


class Accumulating(Affine):
    def __init__(self):
        super().__init__()
        self.dW, self.db = np.zeros_like(self.W), np.zeros_like(self.b)

    def backward(self, dout):
        self.dW += self.x.T @ dout
        self.db += dout.sum(0)
        return dout @ self.W.T


@pytest.mark.parametrize("layer", [Affine(), InDicts(), InLists(), Accumulating()])
def test_an_object_keeps_its_parameters_and_their_gradients(layer):
    assert check_vjp(layer, X).ok
    layer.forward(X)
    layer.backward(np.ones((4, 2)))  # used before
    report = check_vjp((layer.forward, layer.backward), X)
    assert report.ok and len(report.verdicts) == (2 if isinstance(layer, InDicts) else 3), str(report)


def test_a_wrong_gradient_of_an_object_is_found():
    report = check_vjp(Averaged(), X)
    assert off(report) == {"b"} and "b is 1/4 of the right value in every entry, and N=4." in report.diagnosis


def test_a_layer_without_parameters():
    class Relu:
        def forward(self, x):
            self.mask = x > 0
            return x * self.mask

        def backward(self, dout):
            return dout * self.mask

    assert [v.status for v in check_vjp(Relu(), X).verdicts] == ["agree"]


@pytest.mark.parametrize(
    "backward, words",
    [
        (lambda g, x: 2 * x, "x: your backward ignores its cotangent"),
        (lambda g, x: 2 * x * np.maximum(g, 0), "x: your backward is not linear in its cotangent."),
        (lambda g, x: 2 * x * np.clip(g, -0.5, 0.5), "x: your backward is not linear in its cotangent."),
        (lambda g, x: 2 * x * g + 0.1, "x: your backward is not linear in its cotangent, 0 does not give 0."),
    ],
)
def test_a_backward_that_is_no_vjp_is_told_so(backward, words):
    report = check_vjp((lambda x: x**2, backward), X)
    assert not report.ok and words in report.diagnosis


def test_a_backward_right_for_the_given_cotangent_only_is_noted():
    report = check_vjp((lambda x: x**2, lambda g, x: 2 * x), X, cotangent=np.ones_like(X))
    assert report.ok and "right for this cotangent only" in report.warnings[0]


def test_a_wrong_backward_that_is_linear_is_not_blamed_for_its_cotangent():
    report = check_vjp((lambda x: x**2, lambda g, x: g * x), X)
    assert report.diagnosis.splitlines()[0] == "x is 1/2 of the right value in every entry."
