"""How often does clean data raise an alarm? The whole product, on parts of real data with sources.

    python -m benchmarks.clean_alarms [--data DIR] [--sets bbc,chat] [--resamples 20] [--store FILE]

Each resample is a random part of a set in eight shards, in half of them in the order that the data
have and in half of them shuffled. `provender scan`'s detection runs on it with every rule, tests of
sources and shards included. An alarm is a finding of level warning or error; `rows flagged` are the
clean rows that such findings flag; `rows noted` those that notes list, by rule. Sources are the
data's own, or one of twenty at random for each row.
With --store a run goes on where it was stopped: results of the same code on the same rows are kept.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import provender
from benchmarks.table import show
from benchmarks.text.corpora import Corpus, corpus
from benchmarks.text.kept import Kept, digest_of_code, digest_of_table
from pipelines.detect import detect
from pipelines.fingerprint import fingerprint, survey
from pipelines.run import Run
from provender.core.finding import Level
from provender.core.policy import Rates
from provender.core.shard import Roles
from provender.io.states import StateStore

SHARDS = 8
SOURCES = 20
_HOME = Path(provender.__file__).parent
_CODE = digest_of_code(
    [Path(__file__), *(_HOME / name for name in ("detect", "stats", "calibrate", "work"))]
)


def _at_random(name: str) -> Callable[[Path, int], Corpus]:
    def read(data: Path, rows: int) -> Corpus:
        one = corpus(name, data, rows)
        drawn = np.random.default_rng(7).integers(SOURCES, size=one.table.num_rows)
        table = one.table.append_column("from", pa.array([f"s{i}" for i in drawn]))
        return replace(one, table=table, roles=replace(one.roles, source="from"))

    return read


def _own(file: str, source: str, roles: Roles) -> Callable[[Path, int], Corpus]:
    def read(data: Path, rows: int) -> Corpus:
        columns = [c for c in (roles.text, roles.label, roles.prompt, roles.response) if c]
        table = pq.read_table(data / file, columns=[*columns, source])
        start = np.random.default_rng(8).integers(max(table.num_rows - rows, 1))
        part = table.slice(int(start), rows)
        return Corpus(file, "", part, replace(roles, source=source))

    return read


def _books(data: Path, rows: int) -> Corpus:
    """Passages of books whose source is the author, unlabelled."""
    one = corpus("excerpts", data, rows)
    return Corpus("books", "", one.table, Roles(text="text", source="label"))


SETS: dict[str, Callable[[Path, int], Corpus]] = {
    **{name: _at_random(name) for name in ("bbc", "r8", "turns", "lines", "pairs", "chapters")},
    "mails": _own("spamassassin.parquet", "group", Roles(text="text", label="label")),
    "chat": _own("chitchat_pairs.parquet", "sender", Roles(prompt="prompt", response="response")),
    "authors": _books,
}


def scanned(table: pa.Table, roles: Roles) -> dict[str, Any]:
    """Return what detection finds: rules with an alarm, rows these flag, rows that notes list."""
    with tempfile.TemporaryDirectory() as room:
        for number in range(SHARDS):
            low, high = (table.num_rows * (number + i) // SHARDS for i in range(2))
            (Path(room) / "data").mkdir(exist_ok=True)
            pq.write_table(table.slice(low, high - low), f"{room}/data/{number}.parquet")
        run = Run(StateStore(f"{room}/states"), workers=1)
        data = survey((f"{room}/data",), roles, run)
        manifest, _ = fingerprint(data, run)
        document = detect(data, manifest, run, Rates()).document
    notes = [f for f in document["findings"] if f["level"] == Level.NOTE.value]
    graver = [f for f in document["findings"] if f not in notes]
    noted: Counter[str] = Counter()
    for finding in notes:
        noted[finding["rule"]] += finding["rows"]
    return {
        "alarms": sorted({f["rule"] for f in graver}),
        "rows": sum(f["rows"] for f in graver),
        "noted": {rule: rows for rule, rows in sorted(noted.items()) if rows},
        "of": table.num_rows,
    }


def lines(given: argparse.Namespace, kept: Kept) -> Iterator[list[object]]:
    """Yield a line per set, and one for all."""
    every: list[dict[str, Any]] = []
    for name in given.sets.split(","):
        one = SETS.get(name, _at_random(name))(given.data, given.rows)
        made = []
        for seed in range(given.resamples):
            draw = np.random.default_rng([seed, 11])
            rows = draw.permutation(one.table.num_rows)[: one.table.num_rows // (2, 4, 8)[seed % 3]]
            table = one.table.take(pa.array(rows if seed % 2 else np.sort(rows)))
            key = f"scan {name} {digest_of_table(table)} {_CODE}"
            result = kept.result(key, partial(scanned, table, one.roles))
            made += [result] if result else []
        every += made
        yield _line(name, made)
    yield _line("all", every)


def _line(name: str, made: list[dict[str, Any]]) -> list[object]:
    rules = Counter(rule for one in made for rule in one["alarms"])
    rows, of = (sum(one[k] for one in made) for k in ("rows", "of"))
    noted = sum((Counter(one["noted"]) for one in made), Counter())
    alarms = sum(bool(one["alarms"]) for one in made)
    return [name, len(made), alarms, rows, f"{of:,}", _told(rules), _told(noted)]


def _told(counts: Counter[str]) -> str:
    return ", ".join(f"{rule} {n:,}" for rule, n in counts.most_common()) or "-"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clean_alarms", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--rows", type=int, default=8_000, help="most rows of a set")
    parser.add_argument("--resamples", type=int, default=24, help="parts of each set")
    parser.add_argument("--store", type=Path, help="keep results here and go on from there")
    parser.add_argument("--minutes", type=float, default=1e9, help="begin nothing after so long")
    given = parser.parse_args()
    if not given.data.is_dir():
        print(f"{given.data}: no such folder, nothing measured; give --data")
        return
    kept = Kept(given.store, given.minutes)
    head = ("set", "parts", "with an alarm", "rows flagged", "of", "rules", "rows noted")
    show("alarms on clean data", head, list(lines(given, kept)))


if __name__ == "__main__":
    main()
