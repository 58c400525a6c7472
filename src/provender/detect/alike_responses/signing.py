"""The analysis under instruct/alike-responses: what each prompt and each response is like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from provender.stats.cell_hash import mix
from provender.stats.minhash import permutations, signatures
from provender.stats.signature_rows import KeepsSignatures, SignatureRows
from provender.stats.spaced_words import word_hashes

#: Pairs of words are taken up to so many words apart: a replaced word breaks few of them.
_APART = 3
_BASE = np.uint64(0xD1342543DE82EF95)  # odd, so multiplying by it is a bijection modulo 2^64


@dataclass(frozen=True)
class AnswerSigning(KeepsSignatures):
    """A signature of the response's pairs of words, and behind it one of the prompt's words.

    Attributes:
        least: words that a response must have.
        of_response, of_prompt: permutations of each signature.
        most: rows that are kept, the first in canonical order.
    """

    id: str
    prompt: str
    response: str
    least: int
    of_response: int
    of_prompt: int
    seed: int
    most: int
    version: int = 2

    def parameters(self) -> dict[str, Any]:
        return {k: v for k, v in vars(self).items() if k not in ("id", "version")}

    def columns(self) -> tuple[str, ...]:
        return self.prompt, self.response

    def empty(self, first_row: int = 0) -> SignatureRows:  # noqa: ARG002
        return SignatureRows(0, 0, 0, (), self.of_response + self.of_prompt)

    def add(self, state: SignatureRows, batch: pa.RecordBatch) -> SignatureRows:
        (asked, many), (said, long) = (
            _words(batch.column(name)) for name in (self.prompt, self.response)
        )
        enough = (long >= self.least) & (many > 0)
        rows = np.flatnonzero(enough)
        found = np.concatenate(
            [
                self._of_pairs(said[np.repeat(enough, long)], long[enough]),
                _signed(asked[np.repeat(enough, many)], many[enough], self.of_prompt, self.seed),
            ],
            axis=1,
        )
        total, width = batch.num_rows, found.shape[1]
        own = SignatureRows(total, total - len(rows), 0, ((rows, found),), width)
        return self.merge([state, own])

    def _of_pairs(self, words: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Return uint32 (texts, permutations) of the pairs of words up to `_APART` apart."""
        # Word by word, so that a text's pairs lie together: one long run is signed in a fraction
        # of the time of several short ones.
        left = np.repeat(np.cumsum(counts), counts) - np.arange(len(words))
        first, beyond = np.nonzero(left[:, None] > np.arange(1, _APART + 1))
        pairs = mix(words[first] * _BASE + words[first + 1 + beyond])
        many = sum(np.maximum(counts - apart, 0) for apart in range(1, _APART + 1))
        return _signed(pairs, np.asarray(many), self.of_response, self.seed)


def _words(column: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Return uint64 (words,) hashes of all cells' words, and int64 (cells,) words per cell."""
    pieces = list(word_hashes(column))
    if not pieces:
        return np.zeros(0, np.uint64), np.zeros(len(column), np.int64)
    return np.concatenate([p[0] for p in pieces]), np.concatenate([p[1] for p in pieces])


def _signed(hashes: np.ndarray, counts: np.ndarray, width: int, seed: int) -> np.ndarray:
    short = (hashes >> np.uint64(32)).astype(np.uint32)
    return signatures(short, counts, permutations(width, seed))
