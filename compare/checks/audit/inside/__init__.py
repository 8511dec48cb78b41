"""A pytest plugin for one run of the audited tests, in a process of its own: it imports nothing of this project.

THREEWAYS_AUDIT names a JSON file with the settings: root, targets, tests, record, memory.  Without `record`
the tests run as they are. With it the plugin writes what ran: the lines of each test, the names in scope there, the
arguments and results of each call of a target function, and the operands of each assertion.
"""

import json
import os
from typing import Any

from .plugin import Audit


def limited(gigabytes: float) -> None:
    try:
        import resource
    except ImportError:  # not on this system
        return
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    most = int(gigabytes * 2**30)
    resource.setrlimit(resource.RLIMIT_DATA, (most if hard < 0 else min(hard, most), hard))


def pytest_configure(config: Any) -> None:
    with open(os.environ["THREEWAYS_AUDIT"]) as file:
        settings = json.load(file)
    limited(settings["memory"])
    if hasattr(config.option, "hypothesis_seed"):
        config.option.hypothesis_seed = "0"
    config.pluginmanager.register(Audit(settings))
