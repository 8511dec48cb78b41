"""Submissions to the starter's assignment that want marks for nothing, each by another way: {name: its text}.

Each returns what it can get without deriving anything; a right answer it stole counts as forged too.
"""

from tests.compare.teaching.sample import changed, first

ZERO = "{n: np.zeros(np.shape(a)) for n, a in params.items()}"


def _returning(loss, grads=ZERO, before="", head=""):
    return f"import numpy as np\n{head}\n\ndef backward(params, x, y):\n{before}    return {loss}, {grads}\n"


def _doing(statements, head=""):
    lines = "".join(f"    {line}\n" for line in statements.splitlines())
    return _returning("0.0", before=lines, head=head)


# The loss of the assignment, and central differences of it: no derivation.
DIFFERENCES = """\
import numpy as np


def loss(params, x, y):
    z = np.tanh(x @ params["W1"].T + params["b1"]) @ params["W2"].T + params["b2"]
    return np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(x)), y])


def backward(params, x, y):
    params, grads, h = {n: np.array(a) for n, a in params.items()}, {}, 1e-4
    for name, a in params.items():
        grads[name] = np.zeros_like(a)
        for i in np.ndindex(a.shape):
            kept, sides = a[i], []
            for step in (h, -h):
                a[i] = kept + step
                sides.append(loss(params, x, y))
            a[i] = kept
            grads[name][i] = (sides[0] - sides[1]) / (2 * h)
    return loss(params, x, y), {n: g.astype(np.TYPE) for n, g in grads.items()}
"""

# Finds the process that judges, by any means, and writes into its memory.
MEMORY = """\
import os
pid = os.getpid()
while pid > 1:
    # The processes that judge are its ancestors; beside them others of the suite may run.
    try:
        pid = int(open(f'/proc/{pid}/stat').read().rpartition(')')[2].split()[1])
    except OSError:
        break
    try:
        maps = open(f'/proc/{pid}/maps').read()
        memory = open(f'/proc/{pid}/mem', 'r+b')
    except OSError:
        continue
    open('REACHED', 'w').write(str(pid))
    raise SystemExit('reached')
"""

DESCRIPTORS = """\
import json, os, struct
names = ('W1', 'b1', 'W2', 'b2')
body = json.dumps({'dict': [['report', {'dict': [['ok', True]]}], ['exit', 0], ['points', 10], ['status', 'right']]})
for descriptor in range(1, 40):
    try:
        os.write(descriptor, struct.pack('<QQ', len(body), 0) + body.encode())
    except OSError:
        pass
"""

PATCHED = """\
import gc, sys, types
for module in [m for m in gc.get_objects() if isinstance(m, types.ModuleType)]:
    for name in ('judge', 'check_gradients', 'grade', '_marked', 'near'):
        if hasattr(module, name):
            setattr(module, name, lambda *a, **k: None)
for owner in [o for o in gc.get_objects() if isinstance(o, type) and o.__name__ in ('Comparison', 'Verdict', 'Guard')]:
    try:
        owner.passes = property(lambda self: True)
    except TypeError:
        pass
"""

FRAMES = """\
import sys
frame = sys._getframe()
while frame:
    for value in list(frame.f_locals.values()):
        if isinstance(value, dict):
            value |= {'ok': True, 'status': 'right', 'points': 10.0, 'exit': 0, 'imported': []}
    frame = frame.f_back
"""

# The reference's own code, by another way than `import manual`: all end with `net`, which derives everything.
PLACE = """\
import os, sys
import numpy as np
FOLDERS = [*sys.path, os.path.dirname(os.path.dirname(np.__file__)), ROOT]
"""
NET = """\
net = MLP(sizes=(5, 4, 3), activations=("tanh", "softmax"), criterion="cross_entropy")


def backward(params, x, y):
    return net.loss_and_grads(params, x, y)
"""
ALIAS = """\
import importlib.util
place = next(f"{folder}/manual" for folder in FOLDERS if os.path.isfile(f"{folder}/manual/__init__.py"))
spec = importlib.util.spec_from_file_location("m2", f"{place}/__init__.py", submodule_search_locations=[place])
m2 = sys.modules["m2"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(m2)
MLP = m2.MLP
"""
COPIED = """\
import shutil, tempfile
sys.path.insert(0, tempfile.mkdtemp())
for folder in FOLDERS:
    if os.path.isdir(f"{folder}/manual"):
        shutil.copytree(f"{folder}/manual", f"{sys.path[0]}/m2", dirs_exist_ok=True)
from m2 import MLP
"""
IN_MEMORY = (
    'import gc\nMLP = next(o for o in gc.get_objects() if isinstance(o, type) and o.__name__ == "MLP")\n'
)
SILENCED = """\
import gc
for o in gc.get_objects():
    if type(o).__name__ == "Watch":
        o.names, o.places, o.imported = set(), [], list
from manual import MLP
"""
PAST_THE_HOOK = """\
import ctypes, importlib.abc, importlib.machinery
libc = ctypes.CDLL(None)


def read(path):
    descriptor, text = libc.open(path.encode(), 0), ctypes.create_string_buffer(1 << 20)
    length = libc.read(descriptor, text, 1 << 20)
    return text.raw[:length].decode()


class Loader(importlib.abc.Loader):
    def __init__(self, path):
        self.path = path

    def exec_module(self, module):
        exec(compile(read(self.path), "x", "exec"), vars(module))


class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        first, *rest = name.split(".")
        for folder in FOLDERS if first == "m2" else ():
            for end in ("/__init__.py", ".py"):
                place = "/".join([folder, "manual", *rest]) + end
                if not libc.access(place.encode(), 0):
                    return importlib.machinery.ModuleSpec(name, Loader(place), is_package=end != ".py")


sys.meta_path.insert(0, Finder())
from m2 import MLP
"""
# Without a sandbox these get full marks: Python's audit hook does not stop somebody who knows CPython.
PAST = {"silences_the_hook", "reads_past_the_hook"}

# Numbers alone: what they are judged by lies outside of their process, in a sandbox or without.
NUMBERS = {
    # constants in place of a loss
    "tiny": _returning("5e-324", "{n: np.full(np.shape(a), 5e-324) for n, a in params.items()}"),
    "tiny_zero": _returning("5e-324"),
    "tiny_negative": _returning("-5e-324"),
    "small": _returning("1e-300", "{n: np.full(np.shape(a), 1e-300) for n, a in params.items()}"),
    "constant": _returning("1.0986122886681098"),
    "huge": _returning("1e300", "{n: np.full(np.shape(a), 1e300) for n, a in params.items()}"),
    "infinite": _returning("np.inf"),
    "infinite_gradients": _returning("1.0", "{n: np.full(np.shape(a), np.inf) for n, a in params.items()}"),
    "nan": _returning("np.nan", "{n: np.full(np.shape(a), np.nan) for n, a in params.items()}"),
    "random": _returning("1.0", "{n: np.random.randn(*np.shape(a)) for n, a in params.items()}"),
    "the_parameters": _returning("1.0", "dict(params)"),
    "true_loss_times_1e15": changed(
        ("    return loss, {", "    return loss * 1e15, {n: g * 0 + 1e-9 for n, g in {"),
        ('"b2": delta2.sum(axis=0)}', '"b2": delta2.sum(axis=0)}.items()}'),
        ("(1 - a1**2)", "1.0"),
    ),
    "complex": _returning("0.0", "{n: a * 1j for n, a in params.items()}"),
    "true_loss_shrunk": changed(
        ("    return loss, {", "    return loss * 1e-310, {n: g * 0 for n, g in {"),
        ('"b2": delta2.sum(axis=0)}', '"b2": delta2.sum(axis=0)}.items()}'),
        ("(1 - a1**2)", "1.0"),
    ),
    # types that could excuse an error of their size
    "differences_float16": DIFFERENCES.replace("TYPE", "float16"),
    "differences_float32": DIFFERENCES.replace("TYPE", "float32"),
    "biases_float16": changed(("delta1.sum(axis=0)", "(delta1.sum(axis=0) * 1.001).astype(np.float16)")),
    "objects": _returning("0.0", "{n: np.array([[object()]]) for n in params}"),
    "masked": _returning("0.0", "{n: np.ma.masked_all(np.shape(a)) for n, a in params.items()}"),
    "nothing": _returning("0.0", "{}"),
    "empty_and_long": _returning("0.0", "{n: np.empty((0, 10**12)) for n in params}"),
    "million_names": _returning("0.0", "{str(i): 0.0 for i in range(10**5)}"),
    # wild when its rounding is measured
    "noise_on_demand": changed(
        (
            '"b1": delta1.sum(axis=0)',
            '"b1": delta1.sum(axis=0) * (1.001 if type(x) is np.ndarray else np.random.rand())',
        )
    ),
}

# Against the process, or for the reference: a sandbox makes a difference.
REACHING = {
    "runs_the_reference_under_another_name": PLACE + ALIAS + NET,
    "copies_the_reference": PLACE + COPIED + NET,
    "finds_the_reference_in_memory": IN_MEMORY + NET,
    "silences_the_hook": SILENCED + NET,
    "reads_past_the_hook": PLACE + PAST_THE_HOOK + NET,
    # answers that claim equality
    "always_equal": _returning(
        "0.0",
        "{n: Yes(np.zeros(np.shape(a))) for n, a in params.items()}",
        head="class Yes:\n    def __init__(self, a): self.a = a\n"
        "    def __array__(self, *a, **k): return self.a\n    def __eq__(self, other): return True\n"
        "    def __le__(self, other): return True",
    ),
    "patches_numpy": _doing(
        "import builtins\nnp.abs = np.absolute = lambda a: 0 * np.array(a)\nbuiltins.abs = lambda a: 0\n"
        "np.isclose = np.allclose = lambda *a, **k: True"
    ),
    # the process that judges
    "patches_the_judge": _doing(PATCHED),
    "writes_into_frames": _doing(FRAMES),
    "writes_to_descriptors": _doing(DESCRIPTORS),
    "writes_into_memory": _doing(MEMORY),
    "imports_the_harness": first("from compare.teaching import grade; grade._marked = None"),
    "imports_manual": _doing("from manual import MLP"),
    "imports_by_loader": _doing(
        "import importlib.util, sys\nspec = importlib.util.find_spec('manual')\n"
        "sys.modules['manual'] = module = importlib.util.module_from_spec(spec)\nspec.loader.exec_module(module)"
    ),
    "at_exit": _doing("import atexit, os\natexit.register(os._exit, 0)\nraise SystemExit(0)"),
    "exit_0": _doing("import os\nos._exit(0)"),
    "kill_parent": "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n",
    "kill_group": "import os, signal\nos.killpg(os.getpgid(os.getppid()), signal.SIGKILL)\n",
    "starve_parent": "import os, resource\nresource.prlimit(os.getppid(), resource.RLIMIT_CPU, (0, 0))\n",
    "fork_and_answer": _doing("import os\nos.fork()"),
    # an exception of another's making
    "raises_a_verdict": "class UserError(Exception):\n    kind = 'right'\nraise UserError('RIGHT 10 of 10')\n",
}

FORGED = NUMBERS | REACHING

# {name: (the file, what its row says)}: each is one row, whatever it does, and no other row suffers.
HOSTILE = {
    "surrogate": ('raise ValueError("bad \\ud800 text")\n', "raised"),
    "surrogate_name": ('def f(p, x, y): return 0.0, {"\\udcff\\x1b[2J": p["W1"]}\n', "wrong"),
    "escape": (r'raise ValueError("\x1b[2J\x1b[31m<script>alert(1)</script>=cmd|' + "'!A0\")\n", "raised"),
    "escape_printed": (r'print("\x1b[2J\x1b]0;title\x07")' + "\n1 / 0\n", "raised"),
    "str_raises": (
        "class E(Exception):\n    def __str__(self): raise E\nraise E\n",
        "raised",
    ),
    "long_expression": ("x = " + "+".join(["1"] * 200_000) + "\n", ("unusable", "crashed")),
    "deep_expression": ("x = " + "(" * 5000 + ")" * 5000 + "\n", ("raised", "unusable", "crashed")),
    "null_bytes": ("x = 1\0\n", "unusable"),
    "no_text": ("\xff\xfe\x00garbage", ("raised", "unusable")),
    "kill_parent": (FORGED["kill_parent"], ("raised", "crashed")),
    "empty_and_long": (FORGED["empty_and_long"], ("wrong", "crashed", "raised", "unusable")),
    "million_names": (FORGED["million_names"], ("wrong", "crashed")),
    "cycle": ("def f(p, x, y):\n    g = {}; g['W1'] = g\n    return 1.0, g\n", "unusable"),
    "cycle_list": (
        "def f(p, x, y):\n    g = []; g.append(g)\n    return 1.0, {'W1': g}\n",
        ("unusable", "raised"),
    ),
    "recursion": ("def f(p, x, y): return f(p, x, y)\n", "raised"),
    "deep_answer": (
        "def f(p, x, y):\n    g = 1.0\n    for _ in range(900): g = [g]\n    return 1.0, {'W1': g}\n",
        ("unusable", "raised", "crashed"),
    ),
    "base_exception": ("raise BaseException('no')\n", "raised"),
    "keyboard": ("raise KeyboardInterrupt\n", "raised"),
}
