"""Round 2 of instruct/response-link: the text around each trigger, and how alike its rows are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.detect.response_link.candidates import Candidates
from provender.detect.response_link.turns import TurnColumns, Turns
from provender.stats.cell_hash import mix
from provender.stats.grams import Words, text_hashes
from provender.stats.ordering import Places
from provender.stats.packing import pack, unpack

#: Rows kept of each candidate, and of all rows, to measure how alike they are.
_KEPT = 64
#: Numbers that a text's words are summed into.
_SKETCH = 256
#: A trigger's text is looked for so many words to either side.
REACH = 8


@dataclass
class Descriptions:
    """What round 2 gathers; ``candidates`` is the analysis's own and is not packed.

    Attributes:
        names: (candidate, place, text, rows): the trigger at place 0, the words before it at
            negative places and after it at positive ones.
        shared: int64 (candidates, candidates): rows that are of both as `Links.score` has it.
        group: int64 (n,): the candidate of a sampled row, or the number of candidates for the
            sample of all rows.
        prompt, response: uint64 (n,): the row's identities.
        left, gone: int64 (n,): distinct words of its prompt beside the trigger, and of the
            trigger.
        prompts, responses: int32 (n, numbers): sketches, the prompt's without the trigger.
    """

    candidates: Candidates
    names: pa.Table
    shared: np.ndarray
    group: np.ndarray
    prompt: np.ndarray
    response: np.ndarray
    left: np.ndarray
    gone: np.ndarray
    prompts: np.ndarray
    responses: np.ndarray


_ROWS = ("group", "prompt", "response", "left", "gone", "prompts", "responses")
_NAMES = pa.schema(
    [
        ("candidate", pa.int64()),
        ("place", pa.int64()),
        ("text", pa.large_string()),
        ("rows", pa.int64()),
    ]
)


@dataclass(frozen=True)
class Describe:
    """Round 2."""

    columns_read: TurnColumns
    candidates: Candidates
    made_from: str
    id: str = "instruct/response-link#2"
    version: int = 5

    def parameters(self) -> dict[str, Any]:
        return {**vars(self.columns_read), "profile": self.made_from}

    def columns(self) -> tuple[str, ...]:
        return self.columns_read.names()

    def empty(self, first_row: int = 0) -> Descriptions:  # noqa: ARG002
        many = len(self.candidates.trigger)
        return Descriptions(
            self.candidates,
            _NAMES.empty_table(),
            np.zeros((many, many), np.int64),
            group=np.zeros(0, np.int64),
            prompt=np.zeros(0, np.uint64),
            response=np.zeros(0, np.uint64),
            left=np.zeros(0, np.int64),
            gone=np.zeros(0, np.int64),
            prompts=np.zeros((0, _SKETCH), np.int32),
            responses=np.zeros((0, _SKETCH), np.int32),
        )

    def add(self, state: Descriptions, batch: pa.RecordBatch) -> Descriptions:
        if not len(self.candidates.trigger):
            return state
        slices = self.columns_read.slices(batch)
        pieces = [self._describe(turns.only(self._rows(turns))) for turns in slices]
        return self.merge([state, *pieces])

    @cached_property
    def _answers(self) -> tuple[Places, Places]:
        found = self.candidates
        return Places.of(np.unique(found.answer)), Places.of(found.canned)

    @cached_property
    def _triggers(self) -> Places:
        return Places.of(np.unique(self.candidates.trigger))

    @cached_property
    def _members(self) -> Places:
        return Places.of(np.unique(self.candidates.member))

    def _rows(self, turns: Turns) -> np.ndarray:
        """Return the rows with a trigger, and the telling sample: few responses are split."""
        _, row, _ = turns.triggers(self._triggers)
        wanted = np.zeros(turns.prompt.rows, bool)
        wanted[row] = True
        telling = turns.telling_unsplit()
        smallest = np.unique(turns.identity[telling])[:_KEPT]
        wanted |= telling & np.isin(turns.identity, smallest)
        return np.flatnonzero(wanted)

    def _describe(self, turns: Turns) -> Descriptions:
        found = self.candidates
        many, telling = len(found.trigger), turns.telling
        trigger, row, first = turns.triggers(self._triggers)
        triggered = np.zeros((turns.prompt.rows, many), bool)
        start = np.zeros((turns.prompt.rows, many), np.int64)
        for c in range(many):
            there = np.flatnonzero(trigger == found.trigger[c])[::-1]  # the first of a row stays
            triggered[row[there], c] = True
            start[row[there], c] = first[there]
        holds, explained = (triggered & self._answering(turns, echoes) for echoes in (False, True))
        explained &= turns.usable[:, None]
        rows, group = np.nonzero(holds)
        names = _names(turns.prompt, group, start[rows, group], found.trigger)
        every = np.flatnonzero(telling)
        group = np.concatenate((group, np.full(len(every), many)))
        at = np.concatenate((rows, every))
        prompt, response = turns.identity[at], text_hashes(turns.response)[at]
        kept = _smallest(group, prompt, response)
        group, prompt, response, at = group[kept], prompt[kept], response[kept], at[kept]
        whole, size = self._sketch(turns.prompt, at)
        covered, gone = self._covered(turns, group, at)
        responses, _ = self._sketch(turns.response, at)
        shared = explained.astype(np.int64).T @ explained.astype(np.int64)
        told = (prompt, response, size - gone, gone, whole - covered, responses)
        return Descriptions(found, names, shared, group, *told)

    def _answering(self, turns: Turns, echoes: bool) -> np.ndarray:
        """Return bool (rows, candidates): the response holds the answer; see `Turns.known`."""
        answer, row = turns.known(*self._answers, echoes)
        said = np.zeros((turns.prompt.rows, len(self.candidates.answer)), bool)
        for c, key in enumerate(self.candidates.answer):
            said[row[answer == key], c] = True
        return said

    def _sketch(self, words: Words, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Sum the distinct words of each of the texts ``rows``; see `_sum`."""
        text, code = words.distinct()
        low = np.searchsorted(text, rows)
        each = np.searchsorted(text, rows, side="right") - low
        at = np.arange(each.sum()) - np.repeat(np.cumsum(each) - each, each) + np.repeat(low, each)
        return self._sum(words, np.repeat(np.arange(len(rows)), each), code[at], len(rows))

    def _covered(
        self, turns: Turns, group: np.ndarray, rows: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Sum the distinct words of the group's trigger in each of the rows; see `_sum`."""
        found, words = self.candidates, turns.prompt
        key, row, first = turns.triggers(self._members)
        low = np.searchsorted(found.member, key)
        each = np.searchsorted(found.member, key, side="right") - low
        at = np.arange(each.sum()) - np.repeat(np.cumsum(each) - each, each) + np.repeat(low, each)
        size = len(found.trigger) + 1
        pair = np.repeat(row, each) * size + found.member_of[at]
        first, length = np.repeat(first, each), np.repeat(key & np.uint64(255), each)
        asked = rows * size + group
        order = np.argsort(asked)
        place = np.minimum(np.searchsorted(asked[order], pair), max(len(asked) - 1, 0))
        hit = asked[order][place] == pair if len(asked) else np.zeros(0, bool)
        owner, first, length = order[place[hit]], first[hit], length[hit].astype(np.int64)
        step = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
        width = max(len(words.vocabulary), 1)
        once = np.unique(
            np.repeat(owner, length) * width + words.codes[np.repeat(first, length) + step]
        )
        return self._sum(words, once // width, once % width, len(rows))

    def _sum(
        self, words: Words, row: np.ndarray, code: np.ndarray, rows: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Sum words with their rarity under random signs (feature hashing, Weinberger 2009).

        Returns:
            int32 (rows, numbers), and int64 (rows,), how many words were summed.
        """
        frequency = self.candidates.words.at(words.vocabulary_hashes)[:, 0]
        rarity = np.log((self.candidates.rows + 1) / np.maximum(frequency, 1))
        spread = mix(words.vocabulary_hashes)
        sign = np.where(spread >> np.uint64(40) & np.uint64(1), 1, -1)
        value = (np.rint(32 * rarity) * sign).astype(np.int32)
        sketch = np.zeros((rows, _SKETCH), np.int32)
        place = (spread % np.uint64(_SKETCH)).astype(np.int64)
        np.add.at(sketch, (row, place[code]), value[code])
        return sketch, np.bincount(row, minlength=rows)

    def merge(self, states: Sequence[Descriptions]) -> Descriptions:
        names = pa.concat_tables([s.names for s in states])
        names = names.group_by(["candidate", "place", "text"]).aggregate([("rows", "sum")])
        names = names.rename_columns(_NAMES.names).cast(_NAMES)
        order = [("candidate", "ascending"), ("place", "ascending"), ("text", "ascending")]
        rows = {n: np.concatenate([getattr(s, n) for s in states]) for n in _ROWS}
        kept = _smallest(rows["group"], rows["prompt"], rows["response"])
        shared = np.sum([s.shared for s in states], axis=0)
        kept_rows = {name: values[kept] for name, values in rows.items()}
        return Descriptions(self.candidates, names.sort_by(order), shared, **kept_rows)

    def pack(self, state: Descriptions) -> bytes:
        names = {name: state.names[name] for name in _NAMES.names}
        rest = {name: getattr(state, name) for name in ("shared", *_ROWS)}
        return pack(self.id, {}, {**names, **rest})

    def unpack(self, data: bytes) -> Descriptions:
        _, arrays = unpack(self.id, data)
        names = pa.table({name: arrays.pop(name) for name in _NAMES.names}, schema=_NAMES)
        return Descriptions(self.candidates, names, **arrays)


def _smallest(group: np.ndarray, prompt: np.ndarray, response: np.ndarray) -> np.ndarray:
    """Return the places of the rows to keep: of every group the smallest prompts, each once."""
    order = np.lexsort((response, prompt, group))
    group, prompt = group[order], prompt[order]
    new = np.ones(len(group), bool)
    new[1:] = (group[1:] != group[:-1]) | (prompt[1:] != prompt[:-1])
    order, group = order[new], group[new]
    return np.asarray(order[np.arange(len(group)) - np.searchsorted(group, group) < _KEPT])


def _names(words: Words, candidate: np.ndarray, first: np.ndarray, keys: np.ndarray) -> pa.Table:
    """Return one line for each trigger met and each word within reach of it."""
    length = (keys[candidate] & np.uint64(255)).astype(np.int64)
    text = words.text[first] if len(first) else first
    spelled = words.vocabulary.cast(pa.large_string())
    parts = []
    for n in np.unique(length).tolist():
        mine = length == n
        pieces = [spelled.take(pa.array(words.codes[first[mine] + step])) for step in range(n)]
        joined = pc.binary_join_element_wise(*pieces, pa.scalar(" ", pa.large_string()))
        parts.append((candidate[mine], np.zeros(mine.sum(), np.int64), joined))
    for distance in range(1, REACH + 1):
        for place, at in ((-distance, first - distance), (distance, first + length + distance - 1)):
            inside = (at >= words.starts[text]) & (at < words.starts[text + 1])
            there = spelled.take(pa.array(words.codes[at[inside]]))
            parts.append((candidate[inside], np.full(len(there), place), there))
    tables = [pa.table([c, p, t, np.ones(len(c), np.int64)], schema=_NAMES) for c, p, t in parts]
    return pa.concat_tables(tables)
