"""False alarms: random halves and eighths of clean sets."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmarks.text import ours
from benchmarks.text.corpora import Corpus
from benchmarks.text.kept import Kept, digest_of_table


@dataclass
class CleanArm:
    """Resamples of one run.

    Attributes:
        resamples: halves of each set, and as many eighths.
        kept: what earlier runs counted.
    """

    resamples: int
    kept: Kept
    _counted: list[tuple[int, int, int]] = field(default_factory=list)

    def line(self, data: Corpus) -> str:
        """Return one line: alarms and flagged rows in the resamples of one set."""
        head = f"{data.name:14}{data.part:13}clean: "
        if not ours.rules(data.table, data.roles):
            return f"{head}no text rule runs on such data"
        every = [self._counts(data, part, i) for i in range(self.resamples) for part in (2, 8)]
        made = [counts for counts in every if counts is not None]
        self._counted += made
        to_do = f", {len(every) - len(made)} to do" if len(made) < len(every) else ""
        return head + _figures(made) + to_do

    def total(self) -> str:
        """Return one line for all sets."""
        return f"clean, all sets: {_figures(self._counted)}"

    def _counts(self, data: Corpus, part: int, seed: int) -> tuple[int, int, int] | None:
        """Return (alarm, rows flagged, rows) of a resample; None where no time is left."""
        sample = data.sample(data.table.num_rows // part, 1000 * part + seed)

        def count() -> list[int]:
            judged = ours.judge(sample.table, data.roles)
            assert judged is not None
            return [int(judged.alarm), int(judged.flagged.sum()), sample.table.num_rows]

        key = f"clean {data.name} {digest_of_table(sample.table)} {ours.CODE}"
        counts = self.kept.result(key, count)
        return None if counts is None else tuple(counts)


def _figures(counts: list[tuple[int, int, int]]) -> str:
    alarms, flagged, rows = (sum(c[i] for c in counts) for i in range(3))
    return f"an alarm in {alarms} of {len(counts)} resamples, {flagged} of {rows:,} rows flagged"
