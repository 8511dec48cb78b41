"""What several tests of the checker share."""

import importlib

import pytest

from compare.files import process, session  # noqa: F401  (session derives from FileChild, which a fixture replaces)
from compare.files.process import MEMORY, TIMEOUT, FileChild


@pytest.fixture
def unrecorded(monkeypatch):
    """Switch the record off: the user's own loss is differentiated by complex steps or differences.

    So are functions that cannot be recorded, such as those of a compiled extension.
    """
    from compare.trace.derivatives.run import NotFollowedError

    def refuse(*given):
        raise NotFollowedError("the record is switched off")

    monkeypatch.setattr("compare.checks.stages.traced.record", refuse)


@pytest.fixture(autouse=True)
def brief(request, monkeypatch):
    """Cut the search for a change short, except in tests of it (marked `lines`), which a busy machine must not end."""
    seconds = 0.1 if request.node.get_closest_marker("lines") is None else 10.0
    monkeypatch.setattr("compare.checks.stages.lines.SECONDS", seconds)


class Again:
    """One check in a child that checks one file after the other; what the file prints is not collected."""

    printed = ""

    def __init__(self, child, file, function, timeout, memory):
        self.child = child
        child.file, child.timeout = file, timeout
        self.request = child.request | {
            "file": file,
            "function": function,
            "timeout": timeout,
            "memory": memory,
        }

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        pass

    def answer(self, message, seconds):
        return self.child.answer(message, seconds)

    def finish(self, seconds):
        pass


@pytest.fixture(scope="module")
def started():
    """The child of `warm`, one for a file of tests."""
    with FileChild("child", "", None, TIMEOUT, MEMORY) as child:
        yield child


@pytest.fixture
def warm(started, monkeypatch):
    """Check the files of a test in a child that has started already; for tests whose subject is not the process."""
    importlib.import_module("compare.files.session")  # its class is a FileChild: before that is replaced
    monkeypatch.setattr(process, "FileChild", lambda main, *request, **_: Again(started, *request))
