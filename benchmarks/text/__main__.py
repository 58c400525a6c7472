"""Poisoned text: data set x attack x count, our rules beside Z-TOKEN and cleanlab.

    python -m benchmarks.text [--data DIR] [--quick] [--sets bbc,r8] [--attacks rare-word] ...

Each line is the mean over the seeds. `rank` is the trigger's median place among what was named (- :
not named in most trials); `top 3` the share of trials in which it is among the first three; TPR at
.1 % and 1 % of the clean rows; `precision` of what the method itself sets aside and `clean`, the
clean rows among it; `alarm` the share of trials with a data-set level alarm (ours, at the policy's
default rate) or with any row set aside (others). The clean arm draws parts of the clean set. With
--store FILE a run goes on where it was stopped: results of the same code on the same rows are kept.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.text import ours, peers
from benchmarks.text.clean import CleanArm
from benchmarks.text.corpora import CORPORA, corpus
from benchmarks.text.kept import Kept
from benchmarks.text.trials import HEAD, METHODS, lines
from provender.attacks.base import TooFewRowsError
from provender.attacks.registry import ATTACKS, attack, fitting


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.text", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument(
        "--sets", default=",".join(CORPORA), help="names, or Parquet files of one's own"
    )
    parser.add_argument("--attacks", default=",".join(one.name for one in ATTACKS))
    parser.add_argument("--counts", default="5,10,25,50,100,250")
    parser.add_argument(
        "--shares", default="5,10,20", help="counts in %% of the rows, beside these"
    )
    parser.add_argument("--rows", type=int, default=12_000, help="most rows of a set")
    parser.add_argument("--seeds", type=int, default=10, help="plantings of each kind")
    parser.add_argument("--resamples", type=int, default=20, help="clean halves, and eighths")
    parser.add_argument("--clean-only", action="store_true", help="no planting")
    parser.add_argument("--store", type=Path, help="keep results here and go on from there")
    parser.add_argument("--minutes", type=float, default=1e9, help="begin nothing after so long")
    parser.add_argument("--methods", default=",".join(METHODS))
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
    methods = given.methods.split(",")
    if "cleanlab" in methods and not peers.has_cleanlab():
        print("cleanlab is not installed: skipped (it is in the extra `dev`)")
    counts = [int(n) for n in given.counts.split(",") if n]
    wanted = [attack(name) for name in given.attacks.split(",")]
    kept = Kept(given.store, given.minutes)
    clean = CleanArm(given.resamples, kept)
    print(HEAD)
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
                    for line in lines(data, one, count, given.seeds, methods, kept):
                        print(line, flush=True)
                except TooFewRowsError as error:
                    print(f"{name:14}{data.part:13}{one.name:19}{count:6}  {error.cause}")
    print(clean.total())


if __name__ == "__main__":
    main()
