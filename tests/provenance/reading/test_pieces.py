"""Chunks that are read again are checked by their pieces, as strictly as before."""

from __future__ import annotations

import random

import pytest

from provender.core.breach import BrokenTrustError
from provender.errors import IntegrityError
from provender.io.chunks import CHUNK_BYTES
from provender.provenance.reading import shards
from provender.provenance.reading.pieces import PIECE_BYTES
from tests.provenance.conftest import flip_bit
from tests.provenance.reading.conftest import opened
from tests.provenance.sealing import Place


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "CACHE_BYTES", 0)


def test_random_small_reads_are_those_of_the_file(sealed: Place) -> None:
    data, clean = opened(sealed), (sealed.data / "big.parquet").read_bytes()
    file, chance = data.open("big.parquet"), random.Random(0)
    edges = [0, 1, PIECE_BYTES - 1, PIECE_BYTES, CHUNK_BYTES - 1, CHUNK_BYTES, len(clean) - 1]
    for number in range(400):
        start = chance.choice(edges) if number % 4 == 0 else chance.randrange(len(clean))
        size = chance.choice([1, PIECE_BYTES, PIECE_BYTES + 1, 100_000])
        file.seek(start)
        assert file.read(size) == clean[start : start + size]
    assert data.shards._pieces.recall(("big.parquet", 1)) is not None
    assert data.shards._pieces.recall(("big.parquet", 0)) is None


def test_a_piece_that_changed_since_is_refused(lasting: Place) -> None:
    file, path = opened(lasting).open("big.parquet"), lasting.data / "big.parquet"
    clean = path.read_bytes()
    at = CHUNK_BYTES + 5 * PIECE_BYTES
    file.seek(at)
    assert file.read(9) == clean[at : at + 9]
    flip_bit(path, at + 100)
    with pytest.raises(BrokenTrustError) as error:
        file.read(9)
    assert [b.chunk for b in error.value.breaches] == [1]
    # A piece that did not change is still served: it is what was sealed.
    file.seek(at + PIECE_BYTES)
    assert file.read(9) == clean[at + PIECE_BYTES : at + PIECE_BYTES + 9]
    file.seek(CHUNK_BYTES)
    with pytest.raises(IntegrityError):
        file.read(CHUNK_BYTES)


def test_pieces_that_change_places_are_refused(lasting: Place) -> None:
    file, path = opened(lasting).open("big.parquet"), lasting.data / "big.parquet"
    file.seek(CHUNK_BYTES)
    file.read(1)
    stored = bytearray(path.read_bytes())
    first, second = (
        slice(CHUNK_BYTES + i * PIECE_BYTES, CHUNK_BYTES + (i + 1) * PIECE_BYTES) for i in (0, 1)
    )
    stored[first], stored[second] = stored[second], stored[first]
    path.write_bytes(stored)
    with pytest.raises(IntegrityError):
        file.read(1)


def test_a_scan_remembers_no_pieces(sealed: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "CACHE_BYTES", 4 * CHUNK_BYTES)
    data = opened(sealed)
    with data.open("big.parquet") as file:
        while file.read(10**6):
            pass
    assert not data.shards._pieces._known
