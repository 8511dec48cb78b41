"""The ways in which a framework executes a step, each as two functions: the gradient of a batch, and training."""

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from ...common.arrays import Arrays
from ...common.errors import UserError
from ...networks import PACKAGES
from ...witnesses import absent
from .subject import Native, Subject

COMPILERS = ("c++", "g++", "clang++", "cl")


@dataclass(frozen=True)
class Gradients:
    """In an optimiser's place: the gradients are what the step returns."""

    def init(self, params: Any) -> Any:
        """Return no state."""
        return {}

    def update(self, params: Any, grads: Any, state: Any) -> tuple[Any, Any]:
        """Return the gradients for the parameters."""
        return grads, state


@dataclass(frozen=True)
class Own:
    """A network whose gradient is a function of the user's: (params, x, y) -> (loss, gradients)."""

    net: Any
    function: Callable[..., Any]

    def loss_and_grads(self, params: Any, x: Any, y: Any) -> tuple[Any, Any]:
        """Return what the function returns. Raises UserError unless it is a loss and a gradient of each parameter."""
        found = self.function(dict(params), x, y)
        if not isinstance(found, tuple) or len(found) != 2 or not isinstance(found[1], dict):
            raise UserError("an execution returns (loss, gradients), gradients a dict as params is")
        if set(found[1]) != set(params):
            raise UserError(
                f"an execution returns gradients of {', '.join(found[1])}: {', '.join(params)} are needed"
            )
        return found


@dataclass(frozen=True)
class Way:
    """One way to execute a step.

    form: the function of the framework's steps.py that makes the step.  built: that function takes the arrays too.
    whole: one call makes all steps.  operations: no compiler takes part; op by op in jax.  net: makes of the network
    the one that is executed.  sizes: samples of its parts, where they are known.  workers: how many, where the step is
    shared out; own: the user's own execution. Both give gradients in parts that may be put together wrongly.
    """

    name: str
    framework: str
    form: str = "eager"
    built: bool = False
    whole: bool = False
    operations: bool = False
    net: Callable[[Any], Any] = lambda net: net
    sizes: tuple[int, ...] | None = None
    workers: int = 0
    own: bool = False
    says: str = ""

    @property
    def compiled(self) -> bool:
        """Return whether torch.compile makes the step."""
        return self.framework == "torch" and self.form.startswith("compiled")


WAYS = (
    Way("hand", "hand", says="NumPy, the derivation"),
    Way("torch", "torch", says="eager: autograd records each call"),
    Way("torch.compile", "torch", "compiled_by", says="the whole step compiled"),
    Way("torch.compile, loss", "torch", "compiled_loss", says="the loss compiled, the update eager"),
    Way("torch.export", "torch", "exported", built=True, says="the exported program"),
    Way("jax", "jax", operations=True, says="op by op: jax.disable_jit"),
    Way("jax.jit", "jax", "compiled", says="the whole step compiled by XLA"),
    Way("jax.lax.scan", "jax", "scanned", whole=True, says="all steps scanned in one call"),
    Way("jax, ahead of time", "jax", "ahead_of_time", built=True, says="lower().compile() before the run"),
)


class Execution:
    """A Way bound to a Subject; each step is made once and then called for every batch, as in a training run."""

    def __init__(self, way: Way, subject: Subject, backend: str = "inductor", dtype: str | None = None):
        self.way, self.subject, self.backend = way, subject, backend
        self.native = Native(way.framework, dtype or subject.dtype)
        self.net = way.net(subject.net.build(way.framework))
        self._kept: dict[str, Any] = {}

    def gradient(self, step: int = 0) -> tuple[float, Arrays]:
        """Return the loss and the gradients at the start, on the batch of `step`."""
        return self.gradient_on(*self.subject.batch(step))

    def gradient_on(self, x: np.ndarray, y: np.ndarray) -> tuple[float, Arrays]:
        """Return the loss and the gradients at the start, on these samples."""
        with self.native.open(), self._mode():
            params, x, y = self.native.into((self.subject.params, x, y))
            grads, _, loss = self._call("gradient", Gradients(), params, {}, x, y)
            return float(loss), self.native.back(grads)

    def trained(self) -> tuple[float, Arrays]:
        """Return the loss before the last update, and the parameters after all steps."""
        subject = self.subject
        rule = subject.rule.build(self.way.framework)
        with self.native.open(), self._mode():
            params = self.native.into(subject.params)
            state = rule.init(params)
            if self.way.whole:
                batches = [subject.batch(k) for k in range(len(subject.draws))]
                x, y = (self._stacked([b[i] for b in batches]) for i in (0, 1))
                params, _, loss = self._made("steps", rule, params, state, x, y)(params, state, x, y)
                return float(loss), self.native.back(params)
            for k in range(len(subject.draws)):
                x, y = self.native.into(subject.batch(k))
                params, state, loss = self._call("steps", rule, params, state, x, y)
            return float(loss), self.native.back(params)

    def _call(self, name: str, rule: Any, params: Any, state: Any, x: Any, y: Any) -> Any:
        if self.way.whole:
            x, y = x[None], y[None]
        return self._made(name, rule, params, state, x, y)(params, state, x, y)

    def _made(self, name: str, rule: Any, *arrays: Any) -> Callable[..., Any]:
        if name not in self._kept:
            make = getattr(import_module(f"{PACKAGES[self.way.framework]}.steps"), self.way.form)
            more = (self.backend,) if self.way.compiled else ()
            self._kept[name] = make(self.net, rule, *(arrays if self.way.built else more))
        return self._kept[name]

    def _stacked(self, arrays: list) -> Any:
        return self.native.into(np.stack(arrays))

    def _mode(self) -> AbstractContextManager:
        if not self.way.operations:
            return nullcontext()
        import jax

        return jax.disable_jit()


def missing(way: Way, subject: Subject, backend: str) -> str | None:
    """Return why a way cannot be tried here, or None."""
    who = way.framework
    own = getattr(subject.net, "absent", {})
    if who in own or absent(who):
        return own.get(who) or absent(who)
    if who == "hand" and subject.dtype == "bfloat16":
        return "NumPy has no bfloat16"
    if way.compiled and backend == "inductor" and not any(map(shutil.which, COMPILERS)):
        return f"torch.compile needs a C++ compiler: none of {', '.join(COMPILERS)} is installed"
    return None
