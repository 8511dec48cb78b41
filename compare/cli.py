"""The command line: which command runs, and how it ends. The options of each are in commands/."""

import errno
import io
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand

from .common.errors import INTERRUPTED, OUR_BUG, UNUSABLE, UserError, nearest
from .common.interrupts import heard
from .common.words import visible

WELCOME = """\
I want to ...
  see one network three ways, on real digits     threeways run
  check my own derivation of a gradient          threeways check my_file.py
  measure what a static graph buys               threeways time
"""

HERE = os.path.dirname(os.path.abspath(__file__))
# What the system has no more of: space, for standard output too, memory, files, processes.
SPENT = (
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EIO,
    errno.ENOMEM,
    errno.EMFILE,
    errno.ENFILE,
    errno.EAGAIN,
)
EXPLAINED = ("check", "derive", "exercise")  # a message there may have lines to paste
LONG = 200  # characters of a path that a message shows
GUESSES = {"gradcheck": "check", "check_gradients": "check", "bench": "mistakes --bench", "train": "curves"}


def threeways(
    context: typer.Context, version: bool = typer.Option(False, "--version", help="Show the version.")
) -> None:
    if version:
        from . import __version__

        print(f"threeways {__version__}")
    elif context.invoked_subcommand is None:
        print(WELCOME)
        print(context.get_help())


COMMANDS = (
    "run",
    "gradients",
    "check",
    "mistakes",
    "audit",
    "curves",
    "time",
    "executions",
    "graph",
    "baseline",
    "sweep",
    "diff",
    "networks",
    "derive",
    "exercise",
    "report",
)


class _Command(TyperCommand):
    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters; a flag takes no value, and the help shows none."""
        params = super().get_params(ctx)
        for each in params:
            if getattr(each, "is_flag", False):
                each.metavar = ""
        return params


def app(names: Sequence[str] = COMMANDS) -> typer.Typer:
    """Return the command line with these commands; each is a function in the module of its name."""
    made = typer.Typer(
        name="threeways",
        add_completion=False,
        rich_markup_mode="markdown",
        no_args_is_help=False,
        help="Compare the same neural network by hand, by torch.autograd and by jax.grad.",
    )
    made.callback(invoke_without_command=True)(threeways)
    for name in names:
        made.command(cls=_Command)(getattr(import_module(f".commands.{name}", __package__), name))
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 0, 1 wrong, 2 unusable input, 3 inconclusive, 4 our bug."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                errors="backslashreplace"
            )  # a terminal without UTF-8 shows \\xe9, and ends nothing
    debug = "--debug" in arguments
    arguments = [a for a in arguments if a != "--debug"]
    command = arguments[0] if arguments else ""
    if command in GUESSES:
        return _unusable(f"there is no command {command!r}; use: threeways {GUESSES[command]}")
    if command and not command.startswith("-") and command not in COMMANDS:
        return _unusable(f"no command {command!r}: {nearest(command, COMMANDS)}")
    try:
        with heard():
            wanted = [command] if command in COMMANDS else COMMANDS  # the help of all lists all
            status = app(wanted)(arguments, prog_name="threeways", standalone_mode=False) or 0
            print(end="", flush=True)  # a full disk shows here, not when the interpreter ends
        return _stopped() if status == INTERRUPTED else status  # typer catches KeyboardInterrupt first
    except UserError as error:
        said = str(error)
        for broken in (a for a in arguments if "\n" in a):  # a name; lines to paste keep theirs
            said = said.replace(broken, visible(broken))
        return _unusable(said, "\n" if command in EXPLAINED else "")
    except KeyboardInterrupt:
        return _stopped()
    except BrokenPipeError:
        sys.stderr.close()  # the reader of the output has ended (| head)
        return 0
    except typer.Exit as done:
        return done.exit_code
    except typer.Abort:
        return INTERRUPTED
    except MemoryError:
        return _unusable(
            "there is not enough memory for this: give smaller sizes, a smaller batch or less data"
        )
    except Exception as error:
        if isinstance(error, OSError) and error.filename and not str(error.filename).startswith(HERE):
            return _unusable(f"cannot use {str(error.filename)[:LONG]}: {error.strerror}")
        if isinstance(error, OSError) and error.errno in SPENT:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what standard output still holds is lost
            return _unusable(f"cannot go on: {error.strerror}")
        if hasattr(error, "format_message"):  # typer's own: a bad option or argument
            return _unusable(f"{error.format_message()} (threeways {command} --help)".replace("\n", " "))
        if debug:
            traceback.print_exc()
        where = traceback.extract_tb(error.__traceback__)[-1]
        print(
            f"threeways: a bug in threeways: {type(error).__name__}: {visible(str(error))} "
            f"({where.name}, line {where.lineno}); "
            "please report it with the output of --debug",
            file=sys.stderr,
        )
        return OUR_BUG


def _unusable(message: str, kept: str = "") -> int:
    print(f"threeways: {visible(message, kept)}", file=sys.stderr)
    return UNUSABLE


def _stopped() -> int:
    print("\nthreeways: stopped", file=sys.stderr)
    return INTERRUPTED
