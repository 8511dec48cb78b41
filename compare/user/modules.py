"""A torch.nn.Module as a witness: its parameters are taken from the person's arrays, whatever either calls them.

The module is called through torch.func.functional_call and stays as it is.
"""

import itertools
import warnings
from dataclasses import dataclass

import numpy as np
import torch

from ..common.errors import UserError
from ..networks.layouts import split


@dataclass(frozen=True)
class ModuleLoss:
    """`module_loss`: a loss for `check_gradients(torch_loss=...)`, bound to the person's arrays when it is used."""

    module: torch.nn.Module
    loss: object = None
    names: dict | None = None

    def bound(self, subject, expected):
        """(function of (leaves, x, y) -> scalar tensor, what was assumed, in words).

        expected: the person's loss; of the layouts that fit, the one that gives it is taken.
        Raises UserError where the parameters do not pair, or the module cannot be called with x and y.
        """
        paired, held = pairs(subject.flat, dict(self.module.named_parameters()), self.names)
        found, problem = [], None
        for turned, x, y in itertools.product(
            turns(subject.flat, paired, self.module), _forms_x(subject), _forms_y(subject)
        ):
            call = _Call(self, turned, held, x, y)
            try:
                value = float(call.on_arrays(subject))
            except UserError:
                raise
            except Exception as error:  # torch's own words for a shape that does not fit
                problem = problem or error
                continue
            found.append(call)
            if expected is not None and abs(value - expected) <= 1e3 * np.finfo(subject.dtype).eps * abs(
                expected
            ):
                found = [call]
                break
        if not found:
            words = str(problem).splitlines()[0] if str(problem) else ""
            raise UserError(
                f"the module cannot be called with these x and y: {type(problem).__name__}: {words}"
            )
        call = found[0]
        if float(call.on_arrays(subject)) != float(call.on_arrays(subject)):
            raise UserError(
                "the module gives two losses for the same inputs (dropout?): call module.eval() first"
            )
        return call, call.words(subject)


def module_loss(module, loss=None, names=None):
    """A torch.nn.Module as a witness: `check_gradients(hand, params, x, y, torch_loss=module_loss(module, loss))`.

    loss: (output, y) -> scalar tensor, such as torch.nn.functional.cross_entropy; None where module(x, y) is the loss.
    names: {your parameter: the module's}, where order and shapes do not tell; without it equal names count, then
        weights and biases in the order of the layers, each as it is or transposed.

    Raises UserError where `module` is no module.
    """
    if not isinstance(module, torch.nn.Module):
        raise UserError(f"module is {type(module).__name__}: a torch.nn.Module is needed")
    if loss is not None and not callable(loss):
        raise UserError(f"loss is {type(loss).__name__}: a function (output, y) -> scalar is needed")
    return ModuleLoss(module, loss, names)


def pairs(flat, parameters, names=None):
    """({their name: the module's}, [module's names held at 0 or at its own value]). Raises UserError."""
    if names is not None:
        _known(names, flat, parameters)
        paired = dict(names)
    elif flat.keys() <= parameters.keys():
        paired = {n: n for n in flat}
    else:
        paired = _in_order(flat, parameters)
    for name, theirs in paired.items():
        if not _fits(np.shape(flat[name]), parameters[theirs].shape):
            raise UserError(
                f"{name} has shape {np.shape(flat[name])}; the module's {theirs} has {tuple(parameters[theirs].shape)}"
            )
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


def _known(names, flat, parameters):
    for mine, theirs in names.items():
        if mine not in flat:
            raise UserError(f"names: you have no parameter {mine!r}; you have {', '.join(flat)}")
        if theirs not in parameters:
            raise UserError(f"names: the module has no parameter {theirs!r}; it has {', '.join(parameters)}")


def _in_order(flat, parameters):
    """Weights with weights and biases with biases, layer by layer."""
    weights, biases = split(flat)
    theirs = [n for n, p in parameters.items() if p.ndim > 1]
    if len(weights) != len(theirs):
        raise UserError(
            f"your weights ({', '.join(weights) or 'none'}) and the module's ({', '.join(theirs)}) do not pair: "
            "give names={yours: the module's}"
        )
    paired = dict(zip(weights, theirs, strict=True))
    # A recurrent layer of torch has two biases, whose sum is the one of the books: the first stands for it.
    left = [n for n, p in parameters.items() if p.ndim == 1 and "bias" in n and "bias_hh" not in n]
    for bias in biases:
        fitting = next((n for n in left if parameters[n].numel() == np.size(flat[bias])), None)
        if fitting is not None:
            left.remove(fitting)
            paired[bias] = fitting
    return paired


def _fits(mine, theirs):
    theirs = tuple(theirs)
    return mine in (theirs, theirs[::-1]) or (len(theirs) == 1 and int(np.prod(mine)) == theirs[0])


def turns(flat, paired, module):
    """The ways the weights can stand: {their name: (the module's, transposed)}; several where they are square."""
    shapes = {n: tuple(p.shape) for n, p in module.named_parameters()}
    fixed = {n: np.shape(flat[n]) != shapes[m] and len(shapes[m]) == 2 for n, m in paired.items()}
    square = [n for n, m in paired.items() if len(shapes[m]) == 2 and len(set(shapes[m])) == 1]
    others = {t for n, t in fixed.items() if n not in square and len(shapes[paired[n]]) == 2}
    # A person's layers stand alike: square ones as the others do, and either way where all are square.
    for turned in sorted(others) if len(others) == 1 else (False, True):
        yield {n: (m, turned if n in square else fixed[n]) for n, m in paired.items()}
        if not square:
            return


@dataclass(frozen=True)
class _Call:
    """The loss with one way of pairing; called with leaves under the person's names."""

    of: ModuleLoss
    turned: dict
    held: list
    x_form: tuple
    y_form: tuple

    def __call__(self, leaves, *batch):
        module = self.of.module
        state = {n: b.detach().clone() for n, b in module.named_buffers()}
        state |= {n: p.detach() for n, p in module.named_parameters() if n in self.held}
        state |= {n: torch.zeros_like(state[n]) for n in self.held if "bias" in n}
        state = {n: a.double() if a.is_floating_point() else a for n, a in state.items()}
        shapes = {n: p.shape for n, p in module.named_parameters()}
        for name, (theirs, turned) in self.turned.items():
            state[theirs] = (leaves[name].T if turned else leaves[name]).reshape(shapes[theirs])
        x, *y = batch
        x, y = self.x_form[1](x), [self.y_form[1](a) for a in y]
        if self.of.loss is None:
            value = torch.func.functional_call(module, state, (x, *y))
        else:
            value = self.of.loss(torch.func.functional_call(module, state, (x,)), *y)
        if not isinstance(value, torch.Tensor) or value.numel() != 1:
            shape = tuple(value.shape) if isinstance(value, torch.Tensor) else type(value).__name__
            more = "" if self.of.loss else ": use module_loss(module, loss), with loss (output, y) -> scalar"
            raise UserError(f"the module's loss is no scalar but {shape}{more}")
        return value.reshape(())

    def on_arrays(self, subject):
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a form that broadcasts is tried, and not taken
            leaves = {n: torch.from_numpy(np.array(a, np.float64)) for n, a in subject.flat.items()}
            return self(leaves, *(_tensor(a) for a in (subject.x, subject.y) if a is not None))

    def words(self, subject):
        """What to say in the report of how the two were put together."""
        module = self.of.module
        said = [
            f"{n} is the module's {m}{', transposed' if turned else ''}"
            for n, (m, turned) in self.turned.items()
            if n != m or turned
        ]
        said = ["; ".join(said)] if said else []
        for n in self.held:
            said.append(f"the module's {n} is held at {'0' if 'bias' in n else 'its own value'}")
        dtypes = {p.dtype for p in module.parameters()}
        own = getattr(torch, subject.dtype.name)
        if dtypes - {own}:
            other = ", ".join(sorted(str(d).removeprefix("torch.") for d in dtypes - {own}))
            said.append(f"the module is {other}; your {subject.dtype} arrays stand in its place, in float64")
        return said + [form[0] for form in (self.x_form, self.y_form) if form[0]]


def _forms_x(subject):
    forms = [("", lambda x: x)]
    if np.ndim(subject.x) == 2:
        forms.append(("the module gets x transposed", lambda x: x.T))
    return forms


def _forms_y(subject):
    """y as it is, as a column, as classes, transposed: what a torch criterion may want of it."""
    y, forms = subject.y, [("", lambda y: y)]
    if y is None:
        return forms
    shape = np.shape(y)
    if len(shape) == 2 and 1 in shape:
        forms.append(("the module's loss gets y flat", lambda y: y.reshape(-1)))
    if len(shape) == 1:
        forms.append(("the module's loss gets y as a column", lambda y: y[:, None]))
    if len(shape) == 2:
        forms.append(("the module's loss gets y transposed", lambda y: y.T))
        if np.isin(y, (0, 1)).all():
            forms.append(("the module's loss gets y as classes", lambda y: y.argmax(1)))
            forms.append(("the module's loss gets y as classes", lambda y: y.argmax(0)))
    if np.asarray(y).dtype.kind in "iub":
        forms.append(("the module's loss gets y as floating numbers", lambda y: y.double()))
        forms.append(("the module's loss gets y as a floating column", lambda y: y.double().reshape(-1, 1)))
    elif (np.asarray(y) == np.floor(y)).all():
        forms.append(("the module's loss gets y as integers", lambda y: y.long().reshape(-1)))
    return forms


def _tensor(array):
    array = np.array(array)
    return torch.from_numpy(array.astype(np.float64) if array.dtype.kind == "f" else array)
