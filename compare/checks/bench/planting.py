"""Plant a mistake of the catalogue on random networks until it shows."""

import numpy as np

from ...mistakes.catalogue import catalogue

# A mistake shows where it moves an array, or the loss, by this much; an eps of float32 is 1e-7.
SHOWS = {"float64": 1e-6, "float32": 1e-3}
ZERO = 1e-13
TRIES = 3000


def planted_cases(id, k, seed=0):
    """The k-th network on which `id` shows: [(Draw in float64, layers, constant), ...], one for each set of
    layers it can sit in, and how often it was (vacuous, unrunnable) on the way there."""
    mistake = catalogue()[id]
    rng = np.random.default_rng([seed, k, *id.encode()])
    vacuous = unrunnable = 0
    for _ in range(TRIES):
        found = []
        drawn = mistake.draw(rng)
        net, samples = drawn.net, len(drawn.x)
        for layers in mistake.layers(net.depth):
            if mistake.needs(net, drawn.params, drawn.x, drawn.y, layers):
                unrunnable += 1
                continue
            constant = _constant(mistake, rng, samples)
            if shown_in(mistake, drawn, layers, constant, "float64"):
                found.append((drawn, layers, constant))
            else:
                vacuous += 1
        if found:
            return found, vacuous, unrunnable
    return [], vacuous, unrunnable


def shown_in(mistake, drawn, layers, constant, dtype):
    """What the planted mistake moves by more than rounding could: "loss", or the array nearest to the loss; or None."""
    net, arguments = drawn.net, (drawn.params, drawn.x, drawn.y)
    planted, array = mistake.planted(net, layers, constant), mistake.array(layers)
    if mistake.local:
        return array  # the gradient stays right: that is the point of it
    with np.errstate(all="ignore"):
        (loss, right), (other_loss, wrong) = (
            net.loss_and_grads(*arguments),
            planted.loss_and_grads(*arguments),
        )
    if mistake.loss:
        return "loss" if abs(other_loss - loss) > SHOWS[dtype] * abs(loss) else None
    whole = max(np.linalg.norm(g) for g in right.values())
    moved = [name for name in right if _moved(right[name], wrong[name], dtype, whole)]
    return next((name for name in reversed(moved) if array in (name, None)), None)


def _moved(right, wrong, dtype, whole):
    change = np.linalg.norm(wrong - right)
    # Of a structural zero only rounding moves: nothing beside the whole gradient.
    return bool(np.isfinite(change) and change > max(SHOWS[dtype] * np.linalg.norm(right), ZERO * whole))


def _constant(mistake, rng, samples):
    if mistake.constant is None:
        return None
    if mistake.id == "divided-by-dataset":
        return samples / int(rng.integers(100, 5000))
    if mistake.id == "log-epsilon":
        return float(rng.choice(mistake.constant))
    return float(10 ** rng.uniform(-2, -0.3))
