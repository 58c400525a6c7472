"""Record digests, made once for a batch however many analyses of one read ask for them."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
import pyarrow as pa

from provender.identity.encoding import encode_rows

#: Digests of what was asked for, and the columns: holding them keeps their addresses theirs.
_Made = dict[Any, tuple[list[bytes], list[pa.Array]]]
_SHARED: ContextVar[_Made | None] = ContextVar("shared record digests", default=None)


@contextmanager
def shared_digests() -> Iterator[None]:
    """Within it, digests of the very same columns are made once; results do not depend on it."""
    token = _SHARED.set({})
    try:
        yield
    finally:
        _SHARED.reset(token)


def record_digests(batch: pa.RecordBatch) -> list[bytes]:
    """Return each record's RFC 6962 leaf hash: SHA-256(0x00 || canonical record), 32 bytes."""
    made = _SHARED.get()
    if made is None:
        return _digests(batch)
    key = frozenset((n, _place(c)) for n, c in zip(batch.schema.names, batch.columns, strict=True))
    if key not in made:
        made[key] = _digests(batch), batch.columns
    return made[key][0]


def _digests(batch: pa.RecordBatch) -> list[bytes]:
    records = encode_rows(batch, prefix=b"\x00")
    offsets = np.frombuffer(records.buffers()[1], np.int64)[records.offset :][: len(records) + 1]
    data = memoryview(records.buffers()[2] or b"")
    sha256 = hashlib.sha256
    return [sha256(data[a:b]).digest() for a, b in itertools.pairwise(offsets.tolist())]


def _place(array: pa.Array) -> tuple[Any, ...]:
    """Return what is equal for the same values in the same memory only."""
    kind = array.type
    buffers = tuple(None if b is None else (b.address, b.size) for b in array.buffers())
    inner: tuple[Any, ...] = ()
    if isinstance(kind, pa.BaseExtensionType):
        inner = (_place(array.storage),)
    elif pa.types.is_dictionary(kind):
        inner = (_place(array.dictionary),)
    elif pa.types.is_struct(kind):
        inner = tuple(_place(array.field(i)) for i in range(kind.num_fields))
    elif pa.types.is_map(kind):
        inner = (_place(array.keys), _place(array.items))
    elif pa.types.is_union(kind):
        inner = (object(),)  # has no encoding: equal to nothing
    elif pa.types.is_nested(kind) or pa.types.is_run_end_encoded(kind):
        inner = (_place(array.values),)
    return (kind, len(array), array.offset, buffers, inner)
