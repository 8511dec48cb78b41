"""What several tests of the checker share."""

import pytest


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
