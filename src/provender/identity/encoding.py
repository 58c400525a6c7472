"""The canonical record encoding 'provender-record/1': one byte string per record, by value.

docs/identity.md fixes it and tests/golden/records.json pins it; a change is a new version name.

    record  = field*                       fields sorted by the UTF-8 bytes of their names;
                                           null fields are left out (absent = null)
    field   = u32(len(name)) name cell
    cell    = tag payload                  integers are little-endian

    'b' bool     1 byte                    'i' integer     i64, whatever its width
    'u' integer  u64, above i64's range    'f' float       IEEE-754 binary64, NaN as one pattern
    'd' decimal  u64 len, shortest digits  's' string      u64 len, UTF-8 as stored
    'y' binary   u64 len, bytes            'D' date        i64 days
    'T' time     i64 nanoseconds           'P' duration    i64 seconds, i64 nanoseconds
    't' instant  i64 s, i64 ns, UTC        'w' wall clock  i64 s, i64 ns, no zone
    'l' list     u64 count, element*       'o' struct      u64 count, field* (nulls left out)
    'm' map      u64 count, (key value)*   'n' null, inside lists and map values only

-0.0 and 0.0 differ, as their bits do. Strings are not normalised. Dictionary, run-end and
extension types are encoded by their values.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.errors import InputError
from provender.stats.cell_hash import is_binary, is_list, is_text

RECORD_ENCODING = "provender-record/1"

_UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_CANONICAL_NAN = np.uint64(0x7FF8000000000000)


#: What a row's bytes are laid out of, in order: bytes that all rows share; a number of each row,
#: (rows,) of one or eight bytes; or an Arrow array of large_binary, whose nulls add nothing.
Part: TypeAlias = bytes | np.ndarray | pa.Array


def encode_rows(batch: pa.RecordBatch, prefix: bytes = b"") -> pa.Array:
    """Return one canonical record per row, each preceded by ``prefix``.

    Args:
        batch: any schema; column names unique.
        prefix: bytes put before every record (RFC 6962's leaf prefix, say).

    Returns:
        large_binary array of ``batch.num_rows`` values without nulls.

    Raises:
        InputError: for a column type without a canonical encoding.
    """
    parts: list[Part] = [prefix]
    for name in sorted(batch.schema.names, key=str.encode):
        try:
            parts += _parts(batch.column(name), _name(name))
        except pa.ArrowNotImplementedError as error:
            raise InputError(
                f"column {name!r}",
                f"type {batch.schema.field(name).type} has no canonical encoding",
                "cast the column to a plain type",
            ) from error
    return _join(parts, batch.num_rows)


def _name(name: str) -> bytes:
    data = name.encode()
    return struct.pack("<I", len(data)) + data


def _join(parts: Sequence[Part], rows: int) -> pa.Array:
    """Concatenate the parts row by row; a null part adds nothing."""
    arrays: list[pa.Array] = []
    for variable, group in itertools.groupby(parts, lambda part: isinstance(part, pa.Array)):
        # Neighbours of fixed width become one array, so that few are left to be joined.
        run = list(group)
        arrays += run if variable else [_lay(run, rows)]
    if not arrays:
        return _lay([], rows)
    if len(arrays) == 1:
        return pc.fill_null(arrays[0], b"") if arrays[0].null_count else arrays[0]
    return pc.binary_join_element_wise(
        *arrays, pa.scalar(b"", pa.large_binary()), null_handling="replace", null_replacement=b""
    )


def _lay(
    parts: Sequence[bytes | np.ndarray], rows: int, valid: pa.Buffer | None = None
) -> pa.Array:
    """Return constants and numbers, row by row, as large_binary; null where not ``valid``."""
    blank = b"".join(p if isinstance(p, bytes) else bytes(p.itemsize) for p in parts)
    width = len(blank)
    data = np.empty((rows, width), np.uint8)
    data[:] = np.frombuffer(blank, np.uint8)
    at = 0
    for part in parts:
        if isinstance(part, np.ndarray):
            kind = part.dtype.newbyteorder("<")
            np.ndarray((rows,), kind, data, at if rows else 0, (width,))[:] = part
        at += len(part) if isinstance(part, bytes) else part.itemsize
    offsets = np.arange(rows + 1, dtype=np.int64) * width
    return pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), rows, [valid, pa.py_buffer(offsets), pa.py_buffer(data)]
    )


def _cell(parts: list[bytes | np.ndarray], array: pa.Array) -> list[Part]:
    """Return fixed-width parts as they are where ``array`` has no null, else as one array."""
    valid = _validity(array)
    return list(parts) if valid is None else [_lay(parts, len(array), valid)]


def _validity(array: pa.Array) -> pa.Buffer | None:
    # is_valid gives a fresh bitmap without the offset that a slice would carry.
    return array.is_valid().buffers()[1] if array.null_count else None


def _ints(array: pa.Array, kind: pa.DataType = None) -> np.ndarray:
    if kind is not None:
        array = pc.cast(array, kind)
    if array.null_count:
        array = pc.fill_null(array, 0)
    return np.asarray(array)


def _parts(array: pa.Array, prefix: bytes) -> list[Part]:
    """Return parts whose row-wise concatenation is ``prefix`` + cell.

    Where the cell is null every part is null; so a column with nulls has Arrow arrays only.
    """
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return _parts(array.storage, prefix)
    if pa.types.is_dictionary(kind):
        return _parts(array.dictionary_decode(), prefix)
    if pa.types.is_run_end_encoded(kind):
        return _parts(pc.run_end_decode(array), prefix)
    if pa.types.is_null(kind):
        return []
    if pa.types.is_struct(kind):
        return _struct(array, prefix)
    if pa.types.is_map(kind):
        return _map(array, prefix)
    if is_list(kind):
        return _list(array, prefix)
    if is_text(kind) or is_binary(kind) or pa.types.is_decimal(kind):
        return _variable(array, prefix)
    return _cell(_scalar(array, prefix), array)


def _scalar(array: pa.Array, prefix: bytes) -> list[bytes | np.ndarray]:
    """Fixed-width cells: prefix, tag and 1, 8 or 16 bytes of payload."""
    kind = array.type
    if pa.types.is_boolean(kind):
        return [prefix + b"b", _ints(array, pa.uint8())]
    if pa.types.is_uint64(kind):
        values = _ints(array)
        tags = np.where(values > np.uint64(2**63 - 1), ord("u"), ord("i")).astype(np.uint8)
        return [prefix, tags, values]
    if pa.types.is_integer(kind):
        return [prefix + b"i", _ints(array, pa.int64())]
    if pa.types.is_floating(kind):
        values = _ints(pc.cast(array, pa.float64()))
        bits = np.where(np.isnan(values), _CANONICAL_NAN, values.view(np.uint64))
        return [prefix + b"f", bits]
    if pa.types.is_date(kind):
        days = _ints(pc.cast(array, pa.date32(), safe=False), pa.int32()).astype(np.int64)
        return [prefix + b"D", days]
    if pa.types.is_time(kind):
        raw = _ints(array, pa.int64() if kind.bit_width == 64 else pa.int32()).astype(np.int64)
        return [prefix + b"T", raw * (10**9 // _UNITS[kind.unit])]
    if pa.types.is_timestamp(kind) or pa.types.is_duration(kind):
        tag = b"P" if pa.types.is_duration(kind) else b"t" if kind.tz else b"w"
        seconds, rest = np.divmod(_ints(array, pa.int64()), _UNITS[kind.unit])
        return [prefix + tag, seconds, rest * (10**9 // _UNITS[kind.unit])]
    raise pa.ArrowNotImplementedError(str(kind))


def _variable(array: pa.Array, prefix: bytes) -> list[Part]:
    """Strings, binary and decimals: prefix, tag and length, then the bytes themselves."""
    kind = array.type
    if pa.types.is_decimal(kind):
        tag, array = b"d", _shortest_decimal(array)
    elif is_text(kind):
        tag = b"s"
    else:
        tag = b"y"
    data = pc.cast(array, pa.large_binary())
    lengths = _ints(pc.binary_length(data), pa.int64())
    return [*_cell([prefix + tag, lengths], array), data]


def _shortest_decimal(array: pa.Array) -> pa.Array:
    """Return decimals as plain digits without trailing zeros: equal values, equal text."""
    if array.type.scale < 0:
        array = pc.cast(array, pa.decimal256(76, 0))
    text = pc.cast(array, pa.string())
    if array.type.scale == 0:
        return text
    # 0E-20 and the like: Arrow writes small numbers in scientific form; spell them out.
    if pc.any(pc.match_substring(text, "E")).as_py():
        text = pa.array(
            [None if d is None else format(d, "f") for d in array.to_pylist()], pa.string()
        )
    # Every text has a point and that many digits after it, and there is no -0.
    return pc.ascii_rtrim(pc.ascii_rtrim(text, "0"), ".")


def _elements(array: pa.Array) -> pa.Array:
    """Encode values in a list: one large_binary cell each, nulls as 'n'."""
    cells = _join(_parts(array, b""), len(array))
    if pa.types.is_null(array.type) or array.null_count:
        cells = pc.if_else(array.is_valid(), cells, pa.scalar(b"n", pa.large_binary()))
    return cells


def _gather(cells: pa.Array, lists: pa.Array, prefix: bytes) -> list[Part]:
    """Put runs of neighbouring cells, as many as each of ``lists`` has, behind prefix and count."""
    counts = _ints(pc.list_value_length(lists), pa.int64())
    ends = np.concatenate(([0], np.cumsum(counts)))
    inner = np.frombuffer(cells.buffers()[1], np.int64)[cells.offset :][: len(cells) + 1]
    offsets = pa.py_buffer(np.ascontiguousarray(inner[ends]))
    body = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), len(counts), [_validity(lists), offsets, cells.buffers()[2]]
    )
    return [*_cell([prefix, counts], lists), body]


def _list(array: pa.Array, prefix: bytes) -> list[Part]:
    # flatten() leaves out what null lists hold and honours slices, for every kind of list.
    return _gather(_elements(array.flatten()), array, prefix + b"l")


def _map(array: pa.Array, prefix: bytes) -> list[Part]:
    # The same buffers as a list of entries: a cast breaks entries whose type holds nulls only.
    entries = pa.StructArray.from_arrays([array.keys, array.items], ["k", "v"])
    pairs = pa.Array.from_buffers(
        pa.list_(entries.type),
        len(array),
        array.buffers()[:2],
        offset=array.offset,
        children=[entries],
    )
    keys, values = pairs.flatten().flatten()
    cells = _join([_elements(keys), _elements(values)], len(keys))
    return _gather(cells, pairs, prefix + b"m")


def _struct(array: pa.Array, prefix: bytes) -> list[Part]:
    # flatten() pushes the struct's own nulls into its fields.
    fields = sorted(
        zip((f.name for f in array.type), array.flatten(), strict=True), key=lambda f: f[0].encode()
    )
    count = np.zeros(len(array), np.int64)
    parts: list[Part] = []
    for name, values in fields:
        count += np.asarray(values.is_valid()).astype(np.int64)
        parts += _parts(values, _name(name))
    parts = [prefix + b"o", count, *parts]
    valid = _validity(array)
    if valid is None:
        return parts
    buffers = [valid, *_join(parts, len(array)).buffers()[1:]]
    return [pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(array), buffers)]
