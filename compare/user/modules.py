"""A torch.nn.Module as a witness: its parameters are taken from the user's arrays, whatever their names.

The module is called through torch.func.functional_call and stays as it is.
"""

import inspect
import itertools
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..common.errors import UserError
from ..networks.layouts import split
from ..witnesses import Arrays
from .raised import in_a_line

Pairing = dict[str, tuple[str, bool]]  # {user's name: (the module's, whether transposed)}
Form = tuple[str, Callable[[Any], Any]]  # a form of x or y, in words, and how it is made


@dataclass(frozen=True)
class ModuleLoss:
    """`module_loss`: a loss for `check_gradients(torch_loss=...)`, bound to the user's arrays when it is used."""

    module: torch.nn.Module
    loss: Callable[..., Any] | None = None
    names: dict[str, str] | None = None

    def bound(self, subject: Any, expected: float | None) -> tuple["_Call", list[str]]:
        """Return (function of (leaves, x, y) -> scalar tensor, what was assumed).

        expected: the user's loss; of the layouts that fit, the one that gives it is taken.
        Raises UserError where the parameters do not pair, or the module cannot be called with x and y.
        """
        if self.loss is None and not _takes(self.module.forward, len(subject.batch)):
            kind = type(self.module).__name__
            raise UserError(
                f"{kind}.forward takes x alone and returns a prediction, no loss: give "
                f"torch_loss=module_loss({kind.lower()}, loss) with loss (output, y) -> scalar, such as "
                "torch.nn.functional.cross_entropy"
            )
        paired, held = pairs(subject.flat, dict(self.module.named_parameters()), self.names)
        call, problem = None, None
        for turned, x, y in itertools.product(
            turns(subject.flat, paired, self.module), _forms_x(subject), _forms_y(subject)
        ):
            tried = _Call(self, turned, held, x, y)
            try:
                value = float(tried.on_arrays(subject))
            except UserError:
                raise
            except Exception as error:  # torch's own message for a shape that does not fit
                problem = problem or error
                continue
            call = call or tried
            room = 1e3 * np.finfo(subject.dtype).eps
            if expected is not None and abs(value - expected) <= room * abs(expected):
                call = tried
                break
        if call is None:
            words = in_a_line(problem) if problem else "no form of them fits"
            raise UserError(f"the module cannot be called with these x and y: {words}")
        if float(call.on_arrays(subject)) != float(call.on_arrays(subject)):
            raise UserError(
                "the module gives two losses for the same inputs (dropout?): call module.eval() first"
            )
        return call, call.words(subject)


def _takes(function: Callable[..., Any], count: int) -> bool:
    """Return whether a function can be called with so many arguments."""
    try:
        inspect.signature(function).bind(*range(count))
    except (TypeError, ValueError):
        return False
    return True


def module_loss(
    module: torch.nn.Module, loss: Callable[..., Any] | None = None, names: dict[str, str] | None = None
) -> ModuleLoss:
    """Return a torch.nn.Module as a witness: `check_gradients(..., torch_loss=module_loss(module, loss))`.

    loss: (output, y) -> scalar tensor, such as torch.nn.functional.cross_entropy; None where module(x, y) is the loss.
    names: {your parameter: the module's}, where order and shapes do not tell. Without it equal names count, then
        weights and biases in the order of the layers, each as it is or transposed.

    Raises UserError where `module` is no module.
    """
    if not isinstance(module, torch.nn.Module):
        raise UserError(f"module is {type(module).__name__}: a torch.nn.Module is needed")
    if loss is not None and not callable(loss):
        raise UserError(f"loss is {type(loss).__name__}: a function (output, y) -> scalar is needed")
    return ModuleLoss(module, loss, names)


def pairs(
    flat: Arrays, parameters: dict[str, Any], names: dict[str, str] | None = None
) -> tuple[dict[str, str], list[str]]:
    """Return ({user's name: the module's}, module's names held at 0 or at their own value). Raises UserError."""
    if names is not None:
        _known(names, flat, parameters)
        paired = dict(names)
    elif flat.keys() <= parameters.keys():
        paired = {n: n for n in flat}
    else:
        paired = _in_order(flat, parameters)
    for name, other in paired.items():
        mine, shape = np.shape(flat[name]), tuple(parameters[other].shape)
        if mine not in (shape, shape[::-1]) and not (len(shape) == 1 and int(np.prod(mine)) == shape[0]):
            raise UserError(f"{name} has shape {mine}; the module's {other} has {shape}")
    left = [n for n in flat if n not in paired]
    if left:
        known = ", ".join(parameters)
        raise UserError(
            f"{', '.join(left)}: no parameter of the module ({known}) is left; give names={{...}}"
        )
    held = [n for n in parameters if n not in paired.values()]
    missing = [n for n in held if parameters[n].ndim > 1]
    if missing:
        raise UserError(f"the module's {', '.join(missing)} is none of your parameters ({', '.join(flat)})")
    return paired, held


def _known(names: dict[str, str], flat: Arrays, parameters: dict[str, Any]) -> None:
    for mine, other in names.items():
        if mine not in flat:
            raise UserError(f"names: you have no parameter {mine!r}; you have {', '.join(flat)}")
        if other not in parameters:
            raise UserError(f"names: the module has no parameter {other!r}; it has {', '.join(parameters)}")


def _in_order(flat: Arrays, parameters: dict[str, Any]) -> dict[str, str]:
    """Pair weights with weights and biases with biases, layer by layer."""
    weights, biases = split(flat)
    others = [n for n, p in parameters.items() if p.ndim > 1]
    if len(weights) != len(others):
        raise UserError(
            f"your weights ({', '.join(weights) or 'none'}) and the module's ({', '.join(others)}) do not pair: "
            "give names={yours: the module's}"
        )
    paired = dict(zip(weights, others, strict=True))
    # A recurrent layer of torch has two biases, whose sum is the one of the books: the first is paired.
    left = [n for n, p in parameters.items() if p.ndim == 1 and "bias" in n and "bias_hh" not in n]
    for bias in biases:
        fitting = next((n for n in left if parameters[n].numel() == np.size(flat[bias])), None)
        if fitting is not None:
            left.remove(fitting)
            paired[bias] = fitting
    return paired


def turns(flat: Arrays, paired: dict[str, str], module: torch.nn.Module) -> Iterator[Pairing]:
    """Yield the pairings with each weight as it is or transposed; several where weights are square."""
    shapes = {n: tuple(p.shape) for n, p in module.named_parameters()}
    fixed = {n: np.shape(flat[n]) != shapes[m] and len(shapes[m]) == 2 for n, m in paired.items()}
    square = [n for n, m in paired.items() if len(shapes[m]) == 2 and len(set(shapes[m])) == 1]
    others = {t for n, t in fixed.items() if n not in square and len(shapes[paired[n]]) == 2}
    # The layers of one network are alike: square ones as the others are, and either way where all are square.
    for turned in sorted(others) if len(others) == 1 else (False, True):
        yield {n: (m, turned if n in square else fixed[n]) for n, m in paired.items()}
        if not square:
            return


@dataclass(frozen=True)
class _Call:
    """The loss with one pairing; called with leaves under the user's names."""

    of: ModuleLoss
    turned: Pairing
    held: list[str]
    x_form: Form
    y_form: Form

    def __call__(self, leaves: dict[str, torch.Tensor], *batch: torch.Tensor) -> torch.Tensor:
        module, loss = self.of.module, self.of.loss
        state = {n: b.detach().clone() for n, b in module.named_buffers()}
        parameters = dict(module.named_parameters())
        state |= {n: torch.zeros_like(p) if "bias" in n else p.detach() for n, p in self._held(parameters)}
        state = {n: a.double() if a.is_floating_point() else a for n, a in state.items()}
        for name, (other, turned) in self.turned.items():
            state[other] = (leaves[name].T if turned else leaves[name]).reshape(parameters[other].shape)
        x, *y = batch
        x, y = self.x_form[1](x), [self.y_form[1](a) for a in y]
        output = torch.func.functional_call(module, state, (x, *y) if loss is None else (x,))
        value = output if loss is None else loss(output, *y)
        if not isinstance(value, torch.Tensor) or value.numel() != 1:
            shape = tuple(value.shape) if isinstance(value, torch.Tensor) else type(value).__name__
            more = "" if loss else ": use module_loss(module, loss), with loss (output, y) -> scalar"
            raise UserError(f"the module's loss is no scalar but {shape}{more}")
        return value.reshape(())

    def _held(self, parameters: dict[str, torch.nn.Parameter]) -> Iterator[tuple[str, torch.nn.Parameter]]:
        return ((n, p) for n, p in parameters.items() if n in self.held)

    def on_arrays(self, subject: Any) -> torch.Tensor:
        """Return the loss at the user's arrays."""
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a form that broadcasts is tried, and not taken
            leaves = {n: torch.from_numpy(np.array(a, np.float64)) for n, a in subject.flat.items()}
            return self(leaves, *map(_tensor, subject.batch))

    def words(self, subject: Any) -> list[str]:
        """Say how the user's arrays and the module were put together."""
        renamed = [
            f"{n} is the module's {m}{', transposed' if turned else ''}"
            for n, (m, turned) in self.turned.items()
            if n != m or turned
        ]
        said = ["; ".join(renamed)] if renamed else []
        said += [f"the module's {n} is held at {'0' if 'bias' in n else 'its own value'}" for n in self.held]
        dtypes = {p.dtype for p in self.of.module.parameters()} - {getattr(torch, subject.dtype.name)}
        if dtypes:
            other = ", ".join(sorted(str(d).removeprefix("torch.") for d in dtypes))
            said.append(f"the module is {other}; your {subject.dtype} arrays are used in it, in float64")
        return said + [words for words, _ in (self.x_form, self.y_form) if words]


def _forms_x(subject: Any) -> list[Form]:
    forms: list[Form] = [("", lambda x: x)]
    if np.ndim(subject.x) == 2:
        forms.append(("the module gets x transposed", lambda x: x.T))
    return forms


def _forms_y(subject: Any) -> list[Form]:
    """Return the forms a torch criterion may need y in: as it is, flat, a column, transposed, classes, another type."""
    y = subject.y
    forms: list[Form] = [("", lambda y: y)]
    if y is None:
        return forms
    array = np.asarray(y)

    def add(words: str, form: Callable[[Any], Any]) -> None:
        forms.append((f"the module's loss gets y {words}", form))

    if array.ndim == 2 and 1 in array.shape:
        add("flat", lambda y: y.reshape(-1))
    if array.ndim == 1:
        add("as a column", lambda y: y[:, None])
    if array.ndim == 2:
        add("transposed", lambda y: y.T)
        if np.isin(array, (0, 1)).all():
            add("as classes", lambda y: y.argmax(1))
            add("as classes", lambda y: y.argmax(0))
    if array.dtype.kind in "iub":
        add("as floating numbers", lambda y: y.double())
        add("as a floating column", lambda y: y.double().reshape(-1, 1))
    elif (array == np.floor(array)).all():
        add("as integers", lambda y: y.long().reshape(-1))
    return forms


def _tensor(array: Any) -> torch.Tensor:
    array = np.array(array)
    return torch.from_numpy(array.astype(np.float64) if array.dtype.kind == "f" else array)
