"""Measure what names one poisoned source of twenty, and clean sources, random and real ones.

Run:  python -m benchmarks.detectors_sources [--data ../shared/data] [--parts planted,clean,real]

`planted`: every attack on text, 10 rows, all given one drawn source of 20; other rows have a source
at random. How often is that source named, for rows flagged at 1 %, and how often another one, by
sources/own-words, by text/label-flips where there are labels, and by either?
`clean`: random halves and eighths with sources at random: how often is any source named?
`real`: sources that data really have, or stand for real ones: is the null disbelieved? Which of
them does text/label-flips name, where there are labels?

The sets chose one constant, how much sources may differ (GATHERED); no other was chosen with them
in sight.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.reads import last_profile
from benchmarks.text.corpora import corpus
from provender.attacks.base import TooFewRowsError
from provender.attacks.registry import fitting
from provender.calibrate.fdr import PValueCounts
from provender.core.shard import Roles
from provender.detect.base import DataView, RowDetector
from provender.detect.label_flips.detector import LabelFlips
from provender.detect.own_words.detector import OwnWords

RATE = 0.01
SETS = ("bbc", "r8", "spamassassin", "books", "turns", "pairs", "chapters")
_HEADER = {
    "list": r"^List-Id:.*<([^>]+)>",
    "domain": r"^From:.*@([\w.-]+)",
    "country": r"^From:.*\.(\w+)\W*$",
}


@dataclass(frozen=True)
class Answer:
    """What the rule says of one table: the sources of the rows that it flags, and those rows."""

    named: tuple[str, ...]
    flagged: np.ndarray
    unseen: str
    seconds: float


def ask(table: pa.Table, roles: Roles, rule: Any = None) -> Answer:
    """Run a rule on a table whose sources stand in the column `from`.

    Args:
        rule: `OwnWords` or another one whose causes name their source.
    """
    found = (rule or OwnWords()).bind(DataView(table.schema, replace(roles, source="from")))
    if not isinstance(found, RowDetector):
        return Answer((), np.zeros(table.num_rows, bool), "does not run", 0.0)
    detector = found
    batches, start = table.to_batches(max_chunksize=4096), time.process_time()
    profile = last_profile(detector, batches)
    score = detector.scorer(profile)
    scores = [score(batch) for batch in batches]
    p_value, cause = (np.concatenate([getattr(s, n) for s in scores]) for n in ("p_value", "cause"))
    threshold = PValueCounts.of(p_value).threshold(RATE)
    flagged, unseen = p_value <= threshold, detector.limits(profile)
    every = [cause.evidence.get("source") for cause in detector.causes(profile)]
    of_source = np.array([*(name is not None for name in every), False])
    flagged = flagged & of_source[cause]
    named = tuple(str(every[i]) for i in np.unique(cause[flagged]))
    return Answer(named, flagged, unseen, time.process_time() - start)


def at_random(rows: int, many: int, random: np.random.Generator) -> np.ndarray:
    """Return a source for each row."""
    return np.array([f"s{i:02}" for i in random.integers(many, size=rows)], object)


def planted(given: argparse.Namespace) -> Iterator[str]:
    """Yield one line for each set and attack."""
    yield f"{'set':14}{'attack':20} trials  named  others  recall: own words; label flips; either"
    for name in given.sets:
        data = corpus(name, given.data, given.rows)
        able, _ = fitting(data.table.schema, data.roles)
        wanted = given.attacks.split(",") if given.attacks else [one.name for one in able]
        for one in (attack for attack in able if attack.name in wanted):
            counts, trials = np.zeros((3, 3)), 0
            for seed in range(given.trials):
                random = np.random.default_rng([crc32(one.name.encode()), seed])
                try:
                    found = one.plant(data.table, data.roles, given.count, random)
                except TooFewRowsError:
                    continue
                source = at_random(data.table.num_rows, given.sources, random)
                first = int(random.integers(given.sources))
                own = [f"s{(first + i) % given.sources:02}" for i in range(given.few)]
                source[found.rows] = np.resize(own, len(found.rows))
                column = pa.array(source, pa.string())
                table = found.table.append_column("from", column)
                answers = [ask(table, data.roles, rule) for rule in (OwnWords(), LabelFlips())]
                told = [set(answer.named) for answer in answers]
                rows = [answer.flagged for answer in answers]
                told, rows = [*told, told[0] | told[1]], [*rows, rows[0] | rows[1]]
                trials += 1
                counts += [
                    (bool(names & set(own)), bool(names - set(own)), flagged[found.rows].mean())
                    for names, flagged in zip(told, rows, strict=True)
                ]
            if trials:
                line = "; ".join(" ".join(f"{x:5.2f}" for x in each / trials) for each in counts)
                yield f"{name:14}{one.name:20}{trials:7}  {line}"


def clean(given: argparse.Namespace) -> Iterator[str]:
    """Yield one line for each set: sources named in parts of it, sources drawn at random."""
    total = alarms = 0
    for name in given.sets:
        data = corpus(name, given.data, given.rows)
        named = tried = 0
        for part in (2, 8):
            for seed in range(given.resamples):
                sample = data.sample(data.table.num_rows // part, 1000 * part + seed)
                random = np.random.default_rng([part, seed])
                source = at_random(sample.table.num_rows, given.sources, random)
                table = sample.table.append_column("from", pa.array(source, pa.string()))
                tried, named = tried + 1, named + bool(ask(table, data.roles).named)
        total, alarms = total + tried, alarms + named
        yield f"{name:14}sources at random: one named in {named} of {tried} parts"
    yield f"all: one named in {alarms} of {total}"


def real(given: argparse.Namespace) -> Iterator[str]:
    """Yield one line for each set with sources that differ as real ones do."""
    for name, table, roles in _with_real_sources(given.data):
        answer = ask(table, roles)
        size = sum(table[c].nbytes for c in table.column_names) / 1e6
        yield (
            f"{name:32}{table.num_rows:8,} rows{len(pc.unique(table['from'])):6} sources, "
            f"{len(answer.named)} named, {size / max(answer.seconds, 1e-9):.1f} MB/s; "
            f"{answer.unseen}"
        )
        if roles.label:
            flips = ask(table, roles, LabelFlips())
            told = ", ".join(flips.named) or "-"
            yield f"{'':32}label flips: {told}, {flips.flagged.sum()} rows {flips.unseen}"


def _with_real_sources(data: Path) -> Iterator[tuple[str, pa.Table, Roles]]:
    text, labelled = Roles(text="text"), Roles(text="text", label="label")
    for name in ("bbc", "r8"):
        table = corpus(name, data, 12_000).table
        block = pa.array([f"b{20 * row // table.num_rows:02}" for row in range(table.num_rows)])
        yield f"{name}, in order, 20 blocks", table.append_column("from", block), labelled
    for name in ("books", "bbc", "r8"):
        table = corpus(name, data, 12_000).table
        yield f"{name}, by label", table.append_column("from", table["label"]), text
    mails = pq.read_table(data / "spamassassin.parquet")
    bodies = mails["text"].to_pylist()
    yield "mails, by group", mails.append_column("from", mails["group"]), labelled
    for name, pattern in _HEADER.items():
        met = [re.search(pattern, body, re.I | re.M) for body in bodies]
        source = pa.array([one[1].lower() if one else None for one in met], pa.string())
        yield f"mails, by {name}", mails.append_column("from", source), labelled
    pairs = Roles(prompt="prompt", response="response")
    chat = pq.read_table(data / "chitchat_pairs.parquet")
    yield "chat, by sender", chat.append_column("from", chat["sender"]), pairs
    block = pa.array([f"b{row // 6600}" for row in range(chat.num_rows)])
    yield "chat, by time", chat.append_column("from", block), pairs
    whole = np.unique(chat["conversation"].to_pylist(), return_inverse=True)[1]
    for many in (20, 100):
        who = np.random.default_rng(1).integers(many, size=whole.max() + 1)
        column = pa.array([f"s{who[i]}" for i in whole])
        yield f"chat, whole dialogues, {many}", chat.append_column("from", column), pairs


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--parts", default="planted,clean,real")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--attacks", default="", help="names; all when left out")
    parser.add_argument("--rows", type=int, default=12_000, help="most rows of a set")
    parser.add_argument("--count", type=int, default=10, help="planted rows")
    parser.add_argument("--sources", type=int, default=20)
    parser.add_argument("--few", type=int, default=1, help="sources that the planted rows are of")
    parser.add_argument("--trials", type=int, default=20, help="plantings of each attack")
    parser.add_argument("--resamples", type=int, default=20, help="clean halves, and eighths")
    given = parser.parse_args()
    given.sets = given.sets.split(",")
    if not given.data.is_dir():
        print(f"{given.data}: no such folder, nothing measured; give --data")
        return
    parts = {"planted": planted, "clean": clean, "real": real}
    for part in given.parts.split(","):
        for line in parts[part](given):
            print(line, flush=True)


if __name__ == "__main__":
    main()
