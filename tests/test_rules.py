"""Check the four rules of the design by introspection and in child processes."""

import ast
import dataclasses
import importlib
import inspect
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import jax
import numpy as np
import pytest

import jax_ref
import manual
import torch_ref

ROOT = Path(manual.__file__).parent.parent
PACKAGES = {"manual": manual, "torch_ref": torch_ref, "jax_ref": jax_ref}
ALLOWED = {
    "manual": {"numpy", "scipy.special"},
    "torch_ref": {"torch", "numpy"},
    "jax_ref": {"jax", "optax", "numpy"},
}
# The files that each of the three packages has; manual has more.
MIRRORED = sorted(
    path.stem for path in (ROOT / "torch_ref").glob("*.py") if path.stem not in ("__init__", "differentiate")
)

# Code for a child process: an import of any package in sys.argv[1] fails as if the package were not installed.
BLOCK = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in sys.argv[1].split(","):
            raise ModuleNotFoundError(f"{name} is blocked", name=name)

sys.meta_path.insert(0, Blocker())
"""
# Code for a child process: compute one gradient in the package sys.argv[2] and print the first entry of W1.
RUN = """
import importlib
import numpy as np

package = importlib.import_module(sys.argv[2])
rng = np.random.default_rng(0)
sizes = (3, 4, 2)
params = {}
for l in (1, 2):
    params[f"W{l}"] = rng.standard_normal((sizes[l], sizes[l - 1])).astype("float32")
    params[f"b{l}"] = rng.standard_normal(sizes[l]).astype("float32")
x, y = rng.standard_normal((5, 3)).astype("float32"), np.array([0, 1, 1, 0, 1])
native = package.from_numpy((params, x, y))
net = package.MLP(sizes, ("gelu", "softmax"), "cross_entropy", l2=0.1)
loss, grads = net.loss_and_grads(*native)
for module in ("optimizers", "steps"):
    importlib.import_module(f"{sys.argv[2]}.{module}")
print(package.to_numpy(grads)["W1"][0, 0])
"""


def child(code, *arguments, cwd=ROOT):
    """Run `code` in a fresh Python in `cwd` and return its standard output; a failure shows its stderr."""
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:__main__", "-c", code, *arguments],
        cwd=cwd,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# ---- Rule 1: three strangers


def imports(path):
    """Yield every module that a file imports, inside functions too; skip relative imports within its package."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level <= len(path.relative_to(ROOT).parts) - 1, f"{path} reaches above its package"
            yield from () if node.level else [node.module]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_what_it_may(package):
    files = sorted((ROOT / package).rglob("*.py"))
    assert len(files) > 5
    for path in files:
        for name in imports(path):
            allowed = any(name == known or name.startswith(f"{known}.") for known in ALLOWED[package])
            assert allowed or name.split(".")[0] in sys.stdlib_module_names, f"{path} imports {name}"


@pytest.mark.parametrize("package", PACKAGES)
def test_no_package_imports_by_a_computed_name(package):
    """Refuse import_module and __import__, which the test above cannot see."""
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(node, "id", getattr(node, "attr", None))
            assert name not in ("import_module", "__import__", "exec", "eval"), f"{path} uses {name}"


def test_each_runs_with_the_others_blocked():
    others = {
        "manual": "torch,jax,jaxlib,optax,torch_ref,jax_ref,compare",
        "torch_ref": "jax,jaxlib,optax,scipy,manual,jax_ref,compare",
        "jax_ref": "torch,manual,torch_ref,compare",
    }
    first = [float(child(BLOCK + RUN, blocked, package)) for package, blocked in others.items()]
    # Three independent packages compute the same float32 gradient; the entry is of order 0.1.
    assert np.ptp(first) <= 10 * np.finfo("float32").eps


@pytest.mark.parametrize("package", PACKAGES)
def test_a_folder_copied_alone_still_runs(package, tmp_path):
    shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    code = "import sys\n" + RUN + "assert package.__file__.startswith(sys.argv[1]), package.__file__\n"
    child(code, str(tmp_path), package, cwd=tmp_path)


# ---- Rule 2: the same file in each


def classes(module):
    """Return the public classes that a module defines, in the order of its lines."""
    own = [c for _, c in inspect.getmembers(module, inspect.isclass) if c.__module__ == module.__name__]
    return {
        c.__name__: c for c in sorted(own, key=lambda c: inspect.getsourcelines(c)[1]) if c.__name__[0] != "_"
    }


def signatures(nodes):
    """Return the public functions in the order of their lines, each with its signature as written."""
    found = {}
    for node in nodes:
        if isinstance(node, ast.FunctionDef) and node.name[0] != "_":
            is_property = any(ast.unparse(d) == "property" for d in node.decorator_list)
            signature = f"({ast.unparse(node.args)}) -> {ast.unparse(node.returns)}"
            found[node.name] = f"property -> {ast.unparse(node.returns)}" if is_property else signature
    return found


def methods(cls):
    """Return the public methods and properties of a class, each with its signature."""
    return signatures(ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0].body)


def fields(cls):
    return [(f.name, f.type, f.default) for f in dataclasses.fields(cls)]


def module(package, name):
    return importlib.import_module(f"{package}.{name}")


def test_the_references_have_the_same_files_and_manual_has_all_but_differentiate():
    stems = {package: {path.stem for path in (ROOT / package).glob("*.py")} for package in PACKAGES}
    assert stems["torch_ref"] == stems["jax_ref"]
    assert stems["torch_ref"] - stems["manual"] == {"differentiate"}
    assert {"mlp", "recurrent", "optimizers", "steps"} <= set(MIRRORED)


def test_the_checks_of_the_fields_are_the_same_file_in_all_three():
    assert len({(ROOT / package / "fields.py").read_bytes() for package in PACKAGES}) == 1


@pytest.mark.parametrize("name", MIRRORED)
def test_a_mirrored_file_has_the_same_classes_and_fields(name):
    theirs = {package: classes(module(package, name)) for package in PACKAGES}
    assert list(theirs["torch_ref"]) == list(theirs["jax_ref"])
    assert theirs["manual"].keys() >= theirs["torch_ref"].keys()
    assert [c for c in theirs["manual"] if c in theirs["torch_ref"]] == list(theirs["torch_ref"])
    for class_name, cls in theirs["torch_ref"].items():
        if dataclasses.is_dataclass(cls):
            assert (
                fields(theirs["manual"][class_name]) == fields(cls) == fields(theirs["jax_ref"][class_name])
            )


@pytest.mark.parametrize("name", MIRRORED)
def test_a_mirrored_class_has_the_same_methods_in_the_same_order(name):
    theirs = {package: classes(module(package, name)) for package in PACKAGES}
    for class_name, cls in theirs["torch_ref"].items():
        expected = methods(cls)
        assert list(methods(theirs["jax_ref"][class_name]).items()) == list(expected.items())
        hand = methods(theirs["manual"][class_name])
        assert [item for item in hand.items() if item[0] in expected] == list(expected.items())


@pytest.mark.parametrize("name", MIRRORED)
def test_a_mirrored_file_has_the_same_functions(name):
    def functions(package):
        return signatures(ast.parse((ROOT / package / f"{name}.py").read_text(encoding="utf-8")).body)

    torch_s, jax_s, hand = functions("torch_ref"), functions("jax_ref"), functions("manual")
    # One framework has softmax and gelu of its own, another has not. The functions that both write must match.
    shared = [key for key in torch_s if key in jax_s]
    assert shared == [key for key in jax_s if key in torch_s]
    for key in shared:
        assert torch_s[key] == jax_s[key]
        if key != "compiled":  # NumPy has no graph to compile
            assert hand[key] == torch_s[key]


def test_the_tables_have_the_same_names_in_the_same_order():
    for file, table in (("activations", "ACTIVATIONS"), ("criteria", "CRITERIA"), ("criteria", "FUSED")):
        names = [list(getattr(module(package, file), table)) for package in PACKAGES]
        assert names[0] == names[1] == names[2], table


@pytest.mark.parametrize("package", PACKAGES)
def test_sequences_become_tuples_and_instances_hash_and_compare_by_their_fields(package):
    MLP = PACKAGES[package].MLP
    net = MLP([4, 3, 2], ["relu", "identity"], "mse")
    same = MLP(sizes=(4, 3, 2), activations=("relu", "identity"), criterion="mse")
    other = MLP((4, 3, 2), ("relu", "identity"), "mse", l2=0.1)
    assert net.sizes == (4, 3, 2)
    assert net.activations == ("relu", "identity")
    assert net == same
    assert hash(net) == hash(same)
    assert net != other
    assert len({net, same, other}) == 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        net.l2 = 1.0


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"sizes": (3,), "activations": ()}, "sizes (3,): two or more positive widths are needed"),
        ({"sizes": (3, 0), "activations": ("relu",)}, "sizes (3, 0): two or more positive widths are needed"),
        ({"sizes": (3, 4, 2), "activations": ("relu",)}, "2 layers need 2 activations, not 1"),
        (
            {"sizes": (3, 2), "activations": ("swish",)},
            "unknown activation 'swish'; known: sigmoid, tanh, relu",
        ),
        ({"criterion": "nll"}, "unknown criterion 'nll'; known: quadratic, mse"),
        ({"l2": -0.1}, "l2 is -0.1; it must be a finite number, 0 or more"),
        ({"l2": float("nan")}, "l2 is nan; it must be a finite number, 0 or more"),
        ({"l2": float("inf")}, "l2 is inf; it must be a finite number, 0 or more"),
    ],
    ids=str,
)
def test_fields_that_do_not_fit_are_refused_by_all_three_in_the_same_words(fields, says):
    for package in PACKAGES.values():
        with pytest.raises(ValueError, match=f"^{re.escape(says)}"):
            package.MLP(**fields)


def test_equal_networks_are_traced_once_under_jit():
    traces = []

    def loss(net, params, x, y):
        traces.append(net)  # a side effect in Python, which runs only when jax traces
        return net.loss(params, x, y)

    jitted = jax.jit(loss, static_argnums=0)
    nets = [
        jax_ref.MLP([3, 2], ["softmax"]),
        jax_ref.MLP((3, 2), ("softmax",)),
        jax_ref.MLP((3, 2), ("softmax",), l2=0.5),
    ]
    params = jax_ref.from_numpy({"W1": np.ones((2, 3), "float32"), "b1": np.zeros(2, "float32")})
    x, y = jax_ref.from_numpy((np.ones((4, 3), "float32"), np.zeros(4, "int32")))
    for net in nets[:2]:
        jitted(net, params, x, y)
    assert len(traces) == 1
    jitted(nets[2], params, x, y)
    assert len(traces) == 2


# ---- No package changes the settings of the whole process

SNAPSHOT = """
import locale, os, sys, warnings
import numpy as np
import torch, jax, optax, scipy.special

def snapshot():
    return {
        "torch dtype": torch.get_default_dtype(),
        "torch threads": (torch.get_num_threads(), torch.get_num_interop_threads()),
        "torch grad": torch.is_grad_enabled(),
        "torch deterministic": torch.are_deterministic_algorithms_enabled(),
        "torch matmul": torch.get_float32_matmul_precision(),
        "torch seed": torch.initial_seed(),
        "jax": dict(jax.config.values),
        "numpy errors": np.geterr(),
        "numpy printing": np.get_printoptions(),
        "numpy random": np.random.get_state()[1].tolist(),
        "warnings": list(warnings.filters),
        "environment": dict(os.environ),
        "locale": locale.setlocale(locale.LC_ALL),
        "recursion": sys.getrecursionlimit(),
        "path": list(sys.path),
        "hooks": (sys.excepthook, sys.displayhook),
    }

before = snapshot()
import importlib
for name in sys.argv[1].split(","):
    importlib.import_module(name)
after = snapshot()
changed = [key for key in before if before[key] != after[key]]
assert not changed, changed
print("unchanged")
"""


def test_importing_changes_no_global_configuration():
    """Import torch, jax and scipy first, which change settings themselves. The command line has its own test."""
    files = [f"{package}.{path.stem}" for package in PACKAGES for path in (ROOT / package).glob("[a-z]*.py")]
    harness = [
        f"compare.{name}"
        for name in ("common.errors", "networks.data", "networks", "common.results", "witnesses")
    ]
    assert child(SNAPSHOT, ",".join([*PACKAGES, *files, *harness, "threeways"])) == "unchanged"
