"""Worker processes of the local runner.

On one machine Beam's in-memory runner works through a bundle in one thread; what it calls is
handed to this pool. A lost worker ends the run with a clear error, and no worker outlives the
process that started it. On an engine there is no pool: the engine spreads the elements.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from provender.errors import WorkerLostError

_PRELOADED = ["provender.work.mark", "provender.identity.analysis", "provender.detect.registry"]
_current: ProcessPoolExecutor | None = None


@contextlib.contextmanager
def worker_pool(workers: int) -> Iterator[None]:
    """Give the run ``workers`` processes; with one, everything is done in this process."""
    global _current
    one_thread()
    if workers <= 1:
        yield
        return
    # A fork server: workers start from a small process without threads or locks to inherit.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(
        workers,
        mp_context=context,
        initializer=_start_worker,
        initargs=(dict(os.environ),),
    )
    _current = pool
    try:
        _start_all(pool, workers)
        yield
    except BaseException:
        # Whoever interrupts does not wait for work in hand; states are stored whole or not at all.
        for worker in set(multiprocessing.active_children()) - others:
            worker.terminate()
        raise
    finally:
        _current = None
        pool.shutdown(wait=True, cancel_futures=True)


def _start_all(pool: ProcessPoolExecutor, workers: int) -> None:
    """Start every worker now, undisturbed by Ctrl-C.

    Left to itself the pool starts one when work comes, from a thread of Beam's; one that starts
    while an interrupted run is already ending would die of it, noisily.
    """
    lost: BrokenProcessPool | None = None
    with _ctrl_c_waits():
        try:
            # No worker is idle yet, so each call starts another.
            started = [pool.submit(time.sleep, 0.01) for _ in range(workers)]
            concurrent.futures.wait(started)
            for future in started:
                future.result()
        except BrokenProcessPool as error:
            lost = error
    # Of Ctrl-C a worker that was starting died too; then it is not what ended the run.
    if lost is not None:
        raise _lost() from lost


@contextlib.contextmanager
def _ctrl_c_waits() -> Iterator[None]:
    """Hold Ctrl-C back until the block ends. Python tells it to the main thread alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    interrupted: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: interrupted.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if interrupted:
        raise KeyboardInterrupt


def _lost() -> WorkerLostError:
    return WorkerLostError(
        "a worker process",
        "was killed or ran out of memory before it gave its result",
        "run again with fewer --workers; what was stored is not read again",
    )


def running() -> bool:
    """Return whether this process has a pool."""
    return _current is not None


def in_completion_order(
    calls: list[tuple[Callable[..., Any], tuple[Any, ...]]],
) -> Iterator[tuple[int, Any]]:
    """Make the calls, in the pool if there is one, and yield (position, result) as each ends.

    Raises:
        WorkerLostError: when a worker process died.
    """
    pool = _current
    if pool is None or len(calls) == 1:
        for position, (function, arguments) in enumerate(calls):
            yield position, function(*arguments)
        return
    try:
        futures: dict[Future[Any], int] = {
            pool.submit(function, *arguments): i for i, (function, arguments) in enumerate(calls)
        }
        for future in concurrent.futures.as_completed(futures):
            yield futures[future], future.result()
    except BrokenProcessPool as error:
        raise _lost() from error


def _start_worker(environment: dict[str, str]) -> None:
    """Bound the worker's own threads, and end it when the process that started it is gone.

    Args:
        environment: of that process now; the fork server has the one of its own start, in which
            credentials, say, may not have stood yet.
    """
    os.environ.clear()
    os.environ.update(environment)
    one_thread()
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def one_thread() -> None:
    """Compute in one thread per process: workers share the cores by being processes, and the
    low bits of linear algebra do not depend on how many there are.
    """
    import pyarrow as pa
    from threadpoolctl import threadpool_limits

    pa.set_cpu_count(1)
    pa.set_io_thread_count(2)
    threadpool_limits(1)


def _end_with(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)
