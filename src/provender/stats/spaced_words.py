"""The words of texts as white space parts them, punctuation and all; split once for a batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.stats.cell_hash import byte_runs, fold, lengths, segments
from provender.stats.sharing import once, place

#: Texts are split so many bytes at a time, so that memory does not grow with the batch.
_TEXT_BYTES = 1 << 22
#: Times the bytes of a text its words take.
_SIZE = 4
#: Scripts written without spaces, as a class of a regular expression.
UNSPACED = "".join(
    rf"\p{{{name}}}"
    for name in ("Han", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar", "Tibetan", "Yi")
)
#: All their characters have three bytes or four, and none begins as dashes and quotes do.
_THREE, _QUOTES, _AFTER_QUOTES = 0xE0, 0xE2, 0xB8


@dataclass(frozen=True)
class Spaced:
    """The lower-cased words of some texts; of scripts without spaces every character is one.

    Attributes:
        split: list<large_string> (texts,), null for null and [''] where there is no word.
    """

    split: pa.Array

    @cached_property
    def coded(self) -> tuple[pa.Array, np.ndarray, np.ndarray]:
        """(the different words, int64 (words,) which each is, int64 (texts,) words per text)."""
        every = self.split.flatten().dictionary_encode()
        counts, codes = lengths(self.split), np.asarray(every.indices)
        empty = pc.index(every.dictionary, pa.scalar("", every.type.value_type)).as_py()
        if empty >= 0:
            real = codes != empty
            owners = np.repeat(np.arange(len(counts)), counts)
            codes, counts = codes[real], np.bincount(owners[real], minlength=len(counts))
        return every.dictionary, codes, counts

    @cached_property
    def spelled_hashes(self) -> np.ndarray:
        """uint64, a hash of each of the different words: that of a cell which holds it."""
        return fold(*byte_runs(self.coded[0]))

    @cached_property
    def hashes(self) -> np.ndarray:
        """uint64 (words,)."""
        return np.asarray(self.spelled_hashes[self.coded[1]])


def spaced(text: pa.Array) -> Iterator[Spaced]:
    """Yield the words of ``text``, of some texts at a time, in order."""
    sizes = np.asarray(pc.fill_null(pc.cast(pc.binary_length(text), pa.int64()), 0))
    for texts, _ in segments(sizes, _TEXT_BYTES):
        some = text[texts]
        yield once("spaced", place(some), some, _SIZE * some.nbytes, partial(_split, some))


def _split(text: pa.Array) -> Spaced:
    plain = pc.utf8_lower(pc.cast(text, pa.large_string()))
    if _may_be_unspaced(byte_runs(plain)[0]):
        plain = pc.replace_substring_regex(plain, f"([{UNSPACED}])", r" \1 ")
    return Spaced(pc.utf8_split_whitespace(pc.utf8_trim_whitespace(plain)))


def _may_be_unspaced(raw: np.ndarray) -> bool:
    lead = np.flatnonzero(raw >= _THREE)
    return bool(len(lead) and ((raw[lead] != _QUOTES) | (raw[lead + 1] >= _AFTER_QUOTES)).any())


def word_hashes(text: pa.Array) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (uint64 (words,), int64 (texts,) words per text), some texts at a time, in order."""
    for words in spaced(text):
        yield words.hashes, words.coded[2]
