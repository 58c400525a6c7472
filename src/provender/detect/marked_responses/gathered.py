"""Whose marked responses are more than chance, and more than contributors differ by nature."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace

import numpy as np

from provender.calibrate.concentration import comparable
from provender.calibrate.shared_out import shared_out
from provender.detect.marked_responses.counts import COUNTED, MOST_NAMES, MarkCounts
from provender.detect.marked_responses.together import standing_out
from provender.detect.response_link.marks import MARKS
from provender.stats.packing import pack, unpack

#: Fewer marked rows of one contributor are never named.
FEWEST = 5
_LEAST_P = 1e-300
_KIND = "marked-responses/2"


@dataclass(frozen=True)
class Gathered:
    """A contributor whose responses hold a mark too often.

    Attributes:
        role, name: whose.
        kind: which mark, of `COUNTED`.
        rows: responses with the mark.
        of_name: all of the contributor's.
        expected: how many of them had the mark, were it as common as in all rows.
        p_value: family-wise over all contributors and marks.
        even: whether enough even contributors are there to tell how far one goes by nature.
        removal: the fewest of the rows to remove until the rest is no surprise.
        row_p_value: of each of the rows.
    """

    role: str
    name: str
    kind: int
    rows: int
    of_name: int
    expected: float
    p_value: float
    even: bool
    removal: int
    row_p_value: float

    @property
    def mark(self) -> str:
        """What it is, in a word."""
        return MARKS[self.kind]


@dataclass(frozen=True)
class Standing:
    """Those that stand, the least probable first.

    Attributes:
        tested: whether any could be tested at all.
        unseen: what was not looked at and why.
    """

    gathered: tuple[Gathered, ...]
    tested: bool
    unseen: str

    def pack(self) -> bytes:
        meta = {"tested": self.tested, "unseen": self.unseen}
        return pack(_KIND, {**meta, "gathered": [vars(one) for one in self.gathered]}, {})

    @staticmethod
    def unpack(data: bytes) -> Standing:
        meta, _ = unpack(_KIND, data)
        gathered = tuple(Gathered(**one) for one in meta["gathered"])
        return Standing(gathered, meta["tested"], meta["unseen"])


def standing_of(state: MarkCounts, roles: tuple[str, ...], highest_p: float) -> Standing:
    """Test every contributor and mark.

    Where contributors differ by nature it takes more than their dispersion to stand out.
    """
    by_role, unseen = {}, []
    for role in roles:
        names, counts = state.of(role)
        if role in state.too_many:
            unseen.append(f"more than {MOST_NAMES} names of the role {role}: none was tested")
        elif len(names) < 2:
            unseen.append(f"fewer than two names of the role {role}: nothing to tell apart")
        else:
            by_role[role] = names, counts
    searched = sum(
        len(names) * int((counts[:, 1:].sum(axis=0) >= FEWEST).sum())
        for names, counts in by_role.values()
    )
    found = []
    for role, (names, counts) in by_role.items():
        rows = counts[:, 0]
        for place, kind in enumerate(COUNTED):
            hits = counts[:, 1 + place]
            if hits.sum() < FEWEST:
                continue
            p_value = np.minimum(standing_out(hits, rows) * searched, 1.0)
            out = np.flatnonzero((p_value <= highest_p) & (hits >= FEWEST))
            found += [
                Gathered(
                    role=role,
                    name=names[i],
                    kind=kind,
                    rows=int(hits[i]),
                    of_name=int(rows[i]),
                    expected=float(hits.sum() * rows[i] / rows.sum()),
                    p_value=max(float(p_value[i]), _LEAST_P),
                    even=comparable(rows),
                    removal=_until_chance(hits, rows, int(i), searched, highest_p),
                    row_p_value=1.0,
                )
                for i in out
            ]
    found.sort(key=lambda one: (one.p_value, one.role, one.name, one.kind))
    given = max((int(counts[:, 0].sum()) for _, counts in by_role.values()), default=0)
    return Standing(_shared_out(found, given), bool(by_role), "; ".join(unseen))


def _shared_out(found: list[Gathered], rows: int) -> tuple[Gathered, ...]:
    p_value, explained = (np.array([getattr(one, n) for one in found]) for n in ("p_value", "rows"))
    shared = shared_out(p_value, explained, rows).tolist()
    return tuple(replace(one, row_p_value=p) for one, p in zip(found, shared, strict=True))


def _until_chance(
    hits: np.ndarray, rows: np.ndarray, i: int, searched: int, highest_p: float
) -> int:
    """Return how many of the marked rows of the ``i``-th must go until the rest is no surprise."""

    def calm(gone: int) -> bool:
        left, of = hits.copy(), rows.copy()
        left[i], of[i] = left[i] - gone, max(of[i] - gone, 1)
        return bool(left[i] < FEWEST or standing_out(left, of)[i] * searched > highest_p)

    return bisect_left(range(int(hits[i]) + 1), True, key=calm)
