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


@cache
def modules():
    """{dotted name: (syntax tree, whether it is a package)} of every module of compare, read when a test needs it."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if package else parts)
        found[name] = ast.parse(path.read_text(encoding="utf-8")), package
    return found


def statements(node, inside=False, typing=False):
    """Yield (statement, whether inside a function, whether for types alone). An import is a statement: the expressions,
    most of a tree, are not walked."""
    for block in ("body", "orelse", "finalbody", "handlers", "cases"):
        for each in getattr(node, block, ()):
            yield each, inside, typing
            yield from statements(
                each,
                inside or isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)),
                typing or (isinstance(each, ast.If) and ast.unparse(each.test).endswith("TYPE_CHECKING")),
            )


@cache
def imports(name):
    """(imported module, whether inside a function, whether for types alone) for each import of `name`."""
    tree, package = modules()[name]
    found = []
    for node, inside, typing in statements(tree):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                here = name.split(".") if package else name.split(".")[:-1]
                here = here[: len(here) - node.level + 1]
                base = ".".join([*here, *([node.module] if node.module else [])])
            # `from package import module` imports the module, `from module import name` that module.
            targets = [f"{base}.{a.name}" if f"{base}.{a.name}" in modules() else base for a in node.names]
        else:
            continue
        found += [(target, inside, typing) for target in dict.fromkeys(targets)]
    return found


def every_import():
    """(module, import) for each import of each module, as `imports` gives them."""
    return [(name, each) for name in sorted(modules()) for each in imports(name)]


def room(name):
    """The room a module is in; None for the package itself and the command line."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in FLOOR else None


def test_imports_go_downwards():
    upwards = []
    for name, (target, _, _) in every_import():
        here, there = room(name), room(target)
        if here is None or target.split(".")[0] != "compare" or here == there:
            continue
        said = f"{name} imports {target}"
        if there is None:
            upwards.append(f"{said}: only a command may start at the top")
        elif FLOOR[here] >= FLOOR[there]:
            upwards.append(f"{said}, which is not below it")
        elif there == "report" and here != "commands":
            upwards.append(f"{said}: results do not know who draws them")
        elif here == "report" and there != "common":
            upwards.append(f"{said}: report knows plain results only")
    assert not upwards


def test_every_module_belongs_to_a_room():
    loose = {name for name in modules() if room(name) is None} - {"compare", "compare.cli"}
    assert not loose


def test_only_what_is_heavy_is_imported_inside_a_function():
    light = []
    for name, (target, inside, _) in every_import():
        late = any(f"{target}.".startswith(f"{each}.") for each in LATE)
        if not inside or late or room(name) == "commands" or name in ("compare", "compare.cli"):
            continue
        own = {t for t, within, _ in imports(target) if not within} if target in modules() else {target}
        if not {t.split(".")[0] for t in own} & HEAVY:
            light.append(f"{name} imports {target} inside a function")
    assert not light


def test_no_modules_import_one_another_in_a_circle():
    graph = {
        name: {t for t, _, typing in imports(name) if t in modules() and not typing and t != name}
        for name in modules()
    }
    # A package is imported before what is in it, which is no circle of the writer's.
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))
