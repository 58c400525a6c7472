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

import struct
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.errors import InputError

RECORD_ENCODING = "provender-record/1"

_UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_CANONICAL_NAN = np.uint64(0x7FF8000000000000)


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
    parts: list[pa.Array] = [_constant(prefix, batch.num_rows)] if prefix else []
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


def _join(parts: Sequence[pa.Array], rows: int) -> pa.Array:
    """Concatenate the parts row by row; a null part adds nothing."""
    if not parts:
        return _constant(b"", rows)
    if len(parts) == 1:
        return pc.fill_null(parts[0], b"")
    return pc.binary_join_element_wise(
        *parts, pa.scalar(b"", pa.large_binary()), null_handling="replace", null_replacement=b""
    )


def _constant(value: bytes, rows: int) -> pa.Array:
    return _fixed(np.zeros((rows, 0), np.uint8), value, None)


def _fixed(payload: np.ndarray, prefix: bytes, valid: pa.Buffer | None) -> pa.Array:
    """Return ``prefix`` + row of ``payload`` (uint8, (rows, width)) as large_binary."""
    rows, width = len(payload), len(prefix) + payload.shape[1]
    data = np.empty((rows, width), np.uint8)
    data[:, : len(prefix)] = np.frombuffer(prefix, np.uint8)
    data[:, len(prefix) :] = payload
    offsets = np.arange(rows + 1, dtype=np.int64) * width
    return pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), rows, [valid, pa.py_buffer(offsets), pa.py_buffer(data)]
    )


def _validity(array: pa.Array) -> pa.Buffer | None:
    # is_valid gives a fresh bitmap without the offset that a slice would carry.
    return array.is_valid().buffers()[1] if array.null_count else None


def _le(values: np.ndarray) -> np.ndarray:
    """View (rows,) 8-byte numbers as (rows, 8) little-endian bytes."""
    return (
        np.ascontiguousarray(values.astype(values.dtype.newbyteorder("<")))
        .view(np.uint8)[:, None]
        .reshape(len(values), 8)
    )


def _ints(array: pa.Array, kind: pa.DataType = None) -> np.ndarray:
    if kind is not None:
        array = pc.cast(array, kind)
    if array.null_count:
        array = pc.fill_null(array, 0)
    return np.asarray(array)


def _parts(array: pa.Array, prefix: bytes) -> list[pa.Array]:
    """Return large_binary arrays whose row-wise concatenation is ``prefix`` + cell.

    Every part is null where the cell is null.
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
        return [_struct(array, prefix)]
    if pa.types.is_map(kind):
        return [_map(array, prefix)]
    if _is_list(kind):
        return [_list(array, prefix)]
    if _is_text(kind) or pa.types.is_decimal(kind):
        return _variable(array, prefix)
    return [_scalar(array, prefix)]


def _is_list(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_list(kind)
        or pa.types.is_large_list(kind)
        or pa.types.is_fixed_size_list(kind)
        or pa.types.is_list_view(kind)
        or pa.types.is_large_list_view(kind)
    )


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_binary_view(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


def _scalar(array: pa.Array, prefix: bytes) -> pa.Array:
    """Fixed-width cells: prefix, tag and 1, 8 or 16 bytes of payload."""
    kind, valid = array.type, _validity(array)
    if pa.types.is_boolean(kind):
        bits = _ints(array, pa.uint8())
        return _fixed(bits[:, None], prefix + b"b", valid)
    if pa.types.is_uint64(kind):
        values = _ints(array)
        tags = np.where(values > np.uint64(2**63 - 1), ord("u"), ord("i")).astype(np.uint8)
        return _fixed(np.hstack([tags[:, None], _le(values)]), prefix, valid)
    if pa.types.is_integer(kind):
        return _fixed(_le(_ints(array, pa.int64())), prefix + b"i", valid)
    if pa.types.is_floating(kind):
        values = np.asarray(
            pc.fill_null(pc.cast(array, pa.float64()), 0.0)
            if valid
            else pc.cast(array, pa.float64())
        )
        bits = np.where(np.isnan(values), _CANONICAL_NAN, values.view(np.uint64))
        return _fixed(_le(bits), prefix + b"f", valid)
    if pa.types.is_date(kind):
        days = _ints(pc.cast(array, pa.date32(), safe=False), pa.int32()).astype(np.int64)
        return _fixed(_le(days), prefix + b"D", valid)
    if pa.types.is_time(kind):
        raw = _ints(array, pa.int64() if kind.bit_width == 64 else pa.int32()).astype(np.int64)
        return _fixed(_le(raw * (10**9 // _UNITS[kind.unit])), prefix + b"T", valid)
    if pa.types.is_timestamp(kind) or pa.types.is_duration(kind):
        tag = b"P" if pa.types.is_duration(kind) else b"t" if kind.tz else b"w"
        seconds, rest = np.divmod(_ints(array, pa.int64()), _UNITS[kind.unit])
        nanoseconds = rest * (10**9 // _UNITS[kind.unit])
        return _fixed(np.hstack([_le(seconds), _le(nanoseconds)]), prefix + tag, valid)
    raise pa.ArrowNotImplementedError(str(kind))


def _variable(array: pa.Array, prefix: bytes) -> list[pa.Array]:
    """Strings, binary and decimals: prefix, tag and length, then the bytes themselves."""
    kind = array.type
    if pa.types.is_decimal(kind):
        tag, array = b"d", _shortest_decimal(array)
    elif (
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    ):
        tag = b"s"
    else:
        tag = b"y"
    data = pc.cast(array, pa.large_binary())
    lengths = _ints(pc.binary_length(data), pa.int64())
    return [_fixed(_le(lengths), prefix + tag, _validity(array)), data]


def _shortest_decimal(array: pa.Array) -> pa.Array:
    """Return decimals as plain digits without trailing zeros: equal values, equal text."""
    if array.type.scale < 0:
        array = pc.cast(array, pa.decimal256(76, 0))
    text = pc.cast(array, pa.string())
    # 0E-20 and the like: Arrow writes small numbers in scientific form; spell them out.
    if pc.any(pc.match_substring(text, "E")).as_py():
        text = pa.array(
            [None if d is None else format(d, "f") for d in array.to_pylist()], pa.string()
        )
    text = pc.replace_substring_regex(text, r"^(-?\d+)\.(\d*?)0*$", r"\1.\2")
    text = pc.replace_substring_regex(text, r"\.$", "")
    return pc.replace_substring_regex(text, r"^-0$", "0")


def _elements(array: pa.Array) -> pa.Array:
    """Encode values in a list: one large_binary cell each, nulls as 'n'."""
    cells = _join(_parts(array, b""), len(array))
    if pa.types.is_null(array.type) or array.null_count:
        cells = pc.if_else(array.is_valid(), cells, pa.scalar(b"n", pa.large_binary()))
    return cells


def _gather(
    cells: pa.Array, counts: np.ndarray, prefix: bytes, valid: pa.Buffer | None
) -> pa.Array:
    """Join runs of ``counts`` neighbouring cells behind prefix and u64 count."""
    ends = np.concatenate(([0], np.cumsum(counts)))
    inner = np.frombuffer(cells.buffers()[1], np.int64)[cells.offset :][: len(cells) + 1]
    offsets = np.ascontiguousarray(inner[ends])
    body = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), len(counts), [valid, pa.py_buffer(offsets), cells.buffers()[2]]
    )
    joined = _join([_fixed(_le(counts), prefix, valid), body], len(counts))
    return _with_validity(joined, valid)


def _with_validity(array: pa.Array, valid: pa.Buffer | None) -> pa.Array:
    if valid is None:
        return array
    buffers = [valid, *array.buffers()[1:]]
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(array), buffers)


def _list(array: pa.Array, prefix: bytes) -> pa.Array:
    valid = _validity(array)
    counts = _ints(pc.list_value_length(array), pa.int64())
    # flatten() leaves out what null lists hold and honours slices, for every kind of list.
    return _gather(_elements(array.flatten()), counts, prefix + b"l", valid)


def _map(array: pa.Array, prefix: bytes) -> pa.Array:
    valid = _validity(array)
    kind = array.type
    entries = pa.large_list(pa.struct([("k", kind.key_type), ("v", kind.item_type)]))
    pairs = pc.cast(pc.cast(array, pa.list_(entries.value_type)), entries)
    counts = _ints(pc.list_value_length(pairs), pa.int64())
    keys, values = pairs.flatten().flatten()
    cells = _join([_elements(keys), _elements(values)], len(keys))
    return _gather(cells, counts, prefix + b"m", valid)


def _struct(array: pa.Array, prefix: bytes) -> pa.Array:
    valid = _validity(array)
    # flatten() pushes the struct's own nulls into its fields.
    fields = sorted(
        zip((f.name for f in array.type), array.flatten(), strict=True), key=lambda f: f[0].encode()
    )
    count = np.zeros(len(array), np.int64)
    parts: list[pa.Array] = []
    for name, values in fields:
        count += np.asarray(values.is_valid()).astype(np.int64)
        parts += _parts(values, _name(name))
    joined = _join([_fixed(_le(count), prefix + b"o", None), *parts], len(array))
    return _with_validity(joined, valid)
