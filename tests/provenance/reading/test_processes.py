"""Workers of a DataLoader, forked or spawned, read at random and leave a record of it."""

from __future__ import annotations

import multiprocessing
import random
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from provender.core.breach import BrokenTrustError
from provender.errors import InputError, IntegrityError, StoreError
from provender.io.chunks import CHUNK_BYTES
from provender.provenance.reading.log import ReadLog, logged_reads
from provender.provenance.reading.opening import VerifiedData
from tests.provenance.conftest import flip_bit
from tests.provenance.reading.conftest import opened
from tests.provenance.sealing import Place

WAYS = ["fork", "spawn"]


@dataclass
class Groups:
    """A map-style data set as torch wants it: items are row groups; a file is opened once."""

    data: VerifiedData
    file: pq.ParquetFile | None = None

    def __getitem__(self, index: int) -> int:
        self.file = self.file or pq.ParquetFile(self.data.open("big.parquet"))
        return self.file.read_row_group(index)["n"][0].as_py()


def read_shuffled(groups: Groups, seed: int) -> dict[int, int]:
    order = [0, 1, 2] * 3
    random.Random(seed).shuffle(order)
    return {index: groups[index] for index in order}


def load(groups: Groups, way: str) -> list[dict[int, int]]:
    context = multiprocessing.get_context(way)
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        return list(pool.map(read_shuffled, [groups] * 4, range(4)))


@pytest.mark.parametrize("way", WAYS)
def test_workers_read_the_same_and_their_reads_are_merged(
    lasting: Place, tmp_path: Path, way: str
) -> None:
    data = opened(lasting, tmp_path / "reads")
    plain = pq.ParquetFile(lasting.data / "big.parquet")
    first = {i: plain.read_row_group(i)["n"][0].as_py() for i in range(3)}
    assert load(Groups(data), way) == [first] * 4
    reads = logged_reads(tmp_path / "reads", data.sealed.digest)
    assert reads == {"big.parquet": {0, 1, 2, 3}}


@pytest.mark.parametrize("way", WAYS)
def test_what_a_worker_raises_arrives_as_it_was(lasting: Place, way: str) -> None:
    data = opened(lasting)
    flip_bit(lasting.data / "big.parquet", CHUNK_BYTES + 9)
    with pytest.raises(BrokenTrustError) as error:
        load(Groups(data), way)
    assert [b.shard for b in error.value.breaches] == ["big.parquet"]


def test_torch_can_make_the_error_anew_from_its_text() -> None:
    assert isinstance(BrokenTrustError("Caught it in a worker\nTraceback"), IntegrityError)


def test_a_forked_worker_may_use_an_open_file(lasting: Place) -> None:
    data, clean = opened(lasting), (lasting.data / "big.parquet").read_bytes()
    file = data.open("big.parquet")
    file.read(10)
    data.shards._lock.acquire()  # as a thread of the parent may hold it at the fork
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=lambda: queue.put(file.read(5 * 2**20)))
    child.start()
    assert queue.get(timeout=60) == clean[10 : 10 + 5 * 2**20]
    child.join()
    data.shards._lock.release()
    assert file.read(10) == clean[10:20]


def test_torch_data_loader(lasting: Place) -> None:
    data = pytest.importorskip("torch.utils.data")
    flip_bit(lasting.data / "big.parquet", CHUNK_BYTES + 9)

    class Items(data.Dataset):
        def __init__(self, groups: Groups) -> None:
            self.groups = groups

        def __len__(self) -> int:
            return 3

        def __getitem__(self, index: int) -> int:
            return self.groups[index] % 2**31

    with pytest.raises(IntegrityError):
        list(data.DataLoader(Items(Groups(opened(lasting))), shuffle=True, num_workers=2))
    flip_bit(lasting.data / "big.parquet", CHUNK_BYTES + 9)
    clean = data.DataLoader(Items(Groups(opened(lasting))), shuffle=True, num_workers=2)
    assert len(list(clean)) == 3


# --- the log ---------------------------------------------------------------------------------

SEAL = "sha256:" + "a" * 64


def test_reads_are_logged_once_and_before_they_are_served(tmp_path: Path) -> None:
    log = ReadLog(str(tmp_path), SEAL)
    for chunk in (3, 1, 3):
        log.note("a", chunk)
    assert logged_reads(tmp_path, SEAL) == {"a": {1, 3}}
    [path] = tmp_path.iterdir()
    assert len(path.read_text().splitlines()) == 3


def test_a_line_that_was_cut_off_was_never_served(tmp_path: Path) -> None:
    log = ReadLog(str(tmp_path), SEAL)
    log.note("a", 1)
    [path] = tmp_path.iterdir()
    path.write_bytes(path.read_bytes() + b'["a", 2')
    assert logged_reads(tmp_path, SEAL) == {"a": {1}}


@pytest.mark.parametrize(
    "line", [b"{}\n", b'["a"]\n', b'["a", true]\n', b'["a", 1, 2]\n', b"\xff\n", b"[[[[\n"]
)
def test_what_the_reader_did_not_write_makes_no_receipt(tmp_path: Path, line: bytes) -> None:
    ReadLog(str(tmp_path), SEAL).note("a", 1)
    [path] = tmp_path.iterdir()
    path.write_bytes(path.read_bytes() + line)
    with pytest.raises(InputError):
        logged_reads(tmp_path, SEAL)


def test_reads_under_another_seal_make_no_receipt(tmp_path: Path) -> None:
    ReadLog(str(tmp_path), SEAL).note("a", 1)
    with pytest.raises(InputError):
        logged_reads(tmp_path, "sha256:" + "b" * 64)


def test_nothing_is_served_that_cannot_be_logged(lasting: Place, tmp_path: Path) -> None:
    (tmp_path / "reads").write_text("a file")
    with pytest.raises(StoreError):
        opened(lasting, tmp_path / "reads").open("one.jsonl").read()
