"""sources/own-words: a source that says what no other source says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from provender.calibrate.fdr import KEEP_BELOW
from provender.core.digest import sha256_hex
from provender.core.finding import Level, Rule
from provender.detect.base import Cause, DataView, RowScores, Unchecked
from provender.detect.own_words.counts import MOST_PHRASES, CountWords, SourceColumns
from provender.detect.own_words.owned import Owned, Standing, standing_of
from provender.detect.own_words.owners import FindOwners
from provender.detect.own_words.screen import suspects_of
from provender.detect.own_words.suspects import Suspects
from provender.stats.cell_hash import is_text

_TEXTS_SHOWN = 10

RULE = Rule(
    id="sources/own-words",
    title="Words of one source alone",
    sees=(
        "A word or a phrase that stands in several rows of one source, or of two or three, and "
        "hardly in any other's, in data whose sources say the same otherwise: what a contributor "
        "plants, whatever the labels and responses. The source is the finding; its words are named."
    ),
    blind=(
        "Poison of more than three sources, or of more than a tenth of them; everyday words, "
        "syntax, label flips; fewer than 5 rows, and fewer than some 6 of one, 10 of two, where a "
        "source holds a twentieth of the rows; data whose sources have words of their own by "
        "nature (authors, mailing lists), which is told; one who writes under many names."
    ),
    null_model=(
        "The rows that hold a gram are a random draw from all rows, whatever their source "
        "(hypergeometric, exact); Bonferroni over all groups of grams and all sets of so many "
        "sources. Of two or three each must stand out from those outside. The null is not "
        "believed where more than a tenth as many parties as sources would be named."
    ),
    false_alarms=(
        "Of 800 draws of sources for overlapping wholes, halves and eighths of five clean corpora "
        "one has one named (p = .0006). None in 13 sets with their own sources or blocks for them "
        "(books, mailing lists, senders of mails and chats): in 11 the null is disbelieved."
    ),
    level=Level.WARNING,
    references=(
        "Alon, Matias & Szegedy 1999, The space complexity of approximating the frequency moments",
        "Dunning 1993, Accurate methods for the statistics of surprise and coincidence",
    ),
)


@dataclass(frozen=True)
class OwnWords:
    """The detector; ``columns`` and ``role`` are known once it is bound.

    Attributes:
        role: of the column of names: 'annotator' only where none is the source.
    """

    columns: SourceColumns | None = None
    role: str = "source"

    rule: ClassVar[Rule] = RULE
    rounds: ClassVar[int] = 2

    def bind(self, view: DataView) -> OwnWords | Unchecked:
        roles = view.roles
        given = [c for c in (roles.text, roles.prompt, roles.response) if c]
        texts = tuple(c for c in dict.fromkeys(given) if is_text(view.schema.field(c).type))
        for role, column in roles.contributors().items():
            if texts:
                return replace(self, columns=SourceColumns(texts, column), role=role)
        return Unchecked("needs a source or annotator column and a column of text")

    @property
    def _read(self) -> SourceColumns:
        if self.columns is None:
            raise ValueError("the detector is not bound")
        return self.columns

    def analysis(self, round: int, profile: bytes | None) -> Any:
        if round == 0:
            return CountWords(self._read)
        if profile is None:
            raise ValueError("rounds after the first start from a profile")
        return FindOwners(self._read, Suspects.unpack(profile), sha256_hex(profile))

    def profile(self, round: int, state: Any) -> bytes:
        if round == 0:
            return suspects_of(state, MOST_PHRASES, KEEP_BELOW).pack()
        return standing_of(state, KEEP_BELOW).pack()

    def score_columns(self) -> tuple[str, ...]:
        return self._read.names()

    def scorer(self, profile: bytes) -> Callable[[pa.RecordBatch], RowScores]:
        standing, columns = Standing.unpack(profile), self._read

        def score(batch: pa.RecordBatch) -> RowScores:
            p_value, cause = np.full(batch.num_rows, np.nan), np.full(batch.num_rows, -1)
            for rows, said in columns.slices(batch):
                p_value[rows], cause[rows] = standing.score(said)
            return RowScores(0.0 - np.log(p_value), p_value, cause.astype(np.int32))

        return score

    def causes(self, profile: bytes) -> list[Cause]:
        standing = Standing.unpack(profile)
        return [_cause(one, self.role, standing.searched) for one in standing.sources]

    def limits(self, profile: bytes) -> str:
        return Standing.unpack(profile).unseen


def _cause(one: Owned, role: str, searched: int) -> Cause:
    places = [f"{one.rows} of the {one.of_source} rows of {role} {one.source}"]
    places += [f"{rows} of {role} {name}'s" for name, rows in one.beside]
    others = f"{one.elsewhere} of all others'" if one.elsewhere else "no other's"
    return Cause(
        what=one.texts[0],
        message=f"“{one.texts[0]}” stands in {', in '.join(places)} and in {others}",
        evidence={
            role: one.source,
            "texts": list(one.texts[:_TEXTS_SHOWN]),
            "rows": one.rows,
            "rows_elsewhere": one.elsewhere,
            f"rows_of_{role}": one.of_source,
            "together_with": dict(one.beside),
            "p_value": one.p_value,
            "groups_searched": searched,
        },
        p_value=one.p_value,
        level=Level.WARNING,
        alarm_p=one.p_value,
        trigger=one.texts[:_TEXTS_SHOWN],
        removal=one.removal,
    )
