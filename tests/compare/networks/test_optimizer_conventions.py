"""Where torch.optim and optax mean different things by the same name: docs/optimizers.md has the table.

Each test shows the difference that the defaults make, next to the setting under which there is none.
"""

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import torch

W = np.array([1.0, -2.0, 0.5])
GRADS = [np.array([0.3, -0.1, 0.02]), np.array([0.1, 0.2, -0.01]), np.array([-0.2, 0.1, 0.03])]


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


def by_torch(make, rates=None):
    """The parameters after GRADS; make(list of parameters) gives the optimiser."""
    w = torch.from_numpy(W.copy()).requires_grad_()
    optimizer = make([w])
    for step, g in enumerate(GRADS):
        if rates:
            optimizer.param_groups[0]["lr"] = rates[step]
        w.grad = torch.from_numpy(g.copy())
        optimizer.step()
    return w.detach().numpy()


def by_optax(rule):
    w = jnp.array(W)
    state = rule.init(w)
    for g in GRADS:
        updates, state = rule.update(jnp.array(g), state, w)
        w = optax.apply_updates(w, updates)
    return np.asarray(w)


def gap(a, b):
    return np.abs(a - b).max()


def test_rmsprop_has_epsilon_outside_the_root_in_torch_and_inside_in_optax():
    torchs = by_torch(lambda w: torch.optim.RMSprop(w, lr=0.1, alpha=0.9, eps=1e-2))
    assert gap(torchs, by_optax(optax.rmsprop(0.1, 0.9, eps=1e-2))) > 1e-2
    assert gap(torchs, by_optax(optax.rmsprop(0.1, 0.9, eps=1e-2, eps_in_sqrt=False))) < 1e-14


def test_rmsprop_forgets_at_another_pace_by_default():
    torchs = by_torch(lambda w: torch.optim.RMSprop(w, lr=0.1))  # alpha 0.99
    assert gap(torchs, by_optax(optax.rmsprop(0.1, eps_in_sqrt=False))) > 1e-2  # decay 0.9


def test_adagrad_has_epsilon_outside_in_torch_inside_in_optax_and_another_start():
    torchs = by_torch(lambda w: torch.optim.Adagrad(w, lr=0.1))
    assert gap(torchs, by_optax(optax.adagrad(0.1))) > 1e-2
    same_start = by_torch(lambda w: torch.optim.Adagrad(w, lr=0.1, initial_accumulator_value=0.1, eps=1e-2))
    assert gap(same_start, by_optax(optax.adagrad(0.1, 0.1, eps=1e-2))) > 1e-4
    no_epsilon = by_torch(lambda w: torch.optim.Adagrad(w, lr=0.1, initial_accumulator_value=0.1, eps=0))
    assert gap(no_epsilon, by_optax(optax.adagrad(0.1, 0.1, eps=0.0))) < 1e-14


def test_torch_does_not_dampen_the_first_step():
    dampened = by_torch(lambda w: torch.optim.SGD(w, lr=0.1, momentum=0.9, dampening=0.9))
    v, w = 0, W
    for g in GRADS:  # an average from 0, as optax.ema has it
        v = 0.9 * v + 0.1 * g
        w = w - 0.1 * v
    averaged = by_optax(optax.chain(optax.ema(0.9, debias=False), optax.scale(-0.1)))
    assert gap(averaged, w) < 1e-14
    assert gap(dampened, averaged) > 1e-2


def test_the_two_momentum_forms_part_only_when_the_rate_changes():
    def rate_inside(rates):
        v, w = 0, W
        for g, rate in zip(GRADS, rates, strict=True):
            v = 0.9 * v + rate * g
            w = w - v
        return w

    def momentum(w):
        return torch.optim.SGD(w, lr=0.1, momentum=0.9)

    assert gap(by_torch(momentum), rate_inside([0.1] * 3)) < 1e-14
    assert gap(by_torch(momentum, [0.1, 0.01, 0.01]), rate_inside([0.1, 0.01, 0.01])) > 1e-2


def test_nesterovs_look_ahead_is_a_change_of_variables():
    """Sutskever's form keeps w and takes g at w + momentum v; torch and optax keep the looked-ahead point."""

    def gradient(w):
        return np.array([1.0, 3.0, 0.2]) * w

    v, w = np.zeros(3), W
    buffer, ahead = np.zeros(3), W
    for _ in range(5):
        v = 0.9 * v - 0.1 * gradient(w + 0.9 * v)
        w = w + v
        g = gradient(ahead)
        buffer = 0.9 * buffer + g
        ahead = ahead - 0.1 * (g + 0.9 * buffer)
    assert gap(ahead, w) > 1e-3
    assert gap(ahead, w + 0.9 * v) < 1e-14


def test_adamw_decays_by_another_default():
    torchs = by_torch(lambda w: torch.optim.AdamW(w, lr=0.1))  # weight_decay 1e-2
    assert gap(torchs, by_optax(optax.adamw(0.1))) > 1e-3  # weight_decay 1e-4
    assert gap(torchs, by_optax(optax.adamw(0.1, weight_decay=1e-2))) < 1e-14


def test_torchs_clipping_adds_a_millionth_to_the_norm():
    w = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    w.grad = torch.tensor([3.0, 4.0], dtype=torch.float64)
    torch.nn.utils.clip_grad_norm_([w], 1.0)
    optaxs = optax.clip_by_global_norm(1.0).update(jnp.array([3.0, 4.0]), optax.EmptyState())[0]
    assert 1e-8 < gap(w.grad.numpy(), np.asarray(optaxs)) < 1e-6
    np.testing.assert_allclose(optaxs, [0.6, 0.8], rtol=1e-15)


def test_torchs_cosine_rises_again_after_its_end():
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns that no gradient was there
        for _ in range(20):
            optimizer.step()
            scheduler.step()
    assert scheduler.get_last_lr()[0] == pytest.approx(1.0)
    assert float(optax.cosine_decay_schedule(1.0, 10)(20)) == 0.0


def test_optaxs_linear_schedule_is_float32_from_its_own_counter_even_in_float64():
    schedule = optax.linear_schedule(1.0, 0.0, 300)
    exact = 1 - 7 / 300
    assert 1e-10 < abs(float(schedule(jnp.int32(7))) - exact) < 1e-6
    assert abs(float(schedule(jnp.int32(7) * 1.0)) - exact) < 1e-15
