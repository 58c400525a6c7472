"""Work over elements: a shard, a piece of one, or a block of pieces; never a record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.transforms.window import GlobalWindow
from apache_beam.typehints.decorators import no_annotations
from apache_beam.utils.timestamp import MIN_TIMESTAMP
from apache_beam.utils.windowed_value import WindowedValue

from provender.beam import pool
from provender.beam.progress import Step, tell


class _Call(beam.DoFn):  # type: ignore[misc]
    """Calls a function on each element of a bundle, through the local pool if there is one.

    Elements wait until the bundle ends, so that all of them are in the pool at once, largest
    first, and no worker idles behind a slow neighbour.
    """

    def __init__(
        self, stage: str, function: Callable[..., Any], size: Callable[[Any], int]
    ) -> None:
        self._stage, self._function, self._size = stage, function, size
        self._waiting: list[tuple[int, tuple[Any, ...]]] = []
        self._rows = Metrics.counter("provender", "rows_read")
        self._bytes = Metrics.counter("provender", "bytes_read")

    def start_bundle(self) -> None:
        self._waiting = []

    @no_annotations  # type: ignore[untyped-decorator]  # Beam would take *extra for one tuple
    def process(self, element: Any, *extra: Any) -> None:
        self._waiting.append((self._size(element), (element, *extra)))

    def finish_bundle(self) -> Iterator[WindowedValue]:
        waiting, self._waiting = self._waiting, []
        waiting.sort(key=lambda item: -item[0])
        calls = [(self._function, arguments) for _, arguments in waiting]
        if self._stage:
            tell(Step(self._stage, len(calls), done=0))
        for _, result in pool.in_completion_order(calls):
            rows, size = getattr(result, "rows_read", 0), getattr(result, "bytes_read", 0)
            self._rows.inc(rows)
            self._bytes.inc(size)
            if self._stage:
                tell(Step(self._stage, len(calls), rows=rows, bytes=size))
            yield WindowedValue(result, MIN_TIMESTAMP, [GlobalWindow()])


class CallEach(beam.PTransform):  # type: ignore[misc]
    """Calls ``function(element, *extra)`` on every element; ``extra`` may be side inputs.

    Args:
        function: a module-level pure function; its result may carry ``rows_read``/``bytes_read``.
        extra: more arguments, values or Beam side inputs.
        stage: what progress calls it; '' for what is not worth telling.
        size: orders the elements of a bundle, largest first.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *extra: Any,
        stage: str = "",
        size: Callable[[Any], int] = lambda _: 0,
    ) -> None:
        super().__init__()
        self._function, self._extra, self._size = function, extra, size
        self._stage = stage

    def expand(self, elements: beam.PCollection) -> beam.PCollection:
        return elements | f"Call {self._function.__name__}" >> beam.ParDo(
            _Call(self._stage, self._function, self._size), *self._extra
        )


class Once(beam.PTransform):  # type: ignore[misc]
    """Calls ``function(*extra)`` one time: applied to the pipeline itself.

    ``extra`` are mostly side inputs, so this is where what was spread comes together.
    """

    def __init__(self, function: Callable[..., Any], *extra: Any) -> None:
        super().__init__()
        self._function, self._extra = function, extra

    def expand(self, root: beam.Pipeline) -> beam.PCollection:
        function = self._function
        return (
            root | beam.Create([None]) | beam.Map(lambda _, *given: function(*given), *self._extra)
        )


def elements(root: beam.Pipeline, label: str, items: Iterable[Any]) -> beam.PCollection:
    """Put ``items`` into the pipeline, spread over the workers."""
    return root | label >> beam.Create(list(items))
