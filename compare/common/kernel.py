"""Linux's limits on a process that runs foreign code, and on the one that judges it; no effect on other systems."""

import contextlib
import ctypes
import sys

PDEATHSIG, DUMPABLE, DROP_BOUND, NO_NEW_PRIVILEGES = 1, 4, 24, 38  # of prctl
SIGKILL = 9
CAPABILITIES_3 = 0x20080522  # the version of capset's structures: two words each


def undumpable() -> None:
    """Close /proc/PID/mem, /proc/PID/fd and ptrace of this process to other processes of its user."""
    _prctl(DUMPABLE, 0)


def end_with_parent() -> None:
    """Have the kernel end this process when the thread that started it ends, whatever it is doing."""
    _prctl(PDEATHSIG, SIGKILL)


def without_privileges() -> None:
    """Give up every capability for good: root may then neither raise a limit nor look into other processes."""
    libc = _libc()
    if libc is None:
        return
    _prctl(NO_NEW_PRIVILEGES, 1)
    for capability in range(64):
        libc.prctl(DROP_BOUND, capability, 0, 0, 0)  # fails where it is not held
    header, none = (ctypes.c_uint32 * 2)(CAPABILITIES_3, 0), (ctypes.c_uint32 * 6)()
    libc.capset(header, none)


def _prctl(option: int, value: int) -> None:
    libc = _libc()
    if libc is not None:
        libc.prctl(option, value, 0, 0, 0)


def _libc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    with contextlib.suppress(OSError):
        return ctypes.CDLL(None)
    return None
