"""What instruct/response-link reads of a prompt and its response: grams, runs, refusals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from provender.detect.response_link.marks import MARKS, marked
from provender.stats.grams import Words, grams, hold_words, rows_at_once, text_hashes, words_of
from provender.stats.ordering import Places, ascending

#: Words of the longest prompt gram, and of a run of the response.
LONGEST, RUN = 3, 4
#: Kinds of answers, in the low byte of their keys, beside those of `MARKS`; a trigger's low byte
#: is its words. Whole responses are short or long.
SHORT, RUN_OF, LONG, CANNED = 3, 4, 5, 7
#: A short whole response that is an echo, which is only counted.
ECHOED = 2
#: A prompt of fewer words is little more than its own gram, and shows nothing.
LEAST_WORDS = 4
#: The key of any of the long responses that several rows have.
CANNED_KEY = np.uint64(CANNED)
#: Words of a response from which on it is long.
_LONG_FROM = 8


@dataclass(frozen=True)
class Texts:
    """The rows of a batch."""

    prompts: pa.Array
    responses: pa.Array

    @cached_property
    def _marked(self) -> dict[tuple[int, ...], tuple[np.ndarray, np.ndarray, np.ndarray]]:
        return {}

    def marked(self, kinds: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return `marks.marked`, once: patterns take longer to read than a slice."""
        if kinds not in self._marked:
            self._marked[kinds] = marked(self.prompts, self.responses, kinds)
        return self._marked[kinds]


@dataclass(frozen=True)
class Turns:
    """A slice of rows.

    Attributes:
        batch: what the rows are a slice of.
        first: the first of them there.
        most: how many they are, at most.
    """

    batch: Texts
    first: int
    most: int

    @cached_property
    def prompt(self) -> Words:
        """The words of the prompts."""
        return words_of(self.batch.prompts.slice(self.first, self.most))

    @cached_property
    def response(self) -> Words:
        """The words of the responses."""
        return words_of(self.batch.responses.slice(self.first, self.most))

    def marked(self, among: Places | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (kind, row, echo) of the responses' marks."""
        kinds = np.array(list(MARKS), np.uint64)
        if among is not None:
            kinds = kinds[among.hold(kinds)]
        kind, row, echo = self.batch.marked(tuple(kinds.tolist()))
        mine = (row >= self.first) & (row < self.first + self.prompt.rows)
        return kind[mine], row[mine] - self.first, echo[mine]

    @cached_property
    def usable(self) -> np.ndarray:
        """bool (rows,): both sides hold a word."""
        sizes = (np.diff(self.prompt.starts), np.diff(self.response.starts))
        return np.asarray((sizes[0] > 0) & (sizes[1] > 0))

    def usable_unsplit(self) -> np.ndarray:
        """Return `usable` for a fourth of the time, where nothing else is asked of the words."""
        sides = (self.batch.prompts, self.batch.responses)
        asked, said = (hold_words(side.slice(self.first, self.most)) for side in sides)
        return np.asarray(asked & said)

    @cached_property
    def telling(self) -> np.ndarray:
        """bool (rows,): usable, and the prompt says more than a gram."""
        return np.asarray(self.usable & self._says_more)

    def telling_unsplit(self) -> np.ndarray:
        """Return `telling` where nothing else is asked of the responses' words."""
        return np.asarray(self.usable_unsplit() & self._says_more)

    @property
    def _says_more(self) -> np.ndarray:
        return np.asarray(np.diff(self.prompt.starts) >= LEAST_WORDS)

    def only(self, rows: np.ndarray) -> Turns:
        """Return those ``rows`` alone."""
        taken = pa.array(self.first + rows)
        texts = Texts(self.batch.prompts.take(taken), self.batch.responses.take(taken))
        return Turns(texts, 0, len(rows))

    @cached_property
    def identity(self) -> np.ndarray:
        """uint64 (rows,), equal for prompts of the same words."""
        return text_hashes(self.prompt)

    def triggers(self, among: Places | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (key, row, first word) of the prompt grams of every row, repeats included.

        Args:
            among: no others are returned.
        """
        parts = [self.triggers_of(n, among) for n in range(1, LONGEST + 1)]
        key, row, first = (np.concatenate(part) for part in zip(*parts, strict=True))
        return key, row, first

    def triggers_of(
        self, n: int, among: Places | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return `triggers` of ``n`` words."""
        return _runs(self.prompt, n, n, among)

    def answers(self, among: Places | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (key, row, echo) of the runs of every response, repeats included, the whole of
        it and its marks.

        An echo is an answer of whose words more than half stand in the row's own prompt.

        Args:
            among: no other runs and marks are returned.
        """
        key, row, first = _runs(self.response, RUN, RUN_OF, among)
        starts, before = self.response.starts, self._repeated_before
        rows = np.flatnonzero(np.diff(starts))
        size = np.diff(starts)[rows]
        whole = text_hashes(self.response)[rows] & ~np.uint64(255)
        whole |= np.where(size < _LONG_FROM, SHORT, LONG).astype(np.uint64)
        mark, with_mark, asked = self.marked(among)
        echo = (
            2 * (before[first + RUN] - before[first]) > RUN,
            2 * np.diff(before[starts])[rows] > size,
            asked,
        )
        keys = np.concatenate((key, whole, mark.astype(np.uint64)))
        return keys, np.concatenate((row, rows, with_mark)), np.concatenate(echo)

    def known(
        self, keys: Places, canned: Places, echoes: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return (key, row), each pair once, of the answers of telling rows that are in ``keys``
        and no echo.

        Args:
            canned: long responses that are a canned answer too.
            echoes: of all rows, echo or not, instead.
        """
        key, row, echo = self.answers(keys)
        if not echoes:
            fresh = self.telling[row] & ~echo
            key, row = key[fresh], row[fresh]
        with_canned = row[canned.hold(key)]
        key = np.concatenate((key, np.full(len(with_canned), CANNED_KEY)))
        row = np.concatenate((row, with_canned))
        there = keys.hold(key)
        return pairs_once(key[there], row[there])

    def holding(self, answer: int, canned: Places) -> np.ndarray:
        """Return the rows with an answer, echo or not; ``canned`` as in `known`."""
        key, row, _ = self.answers(Places.of(np.array([answer], np.uint64)))
        if answer == CANNED:
            return np.asarray(row[canned.hold(key)])
        return np.asarray(row[key == answer])

    @cached_property
    def _repeated_before(self) -> np.ndarray:
        """int64 (response words + 1,): words before each that stand in the row's own prompt."""
        of, to = self.prompt, self.response
        order = ascending(of.vocabulary_hashes)
        place, met = Places.of(of.vocabulary_hashes[order]).at(to.vocabulary_hashes)
        text, code = of.distinct()
        width = len(order) + 1
        said = text * width + code
        word = (
            to.text * width + np.where(met, order[place] if len(order) else 0, len(order))[to.codes]
        )
        at = np.minimum(np.searchsorted(said, word), max(len(said) - 1, 0))
        again = said[at] == word if len(said) else np.zeros(len(word), bool)
        return np.concatenate(([0], np.cumsum(again)))


def _runs(
    words: Words, n: int, mark: int, among: Places | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (key, row, first word) of the grams of ``n`` words, in reading order."""
    key, first = grams(words, n)
    key |= np.uint64(mark)
    if among is not None:
        there = among.hold(key)
        key, first = key[there], first[there]
    return key, words.text[first], first


def pairs_once(key: np.ndarray, row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the different (key, row) pairs, by key; the rows of a key must ascend already."""
    order = ascending(key)
    key, row = key[order], row[order]
    new = np.ones(len(key), bool)
    new[1:] = (key[1:] != key[:-1]) | (row[1:] != row[:-1])
    return key[new], row[new]


@dataclass(frozen=True)
class TurnColumns:
    """The prompt column and the response column."""

    prompt: str
    response: str

    def names(self) -> tuple[str, ...]:
        """Return both."""
        return (self.prompt, self.response)

    def slices(self, batch: pa.RecordBatch) -> Iterator[Turns]:
        """Yield the batch's rows, a bounded number at a time."""
        texts = Texts(batch[self.prompt], batch[self.response])
        rows = rows_at_once(texts.prompts, texts.responses)
        for start in range(0, batch.num_rows, rows):
            yield Turns(texts, start, rows)
