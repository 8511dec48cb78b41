"""Progress is shown on a terminal and in a notebook, and nowhere else."""

import sys
from types import SimpleNamespace

import pytest

from compare.common.progress import notebook_display, parts_bar, steps_bar


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
