"""The file of an exercise: the forward pass given, the backward rules to be written, or one of them wrong."""

import inspect
import pprint
import re
import textwrap

import numpy as np

from manual import activations as given_activations
from manual import criteria as given_criteria

from ..errors import UserError, nearest
from ..mistakes.catalogue import catalogue
from .rule_text import WRONG, rules

NEEDED_BY = {
    "gelu": ("_normal_cdf",),
    "gelu_tanh": ("sigmoid", "_gelu_argument"),
    "silu": ("sigmoid",),
}

HEAD = '''"""Exercise: the way back through {words}.

{task}

    threeways check {folder}

judges each rule on its own, with right arrays fed in: an error in one does not spoil the others.

Every rule reads the trace p of the pass, by layer l = 1 .. {depth}; N samples, one a row; layer l has M_l units:
    p.W[l]  (M_l, M_(l-1))     p.b[l]  (M_l,)     p.a[0] is x     p.y  the targets
    p.z[l], p.a[l], p.delta[l]  (N, M_l): net input, activation, and delta^l = dL/dz^l
1/N stands in the loss: it comes in with its derivative, and nowhere else.
"""

import numpy as np
{imports}
EXERCISE = {exercise}
DEPTH = {depth}
ACTIVATION = {activation}  # by layer
{constants}

# ---- Given: the forward pass


'''
FORWARD = '''def forward(p):
    """Fills p.z and p.a from p.a[0]."""
    for l in range(1, DEPTH + 1):
        p.z[l] = p.a[l - 1] @ p.W[l].T + p.b[l]
        p.a[l] = globals()[ACTIVATION[l]](p.z[l])


'''
TASK = "The forward pass is given. Write the body of each rule below: a line or two of NumPy each."
FIND = "The forward pass is given. The way back is written too, and one rule of it is wrong: find it, correct it."


def write(net, fields, folder, planted=None, points=None):
    """The text of backward.py for `net` (an MLP of `manual`) with the catalogue `fields`.

    planted: the id of a mistake, written into a backward pass that is right otherwise.  points: for each rule.
    """
    wrong_rule, wrong_body = WRONG[planted](net) if planted else (None, None)
    parts = [
        HEAD.format(
            words=", ".join(["-".join(map(str, net.sizes)), *net.activations, net.criterion]),
            task=textwrap.fill(FIND if planted else TASK, 100),
            folder=folder,
            depth=net.depth,
            imports="from scipy.special import erfc\n" if "gelu" in net.activations else "",
            exercise=pprint.pformat(fields | {"points": points or 1}, sort_dicts=False),
            activation=repr(dict(enumerate(net.activations, start=1))),
            constants="\n".join(_constants(net)),
        ),
        *(f"{_unannotated(f)}\n\n" for f in _given(net)),
        FORWARD,
        f"# ---- {'The' if planted else 'Yours: the'} way back, from the loss down\n\n\n",
    ]
    written = []
    for rule in rules(net):
        body = (
            (wrong_body if rule.name == wrong_rule else rule.body)
            if planted
            else ("return None  # your formula",)
        )
        lines = "\n".join(f"    {line}" for line in body)
        written.append(f'def {rule.name}({rule.arguments}):\n    """{rule.asked}"""\n{lines}\n')
    return "".join(parts) + "\n\n".join(written)


def _constants(net):
    if net.l2:
        yield f"L2 = {net.l2!r}  # the loss holds 1/2 L2 ||W||^2" + (
            " and the same of b" if net.l2_biases else ""
        )
    if "gelu_tanh" in net.activations:
        yield f"SQRT_2_PI, GELU_CUBIC = {given_activations.SQRT_2_PI!r}, {given_activations.GELU_CUBIC!r}"
    if "leaky_relu" in net.activations:
        yield f"LEAKY_SLOPE = {given_activations.LEAKY_SLOPE}"


def _given(net):
    """The forward functions that the exercise shows, from the code they are explained by."""
    found = []
    for name in dict.fromkeys(net.activations):
        found += [getattr(given_activations, needed) for needed in NEEDED_BY.get(name, ())]
        found.append(given_activations.ACTIVATIONS[name].forward)
    if net.criterion == "softmax_cross_entropy" and "softmax" not in net.activations:
        found.append(given_activations.softmax)
    return list(dict.fromkeys([*found, given_criteria.CRITERIA[net.criterion].forward]))


def _unannotated(function):
    """Return the source of a function of `manual` without its annotations, whose names an exercise has not."""
    head, body = textwrap.dedent(inspect.getsource(function)).split("\n", 1)
    return re.sub(r": \w+(?=[,)])| -> \w+(?=:$)", "", head) + "\n" + body


def plantable(net, params, x, y):
    """The ids of mistakes that can be written into the exercise and show on this batch, in all layers of their rule."""
    from .exercise import planted_shows

    known, names = catalogue(), {rule.name for rule in rules(net)}
    found = []
    for id, wrong in WRONG.items():
        layers = known[id].layers(net.depth)
        if not layers or (net.criterion not in ("cross_entropy", "binary_cross_entropy") and net.fused):
            continue
        if wrong(net)[0] in names and planted_shows(known[id], net, params, x, y):
            found.append(id)
    return found


def chosen(plant, student, net, params, x, y):
    """The id to plant: `plant` itself, or for "random" one that the student's name decides."""
    possible = plantable(net, params, x, y)
    if plant == "random":
        rng = np.random.default_rng(list(student.encode()) or 0)
        return str(rng.choice(possible))
    if plant not in WRONG:
        raise UserError(f"--plant {plant}: {nearest(plant, WRONG)}, or random")
    if plant not in possible:
        raise UserError(
            f"--plant {plant}: shows nothing in this network; here these do: {', '.join(possible)}"
        )
    return plant
