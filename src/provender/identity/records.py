"""Record digests, made once for a batch however many analyses of one read ask for them."""

from __future__ import annotations

import hashlib
import itertools

import numpy as np
import pyarrow as pa

from provender.identity.encoding import encode_rows
from provender.stats.sharing import once, place

#: Bytes of one.
_DIGEST = 32


def record_digests(batch: pa.RecordBatch) -> list[bytes]:
    """Return each record's RFC 6962 leaf hash: SHA-256(0x00 || canonical record), 32 bytes."""
    columns = batch.columns
    key = frozenset((n, place(c)) for n, c in zip(batch.schema.names, columns, strict=True))
    size = _DIGEST * batch.num_rows
    return once("record digests", key, columns, size, lambda: _digests(batch))


def _digests(batch: pa.RecordBatch) -> list[bytes]:
    records = encode_rows(batch, prefix=b"\x00")
    offsets = np.frombuffer(records.buffers()[1], np.int64)[records.offset :][: len(records) + 1]
    data = memoryview(records.buffers()[2] or b"")
    sha256 = hashlib.sha256
    return [sha256(data[a:b]).digest() for a, b in itertools.pairwise(offsets.tolist())]
