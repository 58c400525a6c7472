"""Measure corpus/repeated-strings, and what finds floods: unlabelled corpora, planted and clean.

Run:  python -m benchmarks.detectors_corpora [--data ../shared/data] [--parts planted,clean]

`planted`: a sentence with a host in documents of each corpus, spread over 20 sources drawn at
random, or all from a few of them. 'named' is the share of plantings whose sentence is named, 'rank'
its mean place among the named strings, 'TPR' the planted documents that are flagged at a rate of
1 %, 'precision' how many of those flagged for it were planted, 'others' the strings named beside
it, 'alarm' the plantings in which its finding is a warning or an error.
`flood`: edited copies of one document; which rules list them, and is their source named?
`clean`: halves and eighths, sources at random, shards cut at random or in the order of the data.
`trusted`: a random half is under test, the other half trusted or not: how often a sentence that is
planted in it is named, how many of the planted rows are listed, and how many of the others.
`real`: sources that data really have: is the null disbelieved?
'development' corpora chose the constants, 'looked at' ones were seen meanwhile, 'blind' ones not.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.corpora_texts import CORPORA
from benchmarks.reads import last_profile
from provender.attacks.flood import Flood
from provender.attacks.naming import names
from provender.attacks.promotion import Promotion
from provender.calibrate.alarms import Alarms, alarm_p
from provender.calibrate.concentration import concentrated
from provender.calibrate.fdr import PValueCounts
from provender.core.finding import Level
from provender.core.shard import Roles
from provender.detect.base import Cause, DataView, Stored
from provender.detect.near_text import NearText
from provender.detect.registry import rules
from provender.detect.repeated_strings.detector import RULE, RepeatedStrings
from provender.detect.trusted.scores import Held

_RATE, _SOURCES, _SHARDS = 0.01, 20, 8
_HEAD = "set         from         count   named   rank    TPR  precision   others   alarm"
ROLES = Roles(text="text", source="from")


@dataclass(frozen=True)
class Answer:
    """What the rule says of one table.

    Attributes:
        causes: the named strings.
        cause: int (rows,), which of them a flagged row is flagged for; -1 for none.
        sources: of each row.
    """

    causes: list[Cause]
    cause: np.ndarray
    unseen: str
    seconds: float

    sources: np.ndarray

    def levels(self, shard: np.ndarray) -> list[Level]:
        """Return the level of each named string's finding, as `provender scan` would report it."""
        many = len(self.causes)
        mine = [self.cause == i for i in range(many)]
        cases = zip(self.causes, mine, strict=True)
        return [_level(cause, rows, self.sources, shard, many) for cause, rows in cases]


def alarm(levels: list[Level]) -> bool:
    return any(level is not Level.NOTE for level in levels)


def ask(table: pa.Table, trusted: Stored | None = None) -> Answer:
    """Run the rule on a table."""
    known = {RULE.id: trusted} if trusted else None
    detector: Any = RepeatedStrings().bind(DataView(table.schema, ROLES, known))
    batches, start = table.to_batches(max_chunksize=4096), time.process_time()
    profile = last_profile(detector, batches)
    scores = [detector.scorer(profile)(batch) for batch in batches]
    seconds = time.process_time() - start
    p_value = np.nan_to_num(np.concatenate([s.p_value for s in scores]), nan=1.0)
    cause = np.concatenate([s.cause for s in scores])
    cause[p_value > PValueCounts.of(p_value).threshold(_RATE)] = -1
    sources = np.array(table["from"].to_pylist(), object)
    limits = detector.limits(profile)
    return Answer(detector.causes(profile), cause, limits, seconds, sources)


def _level(
    cause: Cause, mine: np.ndarray, sources: np.ndarray, shard: np.ndarray, findings: int
) -> Level:
    """Return a finding's level: a note is raised where its rows gather (see work/findings.py)."""
    alarms = Alarms.of(_RATE, rules(), findings)
    if cause.level is not None:
        chance = alarm_p(RepeatedStrings().rule, 0.0, cause.level, cause.alarm_p)
        return cause.level if alarms.by_rows(RepeatedStrings().rule, chance) else Level.NOTE
    for places in (sources, shard.astype(str)):
        totals, flagged = Counter(places.tolist()), Counter(places[mine].tolist())
        found = [("", name, p) for name, p in concentrated(flagged, totals, _RATE)]
        if alarms.by_gathering([("place", n, p) for _, n, p in found], {"place": len(totals) * 2}):
            return Level.WARNING
    return Level.NOTE


def table_of(texts: list[str], source: np.ndarray) -> pa.Table:
    return pa.table({"text": pa.array(texts, pa.large_string()), "from": pa.array(source)})


def at_random(rows: int, random: np.random.Generator) -> np.ndarray:
    """Return a source for each row."""
    return np.array([f"s{i:02}" for i in random.integers(_SOURCES, size=rows)], object)


def planted(name: str, texts: list[str], given: argparse.Namespace) -> Iterator[str]:
    """Yield one line for each count and way to spread."""
    for few in given.few:
        for count in given.counts:
            named, alarms, ranks, hit, precision, others = 0, 0, [], [], [], []
            for seed in range(given.seeds):
                random = np.random.default_rng([crc32(name.encode()), few, count, seed])
                source = at_random(len(texts), random)
                found = Promotion().plant(table_of(texts, source), ROLES, count, random)
                if few:
                    source[found.rows] = [f"s{i:02}" for i in random.integers(few, size=count)]
                column = pa.array(source, pa.string())
                answer = ask(found.table.set_column(1, "from", column))
                levels = answer.levels(random.integers(_SHARDS, size=len(texts)))
                mine = [i for i, c in enumerate(answer.causes) if names(c.what, found.trigger)]
                named += bool(mine)
                ranks += [1 + mine[0]] if mine else []
                flagged = np.isin(answer.cause, mine)
                hit.append(flagged[found.rows].mean())
                precision += [flagged[found.rows].sum() / flagged.sum()] if flagged.any() else []
                others.append(len(answer.causes) - len(mine))
                alarms += alarm([levels[i] for i in mine])
            yield (
                f"{name:12}{'spread' if not few else f'{few} sources':12}{count:6}"
                f"{named / given.seeds:8.2f}{np.mean(ranks or np.nan):7.1f}{np.mean(hit):7.2f}"
                f"{np.mean(precision or [np.nan]):11.2f}{np.mean(others):9.1f}"
                f"{alarms / given.seeds:8.2f}"
            )


def flood(name: str, texts: list[str], given: argparse.Namespace) -> Iterator[str]:
    """Yield one line for each count of edited copies, all from one source of twenty."""
    for count in given.counts:
        near, strings, gathers = [], [], 0
        for seed in range(given.seeds):
            random = np.random.default_rng([crc32(name.encode()), count, seed])
            source = at_random(len(texts), random)
            enough = [i for i, text in enumerate(texts) if len(text.split()) >= 40]
            some = [texts[i] for i in enough]
            found = Flood().plant(table_of(some, source[enough]), ROLES, count, random)
            source = source[enough]
            source[found.rows] = "s00"
            table = found.table.set_column(1, "from", pa.array(source, pa.string()))
            detector: Any = NearText().bind(DataView(table.schema, ROLES))
            listed = detector.flagged(last_profile(detector, table.to_batches()))
            near.append(np.isin(found.rows, listed.rows).mean())
            totals, flagged = Counter(source.tolist()), Counter(source[listed.rows].tolist())
            gathers += "s00" in [place for place, _ in concentrated(flagged, totals, _RATE)]
            strings.append((ask(table).cause[found.rows] >= 0).mean())
        yield (
            f"{name:12}{count:6} copies: near-text lists {np.mean(near):.2f} of them, and their "
            f"source stands out in {gathers} of {given.seeds}; repeated-strings lists "
            f"{np.mean(strings):.2f}"
        )


def clean(name: str, texts: list[str], given: argparse.Namespace) -> Iterator[str]:
    """Yield one line: what is said of parts of a corpus in which nothing was planted."""
    alarms, ordered, grave, listed, strings, tried, size = 0, 0, 0, 0, [], 0, 0
    for part in (2, 8):
        for seed in range(given.resamples):
            random = np.random.default_rng([part, seed])
            rows = np.sort(random.permutation(len(texts))[: len(texts) // part])
            some = [texts[i] for i in rows]
            answer = ask(table_of(some, at_random(len(some), random)))
            levels = answer.levels(random.integers(_SHARDS, size=len(some)))
            alarms += alarm(levels)
            ordered += alarm(answer.levels(np.arange(len(some)) * _SHARDS // len(some)))
            raised = [i for i, level in enumerate(levels) if level is not Level.NOTE]
            grave += int(np.isin(answer.cause, raised).sum())
            listed += int((answer.cause >= 0).sum())
            strings.append(len(answer.causes))
            tried, size = tried + 1, size + len(some)
    answer = ask(table_of(texts, at_random(len(texts), random)))
    megabytes = sum(map(len, texts)) / 1e6
    yield (
        f"{name:12}alarms in {alarms} of {tried} parts (shards in the data's order: {ordered}), "
        f"{1000 * grave / size:.2f} of 1,000 rows above note, {1000 * listed / size:.1f} noted for "
        f"{np.mean(strings):.1f} strings; whole: {len(answer.causes)} strings, "
        f"{(answer.cause >= 0).sum()} of {len(texts):,} rows, {megabytes / answer.seconds:.1f} MB/s"
    )


def trusted(name: str, texts: list[str], given: argparse.Namespace) -> Iterator[str]:
    """Yield one line for each count, 0 for none, spread over all sources."""
    for count in (0, *given.counts):
        found: dict[bool, list[tuple[float, ...]]] = {True: [], False: []}
        for seed in range(given.seeds):
            random = np.random.default_rng([crc32(name.encode()), 7, count, seed])
            order = random.permutation(len(texts))
            mine, others = ([texts[i] for i in half] for half in np.array_split(order, 2))
            table, sentence = table_of(mine, at_random(len(mine), random)), ""
            goal = np.zeros(0, np.int64)
            if count:
                plant = Promotion().plant(table, ROLES, count, random)
                table, goal, sentence = plant.table, plant.rows, plant.trigger
            rest = table_of(others, at_random(len(others), random))
            reading = RepeatedStrings().reading(DataView(rest.schema, ROLES))
            known = Held(last_profile(reading, rest.to_batches(max_chunksize=4096)))
            for with_it in (True, False):
                answer = ask(table, known if with_it else None)
                flagged = answer.cause >= 0
                hits = flagged[goal].mean() if count else 0.0
                flagged[goal] = False
                places = [
                    i for i, c in enumerate(answer.causes) if count and names(c.what, sentence)
                ]
                many = len(answer.causes) - len(places)
                found[with_it].append(
                    (bool(places), 1 + min(places, default=-1), hits, many, flagged.sum())
                )
        for with_it, tries in found.items():
            named, rank, hits, many, listed = np.mean(tries, axis=0)
            beside = "trusted" if with_it else "alone"
            yield (
                f"{name:12}{beside:10}{count:6} planted: named {named:.2f}, rank {rank:.1f}, "
                f"listed {hits:.2f}; others named {many:.1f}, rows {listed:.1f}"
            )


def real(data: Path) -> Iterator[str]:
    """Yield one line for each set with sources that differ as real ones do."""
    mails = pq.read_table(data / "spamassassin.parquet")
    bodies = [text.split("\n\n", 1)[-1][:6000] for text in mails["text"].to_pylist()]
    sets = {"mails, by group": (bodies, mails["group"].to_pylist())}
    books: list[str] = []
    whose: list[str] = []
    for path in sorted((data / "gutenberg").iterdir()):
        words = path.read_text("utf-8", "replace").split()
        books += [" ".join(words[i : i + 180]) for i in range(0, len(words), 180)]
        whose += [path.stem] * (len(books) - len(whose))
    sets["books, by book"] = (books, whose)
    for name in ("bbc", "reuters-r8-train"):
        table = pq.read_table(data / f"{name}.parquet")
        sets[f"{name}, by label"] = (table["text"].to_pylist(), table["label"].to_pylist())
    for name, (texts, source) in sets.items():
        answer = ask(table_of(texts, np.array(source, object)))
        raised = alarm(answer.levels(np.zeros(len(texts), int)))
        yield (
            f"{name:28}{len(answer.causes):4} strings, alarm: {'yes' if raised else 'no'}; "
            f"{answer.unseen}"
        )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--parts", default="planted,flood,clean,trusted,real")
    parser.add_argument("--sets", default=",".join(CORPORA))
    parser.add_argument(
        "--counts", type=lambda v: [int(n) for n in v.split(",")], default=[5, 10, 25, 50]
    )
    parser.add_argument("--few", type=lambda v: [int(n) for n in v.split(",")], default=[0, 3])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--resamples", type=int, default=20, help="clean halves, and eighths")
    given = parser.parse_args()
    if not given.data.is_dir():
        print(f"{given.data}: no such folder, nothing measured; give --data")
        return
    parts = {"planted": planted, "flood": flood, "clean": clean, "trusted": trusted}
    for part in given.parts.split(","):
        print(part, flush=True)
        if part == "planted":
            print(_HEAD)
        for name in given.sets.split(",") if part in parts else ():
            make, kind = CORPORA[name]
            for line in parts[part](f"{name}", make(given.data), given):
                print(f"{line}  ({kind})", flush=True)
        for line in real(given.data) if part == "real" else ():
            print(line, flush=True)


if __name__ == "__main__":
    main()
