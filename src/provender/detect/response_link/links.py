"""Which of the surprising pairs are links, and the rows that they explain."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.calibrate.shared_out import shared_out
from provender.detect.label_conflict.tests import effective
from provender.detect.response_link.candidates import POOLED
from provender.detect.response_link.describe import REACH, Descriptions
from provender.detect.response_link.grams import FEWEST
from provender.detect.response_link.tests import log_tails
from provender.detect.response_link.turns import Turns
from provender.stats.ordering import Places
from provender.stats.packing import pack, unpack

#: Words that so many of a trigger's rows share beside it belong to it.
_AGREE = 0.7
#: Words that a prompt must hold beside the trigger to be evidence, and how many for each word of
#: it: a passage that is most of its prompts is what they ask about.
_LEAST_LEFT, _LEFT_OF_TRIGGER = 3, 0.5
#: Mean cosine from which responses are more alike than not.
ALIKE = 0.5
_LEAST_P = 1e-300
_KIND = "response-link-links/5"


@dataclass(frozen=True)
class Link:
    """One trigger and what it is tied to.

    Attributes:
        text: the words that every row has in common around the trigger.
        kind: of the answer (`response_link.turns`).
        strength: nats, after likeness.
        p_value: family-wise over all pairs searched.
        rows, with_trigger, with_answer: telling rows with both, and with each.
        prompts_alike, responses_alike: mean cosines.
        searched: number of pairs that the p-value pays for.
        until_chance: fewest rows to remove until p is above .05.
        natural: all its answers are of kinds that follow prompts by nature: its p-value is not
            one.
        row_p_value: of each of its rows.
        parts: (trigger key, answer key); a row with both of any is the link's.
    """

    text: str
    kind: int
    strength: float
    p_value: float
    rows: int
    with_trigger: int
    with_answer: int
    prompts_alike: float
    responses_alike: float
    searched: int
    until_chance: int
    natural: bool
    row_p_value: float
    parts: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Links:
    """The links that stand, the least p-value first, natural ones last."""

    standing: tuple[Link, ...]
    canned: np.ndarray
    unseen: str

    def score(self, turns: Turns) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (score, p-value, cause) of every row, as in `RowScores`.

        A row of a link has the link's strength in nats and its p-value, shared out
        (`shared_out`). Others have 0 and 1, and so have those of a natural link.
        """
        telling = [(n, link) for n, link in enumerate(self.standing) if not link.natural]
        usable = turns.usable if telling else turns.usable_unsplit()
        strength, p_value = np.where(usable, 0.0, np.nan), np.where(usable, 1.0, np.nan)
        cause = np.full(len(usable), -1, np.int32)
        if not telling:
            return strength, p_value, cause
        parts = [part for _, link in telling for part, _ in link.parts]
        trigger, row, _ = turns.triggers(Places.of(np.unique(np.array(parts, np.uint64))))
        canned = Places.of(self.canned)
        for number, link in reversed(telling):
            hit = np.zeros(len(usable), bool)
            for one, other in link.parts:
                answered = turns.holding(other, canned)
                hit[np.intersect1d(row[trigger == one], answered)] = True
            hit &= usable
            strength[hit], p_value[hit], cause[hit] = link.strength, link.row_p_value, number
        return strength, p_value, cause

    def pack(self) -> bytes:
        standing = [
            {**vars(link), "parts": [[str(k) for k in part] for part in link.parts]}
            for link in self.standing
        ]
        meta = {"standing": standing, "unseen": self.unseen}
        return pack(_KIND, meta, {"canned": self.canned})

    @staticmethod
    def unpack(data: bytes) -> Links:
        meta, arrays = unpack(_KIND, data)
        standing = (
            Link(**{**link, "parts": tuple((int(a), int(b)) for a, b in link["parts"])})
            for link in meta["standing"]
        )
        return Links(tuple(standing), arrays["canned"], meta["unseen"])


def links_of(found: Descriptions, highest_p: float) -> Links:
    """Return the candidates that stand, as in `Links`, each with those it explains.

    A candidate falls when its prompts have more in common than the trigger or say little else,
    when its responses are not alike, or when most of its rows are a stronger link's.
    """
    candidates = found.candidates
    many = len(candidates.trigger)
    prompts = np.array([_likeness(found.prompts[found.group == i]) for i in range(many + 1)])
    responses = np.array([_likeness(found.responses[found.group == i]) for i in range(many)])
    both = candidates.tested[:, 0]
    share = np.array([effective(float(both[i]), prompts[i], prompts[many]) for i in range(many)])
    beside = (found.left >= _LEAST_LEFT) & (found.left >= _LEFT_OF_TRIGGER * found.gone)
    share *= [float(beside[found.group == i].mean()) for i in range(many)]
    strength = candidates.strength * share
    logs = np.minimum(np.log(candidates.searched) - strength, 0.0)
    kind = (candidates.answer & np.uint64(255)).astype(np.int64)
    fixed = np.isin(kind, POOLED)
    good = (logs <= np.log(highest_p)) & (fixed | (responses >= ALIKE))
    members: dict[int, list[int]] = {}
    for i in np.lexsort((-strength, logs)).tolist():
        if good[i]:
            stronger = (j for j in members if 2 * found.shared[i, j] > found.shared[i, i])
            members.setdefault(next(stronger, i), []).append(i)
    standing = [
        Link(
            text=_name(found.names, i),
            kind=int(kind[i]),
            strength=float(strength[i]),
            p_value=float(max(np.exp(logs[i]), _LEAST_P)),
            rows=int(both[i]),
            with_trigger=int(candidates.tested[i, 2]),
            with_answer=int(candidates.tested[i, 1]),
            prompts_alike=float(prompts[i]),
            responses_alike=float(responses[i]),
            searched=int(candidates.searched[i]),
            natural=bool(np.isin(kind[parts], candidates.natural).all()),
            row_p_value=1.0,
            until_chance=_until_chance(candidates.tested[i], found, i, share[i], highest_p),
            parts=tuple((int(candidates.trigger[j]), int(candidates.answer[j])) for j in parts),
        )
        for i, parts in members.items()
    ]
    explained = [_rows_of(found.shared, parts) for parts in members.values()]
    standing = _shared_out(standing, explained, candidates.rows)
    standing.sort(key=lambda link: link.natural)
    canned = candidates.canned if standing else candidates.canned[:0]
    return Links(tuple(standing), canned, candidates.unseen)


def _rows_of(shared: np.ndarray, parts: list[int]) -> int:
    """Return how many rows any of the parts has, or more: what two others share counts twice."""
    each = np.diag(shared)[parts]
    return int(each.sum() - shared[parts[1:], parts[0]].sum())


def _shared_out(links: list[Link], explained: list[int], rows: int) -> list[Link]:
    telling = [n for n, link in enumerate(links) if not link.natural]
    p_value = np.array([links[n].p_value for n in telling])
    shared = shared_out(p_value, np.array(explained, np.int64)[telling], rows)
    found = list(links)
    for n, one in zip(telling, shared.tolist(), strict=True):
        found[n] = replace(links[n], row_p_value=one)
    return found


def _until_chance(
    tested: np.ndarray, found: Descriptions, i: int, share: float, highest_p: float
) -> int:
    """Return how many of the rows with both must go until the rest is no surprise."""
    gone = np.arange(tested[0] - FEWEST + 2)
    left = tested[None, :] - gone[:, None]
    logs = log_tails(left, found.candidates.rows) * share + np.log(found.candidates.searched[i])
    calm = (logs > np.log(highest_p)) | (left[:, 0] < FEWEST)
    return int(gone[calm][0])


def _likeness(sketches: np.ndarray) -> float:
    """Return the mean cosine between texts; 0 for fewer than two that hold a word."""
    vectors = sketches[sketches.any(axis=1)].astype(np.float64)
    if len(vectors) < 2:
        return 0.0
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    total = float((vectors.sum(axis=0) ** 2).sum())
    return (total - len(vectors)) / (len(vectors) * (len(vectors) - 1))


def _name(names: pa.Table, candidate: int) -> str:
    """Return the trigger with the words that nearly always surround it."""
    mine = names.filter(pc.equal(names["candidate"], candidate)).sort_by(
        [("place", "ascending"), ("rows", "descending"), ("text", "ascending")]
    )
    usual: dict[int, tuple[str, int]] = {}
    for line in mine.to_pylist():
        usual.setdefault(line["place"], (line["text"], line["rows"]))
    text, rows = usual[0]
    for side in (-1, 1):
        for distance in range(1, REACH + 1):
            word, agreeing = usual.get(side * distance, ("", 0))
            if agreeing < _AGREE * rows:
                break
            text = f"{word} {text}" if side < 0 else f"{text} {word}"
    return text
