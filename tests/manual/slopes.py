"""Slopes by central differences, along random directions: an entry that is wrong shows in every one of them."""

import numpy as np

H = 1e-6  # 1e-12 for the formula, eps / h = 2e-10 of the loss for the rounding, and few kinks that near
ROOM = 1e-8  # relative to the norms of gradient and direction, and to the loss


def along(function, arrays, name, direction):
    """Return the slope of function(arrays) as one of the arrays moves along a direction."""
    ends = [float(function({**arrays, name: arrays[name] + s * H * direction})) for s in (1, -1)]
    return (ends[0] - ends[1]) / (2 * H)


def assert_slopes(function, arrays, gradients, seed=0):
    """Raise AssertionError unless each gradient gives the slope of function(arrays) along two random directions."""
    rng = np.random.default_rng(seed)
    for name, gradient in gradients.items():
        assert gradient.shape == arrays[name].shape, name
        for _ in range(2):
            direction = rng.standard_normal(gradient.shape)
            slope, mine = along(function, arrays, name, direction), float((gradient * direction).sum())
            size = np.linalg.norm(gradient) * np.linalg.norm(direction) + abs(float(function(arrays)))
            assert abs(slope - mine) <= ROOM * size, f"{name}: {mine}, by differences {slope}"


def assert_deltas(net, params, x, y, seed=0):
    """Raise AssertionError unless each delta is the slope of the loss by what `tap` adds to its intermediate."""
    rng = np.random.default_rng(seed)
    for name, delta in net.deltas(params, x, y).items():
        direction = rng.standard_normal(delta.shape)

        def loss(at, name=name, direction=direction):
            return net.loss(params, x, y, lambda seen, z: z + at["step"] * direction if seen == name else z)

        slope = along(loss, {"step": np.zeros(())}, "step", np.ones(()))
        mine = float((delta * direction).sum())
        size = np.linalg.norm(delta) * np.linalg.norm(direction) + abs(float(net.loss(params, x, y)))
        assert abs(slope - mine) <= ROOM * size, f"{name}: {mine}, by differences {slope}"
