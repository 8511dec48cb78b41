"""The Hessian times a vector: by hand, and both ways of torch and of jax, on random MLPs.

`python -m tests.test_second_order 200 1` judges that many, five draws of each architecture: 1 to 4 layers, any
activation and criterion, parameters of scale 1: all agree. With "" for the 1 the scale is 1e-3 to 30: 191 agreed, nine
were not known, before jax's rounding was measured where jax alone differs. None is wrong. Each entry must be within the
measured rounding of both sides.
"""

import sys

import numpy as np
import pytest

import manual
from compare.checks.gradients import check_gradients, compare_network
from compare.common.errors import UserError
from compare.networks import check_inputs, network
from compare.networks.draws import architecture, suited_draw
from compare.networks.second import curved


def judged(a, d=0, scale=None, most=4):
    """Return the Report of a random MLP's second order, with torch and jax as the witnesses."""
    rng = np.random.default_rng([a, 18])
    net = architecture(rng)
    while net.depth > most:
        net = architecture(rng)
    rng = np.random.default_rng([a, d, 18])
    scale = scale or 10 ** rng.uniform(-3, np.log10(30))
    drawn = curved(suited_draw(net, 3 + 2 * a, rng, "float64", scale), rng)
    with np.errstate(all="ignore"):
        return check_gradients(
            drawn.net, drawn.params, drawn.x, drawn.y, network=drawn.net, witnesses=("torch", "jax")
        )


@pytest.mark.parametrize("seed", range(3))
def test_hand_torch_and_jax_have_one_product_by_both_ways(seed):
    report = judged(seed, scale=1.0, most=3)
    assert report.ok, str(report)
    assert report.about["witnesses"] == ["torch", "jax", "torch fwd", "jax fwd"]


def test_digits_that_one_framework_alone_loses_are_its_rounding():
    # jax's s (1 - s) of a saturated sigmoid: 1 - s is 1e-5, and has lost five digits.
    report = judged(11, 1, scale=1.0)
    assert report.ok, str(report)
    verdict = report["delta4"]
    assert verdict.status == "agree" and verdict.error < 1e-9


def hessian(net, params, x, y):
    """Return the Hessian (P, P) by central differences of the hand-written gradient."""
    names = list(params)

    def gradient(flat):
        at, parts = {}, np.split(flat, np.cumsum([params[n].size for n in names])[:-1])
        for name, part in zip(names, parts, strict=True):
            at[name] = part.reshape(params[name].shape)
        grads = net.loss_and_grads(at, x, y)[1]
        return np.concatenate([grads[n].ravel() for n in names])

    flat, h = np.concatenate([params[n].ravel() for n in names]), 1e-5
    return np.stack([(gradient(flat + e) - gradient(flat - e)) / (2 * h) for e in h * np.eye(flat.size)])


def test_the_products_with_unit_vectors_are_the_columns_of_the_hessian():
    net = manual.MLP((3, 4, 2), ("tanh", "softmax"), "cross_entropy", l2=0.1)
    rng = np.random.default_rng(0)
    drawn = suited_draw(net, 5, rng, "float64")
    right = hessian(net, drawn.params, drawn.x, drawn.y)
    columns = []
    for name, p in drawn.params.items():
        for k in range(p.size):
            v = {n: np.zeros_like(a) for n, a in drawn.params.items()}
            v[name].flat[k] = 1
            product = net.hessian_vector(drawn.params, drawn.x, drawn.y, v)
            columns.append(np.concatenate([product[n].ravel() for n in drawn.params]))
    found = np.stack(columns)
    # Differences of h = 1e-5 in float64: eps / h = 2e-11 of the gradient, and h^2 f''' below it.
    assert np.abs(found - right).max() < 1e-9
    assert np.abs(found - found.T).max() < 1e-14, "a Hessian is symmetric"


def test_the_table_of_second_order_has_both_ways_and_the_deltas():
    net = network("mlp", sizes=(4, 3, 3), activations=("tanh", "softmax"))
    report = compare_network(net, *check_inputs(net, net.load(None), 6), order=2)
    assert report.ok and report.about["order"] == 2
    assert {v.name for v in report.verdicts} == {"W1", "b1", "W2", "b2", "delta1", "delta2"}
    assert {"hand", "torch", "torch fwd", "jax", "jax fwd", "numerical"} <= report["W1"].values.keys()


def test_second_order_of_another_network_is_refused():
    net = network("cnn")
    with pytest.raises(UserError, match="for an mlp"):
        compare_network(net, {}, np.zeros((1, 64)), np.zeros(1), order=2)


if __name__ == "__main__":
    many, scale = int(sys.argv[1]), float(sys.argv[2]) if sys.argv[2:] else None
    off: dict[int, list[int]] = {1: [], 3: []}
    for k in range(many):
        report = judged(*divmod(k, 5), scale=scale)
        ratios = [v.ratio for v in report.verdicts if v.ratio is not None]
        print(k, report.exit_code, f"{max(ratios, default=0):.2g}", report.about["network"], flush=True)
        if report.exit_code:
            off[report.exit_code].append(k)
    print(f"{many - len(off[1]) - len(off[3])} of {many} agree; wrong: {off[1]}; not known: {off[3]}")
