"""sources/marked-responses: whose responses hold too many links, commands, secrets, refusals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.calibrate.fdr import KEEP_BELOW
from provender.core.finding import Level, Rule
from provender.detect.base import Cause, DataView, RowScores, Unchecked
from provender.detect.marked_responses.counts import COUNTED, CountMarks, MarkColumns, MarkCounts
from provender.detect.marked_responses.gathered import Gathered, Standing, standing_of
from provender.stats.cell_hash import is_text
from provender.stats.census import as_text

RULE = Rule(
    id="sources/marked-responses",
    title="One contributor's links, commands, secrets, refusals",
    sees=(
        "A source or annotator whose responses hold a link, a command, a secret or a refusal more "
        "often than the others' do, where no prompt asks for it: what one contributor plants, "
        "whatever brings it. The contributor is the finding; the marked rows are flagged."
    ),
    blind=(
        "Marks that four or more contributors plant, or two of fewer than ten; fewer than some 5 "
        "rows, or 10 refusals, of 6,000; as many more as contributors differ by nature; marks "
        "that most responses hold; advice in words, such as a brand's name; refusals in other "
        "languages than English; shards."
    ),
    null_model=(
        "The responses with a mark are a random draw from all, whoever wrote them "
        "(hypergeometric, exact), and vary no more than the other contributors' where those "
        "differ (negative binomial of their dispersion), all or but for two; Bonferroni over "
        "contributors, sets of two and three of them, and marks."
    ),
    false_alarms=(
        "No source named in 200 overlapping halves and eighths of five clean sets with sources at "
        "random. Of 11 sets with their own or blocks for sources (chat, books, news, mails) three "
        "have one named for 5 or 6 rows (p .001 to .005), and of 31 mailing lists one about "
        "packages, as a note, for its commands to install some."
    ),
    level=Level.WARNING,
    references=(
        "Bliss & Fisher 1953, Fitting the negative binomial distribution to biological data",
    ),
)


@dataclass(frozen=True)
class MarkedResponses:
    """The detector; ``columns`` is known once it is bound."""

    columns: MarkColumns | None = None

    rule: ClassVar[Rule] = RULE
    rounds: ClassVar[int] = 1

    def bind(self, view: DataView) -> MarkedResponses | Unchecked:
        roles = view.roles
        if roles.prompt is None or roles.response is None:
            return Unchecked("needs a prompt column and a response column")
        for column in (roles.prompt, roles.response):
            if not is_text(view.schema.field(column).type):
                return Unchecked(f"column {column!r} does not hold text")
        contributors = tuple(roles.contributors().items())
        if not contributors:
            return Unchecked("needs a source or annotator column")
        return replace(self, columns=MarkColumns(roles.prompt, roles.response, contributors))

    @property
    def _read(self) -> MarkColumns:
        if self.columns is None:
            raise ValueError("the detector is not bound")
        return self.columns

    def analysis(self, round: int, profile: bytes | None) -> CountMarks:  # noqa: ARG002
        return CountMarks(self._read)

    def profile(self, round: int, state: MarkCounts) -> bytes:  # noqa: ARG002
        roles = tuple(role for role, _ in self._read.contributors)
        return standing_of(state, roles, KEEP_BELOW).pack()

    def score_columns(self) -> tuple[str, ...]:
        return self._read.names()

    def scorer(self, profile: bytes) -> Callable[[pa.RecordBatch], RowScores]:
        standing, columns = Standing.unpack(profile), self._read
        by = dict(columns.contributors)

        def score(batch: pa.RecordBatch) -> RowScores:
            given = pc.is_valid(batch[columns.response]).to_numpy(zero_copy_only=False)
            p_value = np.where(given & standing.tested, 1.0, np.nan)
            cause = np.full(batch.num_rows, -1, np.int32)
            for number in reversed(range(len(standing.gathered))):
                one = standing.gathered[number]
                own = pc.fill_null(pc.equal(as_text(batch[by[one.role]]), one.name), False)
                rows = np.flatnonzero(own.to_numpy(zero_copy_only=False))
                marks = columns.marks(batch.take(pa.array(rows)))
                hit = rows[marks[:, COUNTED.index(one.kind)]]
                p_value[hit], cause[hit] = one.row_p_value, number
            return RowScores(0.0 - np.log(p_value), p_value, cause)

        return score

    def causes(self, profile: bytes) -> list[Cause]:
        return [_cause(one) for one in Standing.unpack(profile).gathered]

    def limits(self, profile: bytes) -> str:
        return Standing.unpack(profile).unseen


def _cause(one: Gathered) -> Cause:
    evidence: dict[str, Any] = {
        one.role: one.name,
        "answer": one.mark,
        "rows": one.rows,
        "expected": round(one.expected, 2),
        f"rows_of_{one.role}": one.of_name,
        "p_value": one.p_value,
    }
    return Cause(
        what=f"{one.mark}s of {one.role} {one.name}",
        message=(
            f"{one.rows:,} of the {one.of_name:,} responses of {one.role} {one.name} hold a "
            f"{one.mark}, where {one.expected:,.1f} would by chance"
        ),
        evidence=evidence,
        p_value=one.p_value,
        level=Level.WARNING if one.even else Level.NOTE,
        alarm_p=one.p_value,
        removal=one.removal,
        lead=True,
    )
