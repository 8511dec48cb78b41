"""pytest's side: which tests run, in which order, and how each ends."""

import json
import os
import random
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from .recorder import Recorder
from .statements import is_test


class Audit:
    """The plugin; it writes what `settings["record"]` asks for to settings["out"]."""

    def __init__(self, settings: Any) -> None:
        self.settings = settings
        self.record = settings.get("record")
        self.ran = Recorder(settings)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: Any) -> None:
        """Let hypothesis stop at the first example that fails: an audit does not use the smallest one."""
        hypothesis = sys.modules.get("hypothesis")
        if hypothesis is not None:
            settings = hypothesis.settings
            phases = [p for p in hypothesis.Phase if p.name not in ("shrink", "explain", "reuse")]
            settings.register_profile("threeways-audit", settings.default, phases=phases, deadline=None)
            settings.load_profile("threeways-audit")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: Any, items: Any) -> None:
        """Keep the chosen tests, the fastest first."""
        chosen = self.settings.get("tests")
        if chosen is not None:
            order = {test: i for i, test in enumerate(chosen)}
            config.hook.pytest_deselected(items=[i for i in items if i.nodeid not in order])
            items[:] = sorted((i for i in items if i.nodeid in order), key=lambda i: order[i.nodeid])

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: Any, nextitem: Any) -> Iterator[None]:
        random.seed(0)
        np.random.seed(0)  # a test that sets no seed meets the same numbers in every run
        self.ran.begin(item.nodeid)
        began = time.monotonic()
        yield
        self.ran.tests[item.nodeid]["seconds"] = time.monotonic() - began

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_call(self, item: Any) -> Iterator[None]:
        if self.record:
            sys.settrace(self.ran.trace)
        try:
            yield
        finally:
            if self.record:
                sys.settrace(None)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: Any, call: Any) -> Any:
        report = (yield).get_result()
        about = self.ran.tests[item.nodeid]
        if report.outcome != "passed" and about["outcome"] == "passed":
            about["outcome"] = report.outcome
            if call.excinfo is not None:
                about["said"] = str(call.excinfo.value).strip().split("\n")[0][:200]
                files = [str(entry.path) for entry in call.excinfo.traceback]
                about["raised"] = not call.excinfo.errisinstance(AssertionError) and any(
                    (inside := self.ran.relative(f)) and not is_test(inside) for f in files
                )

    def pytest_sessionfinish(self, session: Any, exitstatus: Any) -> None:
        found = {"exit": int(exitstatus)} | self.ran.found()
        if self.record:
            named = {str(i): array for i, array in enumerate(self.ran.arrays)}
            np.savez(self.settings["out"] + ".npz", **named)
        with open(self.settings["out"] + ".tmp", "w") as out:
            json.dump(found, out)
        os.replace(self.settings["out"] + ".tmp", self.settings["out"])
