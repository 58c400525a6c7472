"""CPU of the text rules: each read of each rule, on documents, dialogues and labelled passages.

python -m benchmarks.text_speed [--rows 40000] [--data DIR]

One process, one thread; batches are read by all rules in turn, as a scan does it, so that what
rules share is paid once; the scoring read counts what a scorer sets up. Each figure is the least of
three runs, for other work on the machine only adds to it. MB are of the texts' UTF-8 bytes. Largest
is the largest state of a rule, packed. Explaining a hundred examples, which a scan does only where
there are findings, is apart.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.table import show
from benchmarks.text.corpora import Corpus, corpus
from provender.detect.base import DataView, Detector, RowDetector
from provender.detect.registry import bind_all
from provender.stats.sharing import shared
from provender.work.explaining.asked import MOST_FINDINGS
from provender.work.explaining.nearest import Nearest
from provender.work.explaining.words import Example, ExampleWords, Queries
from provender.work.tally import EXAMPLES

#: As the reader has it.
_BATCH = 16_384
_RUNS = 3
_FAMILY = ("text/", "instruct/", "corpus/")


def least_spent_on(data: Corpus) -> tuple[dict[str, list[float]], dict[str, int]]:
    """Return `spent_on`, the least of some runs."""
    runs = [spent_on(data) for _ in range(_RUNS)]
    spent = {name: np.min([run[name] for run, _ in runs], axis=0).tolist() for name in runs[0][0]}
    return spent, runs[0][1]


def spent_on(data: Corpus) -> tuple[dict[str, list[float]], dict[str, int]]:
    """Return (CPU seconds of each read, the scoring last; bytes of the largest state) by rule."""
    bound, _ = bind_all(DataView(data.table.schema, data.roles))
    rules = [d for d in bound if d.rule.id.startswith(_FAMILY)]
    batches = data.table.to_batches(max_chunksize=_BATCH)
    spent: dict[str, list[float]] = defaultdict(list)
    largest: dict[str, int] = defaultdict(int)
    profiles: dict[str, bytes] = {}
    for number in range(max(d.rounds for d in rules)):
        live = [d for d in rules if number < d.rounds]
        read = {d.rule.id: d.analysis(number, profiles.get(d.rule.id)) for d in live}
        states = {name: analysis.empty() for name, analysis in read.items()}
        seconds = dict.fromkeys(read, 0.0)
        for batch in batches:
            with shared():
                for name, analysis in read.items():
                    began = time.process_time()
                    read_now = batch.select(list(analysis.columns() or batch.schema.names))
                    states[name] = analysis.add(states[name], read_now)
                    seconds[name] += time.process_time() - began
        for rule in live:
            name, began = rule.rule.id, time.process_time()
            profiles[name] = rule.profile(number, states[name])
            spent[name].append(seconds[name] + time.process_time() - began)
            largest[name] = max(largest[name], len(read[name].pack(states[name])))
    for name, seconds_ in _scoring(rules, profiles, batches).items():
        spent[name].append(seconds_)
    return spent, largest


def _scoring(
    rules: list[Detector], profiles: dict[str, bytes], batches: list[pa.RecordBatch]
) -> dict[str, float]:
    scorers: dict[str, Any] = {}
    seconds: dict[str, float] = {}
    for rule in rules:
        if isinstance(rule, RowDetector):
            name, began = rule.rule.id, time.process_time()
            scorers[name] = (rule.score_columns(), rule.scorer(profiles[name]))
            seconds[name] = time.process_time() - began
    for batch in batches:
        with shared():
            for name, (columns, score) in scorers.items():
                began = time.process_time()
                score(batch.select(list(columns)))
                seconds[name] += time.process_time() - began
    return seconds


def explaining(data: Corpus) -> float:
    """Return CPU seconds of explaining as many examples as ever are: the words, then all rows."""
    compared = data.roles.text or data.roles.prompt
    assert compared
    batches = data.table.select([compared]).to_batches(max_chunksize=_BATCH)
    rows = np.linspace(0, data.table.num_rows - 1, MOST_FINDINGS * EXAMPLES).astype(int)
    examples = tuple(Example(row, n, ("some words",)) for n, row in enumerate(rows.tolist()))
    began = time.process_time()
    words = ExampleWords(compared, (compared,), False, examples)
    state = _one_pass(words, batches)
    _one_pass(Nearest(compared, None, (), Queries.of(state), "", rows), batches)
    return time.process_time() - began


def _one_pass(analysis: Any, batches: list[pa.RecordBatch]) -> Any:
    state = analysis.empty()
    for batch in batches:
        state = analysis.add(state, batch)
    return state


def main() -> None:
    """Print a table of each corpus."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=40_000)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    given = parser.parse_args()
    if not given.data.is_dir():
        print(f"skipped: there is no {given.data}; name the folder of real data with --data")
        return
    total = sizes = 0.0
    for name in ("chapters", "pairs", "books"):
        data = corpus(name, given.data, given.rows)
        table, roles = data.table.combine_chunks(), data.roles
        texts = [table[c] for c in (roles.text, roles.prompt, roles.response) if c]
        size = sum(pc.sum(pc.binary_length(c)).as_py() for c in texts) / 1e6
        spent, largest = least_spent_on(data)
        lines = [
            (rule, f"{size / sum(seconds):.1f}", _each(seconds), f"{largest[rule] / 1e6:.1f}")
            for rule, seconds in sorted(spent.items())
        ]
        own = sum(map(sum, spent.values()))
        head = ("rule", "MB/s", "seconds of each read", "largest MB")
        show(f"{name}: {table.num_rows:,} rows, {size:.1f} MB, CPU {own:.1f} s", head, lines)
        print(f"  all text rules: {size / own:.2f} MB/s per core")
        more = explaining(data)
        print(
            f"  explaining, where there are findings: {size / more:.1f} MB/s, {more / own:.0%} more"
        )
        total, sizes = total + own, sizes + size
    print(f"\ntogether: {sizes / total:.2f} MB/s per core")


def _each(seconds: list[float]) -> str:
    return " ".join(f"{s:.2f}" for s in seconds)


if __name__ == "__main__":
    main()
