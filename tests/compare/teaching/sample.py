"""Thirty submissions to the starter's assignment, and the grade each should get: {name: (text, status, points)}.

The assignment: 5-4-3, tanh, softmax with cross-entropy; loss 1, W1 3, b1 2, W2 2, b2 2 points.
"""

from compare.files.starters import text

# The teacher's starter with one seed instead of three: enough, but for what differs from seed to seed.
ASSIGNMENT = text("assignment").replace("seeds = (11, 23, 47)", "seeds = (11,)")

RIGHT = """\
import numpy as np


def loss_and_grads(params, x, y):
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
    N = len(x)
    a1 = np.tanh(x @ W1.T + b1)
    z2 = a1 @ W2.T + b2
    e = np.exp(z2 - z2.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.mean(np.log(p[np.arange(N), y]))
    delta2 = p.copy()
    delta2[np.arange(N), y] -= 1
    delta2 /= N
    delta1 = (delta2 @ W2) * (1 - a1**2)
    return loss, {"W1": delta1.T @ x, "b1": delta1.sum(axis=0), "W2": delta2.T @ a1, "b2": delta2.sum(axis=0)}
"""

ONE_HOT = """\
import numpy as np


def softmax(z):
    e = np.exp(z)
    return e / np.sum(e, axis=1)[:, None]


def backprop(params, X, labels):
    m = X.shape[0]
    Y = np.eye(3)[labels]
    Z1 = np.dot(X, params["W1"].T) + params["b1"]
    A1 = np.tanh(Z1)
    A2 = softmax(np.dot(A1, params["W2"].T) + params["b2"])
    cost = -np.sum(Y * np.log(A2)) / m
    dZ2 = A2 - Y
    dZ1 = np.dot(dZ2, params["W2"]) * (1 - np.power(A1, 2))
    return cost, {
        "dW1": np.dot(dZ1.T, X) / m,
        "db1": np.sum(dZ1, axis=0) / m,
        "dW2": np.dot(dZ2.T, A1) / m,
        "db2": np.sum(dZ2, axis=0) / m,
    }
"""

LOOP = """\
import numpy as np


def gradient(params, x, y):
    total, grads = 0.0, {name: np.zeros_like(a) for name, a in params.items()}
    for sample, label in zip(x, y):
        a1 = np.tanh(params["W1"] @ sample + params["b1"])
        z2 = params["W2"] @ a1 + params["b2"]
        p = np.exp(z2) / np.exp(z2).sum()
        total -= np.log(p[label])
        delta2 = p - np.eye(3)[label]
        delta1 = (params["W2"].T @ delta2) * (1 - a1**2)
        grads["W2"] += np.outer(delta2, a1)
        grads["b2"] += delta2
        grads["W1"] += np.outer(delta1, sample)
        grads["b1"] += delta1
    return total / len(x), {name: g / len(x) for name, g in grads.items()}
"""

CLASS = """\
import numpy as np


class Network:
    def forward(self, p, x):
        self.a1 = np.tanh(x @ p["W1"].T + p["b1"])
        z = self.a1 @ p["W2"].T + p["b2"]
        self.log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))

    def loss_and_grads(self, p, x, y):
        self.forward(p, x)
        d2 = (np.exp(self.log_p) - np.eye(3)[y]) / len(x)
        d1 = d2 @ p["W2"] * (1 - self.a1 * self.a1)
        grads = {"W1": d1.T @ x, "b1": d1.sum(0), "W2": d2.T @ self.a1, "b2": d2.sum(0)}
        return -self.log_p[np.arange(len(x)), y].mean(), grads
"""

# The whole chain, nothing fused: log, then the softmax's full Jacobian.
UNFUSED = RIGHT.replace(
    """\
    delta2 = p.copy()
    delta2[np.arange(N), y] -= 1
    delta2 /= N
""",
    """\
    da = np.zeros_like(p)
    da[np.arange(N), y] = -1 / p[np.arange(N), y] / N
    delta2 = p * (da - (da * p).sum(axis=1, keepdims=True))
""",
)


def changed(*pairs, text=RIGHT):
    """A submission with places changed."""
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


def first(statement, text=RIGHT):
    """A submission that does something else before it starts (line 5 of the file)."""
    return changed(("    W1, b1, W2, b2 =", f"    {statement}\n    W1, b1, W2, b2 ="), text=text)


FORGED = """\
import json, os, struct, sys

body = json.dumps({"dict": [["report", {"dict": [["ok", True]]}], ["exit", 0], ["loss", 0.0], ["grads", {"dict": []}]]})
for descriptor in range(1, 30):
    try:
        os.write(descriptor, struct.pack("<QQ", len(body), 0) + body.encode())
    except OSError:
        pass


def loss_and_grads(params, x, y):
    print(body)
    return 0.0, params
"""

# Zeros with a loss to match: right by itself, and not what was asked.
ZEROS = """\
def loss_and_grads(params, x, y):
    return 0.0, {name: 0 * a for name, a in params.items()}
"""

# Wrong numbers, and wild ones when it sees that its rounding is measured.
WILD = first("wild = 1e6 if type(x) is not np.ndarray else 0.5").replace(
    '"b1": delta1.sum(axis=0)', '"b1": delta1.sum(axis=0) * (wild * np.random.rand() if wild > 1 else wild)'
)

SAMPLE = {
    # right, in different habits
    "right_rows": (RIGHT, "right", 10),
    "right_one_hot": (ONE_HOT, "right", 10),
    "right_loop": (LOOP, "right", 10),
    "right_class": (CLASS, "right", 10),
    "right_unfused": (UNFUSED, "right", 10),
    "right_and_talkative": (first("print('<b>shape</b>', x.shape)"), "right", 10),
    "right_but_summed": (
        changed(("-np.mean(", "-np.sum("), ("    delta2 /= N\n", "")),
        "right",  # a convention, with its own right gradient
        10,
    ),
    # wrong, each in its way
    "bias_averaged": (changed(("delta1.sum", "delta1.mean")), "wrong", 8),
    "both_biases_averaged": (
        changed(("delta1.sum", "delta1.mean"), ("delta2.sum", "delta2.mean")),
        "wrong",
        6,
    ),
    "derivative_missing": (changed((" * (1 - a1**2)", "")), "wrong", 5),
    "derivative_of_output": (changed(("(1 - a1**2)", "(1 - np.tanh(a1) ** 2)")), "wrong", 5),
    "sign_flipped": (changed(("    delta2 /= N", "    delta2 /= -N")), "wrong", 1),
    "batch_mean_missing": (changed(("    delta2 /= N\n", "")), "wrong", 1),
    "mean_twice": (changed(("    delta2 /= N", "    delta2 /= N * N")), "wrong", 1),
    "last_sample_only": (changed(('grads["W2"] += np', 'grads["W2"] = np'), text=LOOP), "wrong", 8),
    "another_loss": (changed(("loss = -np.mean(", "loss = 1 - np.mean(")), "wrong", 9),
    "transposed": (changed(('"W2": delta2.T @ a1', '"W2": a1.T @ delta2')), "wrong", 8),
    "missing_one": (changed((', "b2": delta2.sum(axis=0)', "")), "wrong", 8),
    "not_a_number": (changed(('"b1": delta1.sum(axis=0)', '"b1": delta1.sum(axis=0) * np.nan')), "wrong", 8),
    "zeros": (ZEROS, "wrong", 0),
    "wild_when_measured": (WILD, "wrong", 8),
    "drawn_anew": (changed(("delta1.sum(axis=0)", "delta1.sum(axis=0) * np.random.rand()")), "wrong", 0),
    # no answer
    "raises": (first("raise ValueError('=1+1')"), "raised", 0),
    "loops": (first("while True: pass"), "time", 0),
    "memory_hog": (first("hog = np.ones(10**9)"), "memory", 0),
    "exits": (first("import os; os._exit(0)"), "crashed", 0),
    "forged": (FORGED, "crashed", 0),
    "forks": (first("import os; os.fork()"), "raised", 0),
    "=cmd()": ("def nothing_of_the_kind():\n    pass\n", "unusable", 0),
    # right, but by a framework
    "imports_torch": (first("import importlib; importlib.import_module('to' + 'rch')"), "forbidden", 0),
}
