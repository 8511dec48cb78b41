"""The child of a graded file: call the user's function with the arrays that come, and send back arrays.

The verdict is made by the process that asked.
"""

import sys
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..common.arrays import flatten
from ..common.channel import private_channel
from ..user.returned import understand
from ..witnesses.rounding.noisy import Rounding, noisy
from . import wire
from .guard import Guard
from .loading import find, load
from .raised import guarded

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
LARGEST_FILE = 100 << 20  # bytes


def main() -> None:
    """Load the file, then answer each {"params", "x", "y", "noisy"} with {"loss", "grads", ...}."""
    inbox, outbox = private_channel()
    request = wire.receive(inbox)
    file = request["file"]
    sys.argv = [file]
    _limit_files()
    watch = Watch(request["watched"])
    with open(request["trace"], "w") as trace:
        guard = Guard(request["timeout"], request["memory"], trace, file)
        wire.send(outbox, {"ready": True})  # the user's time starts here
        function = None
        while (message := wire.receive(inbox)) is not None:
            if function is None:
                answer = guarded(file, _loaded, request, guard)
                function = answer.pop("function", None)
            else:
                answer = guarded(file, _called, function, message)
            wire.send(outbox, answer | {"imported": watch.imported()})


def no_processes(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse further processes, as an audit hook."""
    if event in STARTS:
        raise PermissionError("no further processes may be started here")


class Watch:
    """An audit hook, which Python code cannot remove: notices imports and refuses further processes.

    names: the top-level modules that are noticed.
    """

    def __init__(self, names: Iterable[str]):
        self.names, self.seen = set(names), set[str]()
        _forget_harness()  # so that the user's imports are noticed
        sys.addaudithook(self)

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "import":
            self.seen |= {arguments[0].partition(".")[0]} & self.names
        no_processes(event, arguments)

    def imported(self) -> list[str]:
        """Return the names imported so far; importlib skips the hook, but leaves its module in sys.modules."""
        self.seen |= self.names & {name.partition(".")[0] for name in list(sys.modules)}
        return sorted(self.seen)


def _loaded(request: dict[str, Any], guard: Guard) -> dict[str, Any]:
    with guard:
        found = find(load(request["file"]), request["function"], inputs=(None, None, None))
    hand = guard.around(found.hand)
    return {"name": found.name, "function": getattr(hand, "loss_and_grads", hand)}


def _called(function: Callable[..., Any], asked: dict[str, Any]) -> dict[str, Any]:
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


def _same(old: dict[str, np.ndarray], new: dict[str, np.ndarray]) -> bool:
    return old.keys() == new.keys() and all(
        old[n].shape == new[n].shape and old[n].tobytes() == new[n].tobytes() for n in old
    )


def _limit_files() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    most = LARGEST_FILE if hard == resource.RLIM_INFINITY else min(LARGEST_FILE, hard)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))


def _forget_harness() -> None:
    """The code that runs keeps its modules by reference; under their names they would hide an import of the user's."""
    for name in list(sys.modules):
        if name.partition(".")[0] in HARNESS:
            del sys.modules[name]
