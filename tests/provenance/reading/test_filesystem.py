"""The file system holds the sealed names, and files like any other."""

from __future__ import annotations

import errno
import io
import pickle
import random
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.errors import InputError
from provender.io.chunks import CHUNK_BYTES
from provender.provenance.reading import shards
from provender.provenance.reading.opening import VerifiedData
from tests.provenance.reading.conftest import opened
from tests.provenance.sealing import Place

NAMES = ["big.parquet", "one.jsonl", "test/two.jsonl", "three.arrow"]


def test_names_are_those_sealed_whatever_lies_on_the_disk(
    lasting: Place, data: VerifiedData
) -> None:
    (lasting.data / "extra.jsonl").write_text("{}\n")
    (lasting.data / "three.arrow").unlink()
    fs = data.filesystem
    assert fs.find("") == NAMES == data.names
    assert fs.ls("", detail=False) == ["big.parquet", "one.jsonl", "test", "three.arrow"]
    assert fs.glob("**/*.jsonl") == ["one.jsonl", "test/two.jsonl"]
    assert fs.exists("three.arrow")
    assert fs.isdir("test")
    assert not fs.exists("extra.jsonl")
    assert fs.size("provender://one.jsonl") == (lasting.data / "one.jsonl").stat().st_size
    with pytest.raises(FileNotFoundError):
        fs.open("extra.jsonl")
    with pytest.raises(FileNotFoundError):
        fs.ls("nowhere")
    with pytest.raises(IsADirectoryError):
        fs.open("test")


@pytest.mark.parametrize("name", ["../place/data/one.jsonl", "./one.jsonl", "test/../one.jsonl"])
def test_other_spellings_of_a_name_are_unknown(data: VerifiedData, name: str) -> None:
    with pytest.raises(FileNotFoundError):
        data.open(name)


def test_nothing_can_be_written(lasting: Place, data: VerifiedData) -> None:
    fs, before = data.filesystem, sorted(lasting.data.rglob("*"))
    for write in (
        lambda: fs.open("one.jsonl", "wb"),
        lambda: fs.open("new", "ab"),
        lambda: fs.rm("one.jsonl"),
        lambda: fs.pipe_file("one.jsonl", b""),
        lambda: fs.mkdir("folder"),
        lambda: fs.mv("one.jsonl", "two.jsonl"),
        lambda: fs.touch("one.jsonl"),
    ):
        with pytest.raises(OSError) as error:
            write()
        assert error.value.errno == errno.EROFS
    assert sorted(lasting.data.rglob("*")) == before


@settings(max_examples=60, deadline=None)
@given(offset=st.integers(0, 13 * 2**20), size=st.integers(0, 9 * 2**20))
def test_any_range_is_that_of_the_file(sealed: Place, offset: int, size: int) -> None:
    path = sealed.data / "big.parquet"
    expected = path.read_bytes()[offset : offset + size]
    with opened(sealed).open("big.parquet") as file:
        file.seek(offset)
        assert file.read(size) == expected
        file.seek(offset)
        assert bytes(file.read_buffer(size)) == expected
        file.seek(offset)
        target = bytearray(size)
        assert file.readinto(target) == len(expected)
        assert target[: len(expected)] == expected


def test_it_is_a_file_like_any_other(lasting: Place, data: VerifiedData) -> None:
    path = lasting.data / "one.jsonl"
    with data.open("one.jsonl") as file:
        assert file.readlines() == path.read_bytes().splitlines(keepends=True)
        assert file.seek(-3, io.SEEK_END) == file.size - 3
        assert pickle.loads(pickle.dumps(file)).read() == file.read() == path.read_bytes()[-3:]
        with pytest.raises(OSError):
            file.fileno()
    with pytest.raises(ValueError):
        file.read()
    with data.filesystem.open("one.jsonl", "r") as text:
        assert text.read() == path.read_text()
    assert data.filesystem.cat_file("one.jsonl", 3, 9) == path.read_bytes()[3:9]


def test_what_is_served_cannot_be_changed_by_who_got_it(data: VerifiedData) -> None:
    view = data.open("big.parquet").read_buffer(10)
    with pytest.raises(TypeError):
        view[0] = 0


def test_kept_chunks_are_bounded(data: VerifiedData, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "CACHE_BYTES", 2 * CHUNK_BYTES)
    file = data.open("big.parquet")
    for chunk in (0, 1, 2, 0):
        file.seek(chunk * CHUNK_BYTES)
        file.read(1)
    assert [index for _, index in data.shards._kept] == [2, 0]


def test_many_threads_read_at_random(lasting: Place, data: VerifiedData) -> None:
    clean = (lasting.data / "big.parquet").read_bytes()
    wrong: list[int] = []

    def read(seed: int) -> None:
        chance, file = random.Random(seed), data.open("big.parquet")
        for _ in range(30):
            start = chance.randrange(len(clean))
            file.seek(start)
            if file.read(2**20) != clean[start : start + 2**20]:
                wrong.append(start)

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_an_address_with_storage_options_opens_the_same(lasting: Place, data: VerifiedData) -> None:
    import fsspec

    options = {"data": lasting.data, "seal": lasting.seal, "trust": lasting.trust}
    with fsspec.open("provender://test/two.jsonl", **options) as file:
        assert file.read() == data.open("test/two.jsonl").read()
    fs, name = fsspec.url_to_fs("provender://test/two.jsonl", **options)
    assert (name, fs) == ("test/two.jsonl", data.filesystem)
    assert fs.ukey(name) == data.shards.entries[name].sha256
    lasting.seal.unlink()
    with pytest.raises(InputError):
        fsspec.url_to_fs("provender://test/two.jsonl", **options)


def test_the_package_declares_the_protocol() -> None:
    import importlib
    import tomllib

    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    [(protocol, place)] = project["entry-points"]["fsspec.specs"].items()
    module, _, name = place.partition(":")
    assert getattr(importlib.import_module(module), name).protocol == protocol


@pytest.mark.parametrize(
    "inputs",
    [["one.jsonl", "test"], ["*.jsonl", "test/*.jsonl"], ["three.arrow"], ["test/../big.parquet"]],
)
def test_names_are_relative_to_what_they_were_when_sealed(
    lasting: Place, inputs: list[str]
) -> None:
    from provender import open_verified
    from provender.io.discover import named_files

    given = [str(lasting.data / name) for name in inputs]
    data = open_verified(given, lasting.seal, lasting.trust)
    for name, (uri, _) in named_files(given).items():
        assert f"{data.shards.root}/{name}" == uri
        assert data.open(name).read() == Path(uri.removeprefix("file://")).read_bytes()


def test_an_address_and_a_path_have_no_folder_in_common(lasting: Place) -> None:
    from provender import open_verified

    with pytest.raises(InputError, match="different file systems"):
        open_verified([lasting.data, "memory://x/*.jsonl"], lasting.seal, lasting.trust)
    with pytest.raises(InputError, match="no such file"):
        open_verified(lasting.folder / "nowhere", lasting.seal, lasting.trust)
