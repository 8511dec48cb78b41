"""The child's side where a file is judged outside: it calls the person's function with the arrays that come and
sends back arrays. What it says of itself is heard; what is right is decided by who asked."""

import os
import sys
import warnings

from ..common.arrays import flatten
from ..user.returned import understand
from ..witnesses.rounding.noisy import Rounding, noisy
from . import wire
from .child import guarded
from .loading import find, load

OURS = ("compare", "threeways", "manual", "torch_ref", "jax_ref")
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


class Watch:
    """An audit hook, which Python code cannot take away: sees imports and refuses further processes.

    names: the top-level modules that are looked for.
    """

    def __init__(self, names):
        self.names, self.seen = set(names), set()
        _forget_ours()  # so that theirs are seen
        sys.addaudithook(self)

    def __call__(self, event, arguments):
        if event == "import":
            self.seen |= {arguments[0].partition(".")[0]} & self.names
        elif event in STARTS:
            raise PermissionError("no further processes may be started here")

    def imported(self):
        """Names that were imported so far; importlib tells the hook nothing, but leaves its module behind."""
        self.seen |= self.names & {name.partition(".")[0] for name in list(sys.modules)}
        return sorted(self.seen)


def serve(request, guard):
    """Load the file, then answer {"params", "x", "y", "noisy"} with {"loss", "grads", ...} until the end."""
    inbox, outbox = _private_channel()
    _limit_files()
    watch = Watch(request["watched"])
    wire.send(outbox, {"ready": True})  # the clock starts here: what was imported so far is ours
    function = None

    def loaded():
        nonlocal function
        with guard:
            found = find(load(request["file"]), request["function"], inputs=(None, None, None))
        hand = guard.around(found.hand)
        function = getattr(hand, "loss_and_grads", hand)
        return {"name": found.name}

    def reply(work):
        wire.send(outbox, guarded(request["file"], work) | {"imported": watch.imported()})

    reply(loaded)
    while (asked := wire.receive(inbox)) is not None:
        reply(lambda asked=asked: _called(function, asked))


def _called(function, asked):
    given = [asked["params"], asked["x"], asked["y"]]
    before = [flatten(a) for a in given]
    if asked["noisy"] is not None:
        given = noisy(given, Rounding(asked["noisy"]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # it is called at other parameters than its own too
        outcome = understand(function(*given), len(before[0]))
    answer = {"loss": outcome.loss, "grads": flatten(outcome.grads)}
    if asked["noisy"] is None:
        answer["changed"] = [
            name
            for name, old, new in zip(("params", "x", "y"), before, given, strict=True)
            if not _same(old, flatten(new))
        ]
    return answer


def _same(old, new):
    return old.keys() == new.keys() and all(
        old[n].shape == new[n].shape and old[n].tobytes() == new[n].tobytes() for n in old
    )


def _private_channel():
    """Standard input and output for us alone, by other descriptors that no started program inherits; what their
    code reads is empty, what it prints goes where errors go."""
    inbox, outbox = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return inbox, outbox


def _limit_files():
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    most = LARGEST_FILE if hard == resource.RLIM_INFINITY else min(LARGEST_FILE, hard)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))


def _forget_ours():
    """What runs here keeps its modules by reference; under their names they would hide an import of theirs."""
    for name in list(sys.modules):
        if name.partition(".")[0] in OURS:
            del sys.modules[name]
