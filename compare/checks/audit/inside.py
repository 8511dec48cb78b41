"""A pytest plugin for one run of the audited tests, in a process of its own: it imports nothing of this project.

THREEWAYS_AUDIT names a JSON file with the settings: root, targets, tests, record, memory.  Without `record`
the tests run as they are. With it the plugin writes what ran: the lines of each test, what stood in scope there, the
arguments and results of each call of a target function, and the operands of each assertion.
"""

import ast
import contextlib
import hashlib
import json
import os
import random
import re
import sys
import time
import types
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

MOST_CALLS, MOST_LEAVES, MOST_ENTRIES, DEEP = 3, 64, 20_000, 4
MOST_RECORDED = 20_000  # arrays that a run keeps
CODE = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.ModuleType, type)
COMPARES = re.compile(r"assert|close|approx|equal|check|verify|expect|rel_?err|fail")


class Audit:
    def __init__(self, settings: Any) -> None:
        self.settings = settings
        self.root = settings["root"]
        self.name = re.compile(settings["name"])
        self.unlike = re.compile(settings["unlike"])
        self.wanted = [tuple(t) for t in settings["targets"]]
        self.record = settings.get("record")
        self.known: dict[Any, Any] = {}
        self.statements: dict[str, Any] = {}
        self.test, self.began = "", 0.0
        self.tests: dict[str, Any] = {}
        self.scope: dict[str, Any] = {}
        self.calls: list[Any] = []
        self.asserts: list[Any] = []
        self.arrays: list[Any] = []
        self.open: dict[Any, Any] = {}
        self.counted: dict[Any, int] = {}
        self.last: dict[Any, Any] = {}

    # ---- pytest's side

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: Any) -> None:
        """Let hypothesis stop at the first example that fails: nobody reads the smallest one."""
        hypothesis = sys.modules.get("hypothesis")
        if hypothesis is not None:
            settings = hypothesis.settings
            phases = [p for p in hypothesis.Phase if p.name not in ("shrink", "explain", "reuse")]
            settings.register_profile("threeways-audit", settings.default, phases=phases, deadline=None)
            settings.load_profile("threeways-audit")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: Any, items: Any) -> None:
        """Keep the chosen tests, the fastest first."""
        chosen = self.settings.get("tests")
        if chosen is not None:
            order = {test: i for i, test in enumerate(chosen)}
            config.hook.pytest_deselected(items=[i for i in items if i.nodeid not in order])
            items[:] = sorted((i for i in items if i.nodeid in order), key=lambda i: order[i.nodeid])

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: Any, nextitem: Any) -> Iterator[None]:
        random.seed(0)
        np.random.seed(0)  # a test that sets no seed meets the same numbers in every run
        self.test, self.began = item.nodeid, time.monotonic()
        self.counted, self.last = {}, {}
        self.tests[self.test] = {"outcome": "passed", "lines": {}, "raised": False, "said": "", "from": {}}
        yield
        self.tests[self.test]["seconds"] = time.monotonic() - self.began

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_call(self, item: Any) -> Iterator[None]:
        if self.record:
            sys.settrace(self.trace)
        try:
            yield
        finally:
            if self.record:
                sys.settrace(None)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: Any, call: Any) -> Any:
        report = (yield).get_result()
        about = self.tests[item.nodeid]
        if report.outcome != "passed" and about["outcome"] == "passed":
            about["outcome"] = report.outcome
            if call.excinfo is not None:
                about["said"] = str(call.excinfo.value).strip().split("\n")[0][:200]
                files = [str(entry.path) for entry in call.excinfo.traceback]
                about["raised"] = not call.excinfo.errisinstance(AssertionError) and any(
                    self.relative(f) and not is_test(self.relative(f)) for f in files
                )

    def pytest_sessionfinish(self, session: Any, exitstatus: Any) -> None:
        modules = {
            name: relative
            for name, module in list(sys.modules.items())
            if (relative := self.relative(getattr(module, "__file__", None) or ""))
        }
        found = {"exit": int(exitstatus), "tests": self.tests, "modules": modules, "scope": self.scope}
        found |= {"calls": self.calls, "asserts": self.asserts}
        if self.record:
            named = {str(i): array for i, array in enumerate(self.arrays)}
            np.savez(self.settings["out"] + ".npz", **named)
        with open(self.settings["out"] + ".tmp", "w") as out:
            json.dump(found, out)
        os.replace(self.settings["out"] + ".tmp", self.settings["out"])

    # ---- what ran

    def relative(self, file: str) -> str:
        return os.path.relpath(file, self.root) if file.startswith(self.root + os.sep) else ""

    def about(self, code: Any, names: Any) -> Any:
        """Return (file, qualified name, "target" or "test") of a code object; None for all others."""
        if code not in self.known:
            self.known[code] = None
            file = self.relative(code.co_filename)
            if file and is_test(file):
                self.known[code] = (file, "", "test")
            elif file:
                name = code.co_qualname.replace(".<locals>", "")
                module = names.get("__name__", "")
                if self.is_target(module, name):
                    self.known[code] = (file, name, "target")
        return self.known[code]

    def is_target(self, module: Any, name: Any) -> bool:
        if self.wanted:
            return any(module == m and (name == f or name.startswith(f + ".")) for m, f in self.wanted)
        return "<" not in name and any(
            self.name.search(part) and not self.unlike.search(part) for part in name.split(".")[-2:]
        )

    def trace(self, frame: Any, event: Any, argument: Any) -> Any:
        about = self.about(frame.f_code, frame.f_globals)
        if about is None:
            return None
        frame.f_trace = self.in_target if about[2] == "target" else self.in_test
        if about[2] == "target":
            self.called(frame, about)
        return frame.f_trace

    def in_target(self, frame: Any, event: Any, argument: Any) -> Any:
        file = self.known[frame.f_code][0]
        if event == "line":
            lines = self.tests[self.test]["lines"].setdefault(file, [])
            if frame.f_lineno not in lines:
                lines.append(frame.f_lineno)
            seen = self.scope.setdefault(file, {})
            if frame.f_lineno not in seen:
                seen[frame.f_lineno] = scope(frame.f_locals)
        elif event == "return" and frame in self.open:
            entry, given = self.open.pop(frame)
            entry["result"] = self.kept({"returned": argument, "left": given})
        return self.in_target

    def called(self, frame: Any, about: Any) -> None:
        file, name, _ = about
        n = self.counted[file, name] = self.counted.get((file, name), -1) + 1
        above = frame.f_back
        while above is not None:  # the statements of test files that this call is a part of
            other = self.known.get(above.f_code)
            if other and other[2] == "test":
                statement = self.statement(above)
                places = self.tests[self.test]["from"].setdefault(f"{file}:{name}", [])
                if statement and [other[0], statement[0]] not in places:
                    places.append([other[0], statement[0]])
            above = above.f_back
        if n < MOST_CALLS and len(self.arrays) < MOST_RECORDED:
            # What a closure reads may be what an edit changed: only the arguments say whether two calls are alike.
            free = set(frame.f_code.co_freevars)
            given, digest = dict(frame.f_locals), hashlib.sha256()
            for path, leaf in leaves({k: v for k, v in given.items() if k not in free}):
                digest.update(path.encode() + leaf.tobytes())
            entry = {"test": self.test, "file": file, "name": name, "n": n, "given": digest.hexdigest()}
            self.calls.append(entry)
            self.open[frame] = entry, given

    def in_test(self, frame: Any, event: Any, argument: Any) -> Any:
        if event == "line":
            statement = self.statement(frame)
            if statement and statement[2] and self.last.get(frame) != statement[0]:
                file = self.known[frame.f_code][0]
                n = self.counted[file, statement[0]] = self.counted.get((file, statement[0]), -1) + 1
                if n < MOST_CALLS**3 and len(self.arrays) < MOST_RECORDED:
                    operands = {}
                    for text, node in statement[3]:
                        value = resolved(node, frame)
                        if value is not None:
                            operands[text] = self.kept(value)
                    self.asserts.append(
                        {"test": self.test, "file": file, "line": statement[0], "n": n, "operands": operands}
                    )
            self.last[frame] = statement[0] if statement else None
        return self.in_test

    def statement(self, frame: Any) -> Any:
        """Return (first line, last line, whether it compares, its operands) of the statement that a frame is at."""
        file = frame.f_code.co_filename
        if file not in self.statements:
            try:
                with open(file, encoding="utf-8") as text:
                    tree = ast.parse(text.read())
            except (OSError, SyntaxError, ValueError):
                tree = ast.parse("")
            lines: dict[int, Any] = {}
            for node in ast.walk(tree):
                if isinstance(node, (ast.Assert, ast.Expr, ast.Assign, ast.AugAssign, ast.Return, ast.Raise)):
                    entry = (node.lineno, node.end_lineno, compares(node), operands(node))
                    for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                        lines[line] = entry
            self.statements[file] = lines
        return self.statements[file].get(frame.f_lineno)

    def kept(self, value: Any) -> dict[str, int]:
        """Keep the numbers of a value; return {path: index of the array}."""
        found = {}
        for path, leaf in leaves(value):
            found[path] = len(self.arrays)
            self.arrays.append(leaf)
        return found


def is_test(file: str) -> bool:
    *folders, name = file.split(os.sep)
    stem = name.removesuffix(".py")
    inside = any(f in ("tests", "test", "testing") for f in folders)
    return inside or stem.startswith("test_") or stem.endswith("_test") or stem == "conftest"


def compares(node: Any) -> bool:
    """Whether a statement asserts something, or calls what compares."""
    if isinstance(node, ast.Assert):
        return True
    names = [
        getattr(c.func, "attr", getattr(c.func, "id", "")) for c in ast.walk(node) if isinstance(c, ast.Call)
    ]
    return any(COMPARES.search(name) for name in names)


def operands(node: Any) -> list[tuple[str, Any]]:
    """Return (text, node) of the names, attributes and constant subscripts that a statement reads."""
    found: dict[str, Any] = {}
    inside: set[int] = set()
    for part in ast.walk(node):
        if id(part) in inside or not isinstance(getattr(part, "ctx", None), ast.Load):
            continue
        if isinstance(part, (ast.Name, ast.Attribute, ast.Subscript)) and constant(part):
            found[ast.unparse(part)] = part
            inside |= {id(p) for p in ast.walk(part)}
    return list(found.items())


def constant(node: Any) -> bool:
    if isinstance(node, ast.Name):
        return True
    if isinstance(node, ast.Attribute):
        return constant(node.value)
    return (
        isinstance(node, ast.Subscript)
        and isinstance(node.slice, (ast.Constant, ast.Name))
        and constant(node.value)
    )


def resolved(node: Any, frame: Any) -> Any:
    """Return the value of a name, an attribute or a subscript in a frame; None where it has none without a call."""
    if isinstance(node, ast.Name):
        return frame.f_locals.get(node.id, frame.f_globals.get(node.id))
    value = resolved(node.value, frame)
    try:
        if isinstance(node, ast.Attribute):  # of an array, da.shape and da.T: the array
            return value if hasattr(value, "__array__") else vars(value).get(node.attr)
        index: Any = node.slice.value if isinstance(node.slice, ast.Constant) else resolved(node.slice, frame)
        return value[index] if isinstance(value, (dict, list, tuple, np.ndarray)) else None
    except Exception:
        return None


def leaves(value: Any) -> list[tuple[str, Any]]:
    """Return [(path, array)] of the numbers in a nest of containers and objects, large arrays thinned out."""
    found: list[tuple[str, Any]] = []
    seen: set[int] = set()

    def walk(path: Any, value: Any, depth: Any) -> None:
        if len(found) >= MOST_LEAVES or depth > DEEP or isinstance(value, (str, bytes, *CODE)):
            return
        if isinstance(value, (bool, int, float, complex, np.ndarray, np.generic)):
            array = np.asarray(value)
        elif id(value) in seen:
            return
        elif isinstance(value, dict):
            seen.add(id(value))
            for key, item in list(value.items()):
                walk(f"{path}.{key}", item, depth + 1)
            return
        elif isinstance(value, (list, tuple)):
            seen.add(id(value))
            for i, item in enumerate(value[:MOST_LEAVES]):
                walk(f"{path}.{i}", item, depth + 1)
            return
        elif hasattr(value, "__array__"):
            try:
                array = np.asarray(value.detach() if hasattr(value, "detach") else value)
            except Exception:
                return
        else:
            seen.add(id(value))
            attributes = dict(getattr(value, "__dict__", {}))
            for kind in type(value).__mro__:
                for name in getattr(kind, "__slots__", ()) or ():
                    if isinstance(name, str) and hasattr(value, name):
                        attributes[name] = getattr(value, name)
            for name, item in attributes.items():
                walk(f"{path}.{name}", item, depth + 1)
            return
        if array.dtype.kind in "biufc":
            step = max(1, -(-array.size // MOST_ENTRIES))
            found.append((path, np.array(array.reshape(-1)[::step])))

    with contextlib.suppress(Exception):  # of a user's object, whatever reading it raises
        walk("", value, 0)
    return found


def scope(values: Any) -> dict[str, Any]:
    """Return {name: (kind, shape)} of the numbers at a line: names, self.name, name["key"]."""
    found: dict[str, Any] = {}

    def add(name: Any, value: Any) -> None:
        if isinstance(value, (bool, int, float, np.ndarray, np.number)):
            array = np.asarray(value)
            found[name] = (array.dtype.kind, array.shape)

    for name, value in list(values.items()):
        add(name, value)
        if name == "self":
            for attribute, inner in getattr(value, "__dict__", {}).items():
                add(f"self.{attribute}", inner)
        if isinstance(value, dict):
            for key, inner in value.items():
                if isinstance(key, str):
                    for quote in "'\"":
                        add(f"{name}[{quote}{key}{quote}]", inner)
    return found


def limited(gigabytes: float) -> None:
    try:
        import resource
    except ImportError:  # not on this system
        return
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    most = int(gigabytes * 2**30)
    resource.setrlimit(resource.RLIMIT_DATA, (most if hard < 0 else min(hard, most), hard))


def pytest_configure(config: Any) -> None:
    with open(os.environ["THREEWAYS_AUDIT"]) as file:
        settings = json.load(file)
    limited(settings["memory"])
    if hasattr(config.option, "hypothesis_seed"):
        config.option.hypothesis_seed = "0"
    config.pluginmanager.register(Audit(settings))
