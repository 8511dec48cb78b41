"""The layout of compare/: which room may import which, and that no modules import one another in a circle."""

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import compare

PACKAGE = Path(compare.__file__).parent
# From the top down: a room imports only rooms further down. Rooms of one line do not know one another.
FLOORS = [
    ("commands",),
    ("teaching",),
    ("training", "timing", "files"),
    ("checks",),
    ("mistakes",),
    ("trace",),
    ("user",),
    ("judge",),
    ("witnesses",),
    ("networks",),
    ("report",),
    ("common",),
]
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
# Imported only where they are needed: they are large, or may be absent.
HEAVY = {
    "torch",
    "jax",
    "torch_ref",
    "jax_ref",
    "sklearn",
    "matplotlib",
    "sympy",
    "jinja2",
    "latex2mathml",
    "markupsafe",
}
HEAVY |= {
    "autograd",
    "flint",
    "grandalf",
    "distributed",
    "joblib",
    "threadpoolctl",
    "optax",
    "scipy",
    "rich",
    "IPython",
    "resource",
    "importlib",
}
# What a check of a right gradient, of a plain function, has no need of: half of the time of a start.
LATE = {
    "compare.mistakes",
    "compare.trace.changes",
    "compare.trace.locate",
    "compare.judge.blame",
    "compare.checks.rules",
    "compare.checks.stages.ports",
    "compare.user.forms",
    "compare.user.trio",
    "compare.networks.draws",
    "compare.networks.second",
    "compare.files.derived",
    "compare.files.operated",
    "compare.files.serving",
    "compare.files.wire",
    "compare.report.html",
    "manual",
}


def modules():
    """{dotted name: (syntax tree, whether it is a package)} of every module of compare."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if package else parts)
        found[name] = ast.parse(path.read_text(encoding="utf-8")), package
    return found


MODULES = modules()


@cache
def imports(name):
    """(imported module, whether inside a function, whether for types alone) for each import of `name`."""
    tree, package = MODULES[name]
    found = []
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for node in ast.walk(function)
    }
    typing = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test).endswith("TYPE_CHECKING")
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                here = name.split(".") if package else name.split(".")[:-1]
                here = here[: len(here) - node.level + 1]
                base = ".".join([*here, *([node.module] if node.module else [])])
            # `from package import module` imports the module, `from module import name` that module.
            targets = [f"{base}.{a.name}" if f"{base}.{a.name}" in MODULES else base for a in node.names]
        else:
            continue
        found += [(target, id(node) in inside, id(node) in typing) for target in dict.fromkeys(targets)]
    return found


def room(name):
    """The room a module is in; None for the package itself and the command line."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in FLOOR else None


@pytest.mark.parametrize("name", sorted(MODULES))
def test_imports_go_downwards(name):
    here = room(name)
    for target, _, _ in imports(name):
        there = room(target)
        if here is None or target.split(".")[0] != "compare" or here == there:
            continue
        assert there is not None, f"{name} imports {target}: only a command may start at the top"
        assert FLOOR[here] < FLOOR[there], f"{name} imports {target}, which is not below it"
        assert there != "report" or here == "commands", (
            f"{name} imports {target}: results do not know who draws them"
        )
        assert here != "report" or there == "common", (
            f"{name} imports {target}: report knows plain results only"
        )


def test_every_module_belongs_to_a_room():
    loose = {name for name in MODULES if room(name) is None} - {"compare", "compare.cli"}
    assert not loose


@pytest.mark.parametrize("name", sorted(MODULES))
def test_only_what_is_heavy_is_imported_inside_a_function(name):
    if room(name) == "commands" or name in ("compare", "compare.cli"):
        return
    for target, inside, _ in imports(name):
        late = any(f"{target}.".startswith(f"{each}.") for each in LATE)
        if inside and not late:
            own = {t for t, within, _ in imports(target) if not within} if target in MODULES else {target}
            assert {t.split(".")[0] for t in own} & HEAVY, f"{name} imports {target} inside a function"


def test_no_modules_import_one_another_in_a_circle():
    graph = {
        name: {t for t, _, typing in imports(name) if t in MODULES and not typing and t != name}
        for name in MODULES
    }
    # A package is imported before what is in it, which is no circle of the writer's.
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))
