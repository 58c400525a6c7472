"""Poisoned text: data set x attack x count, our rules beside Z-TOKEN and cleanlab.

    python -m benchmarks.text [--data DIR] [--quick] [--sets bbc,r8] [--attacks rare-word] ...

Each line is the mean over the seeds. `rank` is the trigger's median place among what was named (- :
not named in most trials); `named` the share of trials in which it was; TPR at .1 % and 1 % of the
clean rows; `precision` of what the method itself sets aside and `clean`, the clean rows among it;
`alarm` the share of trials with any row set aside. The clean arm draws parts of the clean set; with
--store FILE it goes on where it was stopped, as long as the rules are the same.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from zlib import crc32

import numpy as np
import pyarrow as pa

from benchmarks.text import ours, peers
from benchmarks.text.clean import CleanArm
from benchmarks.text.corpora import CORPORA, Corpus, corpus
from benchmarks.text.judged import Judged, Quality, quality
from provender.attacks.base import Attack, TooFewRowsError
from provender.attacks.registry import ATTACKS, attack, fitting
from provender.core.shard import Roles

Method = Callable[[pa.Table, Roles], Judged | None]
_HEAD = (
    f"{'set':14}{'part':13}{'attack':19}{'rows':>6}  {'method':9}{'rank':>6}{'named':>7}"
    f"{'TPR@.1%':>9}{'TPR@1%':>8}{'precision':>11}{'clean':>8}{'alarm':>7}"
)


def plantings(
    data: Corpus, one: Attack, count: int, seeds: int, methods: dict[str, Method]
) -> Iterator[str]:
    """Yield one line per method: means over ``seeds`` plantings of ``count`` rows."""
    found: dict[str, list[Quality]] = {name: [] for name in methods}
    for seed in range(seeds):
        random = np.random.default_rng([crc32(one.name.encode()), count, seed])
        planted = one.plant(data.table, data.roles, count, random)
        for name, method in methods.items():
            judged = method(planted.table, data.roles)
            if judged is not None:
                found[name].append(quality(judged, planted))
    for name, every in found.items():
        if every:
            yield (f"{data.name:14}{data.part:13}{one.name:19}{count:6}  {name:9}{_figures(every)}")


def _figures(every: list[Quality]) -> str:
    ranks = [q.rank for q in every if q.rank]
    named = len(ranks) / len(every)
    rank = f"{np.median(ranks):.0f}" if named > 0.5 else "-"
    recalls = np.mean([q.recall_at for q in every], axis=0)
    precisions = [q.precision for q in every if not np.isnan(q.precision)]
    precision = f"{np.mean(precisions):.2f}" if precisions else "-"
    return (
        f"{rank:>6}{named:7.2f}{recalls[0]:9.2f}{recalls[1]:8.2f}{precision:>11}"
        f"{np.mean([q.clean_flagged for q in every]):8.1f}{np.mean([q.alarm for q in every]):7.2f}"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.text", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sets", default=",".join(CORPORA))
    parser.add_argument("--attacks", default=",".join(one.name for one in ATTACKS))
    parser.add_argument("--counts", default="5,10,25,50,100,250")
    parser.add_argument(
        "--shares", default="5,10,20", help="counts in %% of the rows, beside these"
    )
    parser.add_argument("--rows", type=int, default=12_000, help="most rows of a set")
    parser.add_argument("--seeds", type=int, default=10, help="plantings of each kind")
    parser.add_argument("--resamples", type=int, default=20, help="clean halves, and eighths")
    parser.add_argument("--clean-only", action="store_true", help="no planting")
    parser.add_argument(
        "--store", type=Path, help="keep the clean resamples here and go on from there"
    )
    parser.add_argument(
        "--minutes", type=float, default=1e9, help="begin no clean resample after so long"
    )
    parser.add_argument("--peers", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--quick", action="store_true", help="a minute: few, small")
    given = parser.parse_args()
    if given.quick:
        given.sets, given.attacks = "bbc,turns", "rare-word,sentence,flips-random"
        given.counts, given.shares, given.rows = "10,50", "", 1500
        given.seeds, given.resamples = 1, 2
    return given


def main() -> None:
    """Print the table."""
    given = _options()
    if not given.data.is_dir():
        print(f"{given.data}: no such folder, nothing measured; give --data")
        return
    methods: dict[str, Method] = {"ours": ours.judge}
    if given.peers:
        methods |= {"z-token": peers.z_token, "cleanlab": peers.cleanlab}
        if not peers.has_cleanlab():
            print("cleanlab is not installed: skipped (it is in the extra `dev`)")
    counts = [int(n) for n in given.counts.split(",") if n]
    wanted = [attack(name) for name in given.attacks.split(",")]
    clean = CleanArm(given.resamples, given.store, given.minutes)
    print(_HEAD)
    for name in given.sets.split(","):
        data = corpus(name, given.data, given.rows)
        rows = data.table.num_rows
        print(clean.line(data), flush=True)
        if not ours.rules(data.table, data.roles):
            print(f"{name:14}{data.part:13}skipped: nothing to measure", flush=True)
            continue
        if given.clean_only:
            continue
        able, _ = fitting(data.table.schema, data.roles)
        every = counts + [rows * int(s) // 100 for s in given.shares.split(",") if s]
        for one in (one for one in wanted if one in able):
            for count in every:
                try:
                    for line in plantings(data, one, count, given.seeds, methods):
                        print(line, flush=True)
                except TooFewRowsError as error:
                    print(f"{name:14}{data.part:13}{one.name:19}{count:6}  {error.cause}")
    print(clean.total())


if __name__ == "__main__":
    main()
