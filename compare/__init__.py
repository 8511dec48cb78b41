"""The harness: whether three implementations of one network agree, and what a static graph buys."""

from importlib import import_module

_WHERE = {
    "check_gradients": "checks.gradients",
    "assert_gradients_agree": "checks.gradients",
    "check_vjp": "checks.vjp",
    "check_step": "checks.step",
    "check_rules": "checks.rules",
    "module_loss": "user.modules",
    "Report": "judge.report",
    "Finding": "judge.report",
    "Verdict": "judge.verdicts",
    "UserError": "common.errors",
}
__all__ = sorted(_WHERE)


def __getattr__(name):
    # Imported when asked for: `threeways --help` needs none of this.
    if name in _WHERE:
        return getattr(import_module(f".{_WHERE[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
