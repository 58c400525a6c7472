"""What a plain pool's processes are handed; Beam is not imported here, so neither do they."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from threadpoolctl import threadpool_limits

#: Calls a function of one argument on every item: the builtin map, or a pool's.
Map = Callable[[Callable[[Any], Any], Sequence[Any]], Any]


@dataclass(frozen=True)
class With:
    """A function whose further arguments are known: picklable, unlike a closure."""

    function: Callable[..., Any]
    extra: tuple[Any, ...]

    def __call__(self, item: Any) -> Any:
        return self.function(item, *self.extra)


def one_thread() -> None:
    """Hold Arrow and the linear algebra libraries of this process to one thread."""
    pa.set_cpu_count(1)
    threadpool_limits(1)
