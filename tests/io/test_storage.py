"""Files on a real S3-compatible server: whole, fresh, and failures in words."""

import io
import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from provender.errors import InputError, IntegrityError, NothingCheckedError, StoreError
from provender.io import storage
from provender.io.chunks import CHUNK_BYTES
from provender.io.discover import discover
from provender.io.reader import read_span, survey
from provender.io.states import StateStore


def parquet(values):
    sink = io.BytesIO()
    pq.write_table(pa.table({"x": values}), sink, compression="none")
    return sink.getvalue()


@pytest.fixture
def store(s3):
    return StateStore(f"{s3.uri}/cache")


def test_a_state_comes_back_and_can_be_discarded(store, s3):
    assert store.get("a/0011") is None
    store.put("a/0011", b"state")
    store.put("a/0011", b"state")
    assert store.get("a/0011") == b"state"
    assert s3.names() == ["cache/a/00/11"]
    store.discard("a/0011")
    store.discard("a/0011")
    assert s3.names() == []


def test_what_another_process_stores_is_seen_though_it_was_absent_before(store):
    assert store.get("a/0011") is None
    assert discover_names(store.uri) == []
    code = f"from provender.io.states import StateStore as S; S({store.uri!r}).put('a/0011', b's')"
    env = {**os.environ, "PROVENDER_CACHE_KEY": "11" * 32}
    subprocess.run([sys.executable, "-c", code], check=True, env=env)
    assert discover_names(store.uri) == ["11"]
    assert store.get("a/0011") is None  # of another key: absent, not an error
    store.put("a/0011", b"mine")
    assert store.get("a/0011") == b"mine"


def discover_names(address):
    fs, path = storage.file_system(address)
    return [p.rpartition("/")[2] for p in fs.find(path)]


def test_many_threads_write_one_entry(store, s3):
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: store.put("a/0011", b"x" * 100_000), range(24)))
        found = list(threads.map(lambda _: store.get("a/0011"), range(24)))
    assert set(found) == {b"x" * 100_000}
    assert s3.names() == ["cache/a/00/11"]


def test_a_process_forked_after_the_first_request_has_connections_of_its_own(store):
    store.put("a/0011", b"state")
    child = os.fork()
    if not child:
        os._exit(0 if store.get("a/0011") == b"state" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert store.get("a/0011") == b"state"


def test_a_damaged_entry_is_absent(store, s3):
    store.put("a/0011", b"state")
    s3.put("cache/a/00/11", s3.get("cache/a/00/11")[:-1])
    assert store.get("a/0011") is None
    s3.put("cache/a/00/11", b"")
    assert store.get("a/0011") is None


def test_a_missing_bucket_is_said_where_it_is_named(s3):
    store = StateStore("s3://no-such-bucket-here/cache")
    for call in (lambda: store.get("a/0011"), lambda: store.put("a/0011", b"")):
        with pytest.raises(StoreError, match=r"bucket does not exist.*name another store"):
            call()
    for address in ("s3://no-such-bucket-here/data", "s3://no-such-bucket-here/*.parquet"):
        with pytest.raises(InputError, match="bucket does not exist"):
            discover([address])


def test_keys_that_the_store_does_not_know_are_said(store, s3):
    with s3.server.checking_keys():
        with pytest.raises(StoreError, match="Access Key Id you provided does not exist"):
            store.put("a/0011", b"state")
        with pytest.raises(InputError, match=r"no permission to list it .*other credentials"):
            discover([s3.uri])
        with pytest.raises(InputError, match="no permission to read it"):
            storage.open_raw(f"{s3.uri}/x", "x")


def test_a_key_that_may_only_read_cannot_store(store, s3, s3_environment):
    allowed = {"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": "*"}
    s3_environment(s3.server.user(allowed))
    s3.put("data/x.parquet", parquet([1]))
    with s3.server.checking_keys():
        assert [ref.name for ref in discover([f"{s3.uri}/data"])] == ["x.parquet"]
        assert store.get("a/0011") is None
        with pytest.raises(StoreError, match=r"cannot be stored \(Access Denied\)"):
            store.put("a/0011", b"state")


def test_an_endpoint_that_is_down_is_one_line(store, s3, s3_environment):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    s3_environment({"AWS_ENDPOINT_URL_S3": address})
    with pytest.raises(StoreError, match=r"Could not connect to the endpoint.*its endpoint"):
        store.put("a/0011", b"state")
    with pytest.raises(InputError, match=r"cannot be listed \(Could not connect"):
        discover([s3.uri])


def test_an_endpoint_that_never_answers_is_an_error(store, s3, s3_environment, monkeypatch):
    options = {"config_kwargs": {"read_timeout": 0.2, "retries": {"total_max_attempts": 1}}}
    monkeypatch.setitem(storage._OPTIONS, "s3", options)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        s3_environment({"AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{silent.getsockname()[1]}"})
        for call in (lambda: store.put("a/0011", b"state"), lambda: store.get("a/0011")):
            with pytest.raises(StoreError, match="Read timeout on endpoint"):
                call()


def test_folders_globs_and_partitions_name_the_same_shards_as_on_disk(s3, tmp_path):
    for year in (2023, 2024):
        folder = tmp_path / "d" / f"year={year}"
        folder.mkdir(parents=True)
        (folder / "a b[1].parquet").write_bytes(parquet([year]))
    s3.upload(tmp_path / "d", "d")
    s3.put("d/", b"")  # what consoles make for a folder
    here = discover([str(tmp_path / "d")])
    for address in (f"{s3.uri}/d", f"{s3.uri}/d/", f"{s3.uri}/d/*/*.parquet"):
        there = discover([address])
        assert [(r.name, r.size, r.partition) for r in there] == [
            (r.name, r.size, r.partition) for r in here
        ]
    shard, chunks = survey(there[0])
    (batch,) = read_span(shard, shard.spans[0], chunks)
    assert batch.to_pydict() == {"x": [2023], "year": ["2023"]}


@pytest.mark.parametrize("key", ["d/x?versionId=1.parquet", "d//x.parquet", "d/y/../x.parquet"])
def test_keys_that_readers_take_for_another_object_are_refused(key, s3):
    s3.put(key, parquet([1]))
    with pytest.raises(InputError, match="no plain path"):
        discover([f"{s3.uri}/d"])


def test_nothing_is_told_from_missing(s3):
    s3.put("d/x.parquet", parquet([1]))
    with pytest.raises(InputError, match="no such file or folder"):
        discover([f"{s3.uri}/e"])
    with pytest.raises(NothingCheckedError, match="matches no file"):
        discover([f"{s3.uri}/d/*.csv"])


def test_bytes_that_change_between_survey_and_read_are_refused(s3):
    good = parquet(list(range(1000)))
    s3.put("d/x.parquet", good)
    (ref,) = discover([f"{s3.uri}/d"])
    shard, chunks = survey(ref)
    read = lambda: list(read_span(shard, shard.spans[0], chunks))  # noqa: E731
    assert sum(batch.num_rows for batch in read()) == 1000
    other = bytearray(good)
    other[len(other) // 3] ^= 1
    for bad in (bytes(other), good[:-1], good + b"\x00"):
        s3.put("d/x.parquet", bad)
        with pytest.raises(IntegrityError, match=r"x\.parquet: bytes changed"):
            read()
    s3.delete("d/x.parquet")
    with pytest.raises(InputError, match="no such file"):
        read()


def test_an_object_that_changes_while_it_is_open_gives_what_is_there_now(s3):
    first, second = os.urandom(CHUNK_BYTES + 5), os.urandom(CHUNK_BYTES)
    s3.put("x", first)
    with storage.open_raw(f"{s3.uri}/x", "x") as file:
        assert file.read(CHUNK_BYTES) == first[:CHUNK_BYTES]
        s3.put("x", second)
        assert file.read() == b""  # shorter now: whoever checks the digest sees it
        file.seek(10)
        assert file.read(5) == second[10:15]


def test_whole_files_and_empty_ones(s3):
    place = f"{s3.uri}/x"
    with storage.whole_file(place) as draft:
        draft.write_bytes(b"new")
        assert s3.names() == []
    assert storage.read_whole(place) == b"new"
    with pytest.raises(ZeroDivisionError):
        half_write(place)
    assert storage.read_whole(place) == b"new"
    storage.write_whole(place, b"")
    assert storage.read_whole(place) == b""
    assert not draft.parent.exists()


def half_write(place):
    with storage.whole_file(place) as draft:
        draft.write_bytes(b"half")
        raise ZeroDivisionError
