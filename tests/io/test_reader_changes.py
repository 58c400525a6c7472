"""What is read are the bytes that were surveyed, or none."""

import os

import fsspec
import pytest

from provender.errors import InputError, IntegrityError
from provender.io.chunks import CHUNK_BYTES
from provender.io.discover import discover
from provender.io.reader import read_span, survey
from tests.io.files import FILES, ROWS, put, rows_of


@pytest.mark.parametrize("name", FILES)
def test_bytes_changed_after_the_survey_are_refused(tmp_path, name):
    path, ref = put(tmp_path, name, FILES[name])
    shard, chunks = survey(ref, 700)
    before = path.stat()
    for place in (20, len(FILES[name]) // 2, len(FILES[name]) - 1):
        changed = bytearray(FILES[name])
        changed[place] ^= 1
        path.write_bytes(changed)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert path.stat().st_mtime_ns == before.st_mtime_ns
        for span in shard.spans:
            with pytest.raises(IntegrityError, match=f"^{name}: bytes changed while"):
                next(read_span(shard, span, chunks))
    path.write_bytes(FILES[name])
    assert rows_of(shard, chunks) == ROWS
    path.write_bytes(FILES[name] + b"\n")
    with pytest.raises(IntegrityError, match="recorded"):
        next(read_span(shard, shard.spans[0], chunks))


def test_records_before_a_changed_chunk_are_served_and_none_of_it(tmp_path):
    line = b'{"s":"' + b"x" * 1000 + b'"}\n'
    data = line * (3 * CHUNK_BYTES // len(line))
    path, ref = put(tmp_path, "a.jsonl", data)
    shard, chunks = survey(ref)
    changed = bytearray(data)
    place = 2 * CHUNK_BYTES + 5000
    changed[place] ^= 1
    path.write_bytes(changed)
    served = []
    with pytest.raises(IntegrityError):
        served.extend(b.num_rows for b in read_span(shard, shard.spans[0], chunks))
    assert 0 < sum(served) * len(line) <= 2 * CHUNK_BYTES


def test_a_file_that_grows_after_listing_is_refused(tmp_path):
    path, ref = put(tmp_path, "a.csv", b"a\n1\n")
    path.write_bytes(b"a\n1\n2\n")
    with pytest.raises(InputError, match="was 4 bytes when listed and 6 when read"):
        survey(ref)
    path.unlink()
    with pytest.raises(InputError, match=r"^a.csv: no such file"):
        survey(ref)


@pytest.mark.parametrize("name", FILES)
def test_remote_shards_read_as_local_ones(name):
    memory = fsspec.filesystem("memory")
    with memory.open(f"/reader/{name}/d/{name}", "wb") as file:
        file.write(FILES[name])
    [ref] = discover([f"memory://reader/{name}"])
    shard, chunks = survey(ref, 700)
    assert rows_of(shard, chunks) == ROWS
    changed = bytearray(FILES[name])
    changed[30] ^= 4
    with memory.open(f"/reader/{name}/d/{name}", "wb") as file:
        file.write(changed)
    with pytest.raises(IntegrityError):
        rows_of(shard, chunks)
