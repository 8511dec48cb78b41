"""check_hvp: a Hessian-vector product by hand, right and with a term of each rule left out."""

from dataclasses import replace

import numpy as np
import pytest

import manual
from compare.checks.hvp import check_hvp
from compare.common.errors import UserError

NET = manual.MLP(sizes=(4, 5, 3), activations=("tanh", "identity"), criterion="quadratic")


def batch(seed=0):
    rng = np.random.default_rng(seed)
    params = {n: rng.standard_normal(p.shape) for n, p in NET.init(rng).items()}
    return params, rng.standard_normal((6, 4)), rng.standard_normal((6, 3))


def hand(params, x, y):
    a = np.tanh(x @ params["W1"].T + params["b1"])
    off = a @ params["W2"].T + params["b2"] - y
    delta2 = off / len(x)
    delta1 = delta2 @ params["W2"] * (1 - a * a)
    grads = {"W1": delta1.T @ x, "b1": delta1.sum(0), "W2": delta2.T @ a, "b2": delta2.sum(0)}
    return 0.5 * (off**2).sum() / len(x), grads


def product(slope=1.0, direction=1.0, curvature=1.0, activation=1.0):
    """Return the R-operator's pass; a factor 0 leaves out a term."""

    def apply(params, x, y, v):
        a = np.tanh(x @ params["W1"].T + params["b1"])
        delta2 = (a @ params["W2"].T + params["b2"] - y) / len(x)
        f = 1 - a * a
        Ra = (f if slope else 1.0) * (x @ v["W1"].T + v["b1"])
        Rdelta2 = (Ra @ params["W2"].T + a @ v["W2"].T + v["b2"]) / len(x)
        Rdelta1 = (Rdelta2 @ params["W2"] + direction * delta2 @ v["W2"]) * f
        Rdelta1 = Rdelta1 - curvature * delta2 @ params["W2"] * 2 * a * Ra
        return {
            "W1": Rdelta1.T @ x,
            "b1": Rdelta1.sum(0),
            "W2": Rdelta2.T @ a + activation * delta2.T @ Ra,
            "b2": Rdelta2.sum(0),
        }

    return apply


def statuses(report):
    return {v.name: v.status for v in report.verdicts}


def torch_loss(params, x, y):
    off = (x @ params["W1"].T + params["b1"]).tanh() @ params["W2"].T + params["b2"] - y
    return 0.5 * (off**2).sum() / len(x)


def jax_loss(params, x, y):
    import jax.numpy as jnp

    off = jnp.tanh(x @ params["W1"].T + params["b1"]) @ params["W2"].T + params["b2"] - y
    return 0.5 * (off**2).sum() / len(x)


def test_a_right_product_agrees_with_the_record_and_both_frameworks():
    report = check_hvp(product(), hand, *batch(), torch_loss=torch_loss, jax_loss=jax_loss)
    assert report.ok and {"torch", "jax"} <= {*report.about["witnesses"]}
    assert "the Hessian of your loss times v" in str(report)
    v = {n: np.ones_like(p) for n, p in batch()[0].items()}
    assert check_hvp(product(), hand, *batch(1), v).ok


def test_a_term_left_out_is_wrong_where_it_acts():
    below = {"W1": "wrong", "b1": "wrong", "W2": "agree", "b2": "agree"}
    assert statuses(check_hvp(product(direction=0), hand, *batch())) == below
    assert statuses(check_hvp(product(curvature=0), hand, *batch())) == below
    assert {*statuses(check_hvp(product(slope=0), hand, *batch())).values()} == {"wrong"}


@pytest.mark.parametrize(
    ("factor", "id"),
    [
        ("direction", "hessian-weight-constant"),
        ("curvature", "hessian-slope-constant"),
        ("activation", "hessian-activation-constant"),
    ],
)
def test_with_the_network_the_rule_is_named(factor, id):
    report = check_hvp(product(**{factor: 0.0}), hand, *batch(), network=NET)
    assert [f.one_of for f in report.findings] == [(id,)], str(report)
    assert check_hvp(product(), hand, *batch(), network=NET).ok


def test_a_wrong_gradient_is_the_first_thing_to_say():
    def wrong(params, x, y):
        loss, grads = hand(params, x, y)
        return loss, grads | {"b1": grads["b1"] / len(x)}

    report = check_hvp(product(), wrong, *batch())
    assert statuses(report)["b1"] == "wrong" and "The gradient itself is not right" in str(report)


def test_gradients_under_other_names_and_in_lists_are_paired():
    params, x, y = batch()
    named = lambda p, x, y: (hand(p, x, y)[0], {f"d{n}": g for n, g in reversed(hand(p, x, y)[1].items())})  # noqa: E731
    assert check_hvp(product(), named, params, x, y).ok
    order = ["W1", "b1", "W2", "b2"]
    listed = [params[n] for n in order]
    as_dict = lambda values: dict(zip(order, values, strict=True))  # noqa: E731

    def in_lists(p, x, y):
        loss, grads = hand(as_dict(p), x, y)
        return loss, [grads[n] for n in order]

    def product_in_lists(p, x, y, v):
        return [product()(as_dict(p), x, y, as_dict(v))[n] for n in order]

    assert check_hvp(product_in_lists, in_lists, listed, x, y).ok


def test_unusable_calls_are_refused():
    params, x, y = batch()
    with pytest.raises(UserError, match="v has"):
        check_hvp(product(), hand, params, x, y, {"W1": np.ones(2)})
    with pytest.raises(UserError, match="hand is needed as a function"):
        check_hvp(product(), params, params, x, y)
    with pytest.raises(UserError, match="product is NoneType"):
        check_hvp(None, hand, params, x, y)
    with pytest.raises(UserError, match=r"manual\.MLP"):
        check_hvp(product(), hand, params, x, y, network=replace)
