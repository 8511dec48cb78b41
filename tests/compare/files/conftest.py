"""A child that checks one file after the other, for tests whose subject is not the process."""

import pytest

from compare.files import process
from compare.files.process import MEMORY, TIMEOUT, FileChild


class Again:
    """One check in a child that is kept; what the file prints is not collected."""

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
    with FileChild("child", "", None, TIMEOUT, MEMORY) as child:
        yield child


@pytest.fixture
def warm(started, monkeypatch):
    """Check the files of a test in a child that has started already."""
    monkeypatch.setattr(process, "FileChild", lambda main, *request, **_: Again(started, *request))
