"""The strings that are named: of unrelated texts, or from few sources."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.calibrate.few_places import few_places
from provender.detect.repeated_strings.kin import FEWEST_KEPT, likeness, unrelated
from provender.detect.repeated_strings.removal import until_from_many, until_rare
from provender.detect.repeated_strings.runs import bucket
from provender.detect.repeated_strings.spelled import spelled, wholes
from provender.detect.repeated_strings.suspects import FEW_P
from provender.detect.repeated_strings.texts import Around
from provender.stats.grams import words_of
from provender.stats.packing import pack, unpack
from provender.stats.word_bytes import as_written

#: Texts whose likeness is rarer than this by chance are kin; a planted string is lost so often.
KIN = 0.01
#: Share of a string's texts that must say something beside it.
_BESIDE = 0.5
#: Words of a string that must tell something: everyday words alone make idioms.
_TELLING = 3
#: How much more often than at random the two texts of a string may be of one place, and strings
#: of two texts that it takes to tell.
GATHERED, _FEWEST_PROBES = 0.1, 100
#: Parts of the data, in their order, that stand for shards.
_BLOCKS = 8
_MOST_SOURCES = 4096
#: From so many strings of unrelated texts on repetition is the data's own form (headers, forms,
#: mastheads): the first are named, no row is listed for them.
USUAL = 4
_LEAST_P = 1e-300
_KIND = "repeated-strings-named/3"


@dataclass(frozen=True)
class Repeated:
    """One string.

    Attributes:
        text: its words.
        texts: how many texts hold it.
        beside: those that say enough beside it.
        likeness, by_chance: mean cosine of what they say beside it, and of texts at random.
        unrelated: p-value of as much likeness among texts drawn at random.
        few: how many sources hold nearly all of it; 0 where they are not few.
        few_p: family-wise p-value of that; 1 where nothing was tested.
        sources: the fullest sources with their texts.
        removal: the fewest texts to remove until it is not named any more.
        before: trusted texts that hold it.
        new_p: family-wise p-value of that being so few; None where no data are trusted.
    """

    text: str
    texts: int
    beside: int
    likeness: float
    by_chance: float
    unrelated: float
    few: int
    few_p: float
    sources: tuple[tuple[str, int], ...]
    removal: int
    before: int = 0
    new_p: float | None = None

    @property
    def spread(self) -> bool:
        """Whether it may be the data's own form: neither from few sources nor surely new."""
        return not self.few and (self.new_p is None or self.new_p > FEW_P)


@dataclass(frozen=True)
class Named:
    """What the detector ends in.

    Attributes:
        strings: those that are named, the most telling first.
        keys: uint64 (runs,), ascending; ``string``: int64 (runs,), place in ``strings``.
        p_value: float64 (strings,), of rows that hold them.
        gathers: that a string gathers in a place says something; not where that is natural.
        tested: whether there was enough to tell anything.
        usual: whether strings of unrelated texts are the data's own form: no row is listed for one.
        unseen: what of the data is not looked at and why.
    """

    strings: tuple[Repeated, ...]
    keys: np.ndarray
    string: np.ndarray
    p_value: np.ndarray
    gathers: bool
    tested: bool
    usual: bool
    unseen: str

    def pack(self) -> bytes:
        strings = [{**vars(one), "sources": [list(s) for s in one.sources]} for one in self.strings]
        meta = {n: getattr(self, n) for n in ("gathers", "tested", "usual", "unseen")}
        arrays = {"keys": self.keys, "string": self.string, "p_value": self.p_value}
        return pack(_KIND, meta | {"strings": strings}, arrays)

    @staticmethod
    def unpack(data: bytes) -> Named:
        meta, arrays = unpack(_KIND, data)
        strings = tuple(
            Repeated(**{**one, "sources": tuple((n, c) for n, c in one["sources"])})
            for one in meta.pop("strings")
        )
        return Named(strings, **arrays, **meta)


def named_of(around: Around) -> Named:
    """Judge the suspects by what round 1 gathered of them."""
    suspects = around.suspects
    count = suspects.suspects
    unseen = [suspects.unseen] if suspects.unseen else []
    kept = around.kept.values
    tested = len(kept) >= FEWEST_KEPT
    if not tested:
        unseen.append(f"uncalibrated: {len(kept)} texts with enough words")
    (why, differ), order = _sources(around), _order(around)
    unseen += [told for told in (why, order) if told]
    texts, sums = suspects.texts[:count], around.sums.total().at(np.arange(count, dtype=np.uint64))
    beside, said = sums[:, 0], sums[:, 1:]
    alike, kin = likeness(said, beside), np.zeros(count)
    if tested:
        kin = unrelated(said, beside, kept)
    words, varied = spelled(around.seen, count)
    telling = _telling(words, suspects.weights)
    strangers = (kin > KIN) & (beside >= np.maximum(_BESIDE * texts, 2)) & (telling >= _TELLING)
    new_p = np.minimum(suspects.new[:count] * count, 1.0)
    if suspects.trusted:
        # What the trusted data hold as well is the data's own form.
        strangers &= (suspects.before[:count] == 0) | (new_p <= FEW_P)
    few_p, few, sources = _few(around, bool(why))
    # Half of the rate is for the strings of strangers, which are few; the texts know no source.
    paid = 2.0 * np.where(strangers, strangers.sum(), count)
    few_p = np.minimum(few_p * paid, 1.0)
    few = np.where(few_p <= FEW_P, few, 0)
    ranked = np.lexsort((-kin * telling * varied, suspects.new[:count], few_p, few == 0))
    base = float(likeness(kept.sum(axis=0, keepdims=True), np.array([len(kept)]))[0])
    named = [i for i in ranked.tolist() if tested and (strangers[i] or few[i])]
    member = np.full(len(suspects.texts), -1)
    member[named] = wholes([words[i] for i in named])
    # A string's edges vary with what stands beside it; its fullest part stands for it.
    chosen = [
        max((i for i in named if member[i] == one), key=lambda i: (few[i] > 0, texts[i], -i))
        for one in range(member.max(initial=-1) + 1)
    ]
    newest = np.maximum(new_p, _LEAST_P).tolist() if suspects.trusted else [None] * count
    strings = tuple(
        Repeated(
            as_written(words[i]), int(texts[i]), int(beside[i]), float(alike[i]), base,
            float(kin[i]), int(few[i]), float(max(few_p[i], _LEAST_P)), sources[i],
            until_rare(int(texts[i])) if strangers[i] else until_from_many(around, i, paid[i]),
            max(int(suspects.before[i]), 0), newest[i],
        )
        for i in chosen
    )  # fmt: skip
    runs = np.flatnonzero(member[suspects.group] >= 0)
    chance = np.clip(suspects.chance[chosen] * suspects.words, _LEAST_P, 1.0)
    spread = np.array([one.spread for one in strings], bool)
    usual = bool(spread.sum() >= USUAL)
    if usual:
        chance[spread] = 1.0
        unseen.append(
            f"{spread.sum():,} strings of unrelated texts: usual here, their rows are not listed"
        )
    return Named(
        strings, suspects.keys[runs], member[suspects.group[runs]], chance,
        gathers=not (order or differ), tested=tested, usual=usual, unseen="; ".join(unseen),
    )  # fmt: skip


def _telling(spelled: list[str], weights: np.ndarray) -> np.ndarray:
    """Return int64 (n,): words of each string that tell something."""
    words = words_of(pa.array(spelled, pa.large_string()))
    tells = weights[bucket(words.vocabulary_hashes).astype(np.int64)] > 0
    return np.bincount(words.text, tells[words.codes], len(spelled)).astype(np.int64)


def _sources(around: Around) -> tuple[str, bool]:
    """Return why strings are not tested for coming from few sources, '' where they are.

    And whether that is because sources differ by nature.
    """
    totals = around.sources["rows"].to_numpy()
    if not len(totals):
        return "", False
    if len(totals) < 2:
        return "fewer than two sources: none was tested", False
    if len(totals) > _MOST_SOURCES:
        return f"more than {_MOST_SOURCES} sources: none was tested", False
    probe = around.held.filter(pc.greater_equal(around.held["string"], around.suspects.suspects))
    rows, string = probe["rows"].to_numpy(), probe["string"].to_numpy()
    met = np.bincount(string - around.suspects.suspects, rows)
    if (met == 2).sum() < _FEWEST_PROBES:
        few = "too few repeated strings to tell whether sources differ by nature: none was tested"
        return few, False
    gathered = _beyond_chance((rows == 2).sum() / (met == 2).sum(), totals)
    if gathered > GATHERED:
        differ = (
            f"sources differ by nature: of the strings in two texts {gathered:.0%} more than at "
            "random are of one source; none was tested"
        )
        return differ, True
    return "", False


def _order(around: Around) -> str:
    """Return whether neighbours share strings by nature, so that shards do; '' where not."""
    blocks = around.probes[np.argsort(around.probes[:, 0], kind="stable")]
    blocks[:, 1] = blocks[:, 1] * _BLOCKS // max(around.rows, 1)
    pairs = np.flatnonzero(blocks[1:, 0] == blocks[:-1, 0])
    if len(pairs) < _FEWEST_PROBES:
        return ""
    together = (blocks[pairs, 1] == blocks[pairs + 1, 1]).mean()
    gathered = _beyond_chance(together, np.full(_BLOCKS, around.rows / _BLOCKS))
    if gathered > GATHERED:
        return (
            f"neighbours are alike by nature: of the strings in two texts {gathered:.0%} more than "
            "at random stand near each other; that a string gathers in a shard says nothing"
        )
    return ""


def _beyond_chance(together: float, totals: np.ndarray) -> float:
    """Return how much more often than at random two texts are of one place, 1 for always."""
    rows = totals.astype(np.float64)
    chance = float((rows * (rows - 1)).sum() / (rows.sum() * (rows.sum() - 1)))
    return (together - chance) / max(1 - chance, 1e-9)


def _few(
    around: Around, skip: bool
) -> tuple[np.ndarray, np.ndarray, list[tuple[tuple[str, int], ...]]]:
    """Return (p-value, number of sources, the fullest ones) of every string."""
    count = around.suspects.suspects
    p_value, few = np.ones(count), np.zeros(count, np.int64)
    names = around.sources["source"].combine_chunks()
    fullest: list[tuple[tuple[str, int], ...]] = [()] * count
    if not len(names) or not count:
        return p_value, few, fullest
    string = around.held["string"].to_numpy()
    place = pc.index_in(around.held["source"].combine_chunks(), names).to_numpy()
    rows = around.held["rows"].to_numpy()
    totals = around.sources["rows"].to_numpy()
    for start in range(0, count, _AT_ONCE):
        stop = min(start + _AT_ONCE, count)
        mine = (string >= start) & (string < stop)
        held = np.zeros((stop - start, len(names)), np.int64)
        held[string[mine] - start, place[mine]] = rows[mine]
        if not skip:
            p_value[start:stop], few[start:stop] = few_places(held, totals)
        fullest[start:stop] = _fullest(held, names)
    return p_value, few, fullest


_AT_ONCE = 512


def _fullest(held: np.ndarray, names: pa.Array) -> Iterator[tuple[tuple[str, int], ...]]:
    order = np.argsort(-held, axis=1, kind="stable")[:, :5]
    for counts, places in zip(held, order, strict=True):
        yield tuple((names[int(n)].as_py(), int(counts[n])) for n in places if counts[n])


def evidence_of(one: Repeated) -> dict[str, Any]:
    """Return a string's figures as JSON values."""
    return {
        "string": one.text,
        "texts": one.texts,
        "texts_with_more": one.beside,
        "likeness": round(one.likeness, 4),
        "likeness_by_chance": round(one.by_chance, 4),
        "unrelated_p_value": round(one.unrelated, 4),
        "sources": [{"source": name, "texts": texts} for name, texts in one.sources],
        "few_sources": one.few,
        "few_sources_p_value": one.few_p,
        "trusted_texts": None if one.new_p is None else one.before,
        "new_p_value": one.new_p,
    }
