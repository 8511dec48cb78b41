"""Judge a text as a user's file, in this process."""

import linecache
import sys
from pathlib import Path

from compare.files.checked import judge
from compare.files.loading import load


class NoLimits:
    """The limits of a child process, without limits."""

    def __init__(self, file):
        self.file = file

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        pass

    def around(self, function):
        return function


def report_on(text, folder, function=None, name="mine.py"):
    """Return the report on a file with this text; the file stays as it is, and so does the interpreter."""
    file = Path(folder, name)
    file.write_text(text)
    path, hooks, modules = list(sys.path), list(sys.path_hooks), set(sys.modules)
    try:
        report = judge(load(file, first_pass=True), NoLimits(str(file)), function)
    finally:
        sys.path[:], sys.path_hooks[:] = path, hooks
        for each in [n for n in sys.modules if n.startswith("_file_to_check_") and n not in modules]:
            del sys.modules[each]
        linecache.cache.clear()
    assert file.read_text() == text
    return report


def mistaken(text, right, wrong):
    """Return the text with a mistake planted, and its line."""
    assert text.count(right) == 1, right
    at = text.index(right)
    return text.replace(right, wrong), text[:at].count("\n") + 1


def is_right(text, folder, function=None, name="mine.py"):
    """Assert that a text is judged RIGHT; return the report."""
    report = report_on(text, folder, function, name)
    assert report.ok, str(report)
    assert report.about["taken"].startswith("Taken: loss ")
    return report


def is_placed(text, right, wrong, folder, function=None):
    """Assert that a planted mistake is WRONG, and that a finding names its line; return the report."""
    made, line = mistaken(text, right, wrong)
    report = report_on(made, folder, function)
    assert not report.ok
    assert line in {n for f in report.findings for n in (f.line, *f.lines)}, (line, report.findings)
    return report
