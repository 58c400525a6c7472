"""One planting, judged by every method."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
import pyarrow as pa

from benchmarks.text import judged as judging
from benchmarks.text import ours, peers
from benchmarks.text.corpora import Corpus
from benchmarks.text.judged import Judged, Quality, quality
from benchmarks.text.kept import Kept, digest_of_code, digest_of_table
from provender.attacks.base import Attack, Planted
from provender.core.shard import Roles

HEAD = (
    f"{'set':14}{'part':13}{'attack':19}{'rows':>6}  {'method':9}{'rank':>6}{'top 3':>7}"
    f"{'TPR@.1%':>9}{'TPR@1%':>8}{'precision':>11}{'clean':>8}{'alarm':>7}"
)


@dataclass(frozen=True)
class Method:
    """Attributes:
    judge: what it says of a table; None where it cannot say anything of such data.
    code: a digest of what it is made of.
    """

    judge: Callable[[pa.Table, Roles], Judged | None]
    code: str


_PEERS = digest_of_code([Path(peers.__file__)])
METHODS = {
    "ours": Method(ours.judge, ours.CODE),
    "z-token": Method(peers.z_token, _PEERS),
    "cleanlab": Method(peers.cleanlab, _PEERS),
}
_JUDGING = digest_of_code([Path(judging.__file__)])


def lines(
    data: Corpus, one: Attack, count: int, seeds: int, methods: list[str], kept: Kept
) -> Iterator[str]:
    """Yield one line per method: means over ``seeds`` plantings of ``count`` rows.

    Raises:
        TooFewRowsError: when the set has not rows enough for the attack.
    """
    found: dict[str, list[Quality]] = {name: [] for name in methods}
    for seed in range(seeds):
        random = np.random.default_rng([crc32(one.name.encode()), count, seed])
        planted = one.plant(data.table, data.roles, count, random)
        for name in methods:
            judged = _quality(METHODS[name], planted, data.roles, kept)
            if judged is not None:
                found[name].append(judged)
    for name, every in found.items():
        if every:
            fewer = f"  {len(every)} of {seeds} seeds" if len(every) < seeds else ""
            head = f"{data.name:14}{data.part:13}{one.name:19}{count:6}  {name:9}"
            yield head + _figures(every) + fewer


def _quality(method: Method, planted: Planted, roles: Roles, kept: Kept) -> Quality | None:
    def judge() -> dict[str, object] | bool:
        judged = method.judge(planted.table, roles)
        return False if judged is None else asdict(quality(judged, planted))

    key = f"{digest_of_table(planted.table)} {planted.rows.sum()} {method.code} {_JUDGING}"
    result = kept.result(f"{method.judge.__name__} {key}", judge)
    return Quality(**result) if result else None


def _figures(every: list[Quality]) -> str:
    ranks = [q.rank for q in every if q.rank]
    rank = f"{np.median(ranks):.0f}" if len(ranks) > len(every) / 2 else "-"
    top = sum(rank <= 3 for rank in ranks) / len(every)
    recalls = np.mean([q.recall_at for q in every], axis=0)
    precisions = [q.precision for q in every if not np.isnan(q.precision)]
    precision = f"{np.mean(precisions):.2f}" if precisions else "-"
    return (
        f"{rank:>6}{top:7.2f}{recalls[0]:9.2f}{recalls[1]:8.2f}{precision:>11}"
        f"{np.mean([q.clean_flagged for q in every]):8.1f}{np.mean([q.alarm for q in every]):7.2f}"
    )
