"""Products summed over axes, in cells: dot, tensordot, einsum."""

import numpy as np

from ...common.arrays import Array
from ..rules.common import bound
from .terms import Terms
from .ufuncs import matmul, rows


def dot(t: Terms) -> Array | None:
    """Return the cells of dot, inner, outer or vdot."""
    a, b = (t.cells(v) for v in t.operation.args[:2])
    function = t.operation.function
    if function is np.outer:
        return t.apply("mul", a.reshape(-1, 1), b.reshape(1, -1))
    if function is np.vdot:
        return matmul(t, a.ravel(), b.ravel())
    if not a.ndim or not b.ndim:
        return t.apply("mul", a, b)
    if function is np.inner:
        return _contracted(t, a, b, [a.ndim - 1], [b.ndim - 1])
    return _contracted(t, a, b, [a.ndim - 1], [max(b.ndim - 2, 0)])


def _contracted(t: Terms, a: Array, b: Array, left: list[int], right: list[int]) -> Array:
    """Return tensordot's cells: the axes `left` of a with the axes `right` of b."""
    rest_a = [i for i in range(a.ndim) if i not in left]
    rest_b = [i for i in range(b.ndim) if i not in right]
    shape = [a.shape[i] for i in rest_a] + [b.shape[i] for i in rest_b]
    inner = int(np.prod([a.shape[i] for i in left]))
    width = [int(np.prod([c.shape[i] for i in rest])) for c, rest in ((a, rest_a), (b, rest_b))]
    one = np.transpose(a, [*rest_a, *left]).reshape(width[0], inner)
    other = np.transpose(b, [*right, *rest_b]).reshape(inner, width[1])
    return t.program.matmul(one, other).reshape(shape)


def tensordot(t: Terms) -> Array | None:
    """Return the cells of tensordot."""
    given = bound(t.operation, "a b axes")
    a, b, axes = t.cells(given["a"]), t.cells(given["b"]), t.numbers(given.get("axes", 2))
    if np.ndim(axes) == 0:
        left, right = list(range(a.ndim - int(axes), a.ndim)), list(range(int(axes)))
    else:
        left, right = ([int(i) for i in np.atleast_1d(s)] for s in axes)
        left, right = [i % a.ndim for i in left], [i % b.ndim for i in right]
    return _contracted(t, a, b, left, right)


def einsum(t: Terms) -> Array | None:
    """Return the cells of einsum, its operands multiplied from left to right."""
    if not t.operation.args or not isinstance(t.operation.args[0], str):
        return None
    spec, operands = t.operation.args[0].replace(" ", ""), [t.cells(v) for v in t.operation.args[1:]]
    names, spec_out = _labels(spec, operands)
    if names is None:
        return None
    cells, label = operands[0], names[0]
    cells, label = _diagonals(cells, label)
    for i, (other, theirs) in enumerate(zip(operands[1:], names[1:], strict=True), 2):
        other, theirs = _diagonals(other, theirs)
        cells, label = _multiplied(t, cells, label, other, theirs, {*spec_out, *"".join(names[i:])})
    gone = tuple(i for i, n in enumerate(label) if n not in spec_out)
    if gone:
        cells, label = t.program.sum(rows(cells, gone)), "".join(n for n in label if n in spec_out)
    return np.transpose(cells, [label.index(n) for n in spec_out])


def _labels(spec: str, operands: list[Array]) -> tuple[list[str] | None, str]:
    """Return the labels of each operand and of the result, the ellipsis spelt out by capital letters."""
    left, _, right = spec.partition("->")
    names = left.split(",")
    free = [c for c in "ZYXWVUTSRQ" if c not in spec]
    wide = ""
    for i, (name, cells) in enumerate(zip(names, operands, strict=True)):
        if "..." in name:
            count = cells.ndim - len(name.replace("...", ""))
            labels = "".join(free[:count][::-1])
            names[i], wide = name.replace("...", labels), max(wide, labels, key=len)
    if "->" in spec:
        out = right.replace("...", wide)
    else:
        together = "".join(names)
        out = wide + "".join(sorted(n for n in set(together) - set(wide) if together.count(n) == 1))
    return names, out


def _diagonals(cells: Array, label: str) -> tuple[Array, str]:
    """Take the diagonal of axes with one label."""
    once = "".join(dict.fromkeys(label))
    return (cells, label) if once == label else (np.einsum(f"{label}->{once}", cells), once)


def _multiplied(t: Terms, a: Array, one: str, b: Array, other: str, kept: set[str]) -> tuple[Array, str]:
    """Multiply two labelled arrays and sum over the labels that are needed no longer."""
    for each, name in ((0, one), (1, other)):
        alone = tuple(
            i for i, n in enumerate(name) if n not in kept and n not in (other if each == 0 else one)
        )
        if alone:
            cells, rest = (a, b)[each], "".join(n for i, n in enumerate(name) if i not in alone)
            summed = t.program.sum(rows(cells, alone))
            if each == 0:
                a, one = summed, rest
            else:
                b, other = summed, rest
    both = [n for n in one if n in other]
    stack = [n for n in both if n in kept]
    inner = [n for n in both if n not in kept]
    left, right = [n for n in one if n not in both], [n for n in other if n not in both]
    sizes = dict(zip(one, a.shape, strict=True))
    for n, size in zip(other, b.shape, strict=True):
        sizes[n] = max(size, sizes.get(n, 1))

    def shaped(cells: Array, name: str, groups: list[list[str]]) -> Array:
        order = [n for group in groups for n in group]
        moved = np.transpose(cells, [name.index(n) for n in order])
        moved = np.broadcast_to(
            moved, [sizes[n] if n in both else moved.shape[i] for i, n in enumerate(order)]
        )
        return moved.reshape([int(np.prod([sizes[n] for n in group])) for group in groups])

    found = t.program.matmul(shaped(a, one, [stack, left, inner]), shaped(b, other, [stack, inner, right]))
    labels = [*stack, *left, *right]
    return found.reshape([sizes[n] for n in labels]), "".join(labels)
