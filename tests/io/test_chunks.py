import hashlib
import io
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from blake3 import blake3
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.core.merkle import CompactRange
from provender.errors import IntegrityError
from provender.io import chunks
from provender.io.chunks import CHUNK_BYTES, VerifiedFile, hash_stream


class Trickle(io.BytesIO):
    """A raw file that gives fewer bytes than asked for, as sockets do."""

    def read(self, size=-1):
        return super().read(min(size, 1000) if size > 0 else size)


def verified(data, raw=None):
    digests = hash_stream(io.BytesIO(data))
    return VerifiedFile(raw or io.BytesIO(data), digests.size, digests.chunks, "x.csv")


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES * 2 + 5])
def test_one_read_gives_the_digests_of_hashlib_and_of_the_tree(size):
    data = os.urandom(size)
    digests = hash_stream(Trickle(data))
    parts = [data[i : i + CHUNK_BYTES] for i in range(0, size, CHUNK_BYTES)]
    assert digests.size == size
    assert digests.sha256 == hashlib.sha256(data).hexdigest()
    leaves = [blake3(b"\0" + part).digest() for part in parts]
    assert digests.chunk_root == CompactRange.of_leaves(0, leaves).root().hex()
    assert digests.chunks == b"".join(leaves)


@settings(max_examples=60, deadline=None)
@given(
    data=st.binary(max_size=200),
    moves=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 220), st.integers(-1, 220))),
)
def test_it_reads_as_the_file_underneath_does(data, moves):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "CHUNK_BYTES", 16)
        plain, file = io.BytesIO(data), verified(data)
        for whence, offset, size in moves:
            assert file.seek(offset, whence) == plain.seek(offset, whence)
            assert file.read(size) == plain.read(size)
            assert file.tell() == plain.tell()


def test_every_flipped_bit_is_refused_before_its_chunk_is_served():
    data = os.urandom(2 * CHUNK_BYTES + 10)
    for place in (0, CHUNK_BYTES - 1, CHUNK_BYTES, len(data) - 1):
        changed = bytearray(data)
        changed[place] ^= 1
        file = verified(data, io.BytesIO(bytes(changed)))
        chunk = place // CHUNK_BYTES
        if chunk:
            assert file.read(CHUNK_BYTES) == data[:CHUNK_BYTES]
        file.seek(chunk * CHUNK_BYTES)
        with pytest.raises(IntegrityError, match=r"^x.csv: bytes changed while they were read"):
            file.read(1)
        assert isinstance(file.failure, IntegrityError)


@pytest.mark.parametrize("data", [b"", b"abc", b"abcdef"])
def test_another_length_is_refused_at_once(data):
    with pytest.raises(IntegrityError, match=r"4 recorded, \d in the file"):
        verified(b"abcd", io.BytesIO(data))


def test_digests_that_do_not_cover_the_file_are_refused():
    with pytest.raises(IntegrityError, match="chunk digests"):
        VerifiedFile(io.BytesIO(b"abc"), 3, b"", "x")


def test_small_reads_do_not_read_a_chunk_twice():
    class Counting(io.BytesIO):
        reads = 0

        def read(self, size=-1):
            Counting.reads += 1
            return super().read(size)

    data = os.urandom(CHUNK_BYTES + 100)
    file = verified(data, Counting(data))
    assert b"".join(iter(lambda: file.read(4096), b"")) == data
    assert Counting.reads == 2


def test_it_can_be_read_from_several_threads_that_each_take_what_comes():
    data = os.urandom(3 * CHUNK_BYTES)
    file = verified(data)
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda _: file.read(CHUNK_BYTES // 4), range(12)))
    quarters = {data[i : i + CHUNK_BYTES // 4] for i in range(0, len(data), CHUNK_BYTES // 4)}
    assert set(parts) == quarters


def test_it_cannot_be_sought_before_its_start_and_closes_the_raw_file():
    raw = io.BytesIO(b"abc")
    file = verified(b"abc", raw)
    with pytest.raises(ValueError, match="cannot seek"):
        file.seek(-1)
    buffer = bytearray(2)
    assert file.readinto(buffer) == 2
    assert bytes(buffer) == b"ab"
    assert file.readable()
    assert file.seekable()
    file.close()
    assert raw.closed
