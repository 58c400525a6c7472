"""A pipeline on an engine, watched from here: its counters while it runs, its failure as one line.

Whatever the engine, only Beam's own interface is asked. How fresh its answers are is the engine's
affair: Flink counts a part of a step when that part has ended.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from provender.beam.progress import Step, heard, tell
from provender.errors import ProvenderError

_EVERY = 5.0
_DONE = " done"
_READER = "wait_until_finish_read"


@contextlib.contextmanager
def watched(result: Any, name: str) -> Iterator[None]:
    """Tell the listener of the counters of a running pipeline, and once more when it has ended.

    Args:
        result: Beam's PipelineResult.
        name: what the engine is called.
    """
    if not heard():
        yield
        return
    counters, ended = Counters(result, name), threading.Event()

    def ask() -> None:
        while not ended.wait(_EVERY):
            counters.tell_news()

    thread = threading.Thread(target=ask, name="counters", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    counters.tell_news(last=True)


class Counters:
    """What was told already of the counters of a pipeline."""

    def __init__(self, result: Any, name: str) -> None:
        self._result, self._name = result, name
        self._told: dict[str, dict[str, int]] = {}
        self._noted = ""

    def tell_news(self, last: bool = False) -> None:
        """Tell what has changed; an engine that gives no counters is said to give none."""
        try:
            found = self._by_stage()
        except Exception:  # an engine without an answer now may have one later
            found = {}
        for stage, now in found.items():
            before = self._told.get(stage, defaultdict(int))
            # Counters fall where an engine starts a failed part again.
            news = {name: max(value - before[name], 0) for name, value in now.items()}
            if any(news.values()):
                tell(Step(stage, 0, news["done"], news["rows_read"], news["bytes_read"]))
            self._told[stage] = now
        if not self._told:
            self._note("it gave no counters" if last else f"{self._state()}, no counters yet")

    def _note(self, note: str) -> None:
        if note != self._noted:
            self._noted = note
            tell(Step(self._name, 0, 0, note=note))

    def _state(self) -> str:
        try:
            return str(self._result.state).lower()
        except Exception:  # whatever the runner's client raises: a note on progress ends no run
            return "does not tell its state"

    def _by_stage(self) -> dict[str, dict[str, int]]:
        """Return stage → counter → value, of the steps that are told of."""
        from apache_beam.metrics.metric import MetricsFilter

        # Beam's portable runners keep the first answer for ever; another needs another question.
        if hasattr(self._result, "_metrics"):
            self._result._metrics = None
        query = self._result.metrics().query(MetricsFilter().with_namespace("provender"))
        steps: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        stages: dict[str, str] = {}
        for counter in query["counters"]:
            step, name = counter.key.step, counter.key.metric.name
            if name.endswith(_DONE):
                stages[step], name = name.removesuffix(_DONE), "done"
            steps[step][name] += counter.result or 0
        found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for step, stage in stages.items():
            for name, value in steps[step].items():
                found[stage][name] += value
        return found


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep an engine's stack traces, which Beam logs and prints from a thread, from stderr."""
    if os.environ.get("PROVENDER_DEBUG"):
        yield
        return
    _quiet_reader()
    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(level)


def _quiet_reader() -> None:
    """Let Beam's reader of messages fail without a trace, for good: it outlives a failed run."""
    others = threading.excepthook
    if getattr(others, "reader_is_quiet", False):
        return

    def hook(args: threading.ExceptHookArgs) -> None:
        if args.thread is None or args.thread.name != _READER:
            others(args)

    hook.reader_is_quiet = True  # type: ignore[attr-defined]
    threading.excepthook = hook


def unreachable(error: BaseException, name: str) -> ProvenderError | None:
    """Return what to say where ``error`` means that the engine does not answer, else None."""
    seen: BaseException | None = error
    while seen is not None:
        # requests' ConnectionError is none of Python's; gRPC's errors differ by their text alone.
        kind = isinstance(seen, ConnectionError) or type(seen).__name__ == "ConnectionError"
        if kind or "StatusCode.UNAVAILABLE" in str(seen):
            return ProvenderError(
                name,
                "the engine does not answer, or not any more",
                "see that it runs, then run the same command again: what was stored is not read "
                "again",
            )
        seen = seen.__cause__ or seen.__context__
    return None
