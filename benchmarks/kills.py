"""SIGKILL at random moments of a scan, each followed by a second run on the same cache.

python -m benchmarks.kills [--kills 20] [--bytes 128e6] [--seed 7]

Every other kill hits a scan whose output folder holds the complete results of other data.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from benchmarks.data import big_parquet
from benchmarks.table import empty_folder, show
from tests.pipelines.kill_case import killed, undisturbed

_SHARDS = 16


def main() -> None:
    """Print one line per kill and a summary; exit with 1 when a kill did harm."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--bytes", type=float, default=128e6, help="stored bytes to scan")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("bench-out"))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    data = big_parquet(given.out, given.bytes, given.data, max(int(given.bytes) // _SHARDS, 2**20))
    with empty_folder(given.out) as scratch:
        case = undisturbed(data, scratch)
        moments = np.random.default_rng(given.seed).uniform(0, case.seconds, given.kills)
        kills = []
        for number, moment in enumerate(moments):
            with empty_folder(scratch) as room:
                kills.append(killed(case, float(moment), number % 2 == 1, room / "run"))
    lines = [
        (
            f"{k.moment:.1f} s" + (" (had ended)" if k.ended else ""),
            k.survivors,
            k.left,
            k.stored,
            f"{k.due[0]} / {k.due[1]:,}",
            f"{k.read[0]} / {k.read[1]:,}",
            k.rewritten,
            "/".join(map(str, k.drafts)),
            "same" if k.same else "OTHER",
            "yes" if k.sound else "NO",
        )
        for k in kills
    ]
    head = (
        "killed at",
        "alive after 5 s",
        "output folder",
        "states stored",
        "shards/rows due",
        "shards/rows read again",
        "computed twice",
        "drafts out/cache",
        "documents",
        "sound",
    )
    title = f"SIGKILL of a scan of {case.seconds:.0f} s on 2 workers, {len(case.pieces)} shards"
    show(title, head, lines)
    harmless = sum(k.sound for k in kills)
    print(
        f"\n  {harmless} of {len(kills)} kills did no harm; {sum(k.ended for k in kills)} too late"
    )
    raise SystemExit(0 if harmless == len(kills) else 1)


if __name__ == "__main__":
    main()
