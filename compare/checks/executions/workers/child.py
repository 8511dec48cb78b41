"""A worker: one process of an engine, which does its part of each step that it is asked for."""

import json
import sys
import time
from importlib import import_module
from typing import Any

import numpy as np

from ....common.channel import private_channel, receive, send
from ....networks import PACKAGES, Network
from ....networks.optimizers import Optimizer
from ....user.raised import in_a_line
from ....user.trio.updates import Rule
from ..subject import Native
from ..ways import Own
from .wire import packed, unpacked


def main() -> None:
    """Join the group, then answer each request until the pipe is closed."""
    inbox, outbox = private_channel()
    engine, rank, workers, address, spec = sys.argv[1:]
    worker = None
    while (message := receive(inbox)) is not None:
        request = message.pop("request")
        try:
            if worker is None:
                joined(engine, int(rank), int(workers), address)
                worker = Worker(engine, int(workers), json.loads(spec), int(rank))
            answer = getattr(worker, request)(**{name: unpacked(tree) for name, tree in message.items()})
        except Exception as error:
            answer = {"raised": in_a_line(error)[:300]}
        send(outbox, answer)


def joined(engine: str, rank: int, workers: int, address: str) -> None:
    """Join the other processes, where there are others."""
    if engine == "torch.gloo":
        import torch

        torch.set_num_threads(1)
        store = torch.distributed.FileStore(address, workers)
        torch.distributed.init_process_group("gloo", store=store, rank=rank, world_size=workers)
    elif engine == "jax.distributed":
        import jax

        jax.config.update("jax_cpu_collectives_implementation", "gloo")
        jax.distributed.initialize(address, workers, rank)


class Worker:
    """Network, parameters and optimiser's state in one process; each request is a method."""

    def __init__(self, engine: str, workers: int, spec: dict[str, Any], rank: int):
        self.who, self.rank, self.count = engine.partition(".")[0], rank, workers
        self.native = Native(self.who, spec["dtype"])
        self.net = built(spec["net"])
        rule: Any = None if spec["rule"] is None else Optimizer(**spec["rule"])
        self.rule = (rule if isinstance(self.net, Network) else Rule(self.net, rule)).build(self.who)
        package = import_module(f"{PACKAGES[self.who]}.parallel")
        self.shared = package.DataParallel(self.net.build(self.who), workers)
        self.params: Any = {}
        self.state: Any = None
        if self.who == "jax":
            import jax

            self.updated = jax.jit(self.rule.update)
        else:
            self.updated = self.rule.update

    def ready(self) -> dict:
        """Say that the group is there."""
        return {"ready": True}

    def put(self, params: dict[str, np.ndarray]) -> dict:
        """Go on from these parameters; the optimiser keeps its state."""
        with self.native.open():
            self.params = self.native.into(params)
            if self.state is None:
                self.state = self.rule.init(self.params)
        return {}

    def restart(self) -> dict:
        """Forget the optimiser's state."""
        with self.native.open():
            self.state = self.rule.init(self.params)
        return {}

    def gradient(self, x: np.ndarray, y: np.ndarray) -> dict:
        """Return the loss and the gradients of a batch that all share."""
        with self.native.open():
            loss, grads = self._gradient(x, y)
            return {"loss": float(loss), "arrays": packed(self.native.back(grads))}

    def own_gradient(self, x: np.ndarray, y: np.ndarray) -> dict:
        """Return what the user's worker gives: (params, x, y, rank, world), the whole batch in each process."""
        own = Own(
            self.net, lambda params, x, y: self.net.workers[self.who](params, x, y, self.rank, self.count)
        )
        with self.native.open():
            loss, grads = own.loss_and_grads(self.params, *self.native.into((x, y)))
            return {"loss": float(loss), "arrays": packed(self.native.back(grads))}

    def step(self, x: np.ndarray, y: np.ndarray) -> dict:
        """Train on a batch that all share; return the loss before the update, and the parameters after it."""
        with self.native.open():
            loss, grads = self._gradient(x, y)
            self.params, self.state = self._updated(grads)
            return {"loss": float(loss), "arrays": packed(self.native.back(self.params))}

    def held(self) -> dict:
        """Return the parameters that this process computes with."""
        module = getattr(self.shared, "module", None)
        with self.native.open():
            if module is None:
                return {"arrays": packed(self.native.back(self.params))}
            held = dict(zip(self.params, module.module.held, strict=True))
            return {"arrays": packed(self.native.back(held))}

    def timed(self, x: np.ndarray, y: np.ndarray, calls: np.ndarray) -> dict:
        """Return the seconds that so many steps take, one after another; nothing goes through the pipe in between."""
        begin = time.perf_counter()
        with self.native.open():
            for _ in range(int(calls)):
                loss, grads = self._gradient(x, y)
                self.params, self.state = self._updated(grads)
                float(loss)  # waits
        return {"seconds": time.perf_counter() - begin}

    def kept(self) -> dict:
        """Return the optimiser's state, flat."""
        with self.native.open():
            return {"arrays": packed([np.asarray(a) for a in leaves(self.who, self.state)])}

    def put_kept(self, arrays: list[np.ndarray]) -> dict:
        """Go on from this state of the optimiser."""
        with self.native.open():
            self.state = filled(self.who, self.state, arrays)
        return {}

    def _updated(self, grads: Any) -> tuple[Any, Any]:
        if self.who == "jax":  # each process has them whole
            grads = self.native.into({n: np.asarray(g) for n, g in grads.items()})
        return self.updated(self.params, grads, self.state)

    def _gradient(self, x: np.ndarray, y: np.ndarray) -> tuple[Any, Any]:
        if self.who == "torch":
            import torch

            with torch.enable_grad():
                return self.shared.loss_and_grads(self.params, *self.native.into((x, y)))
        return self.shared.loss_and_grads(self.params, *self.native.into((x, y)))


def built(saved: dict[str, Any]) -> Any:
    """Return the network of its saved form; a user's is read from its file."""
    if "reader" not in saved:
        return Network(**saved)
    module, _, name = saved["reader"].partition(":")
    net = getattr(import_module(module), name)(saved["file"])
    net.held = True
    return net


def leaves(who: str, state: Any) -> list:
    """Return the arrays and numbers of an optimiser's state."""
    if who == "jax":
        import jax

        return jax.tree.leaves(state)
    from torch.utils._pytree import tree_leaves

    return [a.detach().numpy() if hasattr(a, "detach") else a for a in tree_leaves(state)]


def filled(who: str, state: Any, arrays: list[np.ndarray]) -> Any:
    """Return the state with these arrays and numbers in place of its own."""
    if who == "jax":
        import jax
        import jax.numpy as jnp

        old, form = jax.tree.flatten(state)
        new = [jnp.asarray(a, o.dtype) for a, o in zip(arrays, old, strict=True)]
        return jax.tree.unflatten(form, new)
    import torch
    from torch.utils._pytree import tree_flatten, tree_unflatten

    old, form = tree_flatten(state)
    news = [
        torch.from_numpy(a).to(o.dtype) if hasattr(o, "dtype") else type(o)(a.item())
        for a, o in zip(arrays, old, strict=True)
    ]
    return tree_unflatten(news, form)
