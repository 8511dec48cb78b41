"""pytest --threeways-html DIR: the page of each check that failed in a test; and a fixture that checks an operation."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def pytest_addoption(parser: Any) -> None:
    """Add --threeways-html."""
    group = parser.getgroup("threeways")
    group.addoption(
        "--threeways-html", metavar="DIR", default=None, help="write the page of each failed check to DIR"
    )


@pytest.fixture
def vjp_correct() -> Callable[..., Any]:
    """Return assert_vjp_correct: vjp_correct(op, *inputs, reference=..., sweep=True)."""
    from ..checks.vjp import assert_vjp_correct

    return assert_vjp_correct


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: Any, call: Any) -> Any:
    """Write the page of a failed gradient check, and print its path below the failure."""
    outcome = yield
    folder = item.config.getoption("--threeways-html")
    report = getattr(call.excinfo and call.excinfo.value, "report", None)
    if folder is None or report is None or not hasattr(report, "to_dict"):
        return
    from ..report.html import write_page

    Path(folder).mkdir(parents=True, exist_ok=True)
    path = Path(folder) / f"{re.sub(r'[^A-Za-z0-9_.-]+', '-', item.nodeid).strip('-')}.html"
    write_page(path, report.to_dict(), force=True)
    outcome.get_result().sections.append(("threeways", f"The page of this check: {path}"))
