"""What stands, and what it means for a row: score, p-value and cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.calibrate.conformal import Ranks
from provender.core.finding import Level
from provender.detect.base import Cause, RowScores
from provender.detect.label_conflict.model import Labelled, Model
from provender.detect.label_flips.cells import MOST_NAMES, NEAR, WINS, CellState, Leaning
from provender.detect.label_flips.contributors import Contributor, Part, standing_contributors
from provender.detect.label_flips.gathering import ALL
from provender.detect.label_flips.noise import Noise, fit
from provender.detect.label_flips.tests import (
    ALARM,
    LEAST,
    USUAL,
    Pair,
    noise_in_all,
    standing_pairs,
    unforetold,
)
from provender.stats.packing import pack, unpack

_KIND = "label-flips/8"
#: Pairs and contributors are tried side by side, and each may alarm.
_KINDS = 2


@dataclass(frozen=True)
class Judge:
    """Scores rows.

    Attributes:
        noisy: p-value of the noise in all; None where it is usual.
        until_usual: fewest rows to remove until that is above ALARM; None with it.
        wrong: rows more likely mislabelled than not that no pair holds; of ``rows``.
        unseen: what of the data was not looked at.
    """

    model: Model
    noise: Noise
    ranks: Ranks
    pairs: tuple[Pair, ...]
    contributors: tuple[Contributor, ...]
    noisy: float | None
    until_usual: int | None
    wrong: float
    rows: float
    unseen: str

    @staticmethod
    def of(state: CellState) -> Judge:
        """Judge the counts of all rows."""
        cells, depth, classes = state.table(), state.depths(), len(state.model.classes)
        noise = fit(cells, classes)
        pairs = standing_pairs(noise, cells, depth)
        noise = noise.pooled([(pair.true, pair.label) for pair in pairs])
        scores = noise.scores(cells.label, cells.rival, cells.bin)
        apart = np.zeros((classes, classes), bool)
        for pair in pairs:
            apart[pair.true, pair.label] = True
        held = apart[cells.rival, cells.label]
        noisy, until_usual = noise_in_all(cells, depth, held)
        wrong = float(cells.weight[(scores > 0) & ~held].sum())
        much = noisy <= ALARM and wrong >= LEAST
        standing, told = [], [state.model.unseen] if state.model.unseen else []
        strange = [state.model.classes[y] for y in np.flatnonzero(unforetold(cells, classes))]
        if strange:
            told.append(f"content does not foretell {', '.join(strange)}: not held against others")
        for role, table in state.contributors.items():
            if table is None:
                told.append(f"more than {MOST_NAMES} {role}s: none was compared with the others")
            else:
                roles = len(state.contributors)
                standing += standing_contributors(role, table, roles, noise, classes)
        judge = Judge(
            state.model,
            noise,
            Ranks(np.zeros(classes + 1, np.int64), np.zeros(0), np.zeros(0)),
            tuple(pairs),
            tuple(standing),
            noisy if much else None,
            until_usual if much else None,
            wrong,
            float(cells.weight.sum()),
            "; ".join(told),
        )
        explained = judge._by_class(cells.label, cells.rival, scores)[1] >= 0
        # Flips that were found are no reference: they do not hide others.
        left = ~explained
        ranks = Ranks.of(cells.label[left], scores[left], cells.rows[left], classes)
        return replace(judge, ranks=ranks)

    def score(self, documents: Labelled, names: Mapping[str, pa.Array]) -> RowScores:
        """Return a slice's scores; ``names`` are the rows' sources and annotators, by role.

        The score is the log odds that the label is wrong, all classes considered. The p-value is
        that of the cause that explains the row, or else the row's rank among the reference rows
        of its label by the odds that its rival would be right.
        """
        nothing = np.full(documents.words.rows, np.nan)
        if not self.model.classes:
            return RowScores(nothing, nothing, np.full(len(nothing), -1, np.int32))
        row = Leaning.of(self.model, documents)
        score = self.noise.scores(row.label, row.rival, row.bin)
        p_value, cause = self._by_class(row.label, row.rival, score)
        alone = cause < 0
        p_value[alone] = self.ranks.p_values(row.label[alone], score[alone])
        self._by_contributor(names, row, score, p_value, cause)
        cause[~row.usable] = -1
        return RowScores(
            np.where(row.usable, self.noise.log_odds(row.label, row.speaks), nothing),
            np.where(row.usable, p_value, nothing),
            cause.astype(np.int32),
        )

    def _by_class(
        self, label: np.ndarray, rival: np.ndarray, score: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return p-value (1 where there is none) and cause (-1) by noise and pairs."""
        classes, noisy = len(self.model.classes), self.noisy is not None
        of = np.full((classes, classes), 0 if noisy else -1)
        p_value = [self.noisy] if noisy else []
        for pair in self.pairs:
            of[pair.true, pair.label] = len(p_value)
            p_value.append(pair.p_value)
        cause = np.where(score > 0, of[rival, label], -1)
        return np.append(np.array(p_value, float), 1.0)[cause], cause

    def _by_contributor(
        self,
        names: Mapping[str, pa.Array],
        row: Leaning,
        score: np.ndarray,
        p_value: np.ndarray,
        cause: np.ndarray,
    ) -> None:
        """Give the suspicious rows of those that stand their p-value and cause, in place."""
        first = (self.noisy is not None) + len(self.pairs)
        for number, one in enumerate(self.contributors, first):
            same = pc.fill_null(pc.equal(names[one.role], one.name), False)
            own = same.to_numpy(zero_copy_only=False)
            for part in one.parts:
                mine = own & ((row.label == part.label) | (part.label == ALL))
                mine &= self._suspicious(row, score, part)
                p_value[mine] = np.minimum(p_value[mine], part.p_value)
                cause[mine] = number

    def _suspicious(self, row: Leaning, score: np.ndarray, part: Part) -> np.ndarray:
        """Return bool (rows,): which are suspicious enough for a part, whoever sent them."""
        if part.strong:
            scores = self.noise.scores(row.label, row.rival, row.strength)
            return np.asarray(row.strong & (scores >= part.cut))
        if part.rival == ALL:
            return np.asarray((row.bin >= WINS) & (score >= part.cut))
        bin, rival = row.bins(part.rival), np.full_like(row.rival, part.rival)
        like = (bin >= NEAR) & (row.label != part.rival)
        if part.content:
            like &= row.near(part.rival)
        return np.asarray(like & (self.noise.scores(row.label, rival, bin) >= part.cut))

    def causes(self) -> list[Cause]:
        """Return noise in all, then pairs, then sources and annotators."""
        names = self.model.classes
        found = []
        if self.noisy is not None:
            found.append(
                Cause(
                    what="label noise",
                    message=(
                        f"content contradicts the label in {round(self.wrong):,} of "
                        f"{round(self.rows):,} rows, more than {USUAL:.1%}"
                    ),
                    evidence={
                        "rows": round(self.wrong),
                        "rows_in_all": round(self.rows),
                        "usual_share": USUAL,
                    },
                    p_value=self.noisy,
                    removal=self.until_usual,
                )
            )
        found += [_of_pair(pair, names[pair.true], names[pair.label]) for pair in self.pairs]
        return found + [
            _of_contributor(one, *(None if k == ALL else names[k] for k in one.target))
            for one in self.contributors
        ]

    def pack(self) -> bytes:
        meta = {
            "slope": self.noise.slope,
            "pairs": [vars(pair) for pair in self.pairs],
            "contributors": [one.packed() for one in self.contributors],
            "noisy": self.noisy,
            "until_usual": self.until_usual,
            "wrong": self.wrong,
            "rows": self.rows,
            "unseen": self.unseen,
        }
        arrays: dict[str, Any] = {
            "model": np.frombuffer(self.model.pack(), np.uint8),
            "log_ratio": self.noise.log_ratio,
            "mislabelled": self.noise.mislabelled,
            "starts": self.ranks.starts,
            "score": self.ranks.score,
            "share": self.ranks.share,
        }
        return pack(_KIND, meta, arrays)

    @staticmethod
    def unpack(data: bytes) -> Judge:
        meta, arrays = unpack(_KIND, data)
        return Judge(
            Model.unpack(arrays["model"].tobytes()),
            Noise(meta["slope"], arrays["log_ratio"], arrays["mislabelled"]),
            Ranks(arrays["starts"], arrays["score"], arrays["share"]),
            tuple(Pair(**pair) for pair in meta["pairs"]),
            tuple(Contributor.of(one) for one in meta["contributors"]),
            meta["noisy"],
            meta["until_usual"],
            meta["wrong"],
            meta["rows"],
            meta["unseen"],
        )


def _of_pair(pair: Pair, true: str, label: str) -> Cause:
    return Cause(
        what=f"{true} → {label}",
        message=(
            f"{round(pair.rows):,} rows labelled {label} read like {true}, "
            f"{round(pair.reverse):,} the other way round"
        ),
        evidence={
            "content": true,
            "label": label,
            "rows": round(pair.rows),
            "rows_the_other_way": round(pair.reverse),
            "p_value": pair.p_value,
        },
        p_value=pair.p_value,
        level=Level.WARNING,
        alarm_p=min(1.0, _KINDS * pair.p_value),
        target=label,
        removal=pair.removal,
    )


def _of_contributor(one: Contributor, label: str | None, rival: str | None) -> Cause:
    labelled = "" if label is None else f" labelled {label}"
    most = "whose label their content contradicts most"
    if one.parts[0].strong:
        most = "whose content speaks most for another class"
    elif rival is not None:
        most = f"that read most like {rival}"
    more = "; others of its rows, which stand out by another count, are listed with them"
    return Cause(
        what=f"{one.role} {one.name}",
        message=(
            f"{one.rows:,} of the {one.total:,} rows{labelled} of {one.role} {one.name} are among "
            f"the {one.everywhere:,} {most}" + more * (len(one.parts) > 1)
        ),
        evidence={
            one.role: one.name,
            "rows": one.rows,
            f"rows_of_{one.role}": one.total,
            f"rows_of_all_{one.role}s": one.everywhere,
            "p_value": one.p_value,
        }
        | ({} if label is None else {"label": label})
        | ({} if rival is None else {"content": rival}),
        p_value=one.p_value,
        level=Level.WARNING if one.even else Level.NOTE,
        alarm_p=min(1.0, _KINDS * one.names * one.p_value),
        target=label,
        removal=one.removal,
    )
