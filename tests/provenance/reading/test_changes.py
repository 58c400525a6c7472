"""Bytes that are not those sealed are never served, whenever they changed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from provender.core.breach import BreachKind, BrokenTrustError
from provender.errors import InputError, IntegrityError
from provender.io.chunks import CHUNK_BYTES
from provender.provenance.reading.opening import VerifiedData
from tests.provenance.conftest import flip_bit
from tests.provenance.reading.conftest import opened
from tests.provenance.sealing import Place


def kinds(error: pytest.ExceptionInfo[BrokenTrustError]) -> list[tuple[str, str | None]]:
    return [(breach.kind.value, breach.shard) for breach in error.value.breaches]


def test_a_flipped_bit_is_refused_and_other_chunks_are_served(
    lasting: Place, data: VerifiedData
) -> None:
    clean = (lasting.data / "big.parquet").read_bytes()
    flip_bit(lasting.data / "big.parquet", CHUNK_BYTES + 5)
    file = data.open("big.parquet")
    assert file.read(CHUNK_BYTES) == clean[:CHUNK_BYTES]
    for start, size in ((CHUNK_BYTES, 1), (0, 2 * CHUNK_BYTES), (2 * CHUNK_BYTES - 1, 2)):
        file.seek(start)
        with pytest.raises(BrokenTrustError) as error:
            file.read(size)
        [breach] = error.value.breaches
        assert (breach.kind, breach.shard) == (BreachKind.SHARD_CHANGED, "big.parquet")
        assert breach.chunk == 1
        assert file.tell() == start
    file.seek(2 * CHUNK_BYTES)
    assert file.read() == clean[2 * CHUNK_BYTES :]


def test_a_change_after_opening_is_seen(lasting: Place, data: VerifiedData) -> None:
    """Case 24: between verify and read; the clean twin reads on."""
    file, other = data.open("big.parquet"), data.open("one.jsonl")
    file.read(10)
    flip_bit(lasting.data / "big.parquet", 2 * CHUNK_BYTES + 1)
    with pytest.raises(IntegrityError):
        file.read()
    assert other.read() == (lasting.data / "one.jsonl").read_bytes()


def test_a_change_while_a_chunk_is_kept_serves_the_sealed_bytes_or_none(
    lasting: Place, data: VerifiedData
) -> None:
    file, clean = data.open("big.parquet"), (lasting.data / "big.parquet").read_bytes()
    first = file.read(100)
    flip_bit(lasting.data / "big.parquet", 50)
    file.seek(0)
    assert file.read(100) == first == clean[:100]
    with pytest.raises(IntegrityError):
        opened(lasting).open("big.parquet").read(100)


def test_a_copy_in_a_cache_is_held_against_the_seal(lasting: Place, tmp_path: Path) -> None:
    """Case 25: a local copy of the data, changed where it lies."""
    cached = Place(lasting.folder)
    copy = shutil.copytree(lasting.data, tmp_path / "cache")
    data = opened(cached)
    flip_bit(copy / "one.jsonl", 100)
    from provender import open_verified

    twin = open_verified(copy, cached.seal, cached.trust)
    assert data.open("one.jsonl").read()
    assert twin.open("test/two.jsonl").read()
    with pytest.raises(IntegrityError):
        twin.open("one.jsonl").read()


def test_shards_that_are_missing_longer_shorter_or_no_files(
    lasting: Place, data: VerifiedData
) -> None:
    (lasting.data / "three.arrow").unlink()
    with pytest.raises(BrokenTrustError) as error:
        data.open("three.arrow")
    assert kinds(error) == [("shard-missing", "three.arrow")]
    with (lasting.data / "one.jsonl").open("ab") as file:
        file.write(b"{}\n")
    with (lasting.data / "big.parquet").open("r+b") as file:
        file.truncate(CHUNK_BYTES)
    for name in ("one.jsonl", "big.parquet"):
        with pytest.raises(BrokenTrustError) as error:
            data.open(name)
        assert kinds(error) == [("shard-changed", name)]
    os.mkfifo(lasting.data / "three.arrow")
    with pytest.raises(InputError):
        data.open("three.arrow")
    assert data.open("test/two.jsonl").read()


def test_a_file_cut_while_it_is_open(lasting: Place, data: VerifiedData) -> None:
    file = data.open("big.parquet")
    with (lasting.data / "big.parquet").open("r+b") as changed:
        changed.truncate(2 * CHUNK_BYTES + 10)
    file.seek(2 * CHUNK_BYTES)
    with pytest.raises(IntegrityError):
        file.read(5)


def test_data_in_a_store_behind_fsspec_are_verified_too(lasting: Place) -> None:
    import fsspec

    from provender import open_verified

    memory = fsspec.filesystem("memory")
    memory.put(str(lasting.data), "/sealed-reader/", recursive=True)
    place = "memory://sealed-reader"
    if not memory.exists("/sealed-reader/one.jsonl"):
        place += "/data"
    data = open_verified(place, lasting.seal, lasting.trust)
    assert data.open("one.jsonl").read() == (lasting.data / "one.jsonl").read_bytes()
    assert data.open("big.parquet").read() == (lasting.data / "big.parquet").read_bytes()
    inside = place.removeprefix("memory:/")
    changed = bytearray(memory.cat_file(f"{inside}/big.parquet"))
    changed[CHUNK_BYTES] ^= 1
    memory.pipe_file(f"{inside}/big.parquet", bytes(changed))
    with pytest.raises(IntegrityError):
        data.open("big.parquet").read()
    memory.rm("/sealed-reader", recursive=True)
    with pytest.raises(BrokenTrustError):
        data.open("one.jsonl")
