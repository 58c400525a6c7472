"""pandas, pyarrow, polars and datasets read through it, and stop at a changed byte."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from pipelines.fingerprint import fingerprint, survey
from pipelines.run import Run
from provender.core.shard import Roles
from provender.errors import IntegrityError, NothingCheckedError
from provender.io.chunks import CHUNK_BYTES
from provender.io.states import StateStore
from provender.provenance.reading.opening import VerifiedData
from tests.provenance.conftest import flip_bit
from tests.provenance.reading.conftest import FAR, opened
from tests.provenance.sealing import GROUP, ROWS, Place

#: Ways of training code to read a Parquet shard; each returns the sum of its numbers.
WAYS: dict[str, Callable[[VerifiedData], Any]] = {
    "dataset": lambda d: pc.sum(d.dataset(["big.parquet"]).to_table()["n"]).as_py(),
    "batches": lambda d: sum(pc.sum(b["n"]).as_py() for b in d.batches(["big.parquet"])),
    "pyarrow": lambda d: pc.sum(
        pq.read_table("big.parquet", filesystem=d.arrow_filesystem)["n"]
    ).as_py(),
    "pyarrow over fsspec": lambda d: pc.sum(
        pq.read_table("big.parquet", filesystem=d.filesystem)["n"]
    ).as_py(),
    "row groups": lambda d: sum(
        pc.sum(pq.ParquetFile(d.open("big.parquet")).read_row_group(i)["n"]).as_py()
        for i in (2, 0, 1)
    ),
    "pyarrow dataset": lambda d: pc.sum(
        ds.dataset("big.parquet", filesystem=d.arrow_filesystem).to_table()["n"]
    ).as_py(),
    "pandas": lambda d: sum(pd.read_parquet("big.parquet", filesystem=d.filesystem)["n"].tolist()),
    "pandas file": lambda d: sum(pd.read_parquet(d.open("big.parquet"))["n"].tolist()),
}


def expected(place: Place) -> int:
    return sum(pq.read_table(place.data / "big.parquet")["n"].to_pylist())


@pytest.fixture(scope="session")
def total(sealed: Place) -> int:
    return expected(sealed) % 2**64


@pytest.mark.parametrize("way", WAYS)
def test_records_are_those_sealed(data: VerifiedData, total: int, way: str) -> None:
    assert WAYS[way](data) % 2**64 == total


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("offset", [100, CHUNK_BYTES + 9, -30], ids=["first", "page", "footer"])
def test_a_changed_page_or_footer_is_refused(lasting: Place, way: str, offset: int) -> None:
    """Cases 26 and 27: a page without a checksum, and statistics in the footer."""
    path = lasting.data / "big.parquet"
    flip_bit(path, offset if offset > 0 else path.stat().st_size + offset)
    with pytest.raises(IntegrityError):
        WAYS[way](opened(lasting))


def test_statistics_that_lie_drop_no_record_in_silence(lasting: Place, data: VerifiedData) -> None:
    """Case 26: the same rows, written again with a footer that says none is above a bound."""
    path = lasting.data / "big.parquet"
    table = pq.read_table(path)
    least = pc.min_max(table["n"])["min"].as_py()
    clean = data.dataset(["big.parquet"]).to_table(filter=pc.field("n") > least)
    assert clean.num_rows == ROWS - 1
    stored = path.read_bytes()
    footer = stored[-(8 + int.from_bytes(stored[-8:-4], "little")) :]
    groups = [pq.read_metadata(path).row_group(i).column(0).statistics for i in range(3)]
    [largest] = [group.max for group in groups if group.min == least]
    lie = footer.replace(largest.to_bytes(8, "little"), least.to_bytes(8, "little"))
    assert lie != footer
    path.write_bytes(stored[: -len(footer)] + lie)
    plain = ds.dataset(path).to_table(filter=pc.field("n") > least)
    assert plain.num_rows < ROWS - 1, "the lie must work on a plain reader"
    with pytest.raises(IntegrityError):
        opened(lasting).dataset(["big.parquet"]).to_table(filter=pc.field("n") > least)


def test_no_record_of_a_changed_chunk_is_seen(lasting: Place) -> None:
    flip_bit(lasting.data / "big.parquet", 9)
    file = pq.ParquetFile(opened(lasting).open("big.parquet"))
    assert file.read_row_group(2).num_rows == GROUP
    with pytest.raises(IntegrityError):
        file.read_row_group(0)


def test_json_lines_and_arrow_by_pandas(lasting: Place, data: VerifiedData) -> None:
    with data.open("one.jsonl") as file:
        assert pd.read_json(file, lines=True)["n"].tolist() == list(range(500))
    assert len(pd.read_feather(data.open("three.arrow"))) == 100
    flip_bit(lasting.data / "one.jsonl", 9)
    with pytest.raises(IntegrityError), opened(lasting).open("one.jsonl") as file:
        pd.read_json(file, lines=True)


def test_all_formats_are_one_dataset(data: VerifiedData) -> None:
    assert data.dataset().count_rows() == ROWS + 500 + 500 + 100
    assert sum(batch.num_rows for batch in data.batches(columns=["n"])) == ROWS + 1100
    assert pickle.loads(pickle.dumps(data.dataset())).count_rows() == ROWS + 1100
    assert pickle.loads(pickle.dumps(data)).names == data.names
    with pytest.raises(FileNotFoundError):
        data.dataset(["nope.parquet"])
    with pytest.raises(NothingCheckedError):
        data.dataset([])


def resealed(place: Place) -> VerifiedData:
    run = Run(StateStore(str(place.folder / "states")), workers=1)
    place.write_seal(fingerprint(survey([str(place.data)], Roles(), run), run)[0], expires=FAR)
    return opened(place)


def test_columns_are_those_of_all_shards_and_of_folders(lasting: Place) -> None:
    for path in list(lasting.data.rglob("*.*")):
        path.unlink()
    for year, kind in (("2023", pa.int32()), ("2024", pa.int64())):
        folder = lasting.data / f"year={year}"
        folder.mkdir()
        pq.write_table(pa.table({"n": pa.array([1], kind), "a": ["x"]}), folder / "part.parquet")
        (folder / "rows.csv").write_text("n,a\n2,y\n")
    (lasting.data / "year=2023" / "rows.jsonl").write_text('{"n": 3}\n')
    data = resealed(lasting)
    table = pa.Table.from_batches(data.batches())
    assert set(table.column_names) == {"n", "a", "year"}
    assert table.schema.field("year").type == pa.string()
    rows = sorted((r["n"], r["year"], r["a"]) for r in table.to_pylist())
    twins = [(n, year, a) for n, a in ((1, "x"), (2, "y")) for year in ("2023", "2024")]
    assert rows == [*twins, (3, "2023", None)]
    batched = pa.Table.from_batches(data.batches(columns=["a", "year", "n"]))
    assert sorted((r["n"], r["year"], r["a"]) for r in batched.to_pylist()) == rows


def test_reading_may_stop_before_the_end(data: VerifiedData) -> None:
    for names in (None, ["one.jsonl"], ["three.arrow"]):
        assert next(data.batches(names)).num_rows > 0


def test_polars(lasting: Place, data: VerifiedData, total: int) -> None:
    polars = pytest.importorskip("polars")
    eager = polars.read_parquet(data.open("big.parquet"))
    assert sum(eager["n"].to_list()) % 2**64 == total
    lazy = polars.scan_pyarrow_dataset(data.dataset(["big.parquet"]))
    assert lazy.select(polars.len()).collect().item() == ROWS
    assert polars.read_ndjson(data.open("one.jsonl")).height == 500
    flip_bit(lasting.data / "big.parquet", CHUNK_BYTES + 9)
    changed = opened(lasting)
    # polars wraps what a file raised, or panics, which is no Exception: it must stop.
    with pytest.raises(BaseException):  # noqa: B017
        polars.read_parquet(changed.open("big.parquet"))
    with pytest.raises(BaseException, match="not those sealed"):
        polars.scan_pyarrow_dataset(changed.dataset(["big.parquet"])).collect()


def test_datasets_of_hugging_face(
    lasting: Place, data: VerifiedData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    where = {"data": str(lasting.data), "seal": str(lasting.seal), "trust": str(lasting.trust)}

    def stream() -> list[int]:
        files = ["provender://one.jsonl", "provender://test/two.jsonl"]
        rows = datasets.load_dataset(
            "json",
            data_files=files,
            split="train",
            streaming=True,
            storage_options={"provender": where},
        )
        return [row["n"] for row in rows]

    assert stream() == [*range(500), *range(10**6, 10**6 + 500)]
    flip_bit(lasting.data / "test" / "two.jsonl", 100)
    with pytest.raises(Exception, match="not those sealed"):
        stream()


def test_the_environment_names_what_is_not_given(
    lasting: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    from provender import open_verified
    from provender.errors import UsageError

    for name in [name for name in os.environ if name.startswith("PROVENDER_")]:
        monkeypatch.delenv(name)
    with pytest.raises(UsageError, match="PROVENDER_DATA"):
        open_verified()
    monkeypatch.setenv("PROVENDER_DATA", str(lasting.data))
    monkeypatch.setenv("PROVENDER_SEAL", str(lasting.seal))
    monkeypatch.setenv("PROVENDER_TRUST", str(lasting.trust))
    monkeypatch.setenv("PROVENDER_LAST_SEEN", str(lasting.folder / "seen.json"))
    data = open_verified()
    assert json.loads((lasting.folder / "seen.json").read_text())["seals"]["mail"]["sequence"] == 1
    monkeypatch.setenv("PROVENDER_SEAL_DIGEST", data.sealed.digest)
    assert open_verified().names == data.names
    monkeypatch.setenv("PROVENDER_SEAL_DIGEST", "sha256:" + "0" * 64)
    with pytest.raises(IntegrityError, match="exec"):
        open_verified()
