"""Which findings are explained, and what came of it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from provender.core.digest import sha256_hex
from provender.core.finding import Finding, Level
from provender.core.shard import ShardFailure
from provender.io.states import StateStore
from provender.stats.cell_hash import is_text
from provender.stats.packing import pack, unpack
from provender.work.analyse import Analysed, AnalysePlan, analyse
from provender.work.dataset import DataSet
from provender.work.explaining.nearest import ONE, Nearest, NearState
from provender.work.explaining.words import BUCKETS, Example, ExampleWords, Queries, WordState
from provender.work.fold import Block, Folded, Part, failed, fold_states
from provender.work.mark import load_marks
from provender.work.tally import EXAMPLES, load_tally
from provender.work.task import SpanTask, TaskRef
from provender.work.wire import message

#: Findings whose examples are explained, the gravest: what is compared must stay bounded.
MOST_FINDINGS = 20
_KIND = "explain-queries/1"


@dataclass(frozen=True)
class Asked:
    """What is to be explained.

    Attributes:
        compared: the column whose words are compared.
        texts: columns that a trigger is looked for in.
        label: the column of labels; None for none.
        show: whether contexts and neighbours may carry what rows hold.
        examples: (place of the shard, example).
        tally: store name of what was flagged.
    """

    store: StateStore
    schema: pa.Schema
    compared: str
    texts: tuple[str, ...]
    label: str | None
    show: bool
    examples: tuple[tuple[int, Example], ...]
    tally: str
    fresh: bool = False

    def words(self, task: SpanTask | None = None) -> ExampleWords:
        """Return the first read: of a piece, or what merges its states."""
        own: tuple[Example, ...] = ()
        if task is not None:
            rows = range(task.span.first_row, task.span.first_row + task.span.rows)
            own = tuple(e for s, e in self.examples if s == task.shard_index and e.row in rows)
        return ExampleWords(self.compared, self.texts, self.show, own)

    def nearest(self, queries: str, task: SpanTask | None = None) -> Nearest:
        """Return the second read: of a piece, or what merges its states.

        Args:
            queries: store name of what `ask_rows` made.
        """
        known, digest = _load_queries(queries, self.store)
        flagged = None
        if task is not None:
            name = _marks(self.tally, self.store).get(task.shard_index)
            rows = load_marks(self.store, name)["row"].to_numpy() if name else np.zeros(0, np.int64)
            low, high = task.span.first_row, task.span.first_row + task.span.rows
            flagged = np.unique(rows[(rows >= low) & (rows < high)])
        shown = self.texts if self.show else ()
        return Nearest(self.compared, self.label, shown, known, digest, flagged)


@message
@dataclass(frozen=True)
class Compared:
    """How the reads went.

    Attributes:
        queries: store name of what rows were compared with; '' after a failure.
        words, nearest: store names of the folded states; '' before they are known.
    """

    queries: str = ""
    words: str = ""
    nearest: str = ""
    failures: tuple[ShardFailure, ...] = ()


def ask(
    findings: Sequence[Finding],
    data: DataSet,
    tally: str,
    show: bool,
    fresh: bool,
    store: StateStore,
) -> Asked | None:
    """Return what is to be explained; None where no text or no grave finding with examples is."""
    roles = data.roles
    named = [name for name in (roles.text, roles.prompt, roles.response) if name]
    texts = tuple(name for name in named if is_text(data.view.field(name).type))
    places = {name: place for place, name in enumerate(data.names)}
    asked = [
        (places[example["shard"]], Example(example["row"], number, finding.trigger))
        for finding, numbers in _numbered(findings)
        for number, example in zip(numbers, finding.examples, strict=False)
    ]
    if not asked or not texts:
        return None
    return Asked(store, data.view, texts[0], texts, roles.label, show, tuple(asked), tally, fresh)


def pieces_asked(asked: Asked, data: DataSet) -> list[TaskRef]:
    """Return the pieces that hold an example."""
    starts = data.starts().tolist()
    wanted = sorted(starts[shard] + example.row for shard, example in asked.examples)
    found: list[TaskRef] = []
    tasks = data.tasks(asked.store)
    last = next(tasks)
    for task in tasks:
        found += [last] * _any_within(wanted, last[-1], task[-1])
        last = task
    return found + [last] * _any_within(wanted, last[-1], data.rows)


def _any_within(ordered: Sequence[int], low: int, high: int) -> bool:
    place = bisect_left(ordered, low)
    return place < len(ordered) and ordered[place] < high


def read_words(task: SpanTask, asked: Asked) -> Analysed:
    """Store the words of the examples in a piece."""
    return analyse(
        task, AnalysePlan(asked.store, asked.schema, (asked.words(task),), (), asked.fresh)
    )


def ask_rows(folded: Sequence[Part], asked: Asked) -> Compared:
    """Store what rows are compared with, given the folded words."""
    failure = failed(folded)
    if failure:
        return Compared(failures=failure.failures)
    state = asked.words().unpack(asked.store.require(folded[0].name))
    queries = Queries.of(state)
    words = list(queries.words.values())
    arrays = {
        "weight": queries.weight,
        "examples": np.array(list(queries.words), np.int64),
        "words": np.concatenate([np.zeros(0, np.uint64), *words]),
        "lengths": np.array([len(own) for own in words], np.int64),
    }
    name = asked.store.put_content("queries", pack(_KIND, {}, arrays))
    return Compared(name, folded[0].name)


def read_nearest(task: SpanTask, compared: Compared, asked: Asked) -> Analysed:
    """Store the rows of a piece that are most like the examples."""
    if compared.failures:
        return Analysed(task.index, task.shard_index, failure=compared.failures[0])
    analysis = asked.nearest(compared.queries, task)
    return analyse(task, AnalysePlan(asked.store, asked.schema, (analysis,), (), asked.fresh))


def fold_nearest(block: Block, compared: Compared, asked: Asked) -> Folded:
    """Fold what neighbouring pieces gave."""
    group, number, parts = block
    failure = failed(parts)
    if failure:
        return ((group, number, failure),)
    return fold_states(block, asked.nearest(compared.queries), asked.store)


def answer(compared: Compared, folded: Sequence[Part]) -> Compared:
    """Return what the reads ended in."""
    failure = failed([Part("", compared.failures), *folded])
    if failure:
        return Compared(failures=failure.failures)
    return replace(compared, nearest=folded[0].name)


def explained(
    findings: Sequence[Finding], compared: Compared, asked: Asked, data: DataSet
) -> list[Finding]:
    """Return the findings with the contexts and nearest clean rows of their examples."""
    store = asked.store
    words = asked.words().unpack(store.require(compared.words))
    nearest = asked.nearest(compared.queries).unpack(store.require(compared.nearest))
    near = _near(nearest, data, asked.show)
    told = {
        id(finding): _told(finding, numbers, words, near)
        for finding, numbers in _numbered(findings)
    }
    return [told.get(id(finding), finding) for finding in findings]


def _told(
    finding: Finding,
    numbers: Sequence[int],
    words: WordState,
    near: Mapping[int, list[dict[str, Any]]],
) -> Finding:
    examples = []
    for number, example in zip(numbers, finding.examples, strict=False):
        more: dict[str, Any] = {"nearest": near.get(number, [])}
        if number in words.context:
            more["context"] = words.context[number]
        examples.append({**example, **more})
    return replace(finding, examples=tuple(examples))


def _near(state: NearState, data: DataSet, show: bool) -> dict[int, list[dict[str, Any]]]:
    starts = data.starts()
    found: dict[int, list[dict[str, Any]]] = {}
    for line in state.found.to_pylist():
        shard = int(np.searchsorted(starts, line["row"], side="right")) - 1
        one = {
            "shard": data.names[shard],
            "row": line["row"] - int(starts[shard]),
            "similarity": line["likeness"] / ONE,
            "label": line["label"],
        }
        if show:
            one["text"] = line["text"]
        found.setdefault(line["example"], []).append(one)
    return found


def _numbered(findings: Sequence[Finding]) -> list[tuple[Finding, range]]:
    """Return the findings that are explained, each with the numbers of its examples."""
    grave = [f for f in findings if f.level is not Level.NOTE and f.examples]
    grave.sort(key=lambda f: (-f.level.rank, 1.0 if f.p_value is None else f.p_value))
    return [
        (finding, range(EXAMPLES * i, EXAMPLES * (i + 1)))
        for i, finding in enumerate(grave[:MOST_FINDINGS])
    ]


@lru_cache(maxsize=4)
def _load_queries(name: str, store: StateStore) -> tuple[Queries, str]:
    data = store.require(name)
    _, arrays = unpack(_KIND, data)
    words = np.split(arrays["words"], np.cumsum(arrays["lengths"])[:-1])
    queries = Queries(arrays["weight"], dict(zip(arrays["examples"].tolist(), words, strict=False)))
    assert len(queries.weight) == BUCKETS
    return queries, sha256_hex(data)


@lru_cache(maxsize=2)
def _marks(tally: str, store: StateStore) -> dict[int, str]:
    """Return the store name of each shard's flagged rows."""
    marks = load_tally(tally, store).marks
    return dict(zip(marks["shard"].to_pylist(), marks["name"].to_pylist(), strict=True))
