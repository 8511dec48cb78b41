"""manual.Recurrent: backpropagation through time on paper, its rules, sequences of different lengths, init."""

from dataclasses import replace

import numpy as np
import pytest

import manual

CELLS = ("rnn", "lstm", "gru")
RULES = {
    "rnn": ("output_delta", "hidden_delta", "hidden_carry", "through_gate"),
    "lstm": ("hidden_carry", "cell_delta", "cell_carry", "through_output", "through_state", "through_gate"),
    "gru": ("hidden_carry", "through_reset", "through_gate", "candidate_bias_gradient"),
}
OF_ALL = (
    "input_weight_gradient",
    "recurrent_weight_gradient",
    "bias_gradient",
    "output_weight_gradient",
    "output_bias_gradient",
)


def case(cell, lengths=False, dtype="float64", steps=5, seed=0):
    """(net, params, x, y) with non-zero biases, and in the last column of x the lengths if asked for."""
    net, rng = manual.Recurrent(cell, 2, 3, 4, steps), np.random.default_rng(seed)
    params = {n: (p + 0.3 * rng.standard_normal(p.shape)).astype(dtype) for n, p in net.init(rng).items()}
    x = rng.standard_normal((6, 2 * steps))
    if lengths:
        x = np.column_stack([x, [1, steps, 2, 3, steps, 1]])
    return net, params, x.astype(dtype), rng.integers(0, 4, 6)


# One unit, two steps, worked on paper: x is chosen so that h_1 = 1/2 and h_2 = 1/4, with W_hh = 3:
#   z_1 = atanh(1/2),  z_2 = (atanh(1/4) - 3/2) + 3 h_1 = atanh(1/4)
# Two equal logits and class 0 of two: delta_logits = (-1/2, 1/2).
PAPER = manual.Recurrent("rnn", inputs=1, hidden=1, classes=2, steps=2)
PARAMS = {
    "W_ih": np.array([[1.0]]),
    "W_hh": np.array([[3.0]]),
    "b": np.array([0.0]),
    "W_out": np.array([[4.0], [4.0]]),
    "b_out": np.array([0.0, 0.0]),
}
X, Y = np.array([[np.arctanh(0.5), np.arctanh(0.25) - 1.5]]), np.array([0])


def test_an_rnn_on_paper():
    p = PAPER.backward_pass(PAPER.forward_pass(PARAMS, X), Y)
    assert p.a["h"].ravel().tolist() == pytest.approx([0, 0.5, 0.25], rel=1e-14)
    assert p.delta["logits"].tolist() == [[-0.5, 0.5]]
    assert p.delta["h"][1].item() == 0  # -1/2 4 + 1/2 4


def test_what_is_carried_back_on_paper():
    """W_out = (-2, 2): delta_h_2 = 2, dz_2 = 2 (1 - 1/16) = 15/8, delta_h_1 = 3 dz_2, dz_1 = delta_h_1 (1 - 1/4)."""
    # The bias makes the logits equal again.
    params = PARAMS | {"W_out": np.array([[-2.0], [2.0]]), "b_out": np.array([0.5, -0.5])}
    _, grads = PAPER.loss_and_grads(params, X, Y)
    deltas = PAPER.deltas(params, X, Y)
    assert deltas["delta_h"].ravel().tolist() == pytest.approx([45 / 8, 2], rel=1e-14)
    assert deltas["delta_z"].ravel().tolist() == pytest.approx([135 / 32, 15 / 8], rel=1e-14)
    assert grads["W_hh"].item() == pytest.approx(15 / 8 * 0.5, rel=1e-14)  # h_0 = 0, so step 1 adds nothing
    assert grads["W_ih"].item() == pytest.approx(135 / 32 * X[0, 0] + 15 / 8 * X[0, 1], rel=1e-14)
    assert grads["b"].item() == pytest.approx(135 / 32 + 15 / 8, rel=1e-14)


@pytest.mark.parametrize(("cell", "rule"), [(c, r) for c in CELLS for r in RULES[c] + OF_ALL])
def test_overriding_one_rule_changes_the_gradient(cell, rule):
    """That is how a mistake is planted: the pass goes through the named rules and nothing else."""
    net, *arguments = case(cell)
    original = getattr(manual.Recurrent, rule)

    def doubled(self, *given):
        found = original(self, *given)
        return tuple(2 * f for f in found) if isinstance(found, tuple) else 2 * found

    planted = type("Planted", (manual.Recurrent,), {rule: doubled})(cell, 2, 3, 4, 5)
    right, wrong = net.loss_and_grads(*arguments)[1], planted.loss_and_grads(*arguments)[1]
    assert any((right[name] != wrong[name]).any() for name in right)
    assert net.loss(*arguments) == planted.loss(*arguments)


# ---- Lengths


@pytest.mark.parametrize("cell", CELLS)
def test_a_sequence_is_what_it_would_be_alone_without_the_steps_behind_its_end(cell):
    net, params, x, y = case(cell, lengths=True)
    loss, grads = net.loss_and_grads(params, x, y)
    alone = []
    for row, label in zip(x, y, strict=True):
        length = int(row[-1])
        alone.append(replace(net, steps=length).loss_and_grads(params, row[None, : 2 * length], label[None]))
    assert loss == pytest.approx(np.mean([each for each, _ in alone]), rel=1e-13)
    for name, grad in grads.items():
        assert np.allclose(grad, np.mean([g[name] for _, g in alone], axis=0), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("cell", CELLS)
def test_what_stands_behind_the_end_of_a_sequence_does_not_matter(cell):
    net, params, x, y = case(cell, lengths=True)
    other = x.copy()
    other[0, 2:-1] = 1e3
    for a, b in zip(net.loss_and_grads(params, x, y), net.loss_and_grads(params, other, y), strict=True):
        assert repr(a) == repr(b)
    deltas = net.deltas(params, x, y)
    over_time = {name: d for name, d in deltas.items() if name not in ("delta_logits", "delta_h", "delta_c")}
    assert all(not d[1:, 0].any() and d[0, 0].any() for n, d in over_time.items() if n not in ("delta_f",))
    # What its state is worth stays the same from its end on.
    assert np.array_equal(deltas["delta_h"][0, 0], deltas["delta_h"][-1, 0])


@pytest.mark.parametrize("cell", CELLS)
def test_full_lengths_change_nothing(cell):
    net, params, x, y = case(cell)
    full = np.column_stack([x, np.full(len(x), net.steps)])
    assert repr(net.loss_and_grads(params, x, y)) == repr(net.loss_and_grads(params, full, y))
    assert np.array_equal(net.forward(params, x), net.forward(params, full))


def test_a_length_that_is_off_by_a_rounding_is_still_that_length():
    net, params, x, y = case("gru", lengths=True)
    for towards in (0, 9):
        moved = x.copy()
        moved[:, -1] = np.nextafter(x[:, -1], towards)
        assert net.loss(params, moved, y) == net.loss(params, x, y)


# ---- The rest


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_everything_has_its_shape_and_type(cell, dtype):
    net, params, x, y = case(cell, dtype=dtype)
    loss, grads = net.loss_and_grads(params, x, y)
    deltas = net.deltas(params, x, y)
    assert {n: g.shape for n, g in grads.items()} == {n: p.shape for n, p in params.items()}
    assert deltas.pop("delta_logits").shape == (6, 4)
    assert {d.shape for d in deltas.values()} == {(5, 6, 3)}
    assert {a.dtype for a in (loss, *grads.values(), *deltas.values(), net.forward(params, x))} == {
        np.dtype(dtype)
    }


@pytest.mark.parametrize("cell", CELLS)
def test_the_inputs_are_left_alone(cell):
    net, params, x, y = case(cell, lengths=True)
    before = {n: p.copy() for n, p in params.items()}, x.copy(), y.copy()
    net.loss_and_grads(params, x, y)
    net.deltas(params, x, y)
    assert all(np.array_equal(before[0][n], params[n]) for n in params)
    assert np.array_equal(before[1], x)
    assert np.array_equal(before[2], y)


@pytest.mark.parametrize("cell", CELLS)
def test_init_draws_gate_by_gate_and_is_decided_by_the_seed(cell):
    net = manual.Recurrent(cell, inputs=300, hidden=200, classes=7, steps=2)
    params = net.init(np.random.default_rng(0), "float32")
    again = net.init(np.random.default_rng(0), "float32")
    assert all(np.array_equal(params[n], again[n]) and params[n].dtype == np.float32 for n in params)
    # Xavier's variance for one gate, 200 wide: the joined width of all of them would make it smaller.
    assert params["W_ih"].var() == pytest.approx(2 / 500, rel=0.05)
    assert params["W_hh"].var() == pytest.approx(2 / 400, rel=0.05)
    assert not any(params[n].any() for n in params if n.startswith("b"))
