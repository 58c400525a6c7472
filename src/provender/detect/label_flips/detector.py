"""text/label-flips: labels that content contradicts, and where that is more than natural."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from provender.core.digest import sha256_hex
from provender.core.finding import Level, Rule
from provender.detect.base import Cause, DataView, RowScores, Unchecked
from provender.detect.label_conflict.model import Columns, Model
from provender.detect.label_conflict.words import CountWords, model_of
from provender.detect.label_flips.cells import CountCells, with_names
from provender.detect.label_flips.judge import Judge
from provender.stats.census import as_text

RULE = Rule(
    id="text/label-flips",
    title="Labels that the content contradicts",
    sees=(
        "Rows whose content, judged by the other folds, says another class than their label. A "
        "warning where rows of one class carry the label of one other beyond natural noise, or "
        "where one source's or annotator's labels are contradicted more often than the others'; a "
        "note where more labels are wrong than is usual."
    ),
    blind=(
        "Flips in rows whose content is ambiguous; labels that content does not foretell; most of "
        "a class renamed; fewer than about 40 rows of a pair of classes; flips in all directions "
        "that many sources share, unless they are more than a few per cent, and then as a note; "
        "a source that was given harder texts looks like one that labels badly."
    ),
    null_model=(
        "A row: its score ranks at random among the rows of its label (conformal, by label; what "
        "a cause explains is left out of the reference, flips that stay in it only raise "
        "p-values). A pair: at most 3.3 % of the smaller class, at most e times the reverse, at "
        "most e times the rate of other pairs (binomial; Bonferroni over pairs). A source: its "
        "rows of a label are a draw from the label's, whatever their suspicion; the sum of what "
        "its suspicious rows are worth by rank has an exact law (multivariate hypergeometric; all "
        "rows, by label, by label and other class; by label also ranked by what speaks for "
        "another class alone). So are its rows of those that "
        "read alike: held against it where its share of the label does not explain them either. "
        "The tests of a source are one (weighted harmonic mean); none stands but where clean data "
        "would have any in 1 % (Simes over sources), whatever the false discovery rate."
    ),
    false_alarms=(
        "No finding and no row flagged in 210 overlapping halves and eighths, with 20 random "
        "sources, of seven clean sets: BBC, Reuters R8 (both parts), SpamAssassin, passages of 18 "
        "books, chat turns, prompts against responses; nor in 40 of an eighth, whether the next "
        "turn is a question (before sources' rows counted by rank); nor an alarm in 216 parts "
        "of nine sets scanned whole. A source named at 1 % and at 5 % in 4 of 1,050 other "
        "draws; of sources as mails have them, none by list or domain, and as a note one group of "
        "five and one country."
    ),
    level=Level.NOTE,
    gravest=Level.WARNING,
    references=(
        "Northcutt, Jiang, Chuang 2021, Confident learning: estimating uncertainty in dataset "
        "labels",
        "Northcutt, Athalye, Mueller 2021, Pervasive label errors in test sets",
        "Vovk, Gammerman, Shafer 2005, Algorithmic learning in a random world (label-conditional "
        "conformal prediction)",
        "Wilson 2019, The harmonic mean p-value for combining dependent tests",
    ),
)


@dataclass(frozen=True)
class LabelFlips:
    """The detector; ``columns`` is known once it is bound.

    Attributes:
        contributors: (role, column) of sources and annotators, where there are some.
    """

    columns: Columns | None = None
    contributors: tuple[tuple[str, str], ...] = ()

    rule: ClassVar[Rule] = RULE
    rounds: ClassVar[int] = 2

    def bind(self, view: DataView) -> LabelFlips | Unchecked:
        columns = Columns.of(view)
        if isinstance(columns, Unchecked):
            return columns
        people = tuple(view.roles.contributors().items())
        return replace(self, columns=columns, contributors=people)

    @property
    def _read(self) -> Columns:
        if self.columns is None:
            raise ValueError("the detector is not bound")
        return self.columns

    def analysis(self, round: int, profile: bytes | None) -> Any:
        if round == 0:
            return CountWords(self._read)  # text/label-conflict's own: counted once for both
        if profile is None:
            raise ValueError("rounds after the first start from a profile")
        return CountCells(self._read, self.contributors, Model.unpack(profile), sha256_hex(profile))

    def profile(self, round: int, state: Any) -> bytes:
        return model_of(state).pack() if round == 0 else Judge.of(state).pack()

    def score_columns(self) -> tuple[str, ...]:
        beside = (column for _, column in self.contributors)
        return tuple(dict.fromkeys((*vars(self._read).values(), *beside)))

    def scorer(self, profile: bytes) -> Callable[[pa.RecordBatch], RowScores]:
        judge, columns, people = Judge.unpack(profile), self._read, self.contributors

        def score(batch: pa.RecordBatch) -> RowScores:
            names = {role: as_text(batch[column]) for role, column in people}
            nothing = (np.zeros(0), np.zeros(0), np.zeros(0, np.int32))
            slices = columns.slices(batch, judge.model.classes)
            pieces = [judge.score(*one) for one in with_names(slices, names)]
            parts = zip(nothing, *((p.score, p.p_value, p.cause) for p in pieces), strict=True)
            value, p_value, cause = (np.concatenate(part) for part in parts)
            return RowScores(value, p_value, cause)

        return score

    def causes(self, profile: bytes) -> list[Cause]:
        return Judge.unpack(profile).causes()

    def limits(self, profile: bytes) -> str:
        return Judge.unpack(profile).unseen
