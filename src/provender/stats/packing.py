"""Bytes for states and profiles: an Arrow IPC stream of one row, never pickle.

Each array is one list-valued cell; plain values ride as canonical JSON in the schema metadata.
The same content always gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from provender.core.canonical import canonical_json

_KIND, _META, _SHAPES = b"provender.kind", b"provender.meta", b"provender.shapes"


def pack(kind: str, meta: Mapping[str, Any], arrays: Mapping[str, Any]) -> bytes:
    """Return bytes holding ``meta`` (JSON values) and ``arrays`` (numpy of any shape, or Arrow).

    ``kind`` names the layout and its version ('exact-row/1'); ``unpack`` insists on it.
    """
    cells, names, shapes = [], [], {}
    for name in sorted(arrays):
        array = arrays[name]
        if isinstance(array, np.ndarray):
            shapes[name] = list(array.shape)
            array = pa.array(np.ascontiguousarray(array).reshape(-1))
        if isinstance(array, pa.ChunkedArray):
            array = array.combine_chunks()
        offsets = pa.array([0, len(array)], pa.int64())
        cells.append(pa.LargeListArray.from_arrays(offsets, array))
        names.append(name)
    schema = pa.schema(
        [pa.field(n, c.type) for n, c in zip(names, cells, strict=True)],
        {
            _KIND: kind.encode(),
            _META: canonical_json(dict(meta)),
            _SHAPES: canonical_json(shapes),
        },
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_batch(pa.RecordBatch.from_arrays(cells, schema=schema))
    return bytes(sink.getvalue())


def unpack(kind: str, data: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return (meta, arrays) as packed: numpy arrays as numpy (read-only), others as Arrow.

    Raises:
        ValueError: when the bytes are damaged or of another kind.
    """
    try:
        with pa.ipc.open_stream(data) as reader:
            batch = reader.read_next_batch()
            metadata = reader.schema.metadata or {}
        batch.validate(full=True)
        found = metadata[_KIND].decode()
        meta, shapes = json.loads(metadata[_META]), json.loads(metadata[_SHAPES])
        if found != kind:
            raise ValueError(f"holds {found!r}, not {kind!r}")
        arrays: dict[str, Any] = {}
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            values = column[0].values
            if name in shapes:
                values = values.to_numpy(zero_copy_only=False).reshape(shapes[name])
            arrays[name] = values
        return meta, arrays
    except (pa.ArrowException, KeyError, StopIteration, UnicodeDecodeError) as error:
        raise ValueError(f"not a packed {kind!r}: {error}") from error
