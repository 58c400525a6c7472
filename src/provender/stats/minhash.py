"""MinHash signatures of word shingles, and the pairs of rows that locality-sensitive hashing joins.

Signatures are bit for bit those of `datasketch.MinHash` (scheme 'affine32') over the shingles'
32-bit hashes; computed here for whole batches, where datasketch takes one document at a time.
(Broder 1997; Leskovec, Rajaraman & Ullman, Mining of Massive Datasets, ch. 3.)
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from provender.stats import secret
from provender.stats.cell_hash import fold_rows, mix, segments
from provender.stats.ordering import ascending

_BASE = np.uint64(0xD1342543DE82EF95)  # odd: see stats/cell_hash.py
_SEGMENT = 1 << 15  # shingles permuted at a time, so that the work stays in the cache
_PAIRS = 1 << 12  # pairs compared at a time, so too


def permutations(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return datasketch's (a, b), uint32 (count,) each: h -> a * h + b modulo 2^32, a odd.

    They are drawn from ``seed``, and from the secret key where there is one.
    """
    from datasketch import MinHash

    a, b = MinHash(num_perm=count, seed=secret.seed(seed), scheme="affine32").permutations
    return np.asarray(a, np.uint32), np.asarray(b, np.uint32)


def shingle_hashes(
    words: np.ndarray, counts: np.ndarray, length: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the hashes of all runs of ``length`` neighbouring words that stay in one text.

    Args:
        words: uint64 (total,), hashes of the words of all texts, one text after the other.
        counts: int64 (texts,), words per text.

    Returns:
        uint32 (shingles,), repeats included, and int64 (texts,) shingles per text.
    """
    kept = np.maximum(counts - length + 1, 0)
    if not kept.any():
        return np.zeros(0, np.uint32), kept
    windows = len(words) - length + 1
    hashes = np.zeros(windows, np.uint64)
    for place in range(length):
        hashes = hashes * _BASE + words[place : place + windows]
    starts = np.cumsum(counts) - counts
    first = np.repeat(starts - (np.cumsum(kept) - kept), kept)
    inside = np.arange(int(kept.sum())) + first
    return (mix(hashes[inside]) >> np.uint64(32)).astype(np.uint32), kept


def signatures(
    shingles: np.ndarray, counts: np.ndarray, coefficients: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """Return uint32 (texts, permutations): the least permuted shingle hash of each text.

    Args:
        shingles: uint32 (total,), one text after the other.
        counts: int64 (texts,), at least 1 each.
        coefficients: (a, b) of `permutations`.
    """
    mixed = _murmur_finaliser(shingles)
    a, b = coefficients
    found = np.empty((len(a), len(counts)), np.uint32)
    for texts, span in segments(counts, _SEGMENT):
        piece = mixed[span]
        starts = np.cumsum(counts[texts]) - counts[texts]
        permuted = np.empty_like(piece)
        for k in range(len(a)):
            np.multiply(piece, a[k], out=permuted)
            np.add(permuted, b[k], out=permuted)
            np.minimum.reduceat(permuted, starts, out=found[k, texts])
    return np.ascontiguousarray(found.T)


def _murmur_finaliser(values: np.ndarray) -> np.ndarray:
    """Return MurmurHash3's 32-bit finaliser, datasketch's mixing before the permutations."""
    values = values ^ (values >> np.uint32(16))
    values = values * np.uint32(0x85EBCA6B)
    values = values ^ (values >> np.uint32(13))
    values = values * np.uint32(0xC2B2AE35)
    return np.asarray(values ^ (values >> np.uint32(16)))


def band_rows(threshold: float, count: int, recall: float) -> int:
    """Return the most rows a band may have for pairs at ``threshold`` to meet with ``recall``.

    With r rows, count // r bands join a pair of similarity s with 1 - (1 - s^r)^(count // r).
    """
    rows = [r for r in range(1, count + 1) if 1 - (1 - threshold**r) ** (count // r) >= recall]
    return max(rows, default=1)


def banded_pairs(found: np.ndarray, rows: int, reach: int) -> Iterator[np.ndarray]:
    """Yield, band by band, int64 (pairs, 2) of signatures that agree in a whole band.

    In a band where many agree, each is paired with the first and with the ``reach`` next ones,
    not with all: their number would grow with the square.
    """
    width = found.shape[1]
    for start in range(0, width - rows + 1, rows):
        yield from _neighbours(fold_rows(found[:, start : start + rows]), reach)


def equal_pairs(found: np.ndarray) -> np.ndarray:
    """Return int64 (pairs, 2): (first, other) for signatures that are equal as a whole."""
    _, first, group = np.unique(fold_rows(found), return_index=True, return_inverse=True)
    pairs = np.stack([first[group], np.arange(len(found))], axis=1)
    return np.asarray(pairs[pairs[:, 0] != pairs[:, 1]])


def _neighbours(keys: np.ndarray, reach: int) -> Iterator[np.ndarray]:
    order = ascending(keys)
    ordered, place = keys[order], np.arange(len(keys))
    start = np.maximum.accumulate(np.where(np.diff(ordered, prepend=~ordered[:1]), place, 0))
    far = place - start > reach
    yield np.stack([order[start[far]], order[place[far]]], axis=1)
    for step in range(1, min(reach, len(keys) - 1) + 1):
        met = np.flatnonzero(ordered[step:] == ordered[:-step])
        if not len(met):
            return
        yield np.stack([order[met], order[met + step]], axis=1)


def agreements(found: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Return int64 (pairs,): in how many permutations the two signatures agree."""
    pieces = [
        (found.take(one, axis=0) == found.take(other, axis=0)).sum(axis=1)
        for one, other in (pairs[i : i + _PAIRS].T for i in range(0, len(pairs), _PAIRS))
    ]
    return np.concatenate(pieces) if pieces else np.zeros(0, np.int64)
