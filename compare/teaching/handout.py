"""The file of an exercise: the forward pass given, the backward rules to be written, or one of them wrong."""

import inspect
import pprint
import re
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np

from manual import MLP, activations
from manual.activations import ACTIVATIONS
from manual.criteria import CRITERIA

from ..common.errors import UserError, nearest
from ..mistakes.catalogue import catalogue
from ..mistakes.mistake import Mistake
from .rule_text import WRONG, rules

HEAD = '''"""Exercise: the backward pass of {words}.

{task}

    threeways check {folder}

{checks}

Every rule reads the trace p of the pass, by layer l = 1 .. {depth}; N samples, one a row; layer l has M_l units:
    p.W[l]  (M_l, M_(l-1))     p.b[l]  (M_l,)     p.a[0] is x     p.y  the targets
    p.z[l], p.a[l], p.delta[l]  (N, M_l): net input, activation, and delta^l = dL/dz^l
The factor 1/N is part of the loss: it enters with the loss's derivative, and nowhere else.
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
    """Compute p.z and p.a of every layer from p.a[0]."""
    for l in range(1, DEPTH + 1):
        p.z[l] = p.a[l - 1] @ p.W[l].T + p.b[l]
        p.a[l] = globals()[ACTIVATION[l]](p.z[l])


'''
CHECKS = {
    True: "checks each rule by itself, on right inputs: a mistake in one rule does not spoil the others.",
    False: "says how many rules are right.",
}
TASK = "The forward pass is given. Write the body of each rule below: a line or two of NumPy each."
FIND = "The forward pass is given, and so is the backward pass, in which one rule is wrong: find it and correct it."


# As textbooks have them: manual's are written so that nothing overflows or cancels.
TEXTBOOK = {
    "sigmoid": "return 1 / (1 + np.exp(-z))",
    "_normal_cdf": "return 0.5 * erfc(-z / np.sqrt(2))",
    "softplus": "return np.log(1 + np.exp(z))",
    "binary_cross_entropy": "return -(y * np.log(a) + (1 - y) * np.log(1 - a)).mean()",
}


def write(
    net: MLP,
    fields: dict[str, Any],
    folder: str,
    planted: str | None = None,
    points: float = 1,
    reveal: str | None = None,
) -> str:
    """Return the text of backward.py for `net`, whose fields in the catalogue of networks are `fields`.

    planted: the id of a mistake, written into a backward pass that is otherwise right.  points: for each rule.
    reveal: how much a check shows by default; None for a hint, of a mistake to find the verdict alone.
    """
    reveal = reveal or ("verdict" if planted else "hint")
    wrong_rule, wrong_body = WRONG[planted](net) if planted else ("", ())
    written = []
    for rule in rules(net):
        body: tuple[str, ...] = ("return None  # your formula",)
        if planted:
            body = wrong_body if rule.name == wrong_rule else rule.body
        lines = "\n".join(f"    {line}" for line in body)
        written.append(f'def {rule.name}({rule.arguments}):\n    """{rule.task}"""\n{lines}\n')
    given = "".join(f"{_source(f)}\n\n" for f in _given(net))
    backward = "\n\n".join(written)
    return "".join(
        (
            HEAD.format(
                words=", ".join(["-".join(map(str, net.sizes)), *net.activations, net.criterion]),
                task=textwrap.fill(FIND if planted else TASK, 100),
                folder=folder,
                checks=CHECKS[planted is None],
                depth=net.depth,
                imports="from scipy.special import erfc\n" if "erfc(" in given else "",
                exercise=pprint.pformat(fields | {"points": points, "reveal": reveal}, sort_dicts=False),
                activation=repr(dict(enumerate(net.activations, start=1))),
                constants="\n".join(
                    _constants(net, given + "".join(r for rule in rules(net) for r in rule.body))
                ),
            ),
            given,
            FORWARD,
            f"# ---- {'The' if planted else 'Yours: the'} backward pass, from the loss down\n\n\n",
            backward,
        )
    )


def _constants(net: MLP, code: str) -> list[str]:
    """The lines of activations.py that define the constants in `code`, and the penalty's factor."""
    lines = [
        line for line in inspect.getsource(activations).splitlines() if re.match(r"[A-Z]\w* = [\d.]", line)
    ]
    used = [line for line in lines if re.search(rf"\b{line.split()[0]}\b", code)]
    both = " and the same of b" if net.l2_biases else ""
    return ([f"L2 = {net.l2!r}  # the loss holds 1/2 L2 ||W||^2{both}"] if net.l2 else []) + used


def _given(net: MLP) -> list[Callable[..., Any]]:
    """The forward functions that the exercise shows, from the code they are explained by."""
    names = list(net.activations)
    if net.criterion == "softmax_cross_entropy":
        names.append("softmax")
    records = [ACTIVATIONS[name] for name in names]
    found = [f for record in records for f in (*record.helpers, record.forward)]
    return list(dict.fromkeys([*found, CRITERIA[net.criterion].forward]))


def _source(function: Callable[..., Any]) -> str:
    """The source of a function without its annotations."""
    lines = textwrap.dedent(inspect.getsource(function)).splitlines(keepends=True)
    head = f"def {function.__name__}({', '.join(inspect.signature(function).parameters)}):\n"
    if (body := TEXTBOOK.get(function.__name__)) is not None:
        return f"{head}    {body}\n"
    return "".join([head, *lines[1:]])


def planted_shows(
    mistake: Mistake, net: MLP, params: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray
) -> bool:
    """Return whether the mistake, in every layer it can sit in, can be made and changes the gradient."""
    layers = next(iter(mistake.layers(net.depth)), None)
    if layers is None or mistake.needs(net, params, x, y, layers):
        return False
    with np.errstate(all="ignore"):
        right = net.loss_and_grads(params, x, y)[1]
        wrong = mistake.planted(net, layers).loss_and_grads(params, x, y)[1]
    return any(not np.abs(right[n] - wrong[n]).max() <= 1e-6 * np.abs(right[n]).max() for n in right)


def plantable(net: MLP, params: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray) -> list[str]:
    """Return the ids of the mistakes that can be written into the exercise and show on this batch."""
    known, names = catalogue(), {rule.name for rule in rules(net)}
    return [
        id
        for id, wrong in WRONG.items()
        if wrong(net)[0] in names and planted_shows(known[id], net, params, x, y)
    ]


def chosen(
    plant: str, student: str, net: MLP, params: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray
) -> str:
    """Return the id to plant: `plant` itself, or for "random" one that the student's name decides."""
    possible = plantable(net, params, x, y)
    if plant == "random":
        return str(
            np.random.default_rng(list(student.encode(errors="surrogateescape")) or 0).choice(possible)
        )
    if plant not in WRONG:
        raise UserError(f"--plant {plant}: {nearest(plant, WRONG)}, or random")
    if plant not in possible:
        message = f"--plant {plant}: shows nothing in this network; these do: {', '.join(possible)}"
        raise UserError(message)
    return plant
