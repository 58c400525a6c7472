"""The sources that say something nearly alone, and the rows in which they do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.calibrate.shared_out import shared_out
from provender.detect.own_words.counts import Said
from provender.detect.own_words.owners import Finder, Owners, common_text
from provender.detect.own_words.removal import shared, until_not_alone
from provender.detect.own_words.suspects import ALONE
from provender.stats.grams import hash_strings
from provender.stats.packing import pack, unpack
from provender.stats.word_bytes import as_written

#: Share of sources that may have words of their own, one at least, before that is their nature.
NATURAL = 0.1
#: Words that so many of a gram's rows share beside it belong to it.
_AGREE = 0.7
_LEAST_P = 1e-300
_KIND = "source-words-owned/3"


@dataclass(frozen=True)
class Owned:
    """One source with words of its own.

    Attributes:
        source: its name.
        texts: what it says alone, the least probable first.
        rows, elsewhere: rows of the source that hold the first of them, and rows of others.
        of_source: rows of the source.
        p_value: family-wise over all groups of grams and all sources.
        removal: the fewest of its rows to remove until it says nothing alone.
    """

    source: str
    texts: tuple[str, ...]
    rows: int
    elsewhere: int
    of_source: int
    p_value: float
    removal: int


@dataclass(frozen=True)
class Standing:
    """The sources that stand, the least probable first.

    Attributes:
        keys: uint64 (grams,) ascending, what is looked for.
        owner: int64 (grams,), the place among ``sources`` of the source it is of.
        p_value: float64 (grams,), of a row that holds it.
        searched: groups of grams that the p-values pay for; 0 where nothing can be tested.
        unseen: what was not looked at and why.
    """

    sources: tuple[Owned, ...]
    keys: np.ndarray
    owner: np.ndarray
    p_value: np.ndarray
    searched: int
    unseen: str

    def score(self, said: Said) -> tuple[np.ndarray, np.ndarray]:
        """Return (p-value, NaN if nothing is tested; place in ``sources`` or -1) of every row."""
        rows = len(said.source)
        p_value, cause = np.full(rows, 1.0 if self.searched else np.nan), np.full(rows, -1)
        if not self.sources:
            return p_value, cause
        names = pa.array([one.source for one in self.sources], pa.large_string())
        speaker = pc.fill_null(pc.index_in(said.source, names), -1).to_numpy()
        finder = Finder(self.keys)
        for column in range(len(said.texts)):
            place, row, _ = finder.find(said, column)
            own = self.owner[place] == speaker[row]
            np.minimum.at(p_value, row[own], self.p_value[place[own]])
            cause[row[own]] = speaker[row[own]]
        return p_value, cause

    def pack(self) -> bytes:
        arrays = {"keys": self.keys, "owner": self.owner, "p": self.p_value}
        sources = [{**vars(one), "texts": list(one.texts)} for one in self.sources]
        meta = {"sources": sources, "searched": self.searched, "unseen": self.unseen}
        return pack(_KIND, meta, arrays)

    @staticmethod
    def unpack(data: bytes) -> Standing:
        meta, arrays = unpack(_KIND, data)
        sources = tuple(Owned(**{**one, "texts": tuple(one["texts"])}) for one in meta["sources"])
        rest = (meta["searched"], meta["unseen"])
        return Standing(sources, arrays["keys"], arrays["owner"], arrays["p"], *rest)


def standing_of(found: Owners, highest_p: float) -> Standing:
    """Test the suspects by their exact counts; nothing stands where many sources would."""
    suspects, held = found.suspects, found.held
    grams, rows = held["suspect"].to_numpy(), held["rows"].to_numpy()
    names = held["source"].to_pylist()
    of_source = suspects.sources.at(hash_strings(names))[:, 0]
    alone = rows >= ALONE * suspects.rows[grams]
    p_value = np.ones(len(rows))
    p_value[alone] = suspects.p_values(rows[alone], of_source[alone], suspects.rows[grams[alone]])
    passed = np.flatnonzero(p_value <= highest_p)
    passed = passed[np.lexsort((grams[passed], p_value[passed]))]
    order = list(dict.fromkeys(names[i] for i in passed))
    searched, unseen = suspects.searched, suspects.unseen
    if len(order) > max(1, NATURAL * len(suspects.sources.keys)):
        nature = (
            f"{len(order)} of {len(suspects.sources.keys)} sources have words of their own: it is "
            "their nature here, and says nothing of any"
        )
        unseen, searched = "; ".join(filter(None, (unseen, nature))), 0
        passed, order = passed[:0], []
    place = {name: n for n, name in enumerate(order)}
    sources = []
    for name in order:
        mine = [int(i) for i in passed if names[i] == name]
        texts = [as_written(common_text(found.seen, int(grams[i]), _AGREE)) for i in mine]
        first, best = mine[0], max(float(p_value[mine[0]]), _LEAST_P)
        elsewhere = int(suspects.rows[grams[first]] - rows[first])
        own = int(of_source[first])
        held_by = [int(rows[i]) for i in mine]
        must_go = until_not_alone(found, grams[mine].tolist(), held_by, own, highest_p)
        told = (int(rows[first]), elsewhere, own, best, must_go)
        sources.append(Owned(name, tuple(dict.fromkeys(texts)), *told))
    by_key = passed[np.argsort(grams[passed], kind="stable")]
    owner = np.array([place[names[i]] for i in by_key], np.int64)
    least = np.maximum(p_value[passed], _LEAST_P)
    explained = _explained(found, grams[passed], rows[passed], [names[i] for i in passed])
    of_row = shared_out(least, explained, suspects.total)[np.argsort(grams[passed], kind="stable")]
    keys = suspects.keys[grams[by_key]]
    return Standing(tuple(sources), keys, owner, of_row, searched, unseen)


def _explained(found: Owners, grams: np.ndarray, rows: np.ndarray, names: list[str]) -> np.ndarray:
    """Return int64 (n,): rows of the source that hold each gram and no earlier one, or more.

    Args:
        grams, rows, names: suspect, rows of the source that hold it, and the source.
    """
    kept = [found.rows_of(int(gram)) for gram in grams]
    total = found.suspects.rows[grams]
    explained = rows.copy()
    for i, name in enumerate(names):
        earlier = [shared(kept[i], kept[j]) for j in range(i) if names[j] == name]
        fresh = np.ceil((1 - max(earlier, default=0.0)) * total[i])
        explained[i] = min(rows[i], int(fresh))
    return explained
