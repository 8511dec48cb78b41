"""Parameters in a module of torch or in a registered pytree; arguments that are None."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from compare.common.arrays import flatten, unflatten
from threeways import UserError, check_gradients

torch = pytest.importorskip("torch")
jax = pytest.importorskip("jax")
rng = np.random.default_rng(0)
x, y = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))


def network():
    torch.manual_seed(0)
    layers = torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2)
    return torch.nn.Sequential(*layers).double()


def backward(model, x, y):
    model.zero_grad()
    loss = ((model(torch.tensor(x)) - torch.tensor(y)) ** 2).mean()
    loss.backward()
    return loss, model


@jax.tree_util.register_dataclass
@dataclass
class Layer:
    W: object
    b: object


@jax.tree_util.register_dataclass
@dataclass
class Net:
    layers: list


def tree():
    return Net(
        [
            Layer(rng.normal(size=(3, 4)), rng.normal(size=4)),
            Layer(rng.normal(size=(4, 2)), rng.normal(size=2)),
        ]
    )


def value_and_grad(net, x, y):
    def loss(net):
        first, last = net.layers
        return jax.numpy.mean((jax.numpy.tanh(x @ first.W + first.b) @ last.W + last.b - y) ** 2)

    return jax.value_and_grad(loss)(net)


@pytest.mark.parametrize("make", [network, tree])
def test_a_module_is_flattened_and_filled_again(make):
    module = make()
    flat = flatten(module)
    assert len(flat) == 4
    moved = unflatten({n: a + 1 for n, a in flat.items()}, module)
    assert type(moved) is type(module)
    assert all(np.allclose(a, flat[n] + 1) for n, a in flatten(moved).items())
    assert all(np.array_equal(a, flat[n]) for n, a in flatten(module).items())


@pytest.mark.parametrize("returned", ["module", "dict", "list"])
def test_a_torch_module_is_judged_and_stays_as_it_is(returned):
    model = network()

    def hand(model, x, y):
        loss, model = backward(model, x, y)
        if returned == "list":
            return loss, [p.grad for p in model.parameters()]
        return loss, model if returned == "module" else {n: p.grad for n, p in model.named_parameters()}

    report = check_gradients(hand, model, x, y)
    assert report.ok and {v.name for v in report.verdicts} == {"0.weight", "0.bias", "2.weight", "2.bias"}
    assert all(p.grad is None for p in model.parameters())


def test_a_wrong_array_of_a_torch_module_is_named():
    def hand(model, x, y):
        loss, model = backward(model, x, y)
        return loss, {n: p.grad / (5 if n == "0.bias" else 1) for n, p in model.named_parameters()}

    report = check_gradients(hand, network(), x, y)
    assert [v.name for v in report.verdicts if not v.passes] == ["0.bias"]
    assert "p_up.get_parameter('0.bias').data[" in str(report)


def test_a_registered_pytree_is_judged():
    with jax.enable_x64(True):
        assert check_gradients(value_and_grad, tree(), x, y).ok

        def hand(net, x, y):
            loss, grads = value_and_grad(net, x, y)
            first, last = grads.layers
            return loss, Net([replace(first, b=2 * first.b), last])

        report = check_gradients(hand, tree(), x, y)
    assert [v.name for v in report.verdicts if not v.passes] == ["layers.0.b"]


def test_an_argument_that_is_needed_is_passed_on_as_none():
    def hand(params, x, y):
        assert y is None
        out = x @ params["W"]
        return 0.5 * (out**2).sum(), {"W": 2 * x.T @ out}

    report = check_gradients(hand, {"W": rng.normal(size=(3, 2))}, x)
    assert report["W"].status == "wrong"
    assert "'W': params['W'] + e}, x, y)[0]" in str(report)


def test_a_function_of_params_alone_is_called_with_them_alone():
    assert check_gradients(
        lambda params: ((params["w"] ** 2).sum(), {"w": 2 * params["w"]}), {"w": np.ones(3)}
    ).ok


def test_a_torch_loss_gets_the_module_that_it_is_differentiated_by():
    def hand(model, x, y):
        W1, b1, W2, b2 = [p.detach().numpy() for p in model.parameters()]
        h = np.tanh(x @ W1.T + b1)
        d = 2 * (h @ W2.T + b2 - y) / y.size
        dh = d @ W2 * (1 - h**2)
        grads = {"0.weight": dh.T @ x, "0.bias": dh.sum(0), "2.weight": d.T @ h, "2.bias": d.mean(0)}
        return ((h @ W2.T + b2 - y) ** 2).mean(), grads

    def torch_loss(model, x, y):
        return ((model(x) - y) ** 2).mean()

    report = check_gradients(hand, network(), x, y, torch_loss=torch_loss)
    assert {v.name: v.status for v in report.verdicts}["2.bias"] == "wrong"
    assert sum(v.status == "agree" for v in report.verdicts) == 3
    assert "torch" in report["0.weight"].values


def test_a_module_that_returns_a_prediction_is_no_loss():
    def hand(params, x, y):
        e = x @ params["W"] - y
        return (e**2).mean(), {"W": 2 * x.T @ e / e.size}

    with pytest.raises(UserError, match=r"Linear.forward takes x alone .*module_loss\(linear, loss\)"):
        check_gradients(hand, {"W": rng.normal(size=(3, 2))}, x, y, torch_loss=torch.nn.Linear(3, 2))
