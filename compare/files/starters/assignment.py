"""An assignment: grade submissions with   threeways check SUBMISSION... --against THIS_FILE

Students write a function (params, x, y) -> (loss, gradients) in a file of their own, the gradients under the names
of the parameters. This file holds the inputs, the reference and the points, and does not leave your machine.
"""

import numpy as np

from manual import MLP

# The reference: a network, so that mistakes get their names ...
network = MLP(sizes=(5, 4, 3), activations=("tanh", "softmax"), criterion="cross_entropy")
# ... or, for anything else, the loss alone: one of these, (params, x, y) -> scalar in the framework's operations
# torch_loss = ...
# jax_loss = ...
# numpy_loss = ...       by finite differences, the coarsest of the three

# Each submission is judged on every seed, and an array is right only where it is right on all. Keep them to yourself.
seeds = (11, 23, 47)


def example(seed):
    """Return (params, x, y) of one seed. All sizes differ, several samples, biases not 0: else mistakes could hide."""
    rng = np.random.default_rng(seed)
    params = {
        "W1": rng.normal(size=(4, 5)) / 2,
        "b1": rng.normal(size=4) / 2,
        "W2": rng.normal(size=(3, 4)) / 2,
        "b2": rng.normal(size=3) / 2,
    }
    return params, rng.normal(size=(6, 5)), rng.integers(0, 3, size=6)


# Points for each gradient, and for the loss itself; or one number, given only where everything is right.
points = {"loss": 1, "W1": 3, "b1": 2, "W2": 2, "b2": 2}

# The name of the function, where a submission may have several; None: the only one that fits.
function = None

# The limits: seconds of a submission's own code on all seeds together, gigabytes (on Linux only).
timeout = 10
memory = 1

# How much its report shows: "verdict" (right or wrong), "place" (which arrays), "hint" (a question), "answer".
reveal = "hint"

# A submission that imports one of these gets no points, and the table says so. () allows all.
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
