"""What check_gradients says of gradients that are wrong in known ways, and of right ones that are hard to judge."""

import numpy as np
import pytest

import manual
from compare.checks.gradients import check_gradients
from compare.mistakes.catalogue import catalogue
from compare.networks.draws import suited, suited_draw

NET = manual.MLP((3, 5, 4, 2), ("tanh", "sigmoid", "softmax"), "cross_entropy", l2=0.1)


def case(net=NET, samples=7, seed=0, dtype="float64"):
    drawn = suited_draw(net, samples, np.random.default_rng(seed), dtype)
    return drawn.params, drawn.x, drawn.y


def check(hand, net, params, x, y):
    return check_gradients(hand, params, x, y, network=net, witnesses=("torch",))


def test_two_mistakes_in_different_layers_are_both_named():
    known = catalogue()
    both = known["bias-averaged"].planted(NET, [3])
    both = known["missing-activation-derivative"].planted(both, [1])
    report = check(both.loss_and_grads, NET, *case())
    named = {(f.array, i) for f in report.findings for i in f.one_of}
    assert ("b3", "bias-averaged") in named
    assert any(i == "missing-activation-derivative" and array in ("W1", "b1") for array, i in named)
    assert report["W2"].status == "agree"


def test_a_known_mistake_beside_an_unknown_one_has_no_name():
    both = catalogue()["bias-averaged"].planted(NET, [3])

    def hand(params, x, y):
        loss, grads = both.loss_and_grads(params, x, y)
        return loss, grads | {
            "W1": grads["W1"] * np.linspace(1, 2, grads["W1"].size).reshape(grads["W1"].shape)
        }

    report = check(hand, NET, *case())
    assert report["b3"].status == "wrong" and not any(f.one_of for f in report.findings)


def test_an_unknown_wrongness_gets_facts_and_no_name():
    params, x, y = case()
    off = 0.01 * np.random.default_rng(1).standard_normal(params["W2"].shape)

    def hand(params, x, y):
        loss, grads = NET.loss_and_grads(params, x, y)
        return loss, grads | {"W2": grads["W2"] + off}

    report = check(hand, NET, params, x, y)
    assert report["W2"].status == "wrong"
    assert all(v.status == "agree" for v in report.verdicts if v.name != "W2"), str(report)
    assert report.findings == []
    assert "W2 is off in 20 of 20 entries" in report.diagnosis
    assert "No single mistake of the catalogue explains all of it." in report.diagnosis


def test_any_single_entry_off_by_a_millionth_is_found_in_float64(monkeypatch):
    """One entry of each array off by 1e-6 of the array's typical size (its own value may be 0)."""
    # To name it is another matter, and slow.
    monkeypatch.setattr("compare.mistakes.naming.name_mistakes", lambda case: ([], [], False))
    rng, trials = np.random.default_rng(0), 0
    while trials < 250:
        net, samples = suited(rng)
        drawn = suited_draw(net, samples, rng, "float64")
        wrong = net.loss_and_grads(drawn.params, drawn.x, drawn.y)[1]
        where = {}
        for name, grad in wrong.items():
            size = np.sqrt(np.mean(grad**2))
            if size > 0:  # else a dead relu: nothing to be relative to
                where[name] = tuple(rng.integers(0, n) for n in grad.shape)
                grad[where[name]] += 1e-6 * size
        report = check(wrong, net, drawn.params, drawn.x, drawn.y)
        for name, index in where.items():
            assert report[name].status in ("wrong", "inherited"), (net, report[name])
            assert report[name].worst_index == index
        trials += len(where)


def spoilt(change):
    def hand(params, x, y):
        loss, grads = NET.loss_and_grads(params, x, y)
        return loss, change(dict(grads))

    return check(hand, NET, *case())


def put(value):
    def change(grads):
        grads["W2"] = grads["W2"].copy()
        grads["W2"][1, 2] = value
        return grads

    return change


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_single_nan_or_inf_never_passes(value):
    report = spoilt(put(value))
    assert report["W2"].status == "nonfinite" and report["W2"].worst_index == (1, 2)
    assert not report.ok and report.exit_code == 1


def test_a_wrong_shape_is_told_with_the_right_one():
    report = spoilt(lambda g: g | {"W2": g["W2"].T.copy()})
    assert report["W2"].status == "shape" and "transposed?" in report["W2"].reason


def test_a_missing_gradient_is_missing():
    report = spoilt(lambda g: {n: a for n, a in g.items() if n != "b2"})
    assert report["b2"].status == "missing" and report["W2"].status == "agree" and report.exit_code == 1


def test_the_gradient_of_no_parameter_is_unexpected():
    report = spoilt(lambda g: g | {"W9": np.ones((2, 2))})
    assert report["W9"].status == "unexpected" and report.exit_code == 1


def test_right_values_in_another_floating_type_pass_and_are_told():
    report = spoilt(lambda g: g | {"W2": g["W2"].astype("float32")})
    assert report["W2"].status == "dtype" and report.ok


def test_a_correct_twelve_layer_tanh_network_with_weights_times_thirty_is_right_in_float32():
    net = manual.MLP((8,) * 13, ("tanh",) * 12, "quadratic")
    rng = np.random.default_rng(0)
    params = {n: (30 * p).astype("float32") for n, p in net.init(rng).items()}
    x, y = (rng.standard_normal((16, 8)).astype("float32") for _ in range(2))
    report = check(net, net, params, x, y)
    assert report.ok and report.exit_code == 0, str(report)


def test_a_sum_of_eight_hundred_equal_terms_is_right_however_it_is_added():
    """All deltas of this hinge are -1/(15 N): added one by one, their roundings all go the same way."""
    net = manual.MLP((17, 4, 15), ("leaky_relu", "leaky_relu"), "hinge")
    params, x, y = case(net, 801)
    params = {n: 0.01 * p for n, p in params.items()}
    report = check(net, net, params, x, np.ones_like(y))
    assert report.ok, str(report)


def test_samples_on_a_kink_excuse_nothing_in_the_rest_of_the_batch():
    """One output of a softmax is 1: where y is 1, a hinge sits on its kink, whatever the parameters."""
    net = manual.MLP((4, 5, 1), ("tanh", "softmax"), "hinge", l2=0.1)
    params, x, _ = case(net, 5)
    y = np.array([[1.0], [1], [-1], [1], [1]])
    planted = catalogue()["decay-over-batch"].planted(net, [1, 2])
    report = check(planted.loss_and_grads, net, params, x, y)
    assert [f.one_of for f in report.findings] == [("decay-over-batch",)]
    assert report.exit_code == 1


def test_another_slope_at_a_relus_kink_passes_though_the_witnesses_differ_there():
    """Central differences take the mean of both slopes, the frameworks 0, the hand 1: none is to blame."""

    class AtLeast(manual.MLP):
        def through_activation(self, l, da, p):
            return da * (p.z[l] >= 0) if l == 1 else da

    fields = (2, 3, 1), ("relu", "identity"), "quadratic"
    params = {"W1": np.eye(3, 2), "b1": np.array([0.0, -0.5, 0.5])}
    params |= {"W2": np.array([[1.0, -2.0, 0.5]]), "b2": np.array([0.1])}
    x, y = np.array([[0.0, 1.0], [0.7, -0.3], [1.2, 0.4]]), np.array([[1.0], [0.0], [2.0]])
    hand, net = AtLeast(*fields).loss_and_grads, manual.MLP(*fields)
    report = check_gradients(hand, params, x, y, network=net, witnesses=("torch", "numerical"))
    assert [report[name].status for name in params] == ["kink", "kink", "agree", "agree"]
    assert report.exit_code == 0


def test_a_constant_loss_is_not_taken_for_one_with_an_epsilon():
    params, x, y = case()
    loss, grads = NET.loss_and_grads(params, x, y)
    report = check(lambda *_: (loss, grads), NET, params, x, y)
    assert report.loss.status == "wrong" and report.findings == []


def test_two_mistakes_that_cancel_are_found_though_the_gradient_is_right():
    cancelled = catalogue()["softmax-jacobian-diagonal:cancelled"].planted(NET, [3])
    report = check(cancelled, NET, *case())
    assert report["W3"].status == "agree" and not report.ok
    assert report.findings[0].one_of == ("softmax-jacobian-diagonal",)


def test_a_subclass_that_changes_nothing_has_no_rule_that_is_off():
    class Mine(manual.MLP):
        """Nothing overridden."""

    fields = {name: getattr(NET, name) for name in NET.__dataclass_fields__}
    assert check(Mine(**fields), NET, *case()).ok
