"""What verification reads and names, beside the cases of tests/tamper; untouched data pass."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from provender.core.breach import Breach
from provender.errors import InputError, UsageError
from provender.io.chunks import CHUNK_BYTES
from tests.provenance.conftest import flip_bit
from tests.provenance.sealing import GROUP, Place

Told = list[tuple[str, str | None, int | None, tuple[int, int] | None]]
LINES = 500


def told(breaches: tuple[Breach, ...]) -> Told:
    return [(b.kind.value, b.shard, b.chunk, b.rows) for b in breaches]


def kinds(place: Place, **asked: Any) -> list[tuple[str, str | None]]:
    return [(b.kind.value, b.shard) for b in place.verify(**asked).breaches]


def test_untouched_data_are_verified_whole(place: Place) -> None:
    found = place.verify()
    assert found.breaches == ()
    assert found.shards == ("big.parquet", "one.jsonl", "test/two.jsonl", "three.arrow")
    assert found.bytes == sum(p.stat().st_size for p in place.data.rglob("*.*"))


# --- bytes (cases 1, 11, 27) --------------------------------------------------------------------


@pytest.mark.parametrize("chunk", [0, 1, 2])
def test_a_flipped_bit_is_named_by_chunk_and_rows(place: Place, chunk: int) -> None:
    within_a_text = CHUNK_BYTES // 2 + 9  # its length would leave nothing to decode
    flip_bit(place.data / "big.parquet", chunk * CHUNK_BYTES + within_a_text)
    [(kind, shard, index, rows)] = told(place.verify().breaches)
    assert (kind, shard, index) == ("shard-edited", "big.parquet", chunk)
    assert rows is not None
    assert rows[0] <= chunk * GROUP + GROUP // 2 < rows[1]
    assert rows[1] - rows[0] <= 2 * GROUP


def test_a_flipped_bit_in_the_footer_leaves_the_bytes_to_name(place: Place) -> None:
    shard = place.data / "big.parquet"
    flip_bit(shard, shard.stat().st_size - 6)
    [(kind, name, chunk, rows)] = told(place.verify().breaches)
    assert (kind, name, chunk, rows) == ("shard-changed", "big.parquet", 3, None)


def test_an_edited_line_is_named_by_its_rows(place: Place) -> None:
    shard = place.data / "one.jsonl"
    shard.write_text(shard.read_text().replace('"n": 321', '"n": 999'))
    assert told(place.verify().breaches) == [("shard-edited", "one.jsonl", 0, (0, LINES))]


@pytest.mark.parametrize("kept", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 17, 2 * CHUNK_BYTES])
def test_a_file_cut_short_is_named(place: Place, kept: int) -> None:
    with (place.data / "big.parquet").open("r+b") as file:
        file.truncate(kept)
    [breach] = place.verify().breaches
    assert (breach.kind.value, breach.shard) == ("shard-truncated", "big.parquet")
    assert breach.chunk == kept // CHUNK_BYTES
    assert f"{kept:,} of" in breach.message


def test_bytes_behind_the_end_are_seen(place: Place) -> None:
    for name in ("one.jsonl", "big.parquet"):
        with (place.data / name).open("ab") as file:
            file.write(b'{"n": 1}\n')
    assert told(place.verify().breaches) == [
        ("shard-changed", "big.parquet", 3, None),
        ("shard-edited", "one.jsonl", 0, (0, LINES + 1)),
    ]


def test_bytes_behind_an_end_between_two_chunks_are_seen(place: Place) -> None:
    shutil.rmtree(place.data)
    place.data.mkdir()
    shard = place.data / "even.jsonl"
    line = b'{"n": 1}' + b" " * 1015 + b"\n"
    shard.write_bytes(line * (CHUNK_BYTES // len(line)))
    assert shard.stat().st_size == CHUNK_BYTES
    place.write_seal(place.make_manifest())
    assert place.verify().breaches == ()
    shard.write_bytes(shard.read_bytes() + line)
    rows = CHUNK_BYTES // len(line)
    [(kind, _, chunk, (first, last))] = told(place.verify().breaches)
    assert (kind, chunk, last) == ("shard-edited", 1, rows + 1)
    assert first <= rows


def test_many_changed_chunks_are_named_up_to_a_bound(place: Place) -> None:
    (place.data / "big.parquet").write_bytes(bytes((place.data / "big.parquet").stat().st_size))
    found = place.verify().breaches
    assert [b.chunk for b in found] == [0, 1, 2, 3]


# --- names -------------------------------------------------------------------------------------


def test_no_shard_at_all_is_all_of_them_missing(place: Place) -> None:
    shutil.rmtree(place.data)
    place.data.mkdir()
    assert {kind for kind, _ in kinds(place)} == {"shard-missing"}
    place.data.rmdir()
    with pytest.raises(InputError, match="no such file or folder"):
        place.verify()


@pytest.mark.parametrize("name", ["more.jsonl", ".hidden", ".gitkeep", ".github/x.jsonl", "a.pkl"])
@pytest.mark.parametrize("data", [b"", b'{"n": 1}\n'])
def test_an_added_file_is_never_ignored(place: Place, name: str, data: bytes) -> None:
    path = place.data / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    (place.data / ".dvcignore").write_text(f"/{name}\n")
    assert kinds(place) == sorted(
        [("shard-added", ".dvcignore"), ("shard-added", name)], key=lambda pair: pair[1]
    )


def test_a_shard_that_cannot_be_read_is_neither_verified_nor_changed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = open

    def deny(path: Any, *args: Any, **kwargs: Any) -> Any:
        if str(path).endswith("one.jsonl"):
            raise PermissionError(13, "Permission denied", path)
        return opened(path, *args, **kwargs)

    monkeypatch.setattr("builtins.open", deny)
    assert kinds(place) == [("unreadable", "one.jsonl")]


def test_names_reach_no_terminal_as_control_characters(place: Place) -> None:
    (place.data / "\x1b[2J.jsonl").write_text("{}")
    [breach] = place.verify().breaches
    assert breach.message.isprintable()


# --- parts --------------------------------------------------------------------------------------


def test_a_range_reads_only_the_chunks_it_lies_in(place: Place) -> None:
    flip_bit(place.data / "big.parquet", CHUNK_BYTES + 5)
    clean = place.verify(shard="big.parquet", range=(0, CHUNK_BYTES))
    assert (clean.breaches, clean.bytes) == ((), CHUNK_BYTES)
    behind = place.verify(shard="big.parquet", range=(2 * CHUNK_BYTES, 2 * CHUNK_BYTES + 1))
    assert (behind.breaches, behind.bytes) == ((), CHUNK_BYTES)
    for range_ in ((CHUNK_BYTES - 1, CHUNK_BYTES + 1), (CHUNK_BYTES, CHUNK_BYTES + 1)):
        [breach] = place.verify(shard="big.parquet", range=range_).breaches
        assert (breach.shard, breach.chunk) == ("big.parquet", 1)


def test_a_range_outside_the_shard_is_a_mistake(place: Place) -> None:
    size = (place.data / "one.jsonl").stat().st_size
    assert place.verify(shard="one.jsonl", range=(0, size)).breaches == ()
    for range_ in ((0, size + 1), (5, 5), (9, 3)):
        with pytest.raises(UsageError):
            place.verify(shard="one.jsonl", range=range_)


def test_one_shard_is_verified_alone(place: Place) -> None:
    flip_bit(place.data / "one.jsonl", 7)
    found = place.verify(shard="three.arrow")
    assert (found.breaches, found.shards) == ((), ("three.arrow",))
    assert kinds(place, shard="one.jsonl")[0][1] == "one.jsonl"
    assert kinds(place, shard="nothing.jsonl") == [("shard-added", "nothing.jsonl")]
    (place.data / "one.jsonl").unlink()
    assert kinds(place, shard="one.jsonl") == [("shard-missing", "one.jsonl")]


def test_a_sample_sees_what_is_tampered_in_it_and_every_name(place: Place) -> None:
    flip_bit(place.data / "one.jsonl", 7)
    seen = 0
    for seed in range(12):
        found = place.verify(sample=2, seed=str(seed))
        assert len(found.shards) == 2
        assert bool(found.breaches) == ("one.jsonl" in found.shards)
        seen += bool(found.breaches)
    assert 0 < seen < 12
    (place.data / "more.jsonl").touch()
    assert ("shard-added", "more.jsonl") in kinds(place, sample=1, seed="0")


def test_times_and_sizes_are_not_believed(place: Place) -> None:
    shard = place.data / "one.jsonl"
    before = shard.stat()
    shard.write_text(shard.read_text().replace("7", "8"))
    os.utime(shard, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert shard.stat().st_size == before.st_size
    assert [kind for kind, _ in kinds(place)] == ["shard-edited"]


def test_rows_are_named_where_a_page_no_longer_decodes(place: Place, tmp_path: Path) -> None:
    table = pa.table({"n": np.arange(1000), "text": [f"row {i}" for i in range(1000)]})
    data = tmp_path / "pages"
    data.mkdir()
    pq.write_table(table, data / "a.parquet", compression="zstd", row_group_size=100)
    inner = Place(place.folder)
    shutil.rmtree(inner.data)
    shutil.copytree(data, inner.data)
    inner.write_seal(inner.make_manifest())
    group = pq.read_metadata(data / "a.parquet").row_group(5).column(1)
    with (inner.data / "a.parquet").open("r+b") as file:
        file.seek(group.data_page_offset)
        file.write(b"\xff" * 16)
    [breach] = inner.verify().breaches
    assert breach.kind.value == "shard-changed"
    assert breach.rows == (0, 1000)
