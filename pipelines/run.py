"""What every pipeline shares: where states lie, how it runs, and how its result comes back."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import apache_beam as beam

from provender.beam.pool import worker_pool
from provender.beam.progress import Listener, listening
from provender.beam.runner import is_local, run
from provender.beam.transforms import elements
from provender.io.states import StateStore, default_store
from provender.work.dataset import DataSet
from provender.work.task import SpanTask, load_task
from provender.work.wire import from_wire, to_wire

#: Below this many bytes a pool of processes costs more than it saves.
SMALL_BYTES = 48 * 2**20


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Run:
    """How to run.

    Attributes:
        store: where states and large results are kept.
        workers: local worker processes; 0 for as many as there are cores.
        fresh: compute everything again.
        beam_options: passed to Beam as they are.
        listener: told of every step (local runner only).
        span_bytes: stored bytes per piece of a shard.
    """

    store: StateStore = field(default_factory=lambda: StateStore(default_store()))
    workers: int = 0
    fresh: bool = False
    beam_options: tuple[str, ...] = ()
    listener: Listener | None = None
    span_bytes: int = 16 * 2**20

    def execute(self, build: Callable[[Any, str], None], bytes_: int) -> Any:
        """Run the pipeline that ``build(root, result)`` makes and return its result, a message.

        Args:
            build: adds transforms; the last one stores the result under the name ``result``.
            bytes_: bytes to be read, to tell whether worker processes pay.

        Raises:
            ProvenderError: what went wrong, as one line.
        """
        result = f"result/{secrets.token_hex(16)}"
        workers = self.workers or (cores() if bytes_ >= SMALL_BYTES else 1)
        if not is_local(self.beam_options):
            workers = 1
        with listening(self.listener), worker_pool(workers):
            run(lambda root: build(root, result), self.beam_options)
        try:
            return from_wire(self.store.require(result))
        finally:
            self.store.discard(result)


def keep_result(value: Any, store: StateStore, result: str) -> str:
    """Store a pipeline's result, a message, for the process that started it."""
    return store.put(result, to_wire(value))


def pieces_of(root: beam.Pipeline, data: DataSet, store: StateStore) -> beam.PCollection:
    """Put every piece of every shard, as it travels, into the pipeline."""
    return elements(root, "List pieces", data.tasks(store), store)


def loading(store: StateStore) -> Callable[[Any], SpanTask]:
    """Return what makes a task of one that travelled."""
    return partial(load_task, store=store)
