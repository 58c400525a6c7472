"""MinHash in batches is datasketch's MinHash, and banding finds what datasketch's LSH finds."""

from __future__ import annotations

import numpy as np
from datasketch import MinHash, MinHashLSH
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.stats.minhash import (
    agreements,
    band_rows,
    banded_pairs,
    equal_pairs,
    permutations,
    shingle_hashes,
    signatures,
)

UINT32 = st.integers(0, 2**32 - 1)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(UINT32, min_size=1, max_size=9), min_size=1, max_size=6))
def test_signatures_are_those_of_datasketch(texts: list[list[int]]) -> None:
    shingles = np.array([v for t in texts for v in t], np.uint32)
    counts = np.array([len(t) for t in texts], np.int64)
    found = signatures(shingles, counts, permutations(128, seed=1))
    reference = MinHash.bulk(texts, num_perm=128, seed=1, scheme="affine32", hashfunc=int)
    assert found.dtype == np.uint32
    assert (found == np.array([m.hashvalues for m in reference])).all()


def test_signatures_do_not_depend_on_how_many_texts_are_signed_at_a_time() -> None:
    random = np.random.default_rng(1)
    counts = random.integers(1, 40_000, 6)
    shingles = random.integers(0, 2**32, counts.sum(), dtype=np.uint32)
    coefficients = permutations(16, seed=1)
    together = signatures(shingles, counts, coefficients)
    ends = np.cumsum(counts)
    for i, (start, end) in enumerate(zip(ends - counts, ends, strict=True)):
        alone = signatures(shingles[start:end], counts[i : i + 1], coefficients)
        assert (together[i] == alone[0]).all()


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 3), max_size=8), max_size=6), st.integers(1, 4))
def test_shingles_are_runs_of_words_inside_one_text(texts: list[list[int]], length: int) -> None:
    words = np.array([w for t in texts for w in t], np.uint64)
    hashes, counts = shingle_hashes(words, np.array([len(t) for t in texts], np.int64), length)
    runs = [tuple(t[i : i + length]) for t in texts for i in range(len(t) - length + 1)]
    assert counts.tolist() == [max(len(t) - length + 1, 0) for t in texts]
    assert len(hashes) == len(runs)
    assert len(set(zip(runs, hashes.tolist(), strict=True))) == len(set(runs))
    assert len(set(hashes.tolist())) == len(set(runs))


def _planted() -> np.ndarray:
    random = np.random.default_rng(2)
    found = random.integers(0, 2**32, (60, 128), dtype=np.uint32)
    for i in range(20):
        found[20 + i] = found[i]
        found[20 + i, : 4 * i] = random.integers(0, 2**32, 4 * i, dtype=np.uint32)
    return found


def test_candidates_are_those_of_datasketch_lsh() -> None:
    found = _planted()
    rows = band_rows(0.7, 128, 0.95)
    lsh = MinHashLSH(num_perm=128, params=(128 // rows, rows))
    coefficients = permutations(128, seed=1)
    sketches = [MinHash(hashvalues=v, permutations=coefficients, scheme="affine32") for v in found]
    for i, sketch in enumerate(sketches):
        lsh.insert(i, sketch)
    expected = {(min(i, j), max(i, j)) for i in range(60) for j in lsh.query(sketches[i]) if i != j}
    pairs = np.concatenate(list(banded_pairs(found, rows, reach=16)))
    assert {(min(p), max(p)) for p in pairs.tolist()} == expected
    assert len(expected) >= 10


def test_agreements_are_datasketch_jaccard() -> None:
    found = _planted()
    pairs = np.array([[i, 20 + i] for i in range(20)])
    coefficients = permutations(128, seed=1)
    for (one, other), agreed in zip(pairs, agreements(found, pairs), strict=True):
        a, b = (
            MinHash(hashvalues=found[k], permutations=coefficients, scheme="affine32")
            for k in (one, other)
        )
        assert agreed / 128 == a.jaccard(b)


def test_a_crowd_is_joined_without_comparing_all_with_all() -> None:
    crowd = np.zeros((500, 10), np.uint32)
    crowd[:, 5:] = np.arange(500)[:, None]
    pairs = np.concatenate(list(banded_pairs(crowd, 5, reach=4)))
    assert len(pairs) <= 500 * 5
    assert set(pairs.reshape(-1).tolist()) == set(range(500))
    assert equal_pairs(np.zeros((4, 3), np.uint32)).tolist() == [[0, 1], [0, 2], [0, 3]]
    assert len(equal_pairs(crowd)) == 0
    nobody = np.zeros((0, 10), np.uint32)
    assert len(equal_pairs(nobody)) == sum(map(len, banded_pairs(nobody, 5, reach=4))) == 0


def test_bands_are_as_wide_as_the_recall_allows() -> None:
    rows = band_rows(0.7, 128, 0.95)
    assert 1 - (1 - 0.7**rows) ** (128 // rows) >= 0.95
    wider = rows + 1
    assert 1 - (1 - 0.7**wider) ** (128 // wider) < 0.95
    assert band_rows(0.01, 128, 0.95) == 1
