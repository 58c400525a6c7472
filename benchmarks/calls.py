"""What a plain pool's processes are handed; Beam is not imported here, so neither do they."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from threadpoolctl import threadpool_limits

from provender.work.rounds import Detection
from provender.work.score import Scored
from provender.work.thresholds import BlockSummary, summarise_block

#: Calls a function of one argument on every item: the builtin map, or a pool's.
Map = Callable[[Callable[[Any], Any], Sequence[Any]], Any]


@dataclass(frozen=True)
class With:
    """A function whose further arguments are known: picklable, unlike a closure."""

    function: Callable[..., Any]
    extra: tuple[Any, ...]

    def __call__(self, item: Any) -> Any:
        return self.function(item, *self.extra)


def summarise(
    block: tuple[int, tuple[Any, ...]], scored: list[Scored], standing: Detection
) -> BlockSummary:
    """Add up the scores of one block of pieces."""
    wanted = {task.index for task in block[1]}
    return summarise_block([s for s in scored if s.index in wanted], standing)


def one_thread() -> None:
    """Hold Arrow and the linear algebra libraries of this process to one thread."""
    pa.set_cpu_count(1)
    threadpool_limits(1)
