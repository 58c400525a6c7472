"""What round 0 of corpus/repeated-strings leaves for a closer look: strings in several texts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from provender.calibrate.coincidence import Coincidence
from provender.detect.repeated_strings.runs import MOST_RUNS, RUN, RunState, texts_of
from provender.detect.repeated_strings.trusted import TrustedRuns, newness
from provender.stats.grams import LONGEST_TEXT
from provender.stats.packing import pack, unpack

#: Texts that a string must stand in.
FEWEST = 5
#: Share of all texts beyond which a string is the data's own form.
FORM = 0.1
#: Most that all strings of clean data together may be said to come from few sources; whether that
#: is an alarm is the policy's to say.
FEW_P = 1e-3
#: Strings that are looked at, and strings of two texts that tell how sources differ.
MOST, PROBES = 4096, 2048
#: Of so many words one at most may be a word for it to tell what a text is about.
_COMMON = 1000
_SCALE = 16
_BUCKETS = 1 << 16
_KIND = "repeated-strings-suspects/3"


@dataclass(frozen=True)
class Suspects:
    """Strings, each a group of runs that stand in the same texts.

    Attributes:
        keys: uint64 (runs,), ascending.
        group: int64 (runs,), the string each run belongs to.
        texts: int64 (strings,), texts that hold each.
        suspects: how many of the strings are looked at; those after them, of two texts, are probes.
        chance: float64 (strings,), bound on the chance that as many texts of independent words
            hold a run in common.
        before: int64 (strings,), trusted texts that hold each, -1 where it was not looked at; and
            ``trusted``, how many trusted texts there are: 0 where no data are trusted.
        new: float64 (strings,), p-value of that being so few, of one string.
        weights: int64 (65,536,), how much a word tells, by its counter.
        words: number of words.
        unseen: what of the data is not looked at and why.
    """

    keys: np.ndarray
    group: np.ndarray
    texts: np.ndarray
    suspects: int
    chance: np.ndarray
    before: np.ndarray
    new: np.ndarray
    weights: np.ndarray
    words: int
    trusted: int
    unseen: str

    def pack(self) -> bytes:
        meta = {n: getattr(self, n) for n in ("suspects", "words", "trusted", "unseen")}
        names = ("keys", "group", "texts", "chance", "before", "new")
        arrays = {name: getattr(self, name) for name in names}
        told = np.flatnonzero(self.weights)  # few in small data
        return pack(_KIND, meta, arrays | {"told": told, "weights": self.weights[told]})

    @staticmethod
    def unpack(data: bytes) -> Suspects:
        meta, arrays = unpack(_KIND, data)
        weights = np.zeros(_BUCKETS, np.int64)
        weights[arrays.pop("told")] = arrays["weights"]
        return Suspects(**{**arrays, "weights": weights}, **meta)


def suspects_of(state: RunState, trusted: TrustedRuns | None = None) -> Suspects:
    """Take the strings of `FEWEST` texts or more, and some of two."""
    table = state.runs.total()
    rows, words = int(state.seen[0]), int(state.seen[3])
    values = table.values[:, 0]
    texts = texts_of(values)
    often = (texts >= FEWEST) & (texts <= max(FORM * rows, FEWEST))
    suspects, left = _strings(table.keys, values, often, MOST)
    probes, _ = _strings(table.keys, values, texts == 2, PROBES)
    strings = np.concatenate([suspects, probes])
    place = np.flatnonzero(np.isin(values, strings))
    order = np.argsort(strings)
    group = order[np.searchsorted(strings[order], values[place])]
    counts = np.zeros(_BUCKETS, np.int64)
    counted = state.words.total()
    counts[counted.keys.astype(np.int64)] = counted.values[:, 0]
    many = texts_of(strings)
    chance = Coincidence.of(words, *_nothing, counts[None, :]).p_value(
        many, np.full(len(many), RUN)
    )
    unseen, before, new = (
        _unseen(state, table.keys, left),
        np.zeros(len(many), np.int64),
        np.ones(len(many)),
    )
    if trusted:
        before = trusted.held(table.keys[place], group, len(many))
        new = np.where(before < 0, 1.0, newness(many, before, rows, trusted.rows))
        if unknown := int((before[: len(suspects)] < 0).sum()):
            unseen.append(f"{unknown} repeated strings were not looked for in the trusted data")
    return Suspects(
        table.keys[place],
        group,
        many,
        len(suspects),
        chance,
        before,
        new,
        _weights(counts, words),
        words,
        trusted.rows if trusted else 0,
        "; ".join(unseen),
    )


_nothing = (np.zeros((0, 1), np.int64), np.zeros((0, 1), np.int64))


def _strings(
    keys: np.ndarray, values: np.ndarray, chosen: np.ndarray, most: int
) -> tuple[np.ndarray, int]:
    """Return the values that stand for the chosen strings, and how many were left out."""
    found, first = np.unique(values[chosen], return_index=True)
    order = np.argsort(keys[chosen][first], kind="stable")[:most]
    return found[order], len(found) - len(order)


def _weights(counts: np.ndarray, words: int) -> np.ndarray:
    """Weigh a word by its rarity; everyday words, and those that stand once, tell nothing."""
    told = (counts > 1) & (counts * _COMMON <= words)
    rarity = np.log(max(words, 1) / np.maximum(counts, 1))
    return np.where(told, np.rint(_SCALE * rarity), 0).astype(np.int64)


def _unseen(state: RunState, keys: np.ndarray, left: int) -> list[str]:
    rows, nameless, cut = (int(n) for n in state.seen[:3])
    told = []
    if nameless:
        told.append(f"{nameless} of {rows} rows name no source")
    if cut:
        told.append(f"{cut} texts were read to {LONGEST_TEXT} characters only")
    if len(keys) == MOST_RUNS:
        told.append(f"only {float(keys[-1]) / 2.0**64:.1%} of the runs of words were searched")
    if left:
        told.append(f"{left} repeated strings beyond the {MOST:,} that were looked at")
    return told
