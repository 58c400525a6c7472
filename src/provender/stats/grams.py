"""Words and phrases of a text column as 56-bit hashes, a batch at a time.

A word is a maximal run of Unicode letters, marks, digits and other symbols (emoji), lower-cased.
The low byte of every hash is zero, so that a table can keep a small number (a class, a fold)
beside the hash in one uint64 key.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import blake2b

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.stats.cell_hash import mix
from provender.stats.secret import hash_key
from provender.stats.sharing import once, place
from provender.stats.word_bytes import letters, runs

#: A text is read up to this many characters.
LONGEST_TEXT = 32_768
_KEY = b"provender.grams/1"
#: Times the bytes of a text its words take.
_SIZE = 5
#: Rows that texts are worked on at a time, and more of texts that together have fewer bytes.
_ROWS, _BYTES = 1 << 10, 1 << 19
#: Words whose hashes are remembered.
_MOST_KNOWN = 1 << 17
_TOP = np.uint64(0xFFFF_FFFF_FFFF_FF00)


@dataclass(frozen=True)
class Words:
    """The words of a batch of texts.

    Attributes:
        codes: int64 (words,), in reading order: indices into the vocabulary.
        text: int64 (words,), the row each word stands in, ascending.
        starts: int64 (rows + 1,): the words of row r are starts[r] to starts[r + 1].
        vocabulary: the distinct words of the batch, lower-cased.
        vocabulary_hashes: uint64 (vocabulary,), the low byte is zero.
        cut: bool (rows,), true where the text was longer than LONGEST_TEXT.
    """

    codes: np.ndarray
    text: np.ndarray
    starts: np.ndarray
    vocabulary: pa.Array
    vocabulary_hashes: np.ndarray
    cut: np.ndarray

    @property
    def rows(self) -> int:
        """Number of texts."""
        return len(self.starts) - 1

    @cached_property
    def hashes(self) -> np.ndarray:
        """uint64 (words,): the hash of every word."""
        return np.asarray(self.vocabulary_hashes[self.codes])

    def distinct(self) -> tuple[np.ndarray, np.ndarray]:
        """Return (text, code) of every distinct word of every text, ascending; not to change."""
        return self._distinct

    @cached_property
    def _distinct(self) -> tuple[np.ndarray, np.ndarray]:
        width = max(len(self.vocabulary), 1)
        keys = distinct(self.text * width + self.codes)
        return keys // width, keys % width


def distinct(keys: np.ndarray) -> np.ndarray:
    """Return the distinct integers, ascending."""
    keys = np.sort(keys)
    return np.asarray(keys[np.concatenate((np.ones(len(keys[:1]), bool), keys[1:] != keys[:-1]))])


def ranges(first: np.ndarray, length: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (range, place) of every place of the ranges, one after the other; all int64."""
    which = np.repeat(np.arange(len(length)), length)
    return which, np.arange(len(which)) + (first - np.cumsum(length) + length)[which]


def hash_strings(values: list[str]) -> np.ndarray:
    """Return uint64 keyed BLAKE2b hashes of ``values`` with the low byte zero."""
    known = _known(hash_key(_KEY))
    if len(known) > _MOST_KNOWN:
        known.clear()
    return np.fromiter(map(known.__getitem__, values), np.uint64, len(values)) & _TOP


class _Hashes(dict[str, int]):
    """Hashes of words, made when they are first asked for."""

    def __init__(self, key: bytes) -> None:
        super().__init__()
        self._key = key

    def __missing__(self, word: str) -> int:
        digest = blake2b(word.encode(), digest_size=8, key=self._key).digest()
        found = int.from_bytes(digest, "little")
        self[word] = found
        return found


@lru_cache(maxsize=1)
def _known(key: bytes) -> _Hashes:
    """Return the one for ``key``: most words of a batch were met in the one before."""
    return _Hashes(key)


def words_of(texts: pa.Array) -> Words:
    """Split ``texts`` (any string type, nulls are empty) into hashed words.

    Once for all detectors that share a read and ask for the same texts.
    """
    return once("words", place(texts), texts, _SIZE * texts.nbytes, lambda: _split(texts))


def rows_at_once(*columns: pa.Array) -> int:
    """Return how many rows of a batch's texts are worked on at a time.

    Memory does not grow with the batch, and calls are few where texts are short. It is a power of
    two and hangs on the columns alone, so that rules which read the same cut them alike and share
    their words.
    """
    size = max(column.nbytes for column in columns)
    fit: int = _BYTES * len(columns[0]) // max(size, 1)
    return max(_ROWS, 1 << fit.bit_length() >> 1)


def hold_words(texts: pa.Array) -> np.ndarray:
    """Return bool (rows,): which of ``texts`` have a word; as `words_of` has it, without words."""
    raw, offsets, _ = _lowered(texts)
    filled = np.flatnonzero(np.diff(offsets))
    found = np.zeros(len(texts), bool)
    if len(filled):
        found[filled] = np.logical_or.reduceat(letters(raw)[0], offsets[filled])
    return found


def _lowered(texts: pa.Array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return uint8 (bytes,) of all texts, int64 (rows + 1,) where each begins, and which is cut."""
    texts = pc.fill_null(pc.cast(texts, pa.large_string()), "")
    cut = pc.greater(pc.utf8_length(texts), LONGEST_TEXT).to_numpy(zero_copy_only=False)
    if cut.any():
        texts = pc.utf8_slice_codeunits(texts, 0, LONGEST_TEXT)
    lower = pc.utf8_lower(texts)
    offsets = np.frombuffer(lower.buffers()[1], np.int64)[: len(lower) + 1]
    raw = np.frombuffer(lower.buffers()[2] or b"", np.uint8)[offsets[0] : offsets[-1]]
    return raw, offsets - offsets[0], cut


def _split(texts: pa.Array) -> Words:
    raw, offsets, cut = _lowered(texts)
    first, stop, inside = runs(raw, offsets)
    ends = np.cumsum(stop - first)
    buffers = [pa.py_buffer(np.concatenate(([0], ends))), pa.py_buffer(np.compress(inside, raw))]
    coded = pa.LargeStringArray.from_buffers(len(first), *buffers).dictionary_encode()
    codes = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    starts = np.searchsorted(first, offsets)
    text = np.repeat(np.arange(len(offsets) - 1), np.diff(starts))
    hashes = hash_strings(coded.dictionary.to_pylist())
    return Words(codes, text, starts, coded.dictionary, hashes, cut)


def grams(
    words: Words, length: int, texts: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return (hash, first word) of every run of ``length`` words that stays in one text.

    ``texts`` (bool per row) limits it to some of the texts.

    Both are as long as there are such runs: uint64 with the low byte zero, and int64 indices
    into the words.
    """
    count = max(len(words.codes) - length + 1, 0)
    inside = words.text[:count] == words.text[length - 1 :]
    if texts is not None:
        inside &= texts[words.text[:count]]
    first = np.flatnonzero(inside)
    single = words.hashes
    hashes = single[first]
    for step in range(1, length):
        hashes = mix(hashes * np.uint64(0x9E3779B97F4A7C15) + single[first + step])
    return hashes & _TOP, first


def text_hashes(words: Words) -> np.ndarray:
    """Return uint64 (rows,), equal for texts with the same words in the same order."""
    place = np.arange(len(words.text)) - words.starts[words.text]
    placed = mix(words.hashes ^ mix(place.astype(np.uint64) + np.uint64(1)))
    total = np.zeros(words.rows, np.uint64)
    np.add.at(total, words.text, placed)
    return mix(total)
