"""The child of a graded file or an exercise: call its functions with the arrays that come, and send back arrays.

The verdict is made by the process that asked.
"""

import _signal
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from functools import partial
from types import SimpleNamespace
from typing import Any, BinaryIO

import numpy as np

from ..common.arrays import flatten
from ..common.channel import private_channel
from ..common.kernel import end_with_parent, without_privileges
from ..common.late import load_all
from ..user.returned import understand
from ..witnesses.rounding.noisy import Rounding, noisy
from . import wire
from .guard import GIGABYTE, Guard, data_size
from .loading import find, load
from .raised import guarded
from .sandbox import folders

Inner = Callable[..., Any]  # (name of a rule, its arguments) -> its value
HARNESS = ("compare", "threeways", "manual", "torch_ref", "jax_ref")
STARTS = {
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.exec",
    "os.system",
    "os.startfile",
    "subprocess.Popen",
}
REACHES = {"os.kill": 0, "os.killpg": 0, "resource.prlimit": 0}  # event: where it has the process it reaches
LARGEST_FILE = 100 << 20  # bytes
SLACK = 1 << 29  # bytes of memory beyond the user's, for the harness's own copies


def main() -> None:
    """Load the file, then answer each message.

    {"params", "x", "y", "noisy"} with {"loss", "grads", ...}; in an exercise {"rule", "arguments", "p", "inner"} with
    {"value"}, after an {"inner", "arguments"} for each call of a rule that the parent computes.
    """
    inbox, outbox = private_channel()
    request = wire.receive(inbox)
    file = request["file"]
    sys.argv = [file]
    _limit(request["memory"])
    load_all()
    watch = Watch(request["watched"])
    with open(request["trace"], "w") as trace:
        guard = Guard(request["timeout"], request["memory"], trace, file)
        wire.send(outbox, {"ready": True})  # the user's time starts here
        answering = None
        while (message := wire.receive(inbox)) is not None:
            if answering is None:
                answer = guarded(file, _opened if request["exercise"] else _loaded, request, guard)
                answering = answer.pop("answering", None)
            else:
                answer = guarded(file, answering, message, partial(_asked, inbox, outbox))
            wire.send(outbox, answer | {"imported": watch.imported()})


def no_processes(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse further processes, as an audit hook."""
    if event in STARTS:
        raise PermissionError("no further processes may be started here")


class Watch:
    """An audit hook, which Python code cannot remove: notices imports, refuses to start or to reach other processes.

    names: the top-level modules to notice. Opening one of their files, to run it under another name, counts too.
    """

    def __init__(self, names: Iterable[str]):
        self.names, self.seen = set(names), set[str]()
        self.places = [os.path.join(os.path.realpath(folder), "") for folder in folders(names)]
        _forget_harness()  # so that the user's imports are noticed
        sys.addaudithook(self)

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "import":
            self.seen |= {arguments[0].partition(".")[0]} & self.names
        elif event == "open" and isinstance(arguments[0], str):
            path = os.path.realpath(arguments[0])
            self.seen |= {os.path.basename(place[:-1]) for place in self.places if path.startswith(place)}
        elif event in REACHES and arguments[REACHES[event]] not in (0, os.getpid()):
            raise PermissionError("no other process may be reached from here")
        no_processes(event, arguments)

    def imported(self) -> list[str]:
        """Return the names imported so far; importlib skips the hook, but leaves its module in sys.modules."""
        self.seen |= self.names & {name.partition(".")[0] for name in list(sys.modules)}
        return sorted(self.seen)


def _loaded(request: dict[str, Any], guard: Guard) -> dict[str, Any]:
    with guard:
        module = load(request["file"], request["others"])
        found = find(module, request["function"], inputs=(None, None, None))
    hand = guard.around(found.hand)
    return {"name": found.name, "answering": partial(_called, getattr(hand, "loss_and_grads", hand))}


def _called(function: Callable[..., Any], asked: dict[str, Any], _: object) -> dict[str, Any]:
    given = [asked["params"], asked["x"], asked["y"]]
    before = [flatten(a) for a in given]
    if asked["noisy"] is not None:
        given = noisy(given, Rounding(asked["noisy"]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the function is called at other parameters too
        outcome = understand(function(*given), [a.shape for a in before[0].values()])
    answer: dict[str, Any] = {"loss": outcome.loss, "grads": flatten(outcome.grads)}
    if asked["noisy"] is None:
        answer["changed"] = [
            name
            for name, old, new in zip(("params", "x", "y"), before, given, strict=True)
            if not _same(old, flatten(new))
        ]
    return answer


def _opened(request: dict[str, Any], guard: Guard) -> dict[str, Any]:
    """Load an exercise; return what it says about itself."""
    with guard:
        module = load(request["file"], request["others"])
    said = getattr(module, "EXERCISE", {})
    return {"exercise": said if isinstance(said, dict) else {}, "answering": partial(ruled, module, guard)}


def ruled(module: Any, guard: Guard | None, message: dict[str, Any], ask: Inner) -> dict[str, Any]:
    """Return {"value": what the rule of an exercise returns}, None where it returns nothing or is not there.

    While it runs the rules in message["inner"] are those of `ask`: they are judged by themselves.
    """
    name, kept = message["rule"], {}
    function = getattr(module, name, None)
    given = list(message["arguments"])
    if message["p"] is not None:
        given.append(SimpleNamespace(**message["p"]))
    for inner in message["inner"]:
        kept[inner] = getattr(module, inner, None)
        setattr(module, inner, partial(ask, inner))
    try:
        with guard or nullcontext():
            return {"value": None if function is None else _array(function(*given))}
    finally:
        for inner, own in kept.items():
            if own is None:
                delattr(module, inner)
            else:
                setattr(module, inner, own)


def _array(value: Any) -> Any:
    return None if value is None else flatten({"its answer": value})["its answer"]


def _asked(inbox: BinaryIO, outbox: BinaryIO, name: str, *arguments: Any) -> Any:
    """Have the parent compute a rule; the trace, which it has itself, stays here."""
    wire.send(outbox, {"inner": name, "arguments": [a for a in arguments if not hasattr(a, "delta")]})
    answer = wire.receive(inbox)
    if "raised" in answer:
        raise ValueError(answer["raised"])
    return answer["value"]


def _same(old: dict[str, np.ndarray], new: dict[str, np.ndarray]) -> bool:
    return old.keys() == new.keys() and all(
        old[n].shape == new[n].shape and old[n].tobytes() == new[n].tobytes() for n in old
    )


def _limit(memory: float) -> None:
    """Set what the user's code cannot undo: limits below those of this process, and no privileges to raise them."""
    for module in (signal, _signal):
        vars(module).pop("pidfd_send_signal", None)  # no audit event tells of it
    end_with_parent()
    without_privileges()
    try:
        import resource
    except ImportError:  # Windows
        return
    data = data_size()
    most = {resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: LARGEST_FILE}
    if data:
        most[resource.RLIMIT_DATA] = data + int(memory * GIGABYTE) + SLACK
    for which, limit in most.items():
        hard = resource.getrlimit(which)[1]
        limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(which, (limit, limit))


def _forget_harness() -> None:
    """The code that runs keeps its modules by reference; under their names they would hide an import of the user's."""
    for name in list(sys.modules):
        if name.partition(".")[0] in HARNESS:
            del sys.modules[name]
