"""Which shards a sample looks at, and how likely it sees tampering."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence


def sample(names: Sequence[str], count: int, seed: str, root: str) -> list[str]:
    """Return ``count`` of ``names``, sorted: those with the least SHA-256(seed, root, name).

    Whoever does not know the seed when the data are written cannot know which; anybody who
    knows it can repeat the choice. Use a seed that nobody could choose, such as a public beacon's.
    """
    prefix = seed.encode("utf-8", "surrogateescape") + b"\x00" + root.encode() + b"\x00"
    ranked = sorted(names, key=lambda name: hashlib.sha256(prefix + name.encode()).digest())
    return sorted(ranked[:count])


def detection_probability(total: int, count: int, tampered: int) -> float:
    """Return the probability that a sample of ``count`` of ``total`` holds a tampered shard.

    1 - C(total - tampered, count) / C(total, count), the hypergeometric tail.
    """
    if tampered <= 0:
        return 0.0
    if count > total - tampered:
        return 1.0
    return 1.0 - math.exp(
        sum(math.log1p(-tampered / (total - i)) for i in range(count))
        if count <= tampered
        else sum(math.log1p(-count / (total - i)) for i in range(tampered))
    )
