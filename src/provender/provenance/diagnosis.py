"""What happened to a shard that is not as sealed: which chunks, which records, what kind of change.

Only called once verification has failed. Names the change as exactly as the data still allow; the
data are decoded for it, as untrusted as ever, and where that fails the bytes alone are named.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from provender.core.breach import Breach, BreachKind, printable
from provender.core.shard import Span, SurveyedShard
from provender.errors import ProvenderError
from provender.identity.analysis import IdentityAnalysis, RowIdentity
from provender.io.chunks import CHUNK_BYTES, VerifiedFile, read_fully
from provender.io.discover import shard_ref
from provender.io.failures import HEAD_BYTES, looks_like, plain_failures
from provender.io.names import format_of
from provender.io.reader import read_span, survey
from provender.io.storage import open_raw
from provender.provenance.compare_bytes import Difference, chunk_root_of

#: So many chunks of a shard are named one by one.
_CHUNKS_NAMED = 8
#: Larger shards are not decoded to say what changed in them.
_DECODED_BYTES = 2**30
_SPAN_BYTES = 2**16
_IDENTITY = IdentityAnalysis()


@dataclass(frozen=True)
class Found:
    """A shard as it is now: how it reads, its records, and where they lie in its bytes.

    Attributes:
        identity: None where its records cannot all be decoded.
        places: (first byte, last byte + 1, first record, last record + 1) of pieces of the file.
    """

    surveyed: SurveyedShard
    identity: RowIdentity | None
    places: tuple[tuple[int, int, int, int], ...]

    def rows(self, start: int, stop: int) -> tuple[int, int] | None:
        """Return the interval of records that lie in the bytes [start, stop)."""
        hit = [(r, s) for a, b, r, s in self.places if a < stop and b > start]
        return (hit[0][0], hit[-1][1]) if hit else None


def diagnose(
    difference: Difference, uri: str, size: int, sealed: Mapping[tuple[int, str], str]
) -> list[Breach]:
    """Say what happened to a shard.

    Args:
        size: bytes of the file now.
        sealed: (bytes, chunk root) → name of every sealed shard.
    """
    entry = difference.entry
    name = printable(entry.name)
    try:
        root = chunk_root_of(uri, entry.name)
    except ProvenderError as error:
        return [Breach(BreachKind.UNREADABLE, f"{name}: {error.cause}", entry.name)]
    other = sealed.get((size, root))
    if other == entry.name:
        what = f"{name}: its bytes were others a moment ago"
        return [Breach(BreachKind.SHARD_CHANGED, what, entry.name)]
    if other is not None:
        what = f"{name}: holds the bytes sealed as {printable(other)}"
        return [Breach(BreachKind.SHARD_SWAPPED, what, entry.name)]
    found = _found(entry.name, uri, size)
    if found is None or found.identity is None:
        whole = size // CHUNK_BYTES
        cut = size < entry.size and all(chunk >= whole for chunk in difference.chunks)
        if cut and _may_be_cut_short(entry.name, uri, size):
            what = f"{name}: is cut short, {size:,} of {entry.size:,} bytes"
            rows = None if found is None else found.rows(whole * CHUNK_BYTES, size)
            return [Breach(BreachKind.SHARD_TRUNCATED, what, entry.name, whole, rows)]
        return _by_chunk(difference, BreachKind.SHARD_CHANGED, "its bytes are others", found, size)
    count = found.identity.multiset.count
    columns = "" if found.surveyed.schema == entry.schema else "; columns or types are others"
    first = difference.chunks[0] if difference.chunks else entry.size // CHUNK_BYTES
    if found.identity.tree.root().hex() == entry.row_root:
        what = f"{name}: re-encoded, the same {count:,} records in other bytes{columns}"
        return [Breach(BreachKind.SHARD_REENCODED, what, entry.name, first)]
    if found.identity.multiset.digest() == entry.row_multiset:
        what = f"{name}: reordered, the same {count:,} records in another order{columns}"
        return [Breach(BreachKind.SHARD_REORDERED, what, entry.name, first, (0, count))]
    what = f"edited, {entry.rows:,} records sealed, {count:,} found{columns}"
    return _by_chunk(difference, BreachKind.SHARD_EDITED, what, found, size)


def _may_be_cut_short(name: str, uri: str, size: int) -> bool:
    """Return whether a file begins as its format does and lacks its end: it was not replaced."""
    try:
        format_, compression = format_of(name)
        with closing(open_raw(uri, name)) as file:
            head = read_fully(file, HEAD_BYTES)
            file.seek(max(size - HEAD_BYTES, 0))
            tail = read_fully(file, HEAD_BYTES)
    except (ProvenderError, OSError):
        return False
    if format_ == "parquet" and tail.endswith(b"PAR1") and size > HEAD_BYTES:
        return False
    begins = {"parquet": ("Parquet",), "arrow": ("an Arrow IPC file", None)}
    kinds = begins.get(format_, (compression,))
    return size < HEAD_BYTES or looks_like(head) in kinds


def _by_chunk(
    difference: Difference, kind: BreachKind, what: str, found: Found | None, size: int
) -> list[Breach]:
    """Return a breach for each of the first chunks that are others."""
    entry = difference.entry
    chunks = list(difference.chunks)
    end = entry.size // CHUNK_BYTES
    if difference.longer and end not in chunks:
        chunks.append(end)
    breaches = []
    for index in chunks[:_CHUNKS_NAMED]:
        start, stop = index * CHUNK_BYTES, min((index + 1) * CHUNK_BYTES, entry.size)
        if index == end:
            stop = max(size, entry.size)
        rows = None if found is None else found.rows(start, stop)
        where = f"chunk {index}, bytes {start:,} to {stop:,}"
        if rows is not None:
            where += f", records {rows[0]:,} to {rows[1]:,}"
        message = f"{printable(entry.name)}: {what} ({where})"
        breaches.append(Breach(kind, message, entry.name, index, rows))
    if len(chunks) > _CHUNKS_NAMED:
        more = f"{printable(entry.name)}: and {len(chunks) - _CHUNKS_NAMED:,} more chunks"
        breaches.append(Breach(kind, more, entry.name))
    return breaches


def _found(name: str, uri: str, size: int) -> Found | None:
    """Decode a shard as it is now; None where not even its layout can be read."""
    if size > _DECODED_BYTES:
        return None
    try:
        surveyed, chunks = survey(shard_ref(name, uri, size), _SPAN_BYTES)
        places = _places(surveyed, chunks)
    except ProvenderError:
        return None
    state = _IDENTITY.empty()
    try:
        for span in surveyed.spans:
            for batch in read_span(surveyed, span, chunks):
                state = _IDENTITY.add(state, batch)
    except ProvenderError:
        return Found(surveyed, None, places)
    return Found(surveyed, state, places)


def _places(shard: SurveyedShard, chunks: bytes) -> tuple[tuple[int, int, int, int], ...]:
    """Return which bytes hold which records, as finely as the format tells."""
    ref, rows = shard.ref, sum(span.rows for span in shard.spans)
    if ref.format in ("csv", "jsonl") and ref.compression is None:
        return tuple(_place(span.start, span.stop, span) for span in shard.spans)
    if ref.format != "parquet":
        return ((0, ref.size, 0, rows),)
    with closing(open_raw(ref.uri, ref.name)) as raw:
        file = VerifiedFile(raw, ref.size, chunks, ref.name)
        with plain_failures(ref.name, file):
            metadata = pq.read_metadata(pa.PythonFile(file, mode="r"))
            places, first = [], 0
            for index in range(metadata.num_row_groups):
                group = metadata.row_group(index)
                start, stop = _group_bytes(group)
                places.append((start, stop, first, first + group.num_rows))
                first += group.num_rows
    return tuple(places)


def _place(start: int, stop: int, span: Span) -> tuple[int, int, int, int]:
    return start, stop, span.first_row, span.first_row + span.rows


def _group_bytes(group: pq.RowGroupMetaData) -> tuple[int, int]:
    """Return the bytes [start, stop) of a row group's column chunks."""
    starts, stops = [], []
    for index in range(group.num_columns):
        column = group.column(index)
        dictionary = column.dictionary_page_offset
        start = column.data_page_offset if dictionary is None else dictionary
        starts.append(start)
        stops.append(start + column.total_compressed_size)
    return min(starts, default=0), max(stops, default=0)
