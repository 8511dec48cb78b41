"""Understanding what a person brings: parameters in any nest, gradients under any of the usual names."""

import re
from itertools import pairwise

import numpy as np

from .errors import UserError

# d, grad, nabla, g in front of or behind a parameter's name: dW1, grad_W1, nabla_w, W1_grad, delta_W1.
BEFORE = re.compile(r"^(?:nabla|gradients?|grads?|delta|d|g)_?(?=[a-z])")
AFTER = re.compile(r"_?(?:gradients?|grads?|bar)$")
DECORATION = re.compile(f"{BEFORE.pattern}|{AFTER.pattern}")


def flatten(tree, path=(), copy=True):
    """{name: array} of a nest of dicts, lists and tuples; names are the keys, deeper ones paths: 'layers.0.W'.

    A list of (W, b) pairs gives W1, b1, W2, ... Numbers count as arrays of shape (). None is left out.
    """
    if not path and _pairs(tree):
        flat = {}
        for l, (W, b) in enumerate(tree, start=1):
            flat |= flatten({f"W{l}": W, f"b{l}": b}, copy=copy)
        return flat
    if hasattr(tree, "_asdict"):
        tree = tree._asdict()
    if isinstance(tree, dict):
        items = tree.items()
    elif isinstance(tree, (list, tuple)):
        items = enumerate(tree)
    elif tree is None:
        return {}
    else:
        return {".".join(map(str, path)) or "value": as_array(tree, path, copy)}
    flat = {}
    for key, value in items:
        flat |= flatten(value, (*path, key), copy)
    return flat


def as_array(value, path=(), copy=True):
    """A private NumPy copy of an array, tensor, jax array or number; copy: False where it is only looked at."""
    if hasattr(value, "detach"):  # a torch tensor, without importing torch
        value = value.detach().cpu().numpy()
    array = np.array(value) if copy else np.asarray(value)
    if array.dtype.kind not in "fiub":
        where = ".".join(map(str, path)) or "the value"
        raise UserError(f"{where} holds {type(value).__name__} ({array.dtype}): real numbers are needed")
    return array


def unflatten(flat, like, path=()):
    """The nest of `like` filled with the arrays of `flat`: the inverse of `flatten`, and of names for places."""
    if not path and (names := positional_names(like)) and not names.keys() <= flat.keys():
        flat = {place: flat[name] for place, name in names.items()}
    if not path and _pairs(like):
        return type(like)(
            type(pair)(flat.get(f"{kind}{l}", value) for kind, value in zip("Wb", pair, strict=True))
            for l, pair in enumerate(like, start=1)
        )
    if isinstance(like, dict):
        return type(like)((key, unflatten(flat, value, (*path, key))) for key, value in like.items())
    if hasattr(like, "_asdict"):
        return type(like)(*(unflatten(flat, value, (*path, key)) for key, value in like._asdict().items()))
    if isinstance(like, (list, tuple)):
        return type(like)(unflatten(flat, value, (*path, i)) for i, value in enumerate(like))
    if like is None:
        return None
    array = flat[".".join(map(str, path)) or "value"]
    number = (
        isinstance(like, (int, float)) and isinstance(array, (np.ndarray, np.generic)) and array.ndim == 0
    )
    return float(array) if number and array.dtype.kind in "fiub" else array


def positional_names(tree):
    """{'0.0': 'b1', ...} for a nest of lists whose arrays are the weights and biases of layers in a row, else {}.

    Understood are (biases, weights), (weights, biases) and [W1, b1, W2, b2, ...]; the weights must chain.
    """
    if (
        isinstance(tree, dict)
        or hasattr(tree, "_asdict")
        or not isinstance(tree, (list, tuple))
        or _pairs(tree)
    ):
        return {}
    if len(tree) == 2 and all(isinstance(group, (list, tuple)) for group in tree):
        groups = [[(f"{i}.{j}", a) for j, a in enumerate(group)] for i, group in enumerate(tree)]
    else:
        leaves = [(str(i), a) for i, a in enumerate(tree)]
        groups = [leaves[::2], leaves[1::2]]
        shapes = [np.shape(a) for _, a in leaves if not isinstance(a, (dict, list, tuple))]
        if all(len(s) == 2 for s in shapes) and (_chained(shapes, 0, 1) or _chained(shapes, 1, 0)):
            return {}  # weights alone: the last may be a row
    if any(isinstance(a, (dict, list, tuple)) or a is None for group in groups for _, a in group):
        return {}
    for weights, biases in (groups, groups[::-1]):
        if _layers([np.shape(a) for _, a in weights], [np.shape(a) for _, a in biases]):
            kinds = {path: f"W{l}" for l, (path, _) in enumerate(weights, start=1)}
            return kinds | {path: f"b{l}" for l, (path, _) in enumerate(biases, start=1)}
    return {}


def _layers(weights, biases):
    """Whether these are shapes of weights that chain, [out, in] or [in, out], each with its bias."""
    if not weights or len(weights) != len(biases) or any(len(w) != 2 for w in weights):
        return False
    if any(len(b) > 2 or (len(b) == 2 and 1 not in b) for b in biases):
        return False
    for out, into in ((0, 1), (1, 0)):
        if _chained(weights, out, into) and all(
            int(np.prod(b)) == w[out] for w, b in zip(weights, biases, strict=True)
        ):
            return True
    return False


def _chained(weights, out, into):
    return all(a[out] == b[into] for a, b in pairwise(weights))


def _pairs(tree):
    return (
        isinstance(tree, (list, tuple))
        and len(tree) > 0
        and all(
            isinstance(p, (list, tuple))
            and len(p) == 2
            and _leaf(p[0], 2)
            and _leaf(p[1], None)
            and (p[1] is None or np.size(p[1]) in np.shape(p[0]))  # not ([b1, b2], [W1, W2])
            for p in tree
        )
    )


def _leaf(value, ndim):
    if isinstance(value, (dict, list, tuple)):
        return False
    return value is None or ndim is None or np.ndim(value) == ndim


def match(grads, params):
    """Gradients under the parameters' names: ({name: array}, [assumption, ...]).

    Exact names first, then names without d, grad, nabla ..., case aside, then equal structure. What fits no
    parameter keeps its own name, and is judged `unexpected`.
    """
    if isinstance(grads, dict) and not any("." in name for name in params):
        grads = {key: np.array(value) if _numbers(value) else value for key, value in grads.items()}
    flat = flatten(grads)
    if flat.keys() == params.keys():
        return flat, []
    names = positional_names(grads)
    if names and set(names.values()) == params.keys():
        return {names[place]: array for place, array in flat.items()}, []
    named, plain = {name.lower(): name for name in params}, {bare(name): name for name in params}
    found, renamed, left = {}, [], {}
    for name, array in flat.items():
        # The parameter's whole name before what is left of it: ddecoder is of decoder, not of ecoder.
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
    return found | left, renamed


def bare(name):
    """'nabla_W1', 'dW1' and 'W1_grad' all become 'w1'; 'dense.W' stays what it is."""
    head, dot, last = name.rpartition(".")
    return head.lower() + dot + DECORATION.sub("", last.lower())


def _numbers(value):
    """Whether this is a list of numbers, or of lists of them, all equally long: an array that was not made one."""
    if not isinstance(value, (list, tuple)) or not value:
        return False
    if all(isinstance(item, (int, float)) for item in value):
        return True
    return all(_numbers(item) for item in value) and len({len(item) for item in value}) == 1


def _forms(name):
    """A gradient's name without what stands in front of it, behind it, and both."""
    head, dot, last = name.lower().rpartition(".")
    in_front, behind = BEFORE.sub("", last), AFTER.sub("", last)
    return [head + dot + form for form in (last, in_front, behind, AFTER.sub("", in_front))]


def _by_position(flat, params):
    """No name fits: the same number of arrays in the same order, or grouped by shape as in (nabla_b, nabla_w)."""
    names, arrays = list(params), list(flat.values())
    if all(np.shape(a) == np.shape(params[n]) for n, a in zip(names, arrays, strict=True)):
        return dict(zip(names, arrays, strict=True)), [
            "gradients are matched to the parameters by their order"
        ]
    weights = [n for n in names if np.ndim(params[n]) == 2 and min(np.shape(params[n])) > 1]
    biases = [n for n in names if n not in weights]
    for order in (biases + weights, weights + biases):
        if all(np.shape(a) == np.shape(params[n]) for n, a in zip(order, arrays, strict=True)):
            return dict(zip(order, arrays, strict=True)), [
                f"gradients are taken to be in the order {', '.join(order)}"
            ]
    return dict(zip(names, arrays, strict=True)), ["gradients are matched to the parameters by their order"]


def equal(a, b):
    """Whether two nests hold the same arrays, nan equal to nan."""
    a, b = flatten(a, copy=False), flatten(b, copy=False)
    return a.keys() == b.keys() and all(
        np.array_equal(a[k], b[k]) or np.array_equal(a[k], b[k], equal_nan=a[k].dtype.kind == "f") for k in a
    )
