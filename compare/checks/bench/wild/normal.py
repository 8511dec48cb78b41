"""One form for every case: parameters as a flat dict, and their loss and gradients, whatever the file looks like.

case.toml's [call] says how the file is called:

    form = "function"     m.TARGET(params, x, y) -> (loss, grads); params, x, y are names of the file (the default)
    form = "operation"    m.TARGET = (forward, backward); the loss is sum(c * out) with a fixed cotangent c
    form = "script"       the first pass of the first loop; loss and grads are names of the script
    grads = {W1 = "dW1"}  the gradient's name, or its place in what is returned, for each parameter

A file that none of these fits has a truth.py beside it, with

    params(m) -> {name: array}             at which the file is judged
    run(m, params) -> (loss, {name: gradient})
    torch_loss(m, params) -> a scalar tensor    only where the file does not run on tensors as it stands

A case of the kind "step" has steps(m) -> [{name: array}, ...], the parameters after each update, and reference(),
the same by torch.optim.
"""

import ast
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ....common.arrays import Arrays
from ..lines.corpus import load
from ..lines.torch_twin import as_array, as_tensor, on_tensors
from .corpus import Case

STEP = 1e-4  # of central differences, relative to max(1, |p|); with that of half the step, Richardson


@dataclass(frozen=True)
class Normal:
    """The file of a case: its parameters, and run(params) -> (loss, gradients)."""

    params: Arrays
    run: Callable[[Arrays], tuple[float, Arrays]]
    torch_loss: Callable[[Mapping[str, Any]], Any]

    def gradient(self) -> Arrays:
        """Return the gradient that the file computes at its own parameters."""
        return self.run(self.params)[1]

    def differenced(self) -> Arrays:
        """Return the gradient of the file's loss by central differences in float64."""
        out: Arrays = {}
        for name, values in self.params.items():
            out[name] = np.zeros(np.shape(values))
            for index in np.ndindex(*np.shape(values)):
                out[name][index] = self._slope(name, index)
        return out

    def _slope(self, name: str, index: tuple[int, ...]) -> float:
        slopes = []
        for step in (STEP, STEP / 2):
            step *= max(1.0, abs(float(np.asarray(self.params[name])[index])))
            ends = []
            for sign in (1, -1):
                moved = deepcopy(self.params)
                moved[name] = np.array(moved[name], float)
                moved[name][index] += sign * step
                ends.append(float(np.asarray(self.run(moved)[0]).reshape(())))
            slopes.append((ends[0] - ends[1]) / (2 * step))
        return (4 * slopes[1] - slopes[0]) / 3

    def by_torch(self) -> Arrays:
        """Return the gradient of the file's loss by torch.autograd."""
        import torch

        leaves = {n: torch.tensor(np.asarray(p, float), requires_grad=True) for n, p in self.params.items()}
        with torch.autograd.graph.allow_mutation_on_saved_tensors():
            loss = as_tensor(self.torch_loss(leaves)).reshape(())
            grads = torch.autograd.grad(loss, list(leaves.values()), allow_unused=True)
        found = zip(leaves.items(), grads, strict=True)
        return {n: (torch.zeros_like(leaf) if g is None else g).numpy() for (n, leaf), g in found}


def module_of(path: Path, text: str | None = None) -> ModuleType:
    """Run a file (or `text` in its place) as a module of its own; matplotlib and the like are not asked for."""
    return load(path.read_text(encoding="utf-8") if text is None else text, path.stem)


def normal(case: Case, module: ModuleType) -> Normal:
    """Return the Normal form of one of the case's two files."""
    truth = case.folder / "truth.py"
    if truth.is_file():
        return _told(module_of(truth), module)
    form = case.call.get("form", "operation" if case.how == "operation" else "function")
    return {"function": _function, "operation": _operation, "script": _script}[form](case, module)


def distance(mine: Arrays, right: Arrays) -> dict[str, float]:
    """Return {name: norm of the difference / norm of the right gradient}, the latter at least 1e-6 of the whole's."""
    whole = np.sqrt(sum(np.sum(np.square(g)) for g in right.values()))
    return {
        name: float(np.linalg.norm(np.reshape(mine[name], -1) - np.reshape(g, -1)))
        / max(float(np.linalg.norm(g)), 1e-6 * float(whole), 1e-300)
        for name, g in right.items()
    }


def _told(truth: ModuleType, module: ModuleType) -> Normal:
    def run(params: Arrays) -> tuple[float, Arrays]:
        return truth.run(module, deepcopy(params))

    def torch_loss(params: Mapping[str, Any]) -> Any:
        if hasattr(truth, "torch_loss"):
            return truth.torch_loss(module, params)
        return truth.run(on_tensors(module), {n: as_array(p) for n, p in params.items()})[0]

    return Normal({n: np.array(p, float) for n, p in truth.params(module).items()}, run, torch_loss)


def _function(case: Case, module: ModuleType) -> Normal:
    name = case.target or case.call["function"]
    names = case.call.get("arguments", ["params", "x", "y"])

    def called(of: ModuleType, params: Any) -> Any:
        given = [vars(of)[n] for n in names[1:] if n in vars(of)]
        return vars(of)[name](params, *given)

    def run(params: Arrays) -> tuple[float, Arrays]:
        returned = called(module, deepcopy(params))
        loss, *rest = returned
        return loss, _collected(case, params, rest[0] if len(rest) == 1 else rest)

    def torch_loss(params: Mapping[str, Any]) -> Any:
        return called(on_tensors(module), {n: as_array(p) for n, p in params.items()})[0]

    return Normal({n: np.array(p, float) for n, p in vars(module)[names[0]].items()}, run, torch_loss)


def _operation(case: Case, module: ModuleType) -> Normal:
    target = case.target or ""
    code = vars(module)[target][0].__code__
    names, inputs = code.co_varnames[: code.co_argcount], module.inputs
    params = {n: np.array(v) for n, v in zip(names, inputs, strict=False) if np.asarray(v).dtype.kind == "f"}

    def forward(of: ModuleType, at: Mapping[str, Any]) -> tuple[Any, Any]:
        given = [at.get(n, v) for n, v in zip(names, of.inputs, strict=False)]
        return vars(of)[target][0](*given)

    weight = np.random.default_rng(7).normal(size=np.shape(forward(module, deepcopy(params))[0]))

    def run(at: Arrays) -> tuple[float, Arrays]:
        out, cache = forward(module, deepcopy(at))
        grads = vars(module)[target][1](weight.copy(), cache)
        return float(np.sum(weight * out)), _collected(case, at, grads)

    def torch_loss(at: Mapping[str, Any]) -> Any:
        out = forward(on_tensors(module), {n: as_array(p) for n, p in at.items()})[0]
        return (as_tensor(weight) * as_tensor(out)).sum()

    return Normal(params, run, torch_loss)


def _script(case: Case, module: ModuleType) -> Normal:
    grads, text = case.call["grads"], module.__dict__["__source__"]
    first = first_pass(text, {}, set(grads))
    params = {n: np.array(first[n], float) for n in grads}

    def run(at: Arrays) -> tuple[float, Arrays]:
        names = first_pass(text, deepcopy(at), set(grads))
        return names[case.call["loss"]], {n: names[g] for n, g in grads.items()}

    def torch_loss(at: Mapping[str, Any]) -> Any:
        arrays = {n: as_array(p) for n, p in at.items()}
        return first_pass(text, arrays, set(grads), on_tensors)[case.call["loss"]]

    return Normal(params, run, torch_loss)


def first_pass(
    text: str,
    values: Mapping[str, Any],
    params: set[str],
    adapted: Callable[[ModuleType], ModuleType] | None = None,
) -> dict[str, Any]:
    """Return the names of a script after its first loop's body was run up to the first update of a parameter.

    values: take the place of the parameters before the loop.  adapted: changes the names there, as on_tensors does.
    """
    tree = ast.parse(text)
    at = next(i for i, node in enumerate(tree.body) if isinstance(node, (ast.For, ast.While)))
    before, loop = ast.Module(tree.body[:at], []), tree.body[at]
    module = load(ast.unparse(before))
    names = vars(adapted(module) if adapted else module)
    names.update(values)
    if isinstance(loop, ast.For):
        iterated = eval(compile(ast.Expression(loop.iter), "<script>", "eval"), names)
        names["__item"] = next(iter(iterated))
        taken = ast.Assign([loop.target], ast.Name("__item", ast.Load()))
        exec(compile(ast.fix_missing_locations(ast.Module([taken], [])), "<script>", "exec"), names)
    for node in loop.body:  # type: ignore[attr-defined]
        if _written(node) & params:
            return names
        exec(compile(ast.Module([node], []), "<script>", "exec"), names)
    return names


def _written(node: ast.stmt) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {n.id for t in targets if t for n in ast.walk(t) if isinstance(n, ast.Name)}


def _collected(case: Case, params: Arrays, returned: Any) -> Arrays:
    """Return the gradients by the names of their parameters, out of a dict or a sequence."""
    places = case.call.get("grads")
    if isinstance(returned, Mapping):
        return {n: returned[places[n] if places else n if n in returned else f"d{n}"] for n in params}
    sequence = returned if isinstance(returned, (tuple, list)) else (returned,)
    return {n: sequence[places[n] if places else i] for i, n in enumerate(params)}
