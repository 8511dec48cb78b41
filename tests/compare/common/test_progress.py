"""Progress is shown on a terminal and in a notebook, and nowhere else."""

import sys
import threading
from types import SimpleNamespace

import pytest
from rich.progress import Progress

from compare.common import progress as bars
from compare.common.progress import named_bars, notebook_display, parts_bar, steps_bar, tracked, waiting

start = Progress.start


@pytest.fixture
def notebook(monkeypatch):
    """A kernel that keeps what is displayed; gives the list of all that was shown."""
    shown = []

    class Handle:
        def update(self, what):
            shown.append(what._repr_html_())

    def display(what, display_id):
        shown.append(what._repr_html_())
        return Handle()

    shell = SimpleNamespace(kernel=object())
    ipython = SimpleNamespace(get_ipython=lambda: shell, display=SimpleNamespace(display=display))
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    return shown


def test_nothing_is_shown_where_stderr_is_no_terminal(capsys):
    with steps_bar("training", 3) as steps, parts_bar() as parts:
        assert steps is None and parts is None
    assert capsys.readouterr() == ("", "")


def test_a_terminal_has_a_bar_on_stderr_alone(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with steps_bar("training", 3) as progress:
        progress(1, 3)
        progress(3, 3)
    out, err = capsys.readouterr()
    assert out == "" and "training" in err


def test_a_notebook_has_one_bar_below_the_cell_that_ends_full(notebook):
    with steps_bar("<training>", 3) as progress:
        for done in range(1, 4):
            progress(done, 3)
    assert notebook[0].startswith('<progress value="1" max="3">')
    assert notebook[-1] == '<progress value="3" max="3"></progress> &lt;training&gt; 3 of 3'


def test_a_notebook_is_not_flooded(notebook):
    with parts_bar() as progress:
        for done in range(1000):
            progress("timing", done, None)
    assert len(notebook) < 500


def test_an_ipython_on_a_terminal_is_no_notebook(monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: SimpleNamespace()))
    assert notebook_display() is None


def test_each_part_of_a_job_has_a_bar_of_its_name(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with named_bars(("gradients", "curves", "time")) as update:
        update["curves"]("training", 1, 3)
        update["curves"]("training", 3, 3)
    err = capsys.readouterr().err
    assert all(name in err for name in ("gradients", "curves: training", "time"))


def test_a_list_is_tracked_to_its_end():
    seen = []
    track = tracked(lambda *at: seen.append(at), "entries")
    assert list(track(["a", "b"])) == ["a", "b"]
    assert seen == [("entries", 0, 2), ("entries", 1, 2), ("entries", 2, 2)]
    assert tracked(None, "entries") is None


@pytest.mark.parametrize(("soon", "shown"), [(0.0, True), (60.0, False)])
def test_a_wait_is_shown_once_it_is_long(soon, shown, monkeypatch, capsys):
    monkeypatch.setattr(bars, "SOON", soon)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    drawn = threading.Event()
    monkeypatch.setattr(Progress, "start", lambda self: (start(self), drawn.set()))
    with waiting("checking mine.py"):
        assert drawn.wait(5 if shown else 0) is shown
    assert ("checking mine.py" in capsys.readouterr().err) is shown


def test_no_wait_is_shown_where_stderr_is_no_terminal(monkeypatch, capsys):
    monkeypatch.setattr(bars, "SOON", 0.0)
    with waiting("checking mine.py"):
        pass
    assert capsys.readouterr() == ("", "")
