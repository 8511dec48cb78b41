"""An assignment: grade submissions with   threeways check SUBMISSION... --against THIS_FILE

Students write a function (params, x, y) -> (loss, gradients) in a file of their own, the gradients under the names
of the parameters. This file owns the inputs, the reference and the points, and does not leave your machine.
"""

import numpy as np

from manual import MLP

# The reference: a network, so that mistakes get their names ...
network = MLP(sizes=(5, 4, 3), activations=("tanh", "softmax"), criterion="cross_entropy")
# ... or, for anything else, the loss alone: one of these, (params, x, y) -> scalar in that framework's operations
# torch_loss = ...
# jax_loss = ...
# numpy_loss = ...       differenced; the coarsest of the three

# Each submission is judged on every seed, and an array is right only where it is right on all. Keep them to yourself.
seeds = (11, 23, 47)


def example(seed):
    """(params, x, y) of one seed. Sizes all different, several samples, biases not 0: else mistakes could hide."""
    rng = np.random.default_rng(seed)
    params = {
        "W1": rng.normal(size=(4, 5)) / 2,
        "b1": rng.normal(size=4) / 2,
        "W2": rng.normal(size=(3, 4)) / 2,
        "b2": rng.normal(size=3) / 2,
    }
    return params, rng.normal(size=(6, 5)), rng.integers(0, 3, size=6)


# For each gradient, and for the loss itself; or one number, given only where all of it is right.
points = {"loss": 1, "W1": 3, "b1": 2, "W2": 2, "b2": 2}

# The function's name, where a submission may have several; None: the one that fits.
function = None

# What a submission may take: seconds of its own code on all seeds together, gigabytes (limited on Linux only).
timeout = 10
memory = 1

# What its report says: "verdict" (right or wrong), "place" (which arrays), "hint" (a question), "answer" (all of it).
reveal = "hint"

# Whoever imports one of these gets no points, and the table says so. () allows all.
forbidden = (
    "torch",
    "jax",
    "tensorflow",
    "autograd",
    "manual",
    "torch_ref",
    "jax_ref",
    "compare",
    "threeways",
)
