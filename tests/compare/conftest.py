"""What several tests of the checker share."""

import os
from contextlib import ExitStack

import pytest

from compare.files import process, session, versions  # noqa: F401  (session derives from FileChild, which a fixture replaces)
from compare.files.process import MEMORY, TIMEOUT, FileChild
from compare.trace.changes.limit import TIMES_AS_LONG


@pytest.fixture
def unrecorded(monkeypatch):
    """Switch the record off: the user's own loss is differentiated by complex steps or differences.

    So are functions that cannot be recorded, such as those of a compiled extension.
    """
    from compare.trace.derivatives.run import NotFollowedError

    def refuse(*given):
        raise NotFollowedError("the record is switched off")

    monkeypatch.setattr("compare.checks.stages.traced.record", refuse)


class Again:
    """One request to a child that answers one after the other; what the file prints is not collected."""

    printed = ""

    def __init__(self, child, file, function, timeout, memory, environment=None):
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
    """The children of `warm`, one of each kind for a file of tests, started by the first request.

    {(main, THREEWAYS_SEARCH): child}: a child keeps the environment in which it was started.
    """
    with ExitStack() as stack:

        class Started(dict):
            def __missing__(self, key):
                self[key] = stack.enter_context(FileChild(key[0], "", None, TIMEOUT, MEMORY))
                return self[key]

        yield Started()


@pytest.fixture
def warm(started, monkeypatch):
    """Check the files of a test in a child that has started already; for tests whose subject is not the process."""
    for module in (process, versions):
        monkeypatch.setattr(
            module,
            "FileChild",
            lambda main, *request, **_: Again(started[main, os.environ[TIMES_AS_LONG]], *request),
        )
