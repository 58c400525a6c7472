"""The sources that say something nearly alone, and the rows in which they do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.calibrate.shared_out import shared_out
from provender.detect.own_words.counts import Said
from provender.detect.own_words.owners import Finder, Owners, common_text
from provender.detect.own_words.prices import MOST, NATURAL
from provender.detect.own_words.removal import until_not_alone
from provender.detect.own_words.together import Holders, standing
from provender.stats.grams import hash_strings
from provender.stats.packing import pack, unpack
from provender.stats.word_bytes import as_written

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
        beside: the sources that hold it together with this one, and their rows that do.
        p_value: family-wise over all groups of grams and all sets of sources.
        removal: the fewest of its rows to remove until it says nothing alone.
    """

    source: str
    texts: tuple[str, ...]
    rows: int
    elsewhere: int
    of_source: int
    beside: tuple[tuple[str, int], ...]
    p_value: float
    removal: int


@dataclass(frozen=True)
class Standing:
    """The sources that stand, the least probable first.

    Attributes:
        keys: uint64 (grams,) ascending, what is looked for.
        owners: int64 (grams, 3), the places among ``sources`` of those it is of, -1 for none.
        p_value: float64 (grams,), of a row that holds it.
        searched: groups of grams that the p-values pay for; 0 where nothing can be tested.
        unseen: what was not looked at and why.
    """

    sources: tuple[Owned, ...]
    keys: np.ndarray
    owners: np.ndarray
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
            own = (self.owners[place] == speaker[row, None]).any(axis=1) & (speaker[row] >= 0)
            np.minimum.at(p_value, row[own], self.p_value[place[own]])
            cause[row[own]] = speaker[row[own]]
        return p_value, cause

    def pack(self) -> bytes:
        arrays = {"keys": self.keys, "owners": self.owners, "p": self.p_value}
        sources = [{**vars(one), "texts": list(one.texts)} for one in self.sources]
        meta = {"sources": sources, "searched": self.searched, "unseen": self.unseen}
        return pack(_KIND, meta, arrays)

    @staticmethod
    def unpack(data: bytes) -> Standing:
        meta, arrays = unpack(_KIND, data)
        sources = tuple(
            Owned(
                **{
                    **one,
                    "texts": tuple(one["texts"]),
                    "beside": tuple((name, rows) for name, rows in one["beside"]),
                }
            )
            for one in meta["sources"]
        )
        rest = (meta["searched"], meta["unseen"])
        return Standing(sources, arrays["keys"], arrays["owners"], arrays["p"], *rest)


def standing_of(found: Owners, highest_p: float) -> Standing:
    """Test the suspects by their exact counts; nothing stands where many sources would.

    A gram flags rows if it is a surprise without those that hold a stronger one of the source: of a
    planted phrase some words are used by nature, too.
    """
    suspects, held = found.suspects, found.held
    gram, rows = held["suspect"].to_numpy(), held["rows"].to_numpy()
    every = held["source"].to_pylist()
    of_source = suspects.sources.at(hash_strings(every))[:, 0]
    lines, holds, p_value = standing(suspects, gram, rows, of_source, highest_p)
    names = [every[i] for i in lines.tolist()]
    order = list(dict.fromkeys(names))
    places = np.array([order.index(name) for name in names], np.int64)
    if _apart(holds.gram, places) > max(1, NATURAL * len(suspects.sources.keys)):
        nature = (
            f"{len(order)} of {len(suspects.sources.keys)} sources have words of their own: it is "
            "their nature here, and says nothing of any"
        )
        unseen = "; ".join(filter(None, (suspects.unseen, nature)))
        none = np.zeros(0)
        return Standing((), none.astype(np.uint64), _owners([], []), none, 0, unseen)
    p_value = np.maximum(p_value, _LEAST_P)
    sources = []
    for name in order:
        mine = [i for i, other in enumerate(names) if other == name]
        texts = [as_written(common_text(found.seen, int(holds.gram[i]), _AGREE)) for i in mine]
        first = mine[0]
        with_it = [i for i in np.flatnonzero(holds.gram == holds.gram[first]) if i != first]
        told = int(holds.rows[first] + holds.beside_rows[first])
        sources.append(
            Owned(
                source=name,
                texts=tuple(dict.fromkeys(texts)),
                rows=int(holds.rows[first]),
                elsewhere=int(suspects.rows[holds.gram[first]]) - told,
                of_source=int(holds.of_source[first]),
                beside=tuple((names[i], int(holds.rows[i])) for i in with_it),
                p_value=float(p_value[first]),
                removal=until_not_alone(found, holds.at(np.array(mine)), highest_p),
            )
        )
    explained = _explained(found, holds, names)
    alone = holds.p_values(suspects, holds.rows - explained)
    flags = np.flatnonzero(alone <= highest_p)
    of_rows = shared_out(np.maximum(p_value, alone)[flags], explained[flags], suspects.total)
    grams, at = np.unique(holds.gram[flags], return_inverse=True)
    weakest = np.zeros(len(grams))
    np.maximum.at(weakest, at, of_rows)
    owners = _owners(holds.gram[flags].tolist(), places[flags].tolist())
    searched, unseen = suspects.searched, suspects.unseen
    return Standing(tuple(sources), suspects.keys[grams], owners, weakest, searched, unseen)


def _apart(gram: np.ndarray, source: np.ndarray) -> int:
    """Return how many parties there are: sources that hold a gram together are of one."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not len(gram):
        return 0
    many = int(source.max()) + 1
    size = many + int(gram.max()) + 1
    links = coo_array((np.ones(len(gram), bool), (source, many + gram)), shape=(size, size))
    return len(np.unique(connected_components(links, directed=False)[1][source]))


def _owners(grams: list[int], places: list[int]) -> np.ndarray:
    """Return `Standing.owners` of the grams, ascending, whose owners stand at ``places``."""
    by_gram: dict[int, list[int]] = {}
    for gram, place in sorted(zip(grams, places, strict=True)):
        by_gram.setdefault(gram, []).append(place)
    padded = [(places + [-1] * MOST)[:MOST] for places in by_gram.values()]
    return np.array(padded, np.int64).reshape(-1, MOST)


def _explained(found: Owners, holds: Holders, names: list[str]) -> np.ndarray:
    """Return int64 (n,): rows of the source that hold each gram and no earlier one, or more.

    By the rows with the least hashes: of a common gram some shared rows are not seen to be.
    """
    explained, met = holds.rows.copy(), dict.fromkeys(names, np.zeros(0, np.uint64))
    for i, (gram, name) in enumerate(zip(holds.gram.tolist(), names, strict=True)):
        kept = found.rows_of(gram)
        fresh = float((~np.isin(kept, met[name])).mean())
        explained[i] = min(explained[i], int(np.ceil(fresh * found.suspects.rows[gram])))
        met[name] = np.union1d(met[name], kept)
    return explained
