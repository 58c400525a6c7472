"""64-bit hashes of cells, words and list elements, vectorised, for counting and for sketches.

Equal values give equal hashes in every process and release. They choose buckets and shingles, and
are never evidence of identity (that is `identity`'s work). Under a secret key (stats/secret.py) two
different runs of bytes or of hashes that somebody chose without it meet with a chance of at most
2^-56: each place has a multiplier of its own (multilinear hashing: Carter and Wegman 1979; Lemire
and Kaser 2014). Another base for the polynomial would not do, for Thue-Morse words of 1,024 bytes
have equal hashes under every base.
"""

from __future__ import annotations

import itertools
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.stats import secret

_BASE = np.uint64(0x9E3779B97F4A7C15)  # odd, so multiplying by it is a bijection modulo 2^64
_NULL = np.uint64(0xA5A5F00D0BADCAFE)
_SEGMENT = 1 << 20  # values folded at a time: bounds the memory of a batch of long texts


def mix(values: np.ndarray) -> np.ndarray:
    """Return the SplitMix64 finaliser of uint64 ``values`` (Steele, Lea & Flood 2014)."""
    values = values ^ (values >> np.uint64(30))
    values = values * np.uint64(0xBF58476D1CE4E5B9)
    values = values ^ (values >> np.uint64(27))
    values = values * np.uint64(0x94D049BB133111EB)
    return np.asarray(values ^ (values >> np.uint64(31)))


def fold(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return one uint64 hash per run of ``values``: a sum modulo 2^64, then mixed.

    Each value is multiplied by a power of one base, or under a key by what is drawn for its place.

    Args:
        values: unsigned integers (total,), the runs one after the other.
        counts: int64 (runs,), how many values each run has; their sum is ``total``.
    """
    pieces = [
        _fold_segment(values[span], counts[runs]) for runs, span in segments(counts, _SEGMENT)
    ]
    return np.concatenate(pieces) if pieces else np.zeros(0, np.uint64)


def fold_rows(table: np.ndarray) -> np.ndarray:
    """Return `fold` of the rows of ``table``, unsigned integers (rows, columns): uint64 (rows,)."""
    rows, columns = table.shape
    sums = np.full(rows, columns, np.uint64)
    for place, multiplier in enumerate(_multipliers(np.array([columns]))[:columns]):
        sums += (table[:, place].astype(np.uint64) + np.uint64(1)) * multiplier
    return mix(sums)


def segments(counts: np.ndarray, most: int) -> list[tuple[slice, slice]]:
    """Cut runs into groups of about ``most`` values (a longer run stands alone or ends a group).

    Args:
        counts: int64 (runs,), values per run.

    Returns:
        (slice of the runs, slice of their values), in order, covering every run once.
    """
    ends = np.concatenate(([0], np.cumsum(counts)))
    steps = np.searchsorted(ends, np.arange(most, int(ends[-1]) + most, most))
    edges = np.unique(np.concatenate(([0], np.minimum(steps, len(counts)), [len(counts)])))
    return [(slice(a, b), slice(ends[a], ends[b])) for a, b in itertools.pairwise(edges)]


def _fold_segment(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    starts = np.cumsum(counts) - counts
    place = np.arange(len(values)) - np.repeat(starts, counts)
    terms = (values.astype(np.uint64) + np.uint64(1)) * _multipliers(counts)[place]
    sums = np.zeros(len(counts), np.uint64)
    filled = counts > 0
    if filled.any():
        sums[filled] = np.add.reduceat(terms, starts[filled])
    return mix(sums + counts.astype(np.uint64))


def _multipliers(counts: np.ndarray) -> np.ndarray:
    """Return uint64 for the places of runs with so many values, or for more."""
    longest = int(counts.max(initial=0))
    return _first_multipliers() if longest <= _SEGMENT else _drawn(longest)


@lru_cache(maxsize=1)
def _first_multipliers() -> np.ndarray:
    return _drawn(_SEGMENT)


def _drawn(count: int) -> np.ndarray:
    drawn = secret.stream(b"provender.places/1", 8 * count)
    return np.frombuffer(drawn, "<u8") if drawn else np.cumprod(np.full(count, _BASE))


def cell_hashes(array: pa.Array) -> np.ndarray:
    """Return uint64 (len(array),): equal cells of one column have equal hashes; null is a value.

    Any Arrow type but unions; nested types are hashed by value.

    Raises:
        pyarrow.ArrowNotImplementedError: for a type that has no plain form.
    """
    array = _plain(array)
    kind = array.type
    if pa.types.is_null(kind):
        return np.full(len(array), _NULL)
    if pa.types.is_struct(kind):
        fields = [cell_hashes(field) for field in array.flatten()]
        hashes = fold_rows(np.array(fields, np.uint64).reshape(len(fields), len(array)).T)
    elif is_list(kind):
        hashes = fold(cell_hashes(array.flatten()), lengths(array))
    elif pa.types.is_primitive(kind):
        hashes = mix(_bits(array) + np.uint64(secret.number(b"provender.cells/1", int(_BASE))))
    else:
        hashes = _text_hashes(array)
    return np.where(np.asarray(array.is_valid()), hashes, _NULL) if array.null_count else hashes


def _plain(array: pa.Array) -> pa.Array:
    """Return the same values without extension, dictionary, run-end, map or decimal type."""
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return _plain(array.storage)
    if pa.types.is_dictionary(kind):
        return _plain(array.dictionary_decode())
    if pa.types.is_run_end_encoded(kind):
        return _plain(pc.run_end_decode(array))
    if pa.types.is_map(kind):
        entry = pa.struct([("key", kind.key_type), ("value", kind.item_type)])
        return pc.cast(array, pa.list_(entry))
    return pc.cast(array, pa.string()) if pa.types.is_decimal(kind) else array


def _text_hashes(array: pa.Array) -> np.ndarray:
    """Hash strings or binary; each distinct value once."""
    distinct = pc.fill_null(pc.cast(array, pa.large_binary()), b"").dictionary_encode()
    return np.asarray(fold(*byte_runs(distinct.dictionary))[np.asarray(distinct.indices)])


def is_list(kind: pa.DataType) -> bool:
    """Tell whether cells of that Arrow type are lists of any kind (not maps)."""
    return bool(
        pa.types.is_list(kind)
        or pa.types.is_large_list(kind)
        or pa.types.is_fixed_size_list(kind)
        or pa.types.is_list_view(kind)
        or pa.types.is_large_list_view(kind)
    )


def is_text(kind: pa.DataType) -> bool:
    """Tell whether cells of that Arrow type are strings."""
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def is_binary(kind: pa.DataType) -> bool:
    """Tell whether cells of that Arrow type are byte strings."""
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_binary_view(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


def lengths(array: pa.Array) -> np.ndarray:
    """Return int64 (len(array),): elements of each list, 0 for null."""
    return np.asarray(pc.fill_null(pc.cast(pc.list_value_length(array), pa.int64()), 0))


def byte_runs(array: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Return the bytes of strings or binary cells end to end, uint8, and int64 bytes a cell."""
    data = pc.fill_null(pc.cast(array, pa.large_binary()), b"")
    offsets = np.frombuffer(data.buffers()[1], np.int64)[data.offset :][: len(data) + 1]
    values = np.frombuffer(data.buffers()[2] or b"", np.uint8)
    return values[offsets[0] : offsets[-1]], np.diff(offsets)


def _bits(array: pa.Array) -> np.ndarray:
    """Return fixed-width cells as uint64; what stands for null is unspecified."""
    kind: Any = array.type
    if pa.types.is_floating(kind):
        values = np.asarray(pc.fill_null(pc.cast(array, pa.float64()), 0.0))
        return np.where(np.isnan(values), np.float64("nan"), values).view(np.uint64)
    if pa.types.is_boolean(kind):
        array = pc.cast(array, pa.uint8())
    elif pa.types.is_temporal(kind):
        array = array.view(pa.int64() if kind.bit_width == 64 else pa.int32())
    return np.asarray(pc.fill_null(array, 0)).astype(np.uint64)
