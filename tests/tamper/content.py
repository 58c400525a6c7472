"""Tampering with what shards hold (cases 1, 8 to 11, 26, 27, 29 to 31)."""

from __future__ import annotations

import gzip
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from provender.io.chunks import CHUNK_BYTES
from tests.provenance.conftest import flip_bit
from tests.tamper.case import executed
from tests.tamper.clean import BIG, ONE, ROWS, THREE, table, write_arrow

FOOTER_MAX = 10**6 + ROWS - 1


def flip(data: Path) -> None:
    """Flip a bit of a number in the second chunk; size, inode and time stay."""
    flip_bit(data / BIG, CHUNK_BYTES + 1000)


def flip_in_page(data: Path) -> None:
    """Flip a byte of a data page; pages written without CRC decode as if nothing were."""
    before = pq.read_table(data / BIG)
    column = pq.read_metadata(data / BIG).row_group(1).column(0)
    flip_bit(data / BIG, column.data_page_offset + column.total_compressed_size - 8)
    after = pq.read_table(data / BIG, page_checksum_verification=True)
    assert after.num_rows == before.num_rows
    assert not after.equals(before)


def reorder(data: Path) -> None:
    lines = (data / ONE).read_text().splitlines(keepends=True)
    (data / ONE).write_text("".join(reversed(lines)))


def lines_changed(change: Callable[[list[str]], list[str]]) -> Callable[[Path], None]:
    def act(data: Path) -> None:
        lines = (data / ONE).read_text().splitlines(keepends=True)
        (data / ONE).write_text("".join(change(lines)))

    return act


edit = lines_changed(lambda x: [*x[:200], x[200].replace("mail", "spam"), *x[201:]])
remove = lines_changed(lambda x: x[:200] + x[201:])
append = lines_changed(lambda x: [*x, x[0]])


def reencode(data: Path) -> None:
    pq.write_table(pq.read_table(data / BIG), data / BIG, compression="zstd")


def truncate(data: Path) -> None:
    os.truncate(data / BIG, CHUNK_BYTES + 1000)


def lie_in_footer(data: Path) -> None:
    """Lower the largest ``n`` that the footer claims: filtered reads then drop records."""
    shard = data / BIG
    wanted = pc.field("n") >= FOOTER_MAX - 10
    before = pq.read_table(shard, filters=wanted).num_rows
    raw = shard.read_bytes()
    start = len(raw) - 8 - struct.unpack("<I", raw[-8:-4])[0]
    true, lie = (struct.pack("<q", n) for n in (FOOTER_MAX, FOOTER_MAX - 20))
    assert true in raw[start:]
    shard.write_bytes(raw[:start] + raw[start:].replace(true, lie))
    assert pq.read_table(shard, filters=wanted).num_rows < before
    assert pq.read_table(shard).num_rows == ROWS


class _Payload:
    """Leaves a trace when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.trace),)


def _pickled(data: Path) -> bytes:
    return pickle.dumps(_Payload(executed(data.parent)))


def add_pickles(data: Path) -> None:
    """Add shards of formats that execute what they hold when they are loaded."""
    payload = _pickled(data)
    (data / "train/x.pkl").write_bytes(payload)
    with zipfile.ZipFile(data / "train/x.pt", "w") as archive:
        archive.writestr("archive/data.pkl", payload)
    array = np.array([_Payload(executed(data.parent))], dtype=object)
    np.save(data / "train/x.npy", array, allow_pickle=True)


def pickle_as_shard(data: Path) -> None:
    (data / BIG).write_bytes(_pickled(data))


def gzip_bomb(data: Path) -> None:
    """Put 1 GiB in one record behind 1 MB of gzip."""
    part = b"x" * 2**20
    with gzip.open(data / "train/bomb.jsonl.gz", "wb", compresslevel=9) as file:
        file.write(b'{"n": 1, "m": 7, "text": "')
        for _ in range(1024):
            file.write(part)
        file.write(b'"}\n')


def zstd_bomb(data: Path) -> None:
    """Put 4 GiB in one record behind 400 kB of zstd."""
    part = b"x" * 2**20
    with pa.CompressedOutputStream(str(data / "train/bomb.jsonl.zst"), "zstd") as file:
        file.write(b'{"n": 1, "m": 7, "text": "')
        for _ in range(4096):
            file.write(part)
        file.write(b'"}\n')


def page_bomb(data: Path) -> None:
    """Replace a shard by Parquet whose one page unpacks to 1 GiB from some kB."""
    ends, content = np.array([0, 2**30], np.int64), b"x" * 2**30
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(content)]
    bomb = pa.table({"text": pa.Array.from_buffers(pa.large_binary(), 1, buffers)})
    pq.write_table(
        bomb, data / BIG, compression="zstd", use_dictionary=False, write_statistics=False
    )
    assert (data / BIG).stat().st_size < 2**18


def relabel_as_float(data: Path) -> None:
    """Keep the bits of a column and call them another type."""
    whole = pa.ipc.open_file(data / THREE).read_all()
    numbers = whole["n"].combine_chunks()
    bits = pa.Array.from_buffers(pa.float64(), len(numbers), numbers.buffers())
    write_arrow(data / THREE, whole.set_column(0, "n", bits))


def swap_columns(data: Path) -> None:
    """Let two columns trade names over the same bytes."""
    whole = pa.ipc.open_file(data / THREE).read_all()
    write_arrow(data / THREE, whole.rename_columns(["m", "n", "text"]))


def widen_label(data: Path) -> None:
    """Write the same numbers under a narrower type: the records are equal, the schema is not."""
    narrow = pa.schema([("n", pa.int32()), ("m", pa.int64()), ("text", pa.string())])
    write_arrow(data / THREE, table(9000, 100).cast(narrow))
