"""The harness: whether three implementations of one network agree, and what a static graph buys."""

from importlib import import_module

_WHERE = {
    "check_gradients": "checking",
    "assert_gradients_agree": "checking",
    "check_vjp": "vjp",
    "check_step": "stepping",
    "check_rules": "local_rules",
    "module_loss": "modules",
    "Report": "judge.report",
    "Finding": "judge.report",
    "Verdict": "judge.verdicts",
    "UserError": "errors",
}
__all__ = sorted(_WHERE)


def __getattr__(name):
    # Imported when asked for: `threeways --help` needs none of this.
    if name in _WHERE:
        return getattr(import_module(f".{_WHERE[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
