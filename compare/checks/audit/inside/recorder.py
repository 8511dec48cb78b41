"""Record the code under test as it runs: lines, calls of backward functions with arrays, operands of assertions."""

import ast
import hashlib
import os
import re
import sys
from typing import Any

from .statements import compares, is_test, operands, resolved
from .values import leaves, scope

MOST_CALLS = 3
MOST_RECORDED = 20_000  # arrays that a run keeps


class Recorder:
    """Follows a test by sys.settrace.  tests, scope, calls, asserts, arrays: what it found."""

    def __init__(self, settings: Any) -> None:
        self.root = settings["root"]
        self.name = re.compile(settings["name"])
        self.unlike = re.compile(settings["unlike"])
        self.wanted = [tuple(t) for t in settings["targets"]]
        self.known: dict[Any, Any] = {}
        self.statements: dict[str, Any] = {}
        self.test = ""
        self.tests: dict[str, Any] = {}
        self.scope: dict[str, Any] = {}
        self.calls: list[Any] = []
        self.asserts: list[Any] = []
        self.arrays: list[Any] = []
        self.open: dict[Any, Any] = {}
        self.counted: dict[Any, int] = {}
        self.last: dict[Any, Any] = {}

    def begin(self, test: str) -> None:
        """Record what follows as the test's."""
        self.test = test
        self.counted, self.last = {}, {}
        self.tests[test] = {"outcome": "passed", "lines": {}, "raised": False, "said": "", "from": {}}

    def found(self) -> dict[str, Any]:
        """Return all that was found but the arrays, and the files of the modules of the project."""
        modules = {
            name: relative
            for name, module in list(sys.modules.items())
            if (relative := self.relative(getattr(module, "__file__", None) or ""))
        }
        found = {"tests": self.tests, "modules": modules, "scope": self.scope}
        return found | {"calls": self.calls, "asserts": self.asserts}

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
