"""Work over elements: a shard, a piece of one, or a block of results; never a record.

Elements are messages (`work/wire.py`): bytes that no step has to unpickle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.transforms.window import GlobalWindow
from apache_beam.typehints.decorators import no_annotations
from apache_beam.utils.timestamp import MIN_TIMESTAMP
from apache_beam.utils.windowed_value import WindowedValue

from provender.beam import pool, progress
from provender.beam.progress import Step, tell
from provender.io.states import StateStore
from provender.work.fold import BLOCK, levels
from provender.work.pages import items_of, pages
from provender.work.wire import from_wire, to_wire

#: (group, position in the group, message): what is grouped or folded.
Placed = tuple[str, int, bytes]
#: Bytes of messages that an engine has to move: pages that are spread, and what is grouped.
_SHUFFLED = Metrics.counter("provender", "bytes_shuffled")


class _Call(beam.DoFn):  # type: ignore[misc]
    """Calls a function on each element and gives what ``give`` makes of its result.

    On one machine elements wait until the bundle ends, so that all of them are in the pool at
    once, largest first, and no worker idles behind a slow neighbour.
    """

    def __init__(
        self,
        stage: str,
        function: Callable[..., Any],
        load: Callable[[Any], Any],
        size: Callable[[Any], int],
        give: Callable[[Any], Iterable[Any]],
    ) -> None:
        self._stage, self._function, self._load, self._size = stage, function, load, size
        self._give = give
        self._waiting: list[tuple[int, tuple[Any, ...]]] = []
        self._rows = Metrics.counter("provender", "rows_read")
        self._bytes = Metrics.counter("provender", "bytes_read")
        self._side = Metrics.distribution("provender", "side_input_bytes")
        self._done = Metrics.counter("provender", f"{stage} done") if stage else None

    def setup(self) -> None:
        pool.one_thread()  # also where an engine starts the process

    def start_bundle(self) -> None:
        self._waiting = []

    @no_annotations  # type: ignore[untyped-decorator]  # Beam would take *extra for one tuple
    def process(self, element: Any, *extra: Any) -> Iterator[Any]:
        loaded = self._load(element)
        self._side.update(sum(len(value) for value in extra if isinstance(value, bytes)))
        if pool.running() or progress.heard():
            self._waiting.append((self._size(loaded), (loaded, *extra)))
        else:
            yield from self._told(self._function(loaded, *extra), 1)

    def finish_bundle(self) -> Iterator[WindowedValue]:
        waiting, self._waiting = self._waiting, []
        waiting.sort(key=lambda item: -item[0])
        calls = [(self._function, arguments) for _, arguments in waiting]
        if self._stage and calls:
            tell(Step(self._stage, len(calls), done=0))
        for _, result in pool.in_completion_order(calls):
            for given in self._told(result, len(calls)):
                yield WindowedValue(given, MIN_TIMESTAMP, [GlobalWindow()])

    def _told(self, result: Any, calls: int) -> Iterable[Any]:
        rows, size = getattr(result, "rows_read", 0), getattr(result, "bytes_read", 0)
        given = self._give(result)
        self._rows.inc(rows)
        self._bytes.inc(size)
        if self._done:
            self._done.inc()
            tell(Step(self._stage, calls, rows=rows, bytes=size))
        return given


def _itself(element: Any) -> Any:
    return element


def _no_size(_: Any) -> int:
    return 0


def _as_message(result: Any) -> Iterable[Any]:
    return (to_wire(result),)


class CallEach(beam.PTransform):  # type: ignore[misc]
    """Calls ``function(load(element), *extra)`` on every element; results are mostly messages.

    Args:
        function: a module-level pure function; its result may carry ``rows_read``/``bytes_read``.
        extra: more arguments, values or Beam side inputs.
        stage: what progress calls it; '' for what is not worth telling.
        load: makes the argument from an element, in the process that runs Beam.
        size: orders the arguments of a bundle, largest first.
        give: makes elements of a result, in the process that runs Beam: by default one message.
            A step more would be clearer, but every step costs the start of a pipeline some 20 ms.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *extra: Any,
        stage: str = "",
        load: Callable[[Any], Any] = _itself,
        size: Callable[[Any], int] = _no_size,
        give: Callable[[Any], Iterable[Any]] = _as_message,
    ) -> None:
        super().__init__()
        self._function, self._extra = function, extra
        self._call = _Call(stage, function, load, size, give)
        self._type = bytes if give is _as_message else Any  # told, Beam need not infer it

    def expand(self, elements: beam.PCollection) -> beam.PCollection:
        calls = beam.ParDo(self._call, *self._extra).with_output_types(self._type)
        return elements | f"Call {self._function.__name__}" >> calls


class Once(beam.PTransform):  # type: ignore[misc]
    """Calls ``function(*extra)`` once: where results come together. Gives one message.

    Args:
        function: is given side inputs as lists of messages, or as a message.
        extra: side inputs and plain values.
    """

    def __init__(self, function: Callable[..., Any], *extra: Any) -> None:
        super().__init__()
        self._function, self._extra = function, extra

    def expand(self, root: beam.Pipeline) -> beam.PCollection:
        function = self._function
        call = beam.Map(lambda _, *given: to_wire(function(*given)), *self._extra)
        return root | beam.Impulse() | call.with_output_types(bytes)


class Grouped(beam.PTransform):  # type: ignore[misc]
    """Calls ``function((group, messages), *extra)`` on the messages of each group, in order.

    The input is `Placed`; the messages of a group are sorted by position, so the engine's order
    does not matter.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *extra: Any,
        stage: str = "",
        give: Callable[[Any], Iterable[Any]] = _as_message,
    ) -> None:
        super().__init__()
        self._call = CallEach(function, *extra, stage=stage, load=_sorted, give=give)

    def expand(self, placed: beam.PCollection) -> beam.PCollection:
        return placed | beam.Map(_keyed) | beam.GroupByKey() | self._call


class Fold(beam.PTransform):  # type: ignore[misc]
    """Folds `Placed` messages, in the order of their positions, to one or more per group.

    A tree of blocks of neighbours: no worker sees more than a block of a group's messages.
    ``function(((group), messages), *extra)`` returns ``((group, message), ...)``: mostly one, of
    the same group; it is called once at least for each group.

    Args:
        count: positions lie below it.
    """

    def __init__(self, function: Callable[..., Any], *extra: Any, count: int) -> None:
        super().__init__()
        self._function, self._extra, self._levels = function, extra, levels(count)

    def expand(self, placed: beam.PCollection) -> beam.PCollection:
        for level in range(self._levels):
            last = level == self._levels - 1
            placed = (
                placed
                | f"Block {level}" >> beam.Map(_in_blocks)
                | f"Group {level}" >> beam.GroupByKey()
                | f"Fold {level}"
                >> CallEach(
                    self._function, *self._extra, load=_block, give=_folded if last else _placed
                )
            )
        return placed


def elements(
    root: beam.Pipeline, label: str, items: Iterable[Any], store: StateStore
) -> beam.PCollection:
    """Put ``items`` (JSON values; lists become tuples) into the pipeline, spread over the workers.

    The items lie in the store, page by page; the pipeline itself names the pages only.
    """
    return (
        root
        | label >> beam.Create(pages(items, store))
        | f"{label}: open" >> beam.FlatMap(_opened, store)
        | f"{label}: spread" >> beam.Reshuffle()
    )


def _opened(page: str, store: StateStore) -> Iterator[Any]:
    data = store.require(page)
    _SHUFFLED.inc(len(data))
    yield from items_of(data)


def _keyed(placed: Placed) -> tuple[str, tuple[int, bytes]]:
    group, position, message = placed
    _SHUFFLED.inc(len(message))
    return group, (position, message)


def _in_blocks(placed: Placed) -> tuple[tuple[str, int], tuple[int, bytes]]:
    group, position, message = placed
    _SHUFFLED.inc(len(message))
    return (group, position // BLOCK), (position, message)


def _sorted(grouped: tuple[Any, Iterable[tuple[int, bytes]]]) -> tuple[Any, tuple[Any, ...]]:
    key, messages = grouped
    return key, tuple(from_wire(message) for _, message in sorted(messages))


def _block(
    grouped: tuple[tuple[str, int], Iterable[tuple[int, bytes]]],
) -> tuple[str, int, tuple[Any, ...]]:
    (group, block), messages = _sorted(grouped)
    return group, block, messages


def _placed(folded: Any) -> Iterator[Placed]:
    for group, block, value in folded:
        yield group, block, to_wire(value)


def _folded(folded: Any) -> Iterator[tuple[str, bytes]]:
    for group, _, value in folded:
        yield group, to_wire(value)
