"""Pair gradients with parameters by name, by structure, or by order."""

import re
from typing import Any

import numpy as np

from ..common.arrays import DEEPEST, flatten, positional_names
from ..common.errors import UserError
from ..witnesses import Arrays

MOST = 1_000  # arrays beside the gradients, such as those of a cache
# d, grad, nabla, g as prefix or suffix of a parameter's name: dW1, grad_W1, nabla_w, W1_grad, delta_W1.
BEFORE = re.compile(r"^(?:nabla|gradients?|grads?|delta|d|g)_?(?=[a-z])")
AFTER = re.compile(r"_?(?:gradients?|grads?|bar)$")
DECORATION = re.compile(f"{BEFORE.pattern}|{AFTER.pattern}")


def match(grads: Any, params: Arrays) -> tuple[Arrays, list[str]]:
    """Return the gradients under the parameters' names, and what was assumed: ({name: array}, [assumption, ...]).

    Exact names first, then names without d, grad, nabla ..., case aside, then equal structure. Where every parameter
    has its gradient, intermediates beside them (dZ2, dA1) are ignored. Another array that fits no parameter keeps its
    own name, and is judged `unexpected`.
    """
    if isinstance(grads, (dict, list, tuple)) and len(grads) > MOST + 10 * len(params):
        raise UserError(f"{len(grads):,} gradients are returned; there are {len(params):,} parameters")
    if isinstance(grads, dict) and not any("." in name for name in params):
        grads = {key: np.array(value) if _numbers(value) else value for key, value in grads.items()}
        beside = [k for k, v in grads.items() if _stem(str(k)) not in map(_stem, params) and not _readable(v)]
        grads = {key: value for key, value in grads.items() if key not in beside}
    flat = flatten(grads)
    if flat.keys() == params.keys():
        return flat, []
    names = positional_names(grads)
    if names and set(names.values()) == params.keys():
        return {names[place]: array for place, array in flat.items()}, []
    named, plain = {name.lower(): name for name in params}, {bare(name): name for name in params}
    found, renamed, left = {}, [], {}
    for name, array in flat.items():
        # A parameter's whole name first: ddecoder is the gradient of decoder, not of ecoder.
        undecorated = next((named[form] for form in _forms(name) if form in named), None)
        target = name if name in params else undecorated or plain.get(bare(name))
        if target is None or target in found:
            left[name] = array
        else:
            found[target] = array
            if name != target:
                renamed.append(f"{name} is the gradient of {target}")
    if not found and len(flat) == len(params):
        return _by_position(flat, params)
    beside = [n for n in left if _stem(n) not in map(_stem, params)] if found.keys() == params.keys() else []
    if beside:
        renamed.append(
            f"{', '.join(beside)} {'belong' if len(beside) > 1 else 'belongs'} to no parameter: ignored"
        )
    return found | {n: a for n, a in left.items() if n not in beside}, renamed


def _readable(value: Any) -> bool:
    try:
        flatten(value, copy=False)
    except UserError:  # a text, an object: part of a cache
        return False
    return True


def _stem(name: str) -> str:
    """Return the letters of a name without its decoration and numbers: 'z' of dZ2, 'w' of W1 and dW1."""
    return re.sub(r"[\d_]+", "", bare(name))


def bare(name: str) -> str:
    """Strip a gradient's decoration: 'nabla_W1', 'dW1' and 'W1_grad' become 'w1'; 'dense.W' stays what it is."""
    head, dot, last = name.rpartition(".")
    return head.lower() + dot + DECORATION.sub("", last.lower())


def _numbers(value: Any, depth: int = 0) -> bool:
    """Return whether this is a list of numbers, or of equally long lists of them: an array that was not made one."""
    if not isinstance(value, (list, tuple)) or not value or depth > DEEPEST:
        return False
    if all(isinstance(item, (int, float)) for item in value):
        return True
    return all(_numbers(item, depth + 1) for item in value) and len({len(item) for item in value}) == 1


def _forms(name: str) -> list[str]:
    """Strip gradient prefixes (dW1, grad_W1) and suffixes (W1_grad) from a name; return every variant."""
    head, dot, last = name.lower().rpartition(".")
    return [head + dot + form for form in (last, *undecorated(last))]


def undecorated(name: str) -> list[str]:
    """Return a name, in lower case, without its prefix, without its suffix, and without both."""
    in_front, behind = BEFORE.sub("", name.lower()), AFTER.sub("", name.lower())
    return [in_front, behind, AFTER.sub("", in_front)]


def _by_position(flat: Arrays, params: Arrays) -> tuple[Arrays, list[str]]:
    """Pair arrays whose names do not fit: in the same order, or grouped by shape as in (nabla_b, nabla_w)."""
    names, arrays = list(params), list(flat.values())
    weights = [n for n in names if np.ndim(params[n]) == 2 and min(np.shape(params[n])) > 1]
    biases = [n for n in names if n not in weights]
    said = "gradients are matched to the parameters by their order"
    for order in (names, biases + weights, weights + biases):
        if all(np.shape(a) == np.shape(params[n]) for n, a in zip(order, arrays, strict=True)):
            words = said if order is names else f"gradients are taken to be in the order {', '.join(order)}"
            return dict(zip(order, arrays, strict=True)), [words]
    return dict(zip(names, arrays, strict=True)), [said]
