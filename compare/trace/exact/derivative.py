"""The derivatives of one cell by others, as further cells of the same program."""

from collections import defaultdict
from itertools import pairwise

import numpy as np

from ...common.arrays import Array, distinct
from .elementary import BINARY, UNARY
from .program import CONSTANT, MATMUL, SEGMENTS, SUM, Program, Step
from .terms import NotCoveredError

Part = tuple[Array, Array]  # flat cells, and the cells of what is to be added to the derivatives by them


def derivatives(program: Program, loss: Array, parameters: dict[str, Array]) -> dict[str, Array]:
    """Return the cells of dloss/dparameter, by reverse accumulation. Raises NotCoveredError."""
    return _Reverse(program, loss, parameters).run()


class _Reverse:
    def __init__(self, program: Program, loss: Array, parameters: dict[str, Array]) -> None:
        self.program, self.loss, self.parameters = program, loss.reshape(-1), parameters
        self.count = len(program.steps)
        self.starts = np.array(program.starts)
        self.parts: dict[int, list[Part]] = defaultdict(list)
        self.active = self._active()

    def _active(self) -> Array:
        """Return, for each cell, whether it depends on a parameter."""
        active = np.zeros(self.program.size, bool)
        for cells in self.parameters.values():
            active[cells] = True
        for step in self.program.steps:
            if step.kind == CONSTANT:
                continue
            here = slice(step.start, step.start + step.size)
            if step.kind == SUM:
                active[here] = active[step.operands[0]].any(axis=1)
            elif step.kind == SEGMENTS:
                active[here] = np.logical_or.reduceat(active[step.operands[0]], step.operands[1])
            elif step.kind == MATMUL:
                a, b = (active[o] for o in step.operands)
                active[here] = (a.any(axis=2)[:, :, None] | b.any(axis=1)[:, None, :]).ravel()
            else:
                active[here] = np.logical_or.reduce([active[o] for o in step.operands])
        return active

    def run(self) -> dict[str, Array]:
        self.add(self.loss, np.ones(self.loss.size, np.int64))
        needed = self.program.needed([self.loss])
        for index in range(self.count - 1, -1, -1):
            step = self.program.steps[index]
            if needed[index] and index in self.parts and step.kind != CONSTANT:
                self.back(step, self.gathered(step, self.parts.pop(index)))
        found = {}
        for name, cells in self.parameters.items():
            flat = np.zeros(cells.size, np.int64)
            if cells.size:
                own = np.searchsorted(self.starts, cells.ravel(), side="right") - 1
                for index in distinct(own):
                    step = self.program.steps[index]
                    if index in self.parts:
                        g = self.gathered(step, self.parts[index])
                        here = own == index
                        flat[here] = g[cells.ravel()[here] - step.start]
            found[name] = flat.reshape(cells.shape)
        return found

    def add(self, cells: Array, given: Array) -> None:
        """Add `given` to the derivatives by `cells`."""
        flat, given = cells.ravel(), np.broadcast_to(given, cells.shape).ravel()
        counts = self.active[flat] & (given != 0)
        if not counts.all():
            flat, given = flat[counts], given[counts]
        if not flat.size:
            return
        low, high = (int(i) for i in np.searchsorted(self.starts, [flat.min(), flat.max()], side="right") - 1)
        if low == high:
            self.parts[low].append((flat, given))
            return
        own = np.searchsorted(self.starts, flat, side="right") - 1
        order = np.argsort(own, kind="stable")
        own, flat, given = own[order], flat[order], given[order]
        edges = [0, *(np.flatnonzero(np.diff(own)) + 1).tolist(), len(own)]
        for i, j in pairwise(edges):
            self.parts[int(own[i])].append((flat[i:j], given[i:j]))

    def gathered(self, step: Step, parts: list[Part]) -> Array:
        """Return the cells of the derivatives by a step's cells: the sums of what was added to each."""
        flat = np.concatenate([p[0] for p in parts]) - step.start
        given = np.concatenate([p[1] for p in parts])
        found = np.zeros(step.size, np.int64)
        order = np.argsort(flat, kind="stable")
        flat, given = flat[order], given[order]
        starts = np.flatnonzero(np.diff(flat, prepend=-1))
        counts = np.diff(np.append(starts, len(flat)))
        targets = flat[starts]
        alone = counts == 1
        found[targets[alone]] = given[starts[alone]]
        if not alone.all():
            several = np.repeat(~alone, counts)
            lengths = counts[~alone]
            found[targets[~alone]] = self.program.segments(
                given[several], np.concatenate([[0], np.cumsum(lengths)[:-1]])
            )
        return found

    def back(self, step: Step, g: Array) -> None:
        """Hand the derivatives by a step's cells to its operands."""
        p, kind = self.program, step.kind
        if kind == SUM:
            terms = step.operands[0]
            self.add(terms, g[:, None])
        elif kind == SEGMENTS:
            terms, starts = step.operands
            self.add(terms, np.repeat(g, np.diff(np.append(starts, len(terms)))))
        elif kind == MATMUL:
            a, b = step.operands
            g = g.reshape(len(a), a.shape[1], b.shape[2])
            if self.active[a].any():
                self.add(a, p.matmul(g, b.transpose(0, 2, 1)))
            if self.active[b].any():
                self.add(b, p.matmul(a.transpose(0, 2, 1), g))
        else:
            self.elementwise(step, g)

    def elementwise(self, step: Step, g: Array) -> None:
        """Hand back the derivatives of an elementwise operation, where there are any."""
        some = (g != 0) & np.logical_or.reduce([self.active[o] for o in step.operands])
        if not some.any():
            return
        cells = np.arange(step.start, step.start + step.size)[some]
        g, operands = g[some], [o[some] for o in step.operands]
        if step.kind in UNARY:
            self.add(operands[0], UNARY[step.kind](self.program, g, cells, operands[0]))
            return
        if step.kind not in BINARY:
            raise NotCoveredError(f"the derivative of {step.kind}")
        a, b = self.active[operands[0]], self.active[operands[1]]
        if a.all() and b.all():
            for operand, part in zip(
                operands, BINARY[step.kind](self.program, g, cells, *operands), strict=True
            ):
                self.add(operand, part)
            return
        # Each operand alone: the derivative by an exponent needs a logarithm, which may not exist.
        for which, there in enumerate((a, b)):
            if there.any():
                x, y = (o[there] for o in operands)
                part = BINARY[step.kind](self.program, g[there], cells[there], x, y)[which]
                self.add(operands[which][there], part)
