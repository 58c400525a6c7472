"""How a candidate is spelled: the words it covers in its documents, and those beside them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.detect.label_conflict.groups import Found
from provender.detect.label_conflict.model import Labelled

#: A trigger's text is looked for this many words to either side, and cut after so many words.
REACH, _LONGEST_NAME = 8, 40
#: Words that so many of the trigger's documents share beside it belong to it.
_AGREE = 0.7


def spelled_names(documents: Labelled, found: Found, pairs: np.ndarray, size: int) -> pa.Table:
    """Count the longest covered run of words of each chosen (text, candidate), and its sides."""
    words = documents.words
    chosen = np.isin(found.pair, pairs)
    pair, first, length = found.pair[chosen], found.first[chosen], found.length[chosen]
    pair, begin, run = Found(pair, first, length).runs(words)
    order = np.lexsort((begin, -run, pair))
    _, best = np.unique(pair[order], return_index=True)
    best = order[best]
    pair, begin = pair[best], begin[best]
    run = np.minimum(run[best], _LONGEST_NAME)
    text, candidate = pair // size, pair % size
    said = words.vocabulary.take(pa.array(words.codes))
    offsets = np.concatenate(([0], np.cumsum(run)))
    inside = np.arange(offsets[-1]) - np.repeat(offsets[:-1], run) + np.repeat(begin, run)
    pieces = said.take(pa.array(inside)).cast(pa.string())
    lists = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pieces)
    joined = pc.binary_join(lists, " ").cast(pa.large_string())
    columns = [(candidate, np.zeros(len(pair), np.int64), joined)]
    for distance in range(1, REACH + 1):
        for place, at in ((-distance, begin - distance), (distance, begin + run + distance - 1)):
            inside_text = (at >= words.starts[text]) & (at < words.starts[text + 1])
            there = said.take(pa.array(at[inside_text]))
            columns.append((candidate[inside_text], np.full(len(there), place), there))
    table = pa.table(
        {
            "candidate": np.concatenate([c[0] for c in columns]),
            "place": np.concatenate([c[1] for c in columns]),
            "text": pa.concat_arrays([c[2] for c in columns]),
        }
    )
    return table.append_column("documents", pa.array(np.ones(len(table), np.int64)))


def covered_texts(names: pa.Table, many: int) -> list[str]:
    """Return the usual text that each of so many candidates covers; '' where there is none."""
    covered = names.filter(pc.equal(names["place"], 0))
    order = [("candidate", "ascending"), ("documents", "descending"), ("text", "ascending")]
    covered = covered.sort_by(order)
    candidate, first = np.unique(covered["candidate"].to_numpy(), return_index=True)
    texts = dict(zip(candidate.tolist(), covered["text"].take(first).to_pylist(), strict=True))
    return [texts.get(one, "") for one in range(many)]


def name_of(names: pa.Table, candidate: int) -> str:
    """Return the usual text of a candidate, with the words that nearly always surround it."""
    mine = names.filter(pc.equal(names["candidate"], candidate))
    mine = mine.sort_by(
        [("place", "ascending"), ("documents", "descending"), ("text", "ascending")]
    )
    usual: dict[int, tuple[str, int]] = {}
    for row in mine.to_pylist():
        usual.setdefault(row["place"], (row["text"], row["documents"]))
    text, _ = usual[0]
    documents = pc.sum(mine.filter(pc.equal(mine["place"], 0))["documents"]).as_py()
    for side in (-1, 1):
        for distance in range(1, REACH + 1):
            word, agreeing = usual.get(side * distance, ("", 0))
            if agreeing < _AGREE * documents:
                break
            text = f"{word} {text}" if side < 0 else f"{text} {word}"
    return text
