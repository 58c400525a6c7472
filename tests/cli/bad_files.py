"""Makes good and bad data in a folder, and reads what a command left there.

Good and bad shards come from the same few functions, so that one thing alone is wrong.
"""

from __future__ import annotations

import gzip
import json
import os
import pickle
import re
import struct
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from provender.core.entries import Entries
from provender.core.manifest import Manifest

_PROGRESS = re.compile(r"roles: |[\d,]+ rows in |[\w ]+: [\d,]+/[\d,]+  ")
ROWS = 60


def table(rows: int = ROWS, shift: int = 0) -> pa.Table:
    """A clean table: text, label and a number, no two records equal."""
    numbers = range(shift, shift + rows)
    return pa.table(
        {
            "text": [f"letter number {n} about the {n * 7919 % 104729} items" for n in numbers],
            "label": [("ham", "spam")[n % 2] for n in numbers],
            "amount": [float(n * 31 % 97) for n in numbers],
        }
    )


def write_parquet(path: Path, content: pa.Table | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table() if content is None else content, path)
    return path


def good(folder: Path) -> Path:
    """data/a.parquet and data/b.parquet, nothing wrong with them."""
    write_parquet(folder / "data/a.parquet")
    return write_parquet(folder / "data/b.parquet", table(shift=ROWS))


def write(name: str, content: bytes) -> Callable[[Path], object]:
    """A data file of those bytes."""

    def make(folder: Path) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    return make


def beside_good(name: str, content: bytes) -> Callable[[Path], object]:
    """Good shards, and a file of those bytes."""

    def make(folder: Path) -> None:
        good(folder)
        write(name, content)(folder)

    return make


def columns(**changed: object) -> Callable[[Path], object]:
    """One shard whose named columns are replaced."""

    def make(folder: Path) -> None:
        content = table()
        for name, values in changed.items():
            at = content.schema.names.index(name)
            content = content.set_column(at, name, pa.array(values))
        write_parquet(folder / "data/a.parquet", content)

    return make


class Marker:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (self.path, "w")


def pickle_named_parquet(folder: Path) -> None:
    good(folder)
    (folder / "data/c.parquet").write_bytes(pickle.dumps(Marker(str(folder / "UNPICKLED"))))


def truncated(folder: Path) -> None:
    path = good(folder)
    path.write_bytes(path.read_bytes()[:-100])


def lying_footer(folder: Path) -> None:
    path = good(folder)
    data = path.read_bytes()
    path.write_bytes(data[:-8] + struct.pack("<i", 2**31 - 1) + b"PAR1")


def damaged_page(folder: Path) -> None:
    path = good(folder)
    data = bytearray(path.read_bytes())
    data[40:400] = bytes(255 - b for b in data[40:400])
    path.write_bytes(data)


def folder_named_parquet(folder: Path) -> None:
    (folder / "data/x.parquet").mkdir(parents=True)


def symlink_loop(folder: Path) -> None:
    good(folder)
    (folder / "data/loop").symlink_to(folder / "data")


def link_to_itself(folder: Path) -> None:
    good(folder)
    (folder / "data/c.parquet").symlink_to("c.parquet")


def link_outside(folder: Path) -> None:
    good(folder)
    write_parquet(folder / "elsewhere/c.parquet")
    (folder / "data/c.parquet").symlink_to(folder / "elsewhere/c.parquet")


def mixed_types(folder: Path) -> None:
    path = good(folder)
    write_parquet(path, table().set_column(2, "amount", pa.array(["many"] * ROWS)))


def missing_column(folder: Path) -> None:
    good(folder)
    write_parquet(folder / "data/c.parquet", table().drop_columns("amount"))


def socket(folder: Path) -> None:
    good(folder)
    os.mkfifo(folder / "data/c.parquet")


def gzip_bomb(folder: Path) -> None:
    """One record of 5 GB in 23 MB: members of a gzip file follow each other as one text."""
    (folder / "data").mkdir()
    zeros = gzip.compress(b"0" * 2**26, 1)
    with (folder / "data/bomb.jsonl.gz").open("wb") as file:
        file.write(gzip.compress(b'{"text": "'))
        for _ in range(80):
            file.write(zeros)


def named(*names: str) -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        (folder / "data").mkdir()
        for shift, name in enumerate(names):
            write_parquet(folder / "data" / name, table(shift=shift * ROWS))

    return make


def name_not_utf8(folder: Path) -> None:
    good(folder)
    place = os.fsencode(folder / "data") + b"/\xff.parquet"
    os.link(folder / "data/a.parquet", place)


def out_is_file(folder: Path) -> None:
    good(folder)
    (folder / "out").write_text("mine")


def old_manifest(folder: Path) -> None:
    write("out/manifest.json", b"{}")(folder)


def other_manifest(folder: Path) -> None:
    good(folder)
    nothing = Manifest(Entries(), 0, "", {"chunk_bytes": 1}).to_json()
    write("out/manifest.json", json.dumps(nothing).encode())(folder)


def suite(*expectations: object) -> bytes:
    return json.dumps({"name": "s", "expectations": expectations}).encode()


def endless(path: Path, size: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(b'{"text": "')
        for _ in range(size >> 20):
            file.write(b"x" * 2**20)


def complaints(stderr: str) -> list[str]:
    """Return the lines that are neither progress nor the break after a terminal's ^C."""
    return [line for line in stderr.splitlines() if line and not _PROGRESS.match(line)]


def content(folder: Path) -> dict[str, bytes | None]:
    """Return every file below ``folder`` (None: a folder), or the one file that it is."""
    if folder.is_file():
        return {"": folder.read_bytes()}
    places = sorted(folder.rglob("*"))
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None for p in places}
