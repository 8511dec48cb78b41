"""Cells run by processes of this machine, or by the workers of a dask scheduler: results as they come."""

import asyncio
import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from typing import Any

from ..common.errors import UserError
from .cells import Cell

ATTEMPTS = 5  # workers that may die over one cell
PATIENCE = 20  # seconds for a dask scheduler to answer
LOOK = 1.0  # seconds between two looks whether the client still runs
WATCH = "ends with the client"  # the thread that looks

Runs = Callable[[Cell], dict]


def by_processes(run: Runs, todo: Sequence[Cell], workers: int) -> Iterator[tuple[Cell, dict]]:
    """Run cells by processes of this machine, which end when this one does, though it is killed."""
    import joblib

    pool = joblib.Parallel(n_jobs=min(workers, len(todo)), return_as="generator_unordered")
    yield from pool(joblib.delayed(_in_worker)(run, cell, os.getpid()) for cell in todo)


def by_dask(run: Runs, todo: Sequence[Cell], scheduler: str) -> Iterator[tuple[Cell, dict]]:
    """Run cells by the workers of a dask scheduler. Raises UserError where it does not answer, or goes away."""
    try:
        from distributed import Client, as_completed
    except ImportError as error:
        raise UserError("--scheduler needs dask: pip install 'threeways[distributed]'") from error
    with contextlib.ExitStack() as stack:
        stack.callback(logging.disable, logging.root.manager.disable)
        logging.disable()  # dask logs tracebacks; the report has one line instead
        _answers(scheduler)
        client = stack.enter_context(Client(scheduler, timeout=PATIENCE))
        futures = {
            client.submit(run, cell, key=f"threeways-{cell.id}", retries=ATTEMPTS): cell for cell in todo
        }
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except _gone() as error:
            raise UserError(
                f"the dask scheduler at {scheduler} went away ({_said(error)}); the same command goes on"
            ) from error


def _answers(scheduler: str) -> None:
    """Raise UserError where no dask scheduler answers at an address.

    A `Client` that could not connect is closed by its finaliser. That may run in the thread that starts another
    client's loop, which then waits for itself for ever: so no client is made before the scheduler has answered.
    """
    raised: list[BaseException] = []

    def asks() -> None:
        try:
            asyncio.run(asyncio.wait_for(_identity(scheduler), 2 * PATIENCE))
        except BaseException as error:
            raised.append(error.with_traceback(None))  # whose frames hold the connection open

    # A thread of its own: a notebook's has a loop that runs.
    thread = threading.Thread(target=asks, daemon=True)
    thread.start()
    thread.join(3 * PATIENCE)  # a host's name may be looked up for ever
    if thread.is_alive():
        raised.append(TimeoutError())
    if raised:
        # An address that is none, a port of something else, another version's protocol: each raises its own.
        said = _said(raised[0]) if str(raised[0]) else f"no answer within {2 * PATIENCE} s"
        raise UserError(f"no dask scheduler answers at {scheduler!r}: {said}") from raised[0]


async def _identity(scheduler: str) -> Any:
    from distributed.comm import connect
    from distributed.core import send_recv
    from distributed.security import Security

    comm = await connect(scheduler, timeout=PATIENCE, **Security().get_connection_args("client"))
    return await send_recv(comm, op="identity", close=True)


def _said(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())


def died() -> tuple[type[Exception], ...]:
    """Return the exceptions that a killed worker raises."""
    from joblib.externals.loky.process_executor import BrokenProcessPool

    try:
        from distributed.scheduler import KilledWorker
    except ImportError:
        return (BrokenProcessPool,)
    return (BrokenProcessPool, KilledWorker)


def _gone() -> tuple[type[BaseException], ...]:
    """Return the exceptions of a scheduler that ended or was restarted."""
    from distributed.comm.core import CommClosedError

    return (CancelledError, CommClosedError, TimeoutError, ConnectionError)


def _in_worker(run: Runs, cell: Cell, client: int) -> tuple[Cell, dict]:
    if os.getpid() != client and not any(thread.name == WATCH for thread in threading.enumerate()):
        threading.Thread(target=_end_with_parent, name=WATCH, daemon=True).start()
    return cell, run(cell)


def _end_with_parent() -> None:
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(LOOK)
    os._exit(1)
