"""Plan an audit: its backward functions (named or found), the edits of each, and the tests that run them."""

import hashlib
import re
from pathlib import Path

from ...common.errors import FEW, UserError, nearest
from .copies import Project, text_of
from .edits import Planned, named, planned
from .inside.statements import is_test
from .options import Options
from .runs import NAME, UNLIKE, Ran, Runner
from .survivors import Row


def target(name: str, found: Project) -> tuple[str, str]:
    """'package.module:Class.backward' -> ("package.module", "Class.backward"), where both exist."""
    module, colon, function = name.partition(":")
    path = found.path(module) if re.fullmatch(r"\w+(\.\w+)*", module) else None
    if not colon or not function or path is None:
        where = f"there is no module {module!r} in {found.root}" if colon else "it has no ':'"
        raise UserError(f"--functions {name}: {where}; a name like package.module:Class.backward is needed")
    known = named(text_of(found.root / path), lambda _: True)
    if function not in known:
        raise UserError(
            f"--functions {name}: {path} has no function {function!r}: {nearest(function, known)}"
        )
    return module, function


def plan(
    right: Ran, found: Project, runner: Runner, given: Options
) -> tuple[list[Row], list[Planned], list[str]]:
    """Return the functions that tests run, the edits to plant, and the functions that no test runs."""
    functions: list[Row] = []
    edits: list[Planned] = []
    untested: list[str] = []
    for module, file in sorted(right.data["modules"].items(), key=lambda item: item[1]):
        if is_test(file) or not file.endswith(".py") or any(f["file"] == file for f in functions):
            continue
        source = text_of(found.root / file)
        wanted = [f for m, f in runner.targets if m == module] if runner.targets else _by_name(source)
        if not wanted:
            continue
        tests = [found.root / n.partition("::")[0] for n in right.tests]
        salt = repr((runner, given.each, sorted({_digest(p) for p in tests})))
        of_file, mine = planned(source, file, wanted, right.data, given.many, given.seed, salt)
        outer = [w for w in wanted if not any(w.startswith(f"{o}.") for o in wanted)]
        untested += [f"{file}:{w}" for w in outer if w not in of_file.ran]
        for function, line in of_file.ran.items():
            unrun = of_file.unrun.get(function, [])
            functions.append({"file": file, "function": function, "line": line, "unrun": unrun})
        edits += mine
    loaded = set(right.data["modules"])
    missing = [f"{m}:{f}" for m, f in runner.targets if m not in loaded]
    if not functions:
        what = ", ".join([*missing, *untested][:FEW])
        said = (
            f"no test runs {what}: add a test that does, or name"
            if what
            else "no function that the tests import is named like a backward pass: name"
        )
        raise UserError(f"{said} functions with --functions package.module:backward")
    return functions, edits, [*missing, *untested]


def _by_name(source: str) -> list[str]:
    return named(source, lambda name: bool(re.search(NAME, name)) and not re.search(UNLIKE, name))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
