"""Set what every test process starts with: one thread, one folder for what jax compiles, hypothesis's examples.

Frameworks read the variables when they are imported, and child processes inherit them.
"""

import gc
import os
import signal
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
# pytest-xdist starts one worker a core: more threads in each would only compete. XLA reads PJRT_NPROC.
THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "PJRT_NPROC",
)
BRIEF = 0.03
os.environ |= dict.fromkeys(THREADS, "1") | {
    "JAX_COMPILATION_CACHE_DIR": str(ROOT / ".jax_cache"),
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    # Most tests ask whether code is wrong; the search for its line would take most of their time.
    "THREEWAYS_SEARCH": str(BRIEF),
}

# XLA compiles in less than half the time without optimising; thousands of small programs run once or twice each. A
# flag that it does not know ends the process, so only the pinned version gets these.
PINNED = (
    (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    if (ROOT / "constraints.txt").exists()
    else []
)
if find_spec("jaxlib") and f"jaxlib=={version('jaxlib')}" in PINNED:
    flags = "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false"
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {flags}".strip()

# A shell starts background jobs with Ctrl-C ignored, and children inherit it: tests of Ctrl-C need Python's handler.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The suite draws the same examples in every run; CI and `make test-drawn` draw new ones from a seed that they print.
COMMON = {
    "deadline": None,
    "database": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.filter_too_much],
}
# THREEWAYS_EXAMPLES=300 draws more.
settings.register_profile(
    "suite", derandomize=True, max_examples=int(os.environ.get("THREEWAYS_EXAMPLES", "10")), **COMMON
)
settings.register_profile("quick", derandomize=True, max_examples=5, **COMMON)  # `make test`
settings.register_profile("drawn", derandomize=False, max_examples=10, print_blob=True, **COMMON)
settings.load_profile("suite")


# Each of their tests takes a second or less, all together ten CPU seconds to a minute: marked slow as a whole.
SLOW = (
    "compare/checks/bench/",
    "compare/checks/test_not_held_against.py",
    "compare/checks/test_referee",
    "compare/checks/test_update_rules.py",
    "compare/checks/test_update_variants.py",
    "compare/checks/test_vjp_types.py",
    "compare/commands/test_damaged.py",
    "compare/files/test_limits.py",
    "compare/files/test_process.py",
    "compare/files/test_styles.py",
    "compare/mistakes/test_recurrent.py",
    "compare/teaching/test_attacks.py",
    "compare/teaching/test_grade.py",
    "compare/test_recipe.py",
    "compare/training/test_shared.py",
    "docs/test_workers.py",
)


# Searches over changes of the user's code, each with its limit in CPU seconds.
SEARCHES = {
    "rewritten": "compare.checks.stages.rewritten.SECONDS",
    "step_order": "compare.checks.stages.step_order.SECONDS",
    "unread": "compare.checks.stages.unread.SECONDS",
    "moved": "compare.trace.changes.moved.SECONDS",
}


@pytest.fixture(autouse=True)
def searching(request, monkeypatch):
    """Give tests of the searches for a change their time, and more, which a busy machine must not end.

    Those of a line are marked `lines`, those of another search `searches(the module's last name)`.
    """
    if request.node.get_closest_marker("lines"):
        monkeypatch.setenv("THREEWAYS_SEARCH", "1")
        monkeypatch.setattr("compare.checks.stages.lines.SECONDS", 10.0)
        return
    for mark in request.node.iter_markers("searches"):
        for name in mark.args:
            monkeypatch.setattr(SEARCHES[name], 2.0 / BRIEF)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        if item.nodeid.removeprefix("tests/").startswith(SLOW):
            item.add_marker(pytest.mark.slow)


def pytest_collection_finish():
    """Take the modules that collection imported out of the garbage collector: torch, jax, sklearn and the tests are a
    million objects that live to the end, and each full collection would walk them."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """Return the number of cores this process may use; xdist alone counts physical cores of the machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
