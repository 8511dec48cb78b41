"""
A gallery of mistakes
=====================

The catalogue lists the mistakes that people make when they derive backpropagation by hand. **Would you notice one?** A
wrong gradient raises no error, and a falling loss does not reveal it.

Prediction: many of the wrong networks learn, and some learn as well as the right one.
"""

import re
from html import escape
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np

from compare.checks.bench.planting import planted_cases
from compare.mistakes.catalogue import catalogue
from compare.networks import data
from manual import MLP
from manual.optimizers import SGD
from manual.steps import eager
from threeways import check_gradients

digits = data.load("digits")
known = {id: m for id, m in catalogue().items() if m.network == "MLP"}

# %%
# Four networks on handwritten digits
# -----------------------------------
# A mistake does not show in every network: a transposed gradient needs a square layer, a missing sigma' a quadratic
# cost. Plant each mistake in the first of these networks where it shows. The last network separates the digits 0 to 4
# from 5 to 9.

NETS = (
    MLP((64, 16, 16, 10), ("tanh", "sigmoid", "softmax"), "cross_entropy", l2=1e-3),
    MLP((64, 16, 16, 10), ("relu", "relu", "softmax"), "cross_entropy", l2=1e-3),
    MLP((64, 16, 16, 10), ("tanh", "tanh", "sigmoid"), "quadratic", l2=1e-3),
    MLP((64, 16, 16, 1), ("tanh", "tanh", "sigmoid"), "binary_cross_entropy", l2=1e-3),
)
STEPS, BATCH, RATE = 240, 16, 0.5


def targets(net, labels):
    """Return the labels in the form that the network's criterion takes."""
    if net.sizes[-1] == 1:
        return (labels >= 5).astype(float)[:, None]
    return np.eye(10)[labels] if net.criterion == "quadratic" else labels


def accuracy(net, params):
    """Return the accuracy on the test digits."""
    with np.errstate(all="ignore"):
        out = net.forward(params, digits.x_test)
    guess = out[:, 0] > 0.5 if net.sizes[-1] == 1 else out.argmax(axis=1)
    return float((guess == (digits.y_test >= 5 if net.sizes[-1] == 1 else digits.y_test)).mean())


def batches():
    rng = np.random.default_rng(1)
    return [rng.integers(0, len(digits.x_train), BATCH) for _ in range(STEPS)]


def train(net, judged_by):
    """Return the test accuracy every 20 steps of gradient descent; `judged_by` is the network without a mistake."""
    optimizer = SGD(RATE)
    params, step, curve = judged_by.init(np.random.default_rng(0)), eager(net, optimizer), []
    state = optimizer.init(params)
    with np.errstate(all="ignore"):  # some mistakes diverge
        for k, rows in enumerate(batches()):
            if k % 20 == 0:
                curve.append(accuracy(judged_by, params))
            params, state, _ = step(params, state, digits.x_train[rows], targets(net, digits.y_train[rows]))
    return [*curve, accuracy(judged_by, params)]


def differs(wrong, net):
    """Return whether the mistake changes the gradient or the loss at the start."""
    params = {n: p + 0.1 for n, p in net.init(np.random.default_rng(0)).items()}
    x, y = digits.x_train[:BATCH], targets(net, digits.y_train[:BATCH])
    with np.errstate(all="ignore"):
        (loss, mine), (right, grads) = wrong.loss_and_grads(params, x, y), net.loss_and_grads(params, x, y)
        return loss != right or any(
            np.abs(mine[n] - g).max() > 1e-9 * np.abs(g).max() for n, g in grads.items()
        )


def planted(mistake):
    """Return (network with the mistake, network without it) for the first of NETS where it shows, or None."""
    params = NETS[0].init(np.random.default_rng(0))
    for net in NETS:
        x, y = digits.x_train[:BATCH], targets(net, digits.y_train[:BATCH])
        params = {n: p + 0.1 for n, p in net.init(np.random.default_rng(0)).items()}
        for layers in mistake.layers(net.depth):
            if not (mistake.needs and mistake.needs(net, params, x, y, layers)):
                wrong = mistake.planted(net, layers)
                if differs(wrong, net):
                    return wrong, net
    return None


right = {net: train(net, net) for net in NETS}
print("the networks without a mistake reach", [f"{100 * curve[-1]:.0f} %" for curve in right.values()])
curves = {id: (train(*pair), right[pair[1]]) for id, m in known.items() if (pair := planted(m))}
elsewhere = [id for id in known if id not in curves]
print(
    f"{len(curves)} of {len(known)} mistakes planted; do not show in these networks: {', '.join(elsewhere) or 'none'}"
)
assert len(curves) >= 0.8 * len(known)

# %%
# Do the wrong networks learn?
# ----------------------------
# Plot the test accuracy over 240 steps. The grey line is the network without the mistake.

columns = 6
rows = -(-len(curves) // columns)
figure, axes = plt.subplots(
    rows, columns, figsize=(12, 1.7 * rows), sharex=True, sharey=True, layout="constrained"
)
for ax, (id, (wrong, good)) in zip(axes.flat, curves.items(), strict=False):
    ax.plot(good, color="0.7", lw=3)
    ax.plot(wrong, color="#b5432f", lw=1.2)
    ax.set_title(id.replace(":", "\n"), fontsize=8)
    ax.set_ylim(0, 1)
for ax in axes.flat[len(curves) :]:
    ax.axis("off")

share = {id: (wrong[-1] - wrong[0]) / (good[-1] - good[0]) for id, (wrong, good) in curves.items()}
learn = [id for id, s in share.items() if s > 0.8]
as_well = [id for id, (wrong, good) in curves.items() if wrong[-1] >= good[-1] - 0.01]
print(fill(f"{len(learn)} of {len(curves)} gain over four fifths as much accuracy: {', '.join(learn)}", 100))
print(f"{len(as_well)} of {len(curves)} end at most one point below the right network")
assert len(learn) > len(curves) / 4, "a falling loss proves little"

# %%
# What the checker reports
# ------------------------
# Plant each mistake in a small network where it shows, and check the network's function. The checker does not see the
# name of the mistake.


class Mistakes(list):
    """Hold rows (id, wrong line, right line, learns, report of the checker) and print them."""

    HEAD = ("mistake", "wrong", "right", "learns", "the checker")

    def __str__(self):
        return "\n\n".join(
            f"{id}   (learns {learns})\n    wrong  {wrong}\n    right  {good}\n"
            + fill(said, 100, initial_indent="    report ", subsequent_indent="           ")
            for id, wrong, good, learns, said in self
        )

    def _repr_html_(self):
        head = "".join(f"<th>{name}</th>" for name in self.HEAD)
        body = "\n".join(
            f"<tr><td>{escape(id)}</td><td><code>{escape(wrong)}</code></td><td><code>{escape(good)}</code></td>"
            f"<td>{escape(learns)}</td><td>{escape(said)}</td></tr>"
            for id, wrong, good, learns, said in self
        )
        return f'<table class="claims"><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>'


def judged(id):
    """Return the report on a planted mistake, and the last layer that holds it."""
    drawn, layers, constant = planted_cases(id, 0)[0][0]
    hand = known[id].planted(drawn.net, layers, constant)
    given = hand if known[id].local else hand.loss_and_grads  # some show only in a rule checked on its own
    with np.errstate(all="ignore"):
        return check_gradients(
            given, drawn.params, drawn.x, drawn.y, network=drawn.net, witnesses=("numerical",)
        ), max(layers)


table, named = Mistakes(), 0
for id, mistake in known.items():
    report, layer = judged(id)
    assert not report.ok, f"{id} was not found"
    ids = [one for finding in report.findings for one in finding.one_of]
    named += any(one.split(":")[0] == id.split(":")[0] for one in ids)
    sentence = report.findings[0].sentence if report.findings else report.diagnosis
    wrong, good, _ = mistake.lines(layer)
    learns = f"{100 * share[id]:.0f} %" if id in share else "not tried"
    table.append((id, wrong, good, learns, re.sub(r"\s+", " ", sentence)))
print(f"{len(table)} planted, {len(table)} found, {named} named, or their class named")
assert named >= 0.95 * len(table)

# %%

print(table)
table

# %%
# A network that trains can still have a wrong gradient. A check takes a second.
