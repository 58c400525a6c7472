"""Passages of books, with strings put into them, and what corpus/repeated-strings says of them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from provender.core.shard import Roles
from provender.detect.base import DataView
from provender.detect.repeated_strings.detector import RULE, RepeatedStrings
from provender.detect.trusted.scores import Held
from tests.detect.row_runs import bound, run
from tests.laws import one_pass

BOOKS = Path(__file__).parents[3] / "data_samples" / "clean" / "books"
SENTENCE = "order your next holiday at www harbourlight travel com before the prices go up"
FORMS = [
    "unsubscribe whenever by mailing the list robot with subject goodbye and nothing else",
    "copyright belongs jointly to its publishers reprinting needs written permission beforehand",
    "transmitted for addressees only erase immediately if wrongly received please notify sender",
    "scanned by volunteers against printed editions corrections are gratefully accepted here",
    "advertise cheaply in these columns rates upon application discounts for subscribers",
]
ROWS = [9, 100, 333, 512, 700, 888, 1001, 1200]
LATE = list(range(400, 1300, 60))
TOPIC = [f"topic{i}" for i in range(40)]


@cache
def corpus() -> tuple[str, ...]:
    """Passages of six books."""
    return tuple(t for p in sorted(BOOKS.iterdir()) for t in pq.read_table(p)["text"].to_pylist())


def inserted(texts: list[str], rows: list[int], string: str, seed: int = 1) -> list[str]:
    random, texts = np.random.default_rng(seed), list(texts)
    for row in rows:
        words = texts[row].split(" ")
        words.insert(int(random.integers(len(words) + 1)), string)
        texts[row] = " ".join(words)
    return texts


def table(texts: list[str], sources: list[str] | None = None) -> pa.Table:
    found = pa.table({"text": pa.array(texts, pa.string())})
    return found if sources is None else found.append_column("who", pa.array(sources))


def ask(texts: list[str], sources: list[str] | None = None, cuts: tuple[int, ...] = ()):
    """Return (detector, scores, profile)."""
    found = table(texts, sources)
    roles = {"text": "text"} if sources is None else {"text": "text", "source": "who"}
    detector = bound(RepeatedStrings(), found, **roles)
    return detector, *run(detector, found, cuts)


def ask_beside(texts: list[str], trusted: list[str] | None):
    """Return (detector, scores, profile) of texts without sources, beside trusted texts or none."""
    roles, schema, known = Roles(text="text"), table(texts).schema, None
    if trusted is not None:
        reading = RepeatedStrings().reading(DataView(schema, roles))
        state = one_pass(reading.analysis(0, None), table(trusted).to_batches())
        known = {RULE.id: Held(reading.profile(0, state))}
    detector = RepeatedStrings().bind(DataView(schema, roles, known))
    assert isinstance(detector, RepeatedStrings)
    return detector, *run(detector, table(texts))


def with_pairs(texts: list[str], pairs: int = 150, far: bool = True) -> list[str]:
    """Two texts each share a string, as quotations do: by these sources are told apart."""
    texts = list(texts)
    for i in range(pairs):
        quote = " ".join(f"quote{i}word{n}" for n in range(14))
        texts = inserted(texts, list(pair_of(i, far)), quote, i)
    return texts


def pair_of(i: int, far: bool = True) -> tuple[int, int]:
    return (i, 1300 + i) if far else (2 * i, 2 * i + 1)


def at_random(rows: int) -> list[str]:
    return [f"s{i:02}" for i in np.random.default_rng(5).integers(20, size=rows)]
