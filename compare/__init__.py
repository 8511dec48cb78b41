"""The harness: whether three implementations of one network agree, and what a static graph buys."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from manual import CNN, MLP, Recurrent, Transformer

    from .checks.executions.executions import executions
    from .checks.gradients import assert_gradients_agree, check_gradients, compare_gradients
    from .checks.hvp import check_hvp
    from .checks.jvp import check_jvp
    from .checks.rules import check_rules
    from .checks.step import check_step
    from .checks.vjp import assert_vjp_correct, check_vjp
    from .common.errors import UserError
    from .files.watching import watch
    from .judge.report import Finding, Report
    from .judge.verdicts import Verdict
    from .teaching.in_notebook import check_exercise
    from .timing.measure import time_steps
    from .training.training import train
    from .user.modules import module_loss
    from .user.trio.trio import Trio

    __version__: str

__all__ = [
    "CNN",
    "MLP",
    "Finding",
    "Recurrent",
    "Report",
    "Transformer",
    "Trio",
    "UserError",
    "Verdict",
    "assert_gradients_agree",
    "assert_vjp_correct",
    "check_exercise",
    "check_gradients",
    "check_hvp",
    "check_jvp",
    "check_rules",
    "check_step",
    "check_vjp",
    "compare_gradients",
    "executions",
    "module_loss",
    "time_steps",
    "train",
    "watch",
]

_MODULES = {
    "manual": ("CNN", "MLP", "Recurrent", "Transformer"),
    "compare.checks.executions.executions": ("executions",),
    "compare.checks.gradients": ("assert_gradients_agree", "check_gradients", "compare_gradients"),
    "compare.checks.hvp": ("check_hvp",),
    "compare.checks.jvp": ("check_jvp",),
    "compare.checks.rules": ("check_rules",),
    "compare.checks.step": ("check_step",),
    "compare.checks.vjp": ("assert_vjp_correct", "check_vjp"),
    "compare.common.errors": ("UserError",),
    "compare.files.watching": ("watch",),
    "compare.judge.report": ("Finding", "Report"),
    "compare.judge.verdicts": ("Verdict",),
    "compare.teaching.in_notebook": ("check_exercise",),
    "compare.timing.measure": ("time_steps",),
    "compare.training.training": ("train",),
    "compare.user.modules": ("module_loss",),
    "compare.user.trio.trio": ("Trio",),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    # Imported at the first use: `threeways --help` needs none of this.
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    if name == "__version__":
        from importlib import metadata

        try:
            return metadata.version("threeways")
        except metadata.PackageNotFoundError:  # a folder of sources, on Python's path
            return "unknown: not installed"
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *globals()])
