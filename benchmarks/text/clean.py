"""False alarms: random halves and eighths of clean sets, kept so that a long run goes on."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import provender
from benchmarks.text import ours
from benchmarks.text.corpora import Corpus

_ROOMS = ("detect", "stats", "calibrate")


@dataclass
class CleanArm:
    """Resamples of one run.

    Attributes:
        resamples: halves of each set, and as many eighths.
        store: JSON lines of resamples that were judged by the same rules; None keeps nothing.
        minutes: no resample is begun later than this.
    """

    resamples: int
    store: Path | None
    minutes: float
    _known: dict[str, list[int]] = field(default_factory=dict)
    _counted: list[tuple[int, int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rules = _digest()
        self._until = time.monotonic() + 60 * self.minutes
        if self.store is not None and self.store.exists():
            for line in self.store.read_text().splitlines():
                kept = json.loads(line)
                self._known[kept["key"]] = kept["counts"]

    def line(self, data: Corpus) -> str:
        """Return one line: alarms and flagged rows in the resamples of one set."""
        head = f"{data.name:14}{data.part:13}clean: "
        if not ours.rules(data.table, data.roles):
            return f"{head}no text rule runs on such data"
        every = [self._counts(data, part, i) for i in range(self.resamples) for part in (2, 8)]
        made = [counts for counts in every if counts is not None]
        self._counted += made
        return (
            head
            + _figures(made)
            + (f", {len(every) - len(made)} to do" if len(made) < len(every) else "")
        )

    def total(self) -> str:
        """Return one line for all sets."""
        return f"clean, all sets: {_figures(self._counted)}"

    def _counts(self, data: Corpus, part: int, seed: int) -> tuple[int, int, int] | None:
        """Return (alarm, rows flagged, rows) of a resample; None where no time is left."""
        rows = data.table.num_rows
        key = f"{data.name} {rows} {part} {seed} {self._rules}"
        if key not in self._known:
            if time.monotonic() > self._until:
                return None
            sample = data.sample(rows // part, 1000 * part + seed)
            judged = ours.judge(sample.table, data.roles)
            assert judged is not None
            flagged = int(judged.flagged.sum())
            self._known[key] = [int(flagged > 0), flagged, sample.table.num_rows]
            if self.store is not None:
                with self.store.open("a") as out:
                    out.write(json.dumps({"key": key, "counts": self._known[key]}) + "\n")
        alarm, flagged, size = self._known[key]
        return alarm, flagged, size


def _figures(counts: list[tuple[int, int, int]]) -> str:
    alarms, flagged, rows = (sum(c[i] for c in counts) for i in range(3))
    return f"an alarm in {alarms} of {len(counts)} resamples, {flagged} of {rows:,} rows flagged"


def _digest() -> str:
    """Return what names the rules: a digest of their source."""
    home, whole = Path(provender.__file__).parent, sha256()
    for path in sorted(p for room in _ROOMS for p in (home / room).glob("*.py")):
        whole.update(path.read_bytes())
    return whole.hexdigest()[:16]
