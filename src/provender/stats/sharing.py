"""What several analyses of one read make of the same columns, made once for a batch."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

import pyarrow as pa

T = TypeVar("T")

#: By what was made of what: that, and what it was made of, so that its address stays its own.
_Made = dict[tuple[str, Hashable], tuple[Any, Any]]
#: Bytes that are kept of each kind: the memory of a read hangs on that, not on the batch.
_MOST = 1 << 26
_SHARED: ContextVar[tuple[_Made, dict[str, int]] | None] = ContextVar("shared", default=None)


@contextmanager
def shared() -> Iterator[None]:
    """Within it, what `once` is asked for again is not made again; results do not depend on it."""
    token = _SHARED.set(({}, {}))
    try:
        yield
    finally:
        _SHARED.reset(token)


def once(kind: str, key: Hashable, of: Any, size: int, make: Callable[[], T]) -> T:
    """Return what ``make`` makes, or has made before.

    Args:
        kind, key: what is made of what; of arrays `place`, of other objects their id.
        of: the objects that the key names.
        size: bytes that it takes; beyond so many of a kind what is made is not kept.
    """
    found = _SHARED.get()
    if found is None:
        return make()
    made, sizes = found
    if (kind, key) not in made:
        result = make()
        sizes[kind] = sizes.get(kind, 0) + size
        if sizes[kind] > _MOST:
            return result
        made[kind, key] = result, of
    one: T = made[kind, key][0]
    return one


def place(array: pa.Array) -> tuple[Any, ...]:
    """Return what is equal for the same values in the same memory only."""
    kind = array.type
    buffers = tuple(None if b is None else (b.address, b.size) for b in array.buffers())
    inner: tuple[Any, ...] = ()
    if isinstance(kind, pa.BaseExtensionType):
        inner = (place(array.storage),)
    elif pa.types.is_dictionary(kind):
        inner = (place(array.dictionary),)
    elif pa.types.is_struct(kind):
        inner = tuple(place(array.field(i)) for i in range(kind.num_fields))
    elif pa.types.is_map(kind):
        inner = (place(array.keys), place(array.items))
    elif pa.types.is_union(kind):
        inner = (object(),)  # has no encoding: equal to nothing
    elif pa.types.is_nested(kind) or pa.types.is_run_end_encoded(kind):
        inner = (place(array.values),)
    return (kind, len(array), array.offset, buffers, inner)
