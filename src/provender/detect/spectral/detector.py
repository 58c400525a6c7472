"""spectral/class-signature: rows of a class that lie together on a direction of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

from provender.core.finding import Level, Rule
from provender.detect.base import Cause, DataView, RowScores, Unchecked
from provender.detect.embedding import Embedding, choose_embedding
from provender.detect.spectral.counts import ClassMoments, Scores, SignatureScores, Source
from provender.detect.spectral.plan import (
    Space,
    pack_spaces,
    signature_plan,
    trimming_plan,
    unpack_spaces,
)
from provender.stats.packing import pack, unpack
from provender.stats.quantiles import ValueCounts
from provender.stats.tails import Tail, fit_tail

_KIND = "class-signature/1"
_LEAST_P = 1e-300
_UNBOUND = Source("", Embedding("", ""))


@dataclass(frozen=True)
class Signature:
    """The null of one group's scores on its own direction.

    Attributes:
        own: tail of its body's scores; None where they show no shape.
        others: tail of the other groups' rows on the same direction.
        reach: beyond this no other group's rows go.
    """

    own: Tail | None
    others: Tail | None
    reach: float

    def p_values(self, scores: np.ndarray) -> np.ndarray:
        """Return p-values of scores (float64, not negative) of the group's own rows.

        A row is judged by its class's tail; one within reach of the other classes' rows also
        has to be odd by theirs.
        """
        if self.own is None or self.others is None:
            return np.ones(len(scores))
        scores = np.maximum(scores, np.finfo(np.float64).tiny)
        own = np.exp(-self.own.depth_at(scores))
        others = np.exp(-self.others.depth_at(scores))
        p = np.where(scores > self.reach, own, np.maximum(own, others))
        return np.asarray(np.maximum(p, _LEAST_P))


RULE = Rule(
    id="spectral/class-signature",
    title="Rows off their class's body",
    sees="A group of rows within one class that lie together, far from the class's body, on a "
    "direction that no other class uses: the trace of a backdoor trigger.",
    blind="Triggers that leave no common direction in the features given (pixels stand in poorly "
    "for a trained model's: warps, moving patches, faint blends); poison above 6 % of a class; "
    "second directions; triggers used in all classes alike; classes of fewer than 100 rows.",
    null_model="Distances of a class's body along its top direction (whitened by its trimmed, "
    "shrunk covariance) have a Weibull tail, continued with a margin; rows within 1.5 times the "
    "reach of all other classes on that direction must also be odd by theirs.",
    false_alarms="At a false discovery rate of 1 %: 0 of 1,797 digits, 10,000 MNIST, 3,786 emoji, "
    "6,046 mails, 7,674 Reuters and 2,225 BBC texts; parameters were chosen on these. Of 22 parts "
    "of BBC and mails two had rows flagged (1 and 12): of texts it is a note. A natural "
    "population of its own, or mislabelled images that look alike, is a false alarm by design.",
    level=Level.WARNING,
    references=(
        "Tran, Li & Madry 2018, Spectral Signatures in Backdoor Attacks",
        "Hayase et al. 2021, SPECTRE",
        "Tang et al. 2021, Demon in the Variant (SCAn)",
    ),
)


@dataclass(frozen=True)
class ClassSignature:
    """See ``rule``; docs/detectors/spectral.md tells how the parameters were chosen.

    Attributes:
        ridge: share of the mean variance added to every direction before whitening.
        shrink: weight of the pooled covariance in a class's own.
        trim: body of a class: rows up to so many times its mean squared whitened norm.
        reach: how far beyond the other classes' last anchor a row must be to be judged by its
            own class alone.
        most: largest share of a class that may lie beyond reach and be left out of its tail.
        caution: factor on the shape of a class's tail, for the direction was chosen by the rows.
        least_rows: smaller classes are not calibrated.
        most_groups: classes looked at, first in order of label.
        source: set by ``bind``.
    """

    ridge: float = 0.05
    shrink: float = 0.6
    trim: float = 1.5
    reach: float = 1.5
    most: float = 0.06
    caution: float = 0.8
    least_rows: int = 100
    most_groups: int = 100
    source: Source = _UNBOUND

    rule: ClassVar[Rule] = RULE
    rounds: ClassVar[int] = 3

    def bind(self, view: DataView) -> Self | Unchecked:
        if view.roles.label is None:
            return Unchecked("no label role")
        embedding = choose_embedding(view.schema, view.roles)
        if embedding is None:
            return Unchecked("no embedding, image or text to tell rows of a class apart by")
        return replace(self, source=Source(view.roles.label, embedding))

    def analysis(self, round: int, profile: bytes | None) -> ClassMoments | SignatureScores:
        name = f"{RULE.id}#{round}"
        if round < 2 or profile is None:
            return ClassMoments(name, self.source, self.most_groups, profile)
        return SignatureScores(name, self.source, profile)

    def profile(self, round: int, state: Any) -> bytes:
        if round == 0:
            return pack_spaces(trimming_plan(state, self.ridge, self.trim, self.least_rows))
        if round == 1:
            return pack_spaces(signature_plan(state, self.ridge, self.shrink))
        return self._fitted(state)

    def _fitted(self, state: Scores) -> bytes:
        spaces = unpack_spaces(state.plan)
        tails = []
        for place, space in enumerate(spaces):
            for i in range(len(space.labels)):
                own, others = state.own.get((place, i)), state.others.get((place, i))
                tails.append(self._signature(own, others))
        meta = {
            "rows": state.rows,
            "scored": state.scored,
            "signatures": [[_tail_json(s.own), _tail_json(s.others), s.reach] for s in tails],
        }
        return pack(_KIND, meta, {"plan": np.frombuffer(state.plan, np.uint8)})

    def _signature(self, own: ValueCounts | None, others: ValueCounts | None) -> Signature:
        if own is None or others is None:
            return Signature(None, None, 0.0)
        theirs = _tail(others, others.total)
        if theirs is None:
            return Signature(None, None, 0.0)
        reach = self.reach * float(theirs.distance[-1])
        inside = own.values() <= reach
        if own.counts[~inside].sum() <= self.most * own.total:
            own = ValueCounts(own.shift, own.cells[inside], own.counts[inside])
        mine = _tail(own, 2 * own.total)
        mine = mine and replace(mine, shape=mine.shape * self.caution)
        return Signature(mine, theirs, reach)

    def score_columns(self) -> tuple[str, ...]:
        return self.source.columns()

    def scorer(self, profile: bytes) -> Callable[[pa.RecordBatch], RowScores]:
        spaces, signatures, _ = _opened(profile)
        starts = np.cumsum([0, *(len(s.labels) for s in spaces)])

        def score(batch: pa.RecordBatch) -> RowScores:
            scores = np.full(batch.num_rows, np.nan)
            p_value = np.full(batch.num_rows, np.nan)
            cause = np.full(batch.num_rows, -1, np.int32)
            for place, space, rows, group, features in self.source.groups(batch, spaces):
                along = np.abs(space.projection.of(features, group))
                found = along[np.arange(len(group)), group]
                scores[rows], cause[rows] = found, starts[place] + group
                for i in np.unique(group):
                    mine = group == i
                    p_value[rows[mine]] = signatures[starts[place] + i].p_values(found[mine])
            return RowScores(scores, p_value, cause)

        return score

    def causes(self, profile: bytes) -> list[Cause]:
        """One per class (and length of vector), in the order of the plan."""
        spaces, signatures, _ = _opened(profile)
        causes = []
        # Texts of a class come in populations of their own (digests, one newsletter): no alarm.
        level = Level.NOTE if self.source.embedding.kind == "text" else None
        places = [(space, i) for space in spaces for i in range(len(space.labels))]
        for (space, i), signature in zip(places, signatures, strict=True):
            label = space.labels[i]
            evidence = {
                "top_eigenvalue": float(space.limits[i]),
                "median_top_eigenvalue_of_classes": float(np.median(space.limits)),
                "reach_of_other_classes": signature.reach,
                "tail_shape": signature.own.shape if signature.own else None,
                "embedding": self.source.embedding.kind,
            }
            message = (
                f"rows of class '{label}' lie far from their class on one direction that no "
                "other class uses: a shared trigger, another population, or wrong labels"
            )
            causes.append(Cause(label, message, evidence, level=level))
        return causes

    def limits(self, profile: bytes) -> str:
        _, _, meta = _opened(profile)
        if meta["scored"] == meta["rows"]:
            return ""
        return (
            f"{meta['rows'] - meta['scored']} of {meta['rows']} rows: no label or vector, a "
            f"class of fewer than {self.least_rows} rows, no second class to compare with, or "
            f"not among the first {self.most_groups} classes"
        )


def _tail(counts: ValueCounts, rows: int) -> Tail | None:
    values = counts.values()
    positive = values > 0
    if not positive.any():
        return None
    return fit_tail(values[positive], counts.counts[positive], rows)


def _tail_json(tail: Tail | None) -> Any:
    return tail and [tail.distance.tolist(), tail.depth.tolist(), tail.shape, tail.beyond]


def _opened(profile: bytes) -> tuple[list[Space], list[Signature], dict[str, Any]]:
    meta, arrays = unpack(_KIND, profile)
    signatures = []
    for own, others, reach in meta["signatures"]:
        tails = [
            t and Tail(np.array(t[0], np.float64), np.array(t[1], np.float64), t[2], t[3])
            for t in (own, others)
        ]
        signatures.append(Signature(tails[0], tails[1], reach))
    return unpack_spaces(arrays["plan"].tobytes()), signatures, meta
