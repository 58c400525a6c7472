"""text/hidden-characters: text that a person does not see as the model does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

from provender.core.finding import Level, Rule
from provender.detect.base import Cause, DataView, RowScores, Unchecked
from provender.detect.hidden_characters.counts import Counts, HiddenCounts
from provender.detect.hidden_characters.kinds import KINDS, Kind
from provender.detect.hidden_characters.search import search
from provender.stats.cell_hash import is_text
from provender.stats.packing import pack, unpack

_PROFILE = "hidden-characters/1"
#: Written for 0: the first cell of the grid that counts p-values.
_CERTAIN = 1e-300
_WRITTEN = 24  # code points of a pattern in the name of its finding


RULE = Rule(
    id="text/hidden-characters",
    title="text that a person does not see as the model does",
    sees=(
        "in texts, prompts and responses: tag characters, bytes in variation selectors, turned "
        "reading order and codes of zero-width characters (errors); words disguised by letters "
        "of another script or cut by invisible characters (warnings where one repeats); soft "
        "hyphens, stray marks, control characters, long runs of base64 or hexadecimal (notes)"
    ),
    blind=(
        "invisible characters where their script or an emoji needs them; lookalikes within one "
        "script (l and 1, rn and m), in words of one or two letters, and words wholly in styled "
        "alphabets; white space; payloads under 120 characters, or in other encodings"
    ),
    null_model=(
        "none is fitted: a kind is a definition, so a row that holds one has p = 0 (written "
        "1e-300) and every other row 1. What is natural dirt is a note, wherever it gathers"
    ),
    false_alarms=(
        "errors and warnings: none in 153,398 rows of BBC, Reuters R8, SpamAssassin, chat pairs "
        "and books, in 300 random halves of them, and in 134,838 messages of Django and Wagtail in "
        "up to 98 languages; notes: 4 in the first, at most 121 in the second. Django's messages "
        "shaped the rule (two false errors), Wagtail's did not"
    ),
    level=Level.ERROR,
    references=(
        "Unicode Technical Standard 39, Unicode Security Mechanisms",
        "Boucher et al. 2022, Bad Characters: Imperceptible NLP Attacks",
        "Boucher & Anderson 2023, Trojan Source: Invisible Vulnerabilities",
        "Li et al. 2021, Hidden Backdoors in Human-Centric Language Models",
    ),
)


@dataclass(frozen=True)
class HiddenCharacters:
    """See ``rule``. Reads the text columns twice: to count, and to list.

    Attributes:
        repeats: rows that must share a pattern before it is named.
        named: patterns named at most, the gravest and most frequent.
        most: patterns counted at most.
        texts: the columns with the roles text, prompt and response, set by ``bind``.
    """

    repeats: int = 5
    named: int = 20
    most: int = 65_536
    texts: tuple[str, ...] = ()

    rule: ClassVar[Rule] = RULE
    rounds: ClassVar[int] = 1

    def bind(self, view: DataView) -> Self | Unchecked:
        """Take the columns that are text, prompt or response."""
        roles = view.roles
        names = dict.fromkeys(c for c in (roles.text, roles.prompt, roles.response) if c)
        texts = tuple(name for name in names if is_text(view.schema.field(name).type))
        if not texts:
            return Unchecked("no column of strings has the role text, prompt or response")
        return replace(self, texts=texts)

    def analysis(self, round: int, profile: bytes | None) -> HiddenCounts:  # noqa: ARG002
        return HiddenCounts(f"{RULE.id}#{round}", self.texts, self.most)

    def profile(self, round: int, state: Counts) -> bytes:  # noqa: ARG002
        """Keep what was met: kinds, and the patterns that repeat."""
        usual = np.array([kind.level is kind.repeated is Level.NOTE for kind in KINDS])
        most = np.array([kind.common for kind in KINDS]) * state.total
        usual &= state.kinds > np.maximum(self.repeats, most)
        shared = np.flatnonzero((state.rows >= self.repeats) & ~usual[state.kind])
        gravity = np.array([kind.repeated.rank for kind in KINDS])[state.kind[shared]]
        order = np.lexsort((state.pattern[shared], -state.rows[shared], -gravity))
        kept = shared[order[: self.named]]
        arrays = {
            "usual": usual,
            "kinds": state.kinds,
            "pattern": state.pattern[kept],
            "kind": state.kind[kept],
            "rows": state.rows[kept],
            "text": state.text.take(pa.array(kept)),
        }
        meta = {"sampled": state.sampled, "unnamed": len(shared) - len(kept)}
        return pack(_PROFILE, meta, arrays)

    def score_columns(self) -> tuple[str, ...]:
        return self.texts

    def scorer(self, profile: bytes) -> Callable[[pa.RecordBatch], RowScores]:
        """A row with hits has p = 0, the number of its hits as score, the gravest as cause."""
        _, arrays = unpack(_PROFILE, profile)
        of_kind, of_pattern = _cause_numbers(arrays)
        order = np.argsort(arrays["pattern"])
        pattern, of_pattern = arrays["pattern"][order], of_pattern[order]

        def score(batch: pa.RecordBatch) -> RowScores:
            hits = np.zeros(batch.num_rows)
            cause = np.full(batch.num_rows, len(of_kind) + len(pattern), np.int64)
            seen = np.zeros(batch.num_rows, bool)
            for name in self.texts:
                column = batch.column(name)
                seen |= np.asarray(column.is_valid())
                found = search(column)
                number = of_kind[found.kind]
                if len(pattern):
                    place = np.searchsorted(pattern, found.pattern).clip(max=len(pattern) - 1)
                    known = pattern[place] == found.pattern
                    number[known] = of_pattern[place[known]]
                listed = ~arrays["usual"][found.kind]
                np.add.at(hits, found.row[listed], 1)
                np.minimum.at(cause, found.row[listed], number[listed])
            p_value = np.where(hits > 0, _CERTAIN, np.where(seen, 1.0, np.nan))
            cause[hits == 0] = -1
            hits[~seen] = np.nan
            return RowScores(hits, p_value, cause.astype(np.int32))

        return score

    def causes(self, profile: bytes) -> list[Cause]:
        """One for each kind and each named pattern, gravest first."""
        _, arrays = unpack(_PROFILE, profile)
        of_kind, of_pattern = _cause_numbers(arrays)
        causes = {
            number: Cause(kind.name, kind.message, {"rows_in_all": int(rows)}, level=kind.level)
            for number, kind, rows in zip(of_kind, KINDS, arrays["kinds"], strict=True)
        }
        named = zip(arrays["kind"], arrays["rows"], arrays["text"].to_pylist(), strict=True)
        for number, (kind, rows, text) in zip(of_pattern, named, strict=True):
            causes[number] = _pattern(KINDS[kind], int(rows), text)
        return [causes[number] for number in range(len(causes))]

    def limits(self, profile: bytes) -> str:
        meta, arrays = unpack(_PROFILE, profile)
        told = [
            f"{kind.name} in {rows:,} rows: usual here, not listed"
            for kind, rows, usual in zip(KINDS, arrays["kinds"], arrays["usual"], strict=True)
            if usual
        ]
        if meta["sampled"]:
            told.append(f"repeats were counted of {self.most:,} patterns, chosen by hash")
        if meta["unnamed"]:
            told.append(f"{meta['unnamed']:,} more patterns repeat and are not named")
        return "; ".join(told)


def _cause_numbers(arrays: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return int64 numbers of the causes: (len(KINDS),) of kinds, (n,) of named patterns.

    Causes are in order of gravity; a pattern comes before its kind.
    """
    patterns = len(arrays["kind"])
    kind = np.concatenate([arrays["kind"], np.arange(len(KINDS))])
    alone = np.arange(len(kind)) >= patterns
    lone, repeated = (np.array([getattr(k, n).rank for k in KINDS]) for n in ("level", "repeated"))
    gravity = np.where(alone, lone[kind], repeated[kind])
    number = np.empty(len(kind), np.int64)
    number[np.lexsort((alone, kind, -gravity))] = np.arange(len(kind))
    return number[patterns:], number[:patterns]


def _pattern(kind: Kind, rows: int, text: str) -> Cause:
    written = text[:_WRITTEN].encode("unicode_escape").decode("ascii")
    evidence: dict[str, Any] = {"rows_in_all": rows}
    hidden = _decoded(text)
    if hidden:
        evidence["says"] = hidden
    return Cause(
        f"{kind.name}: {written}",
        f"{kind.message}; the same in {rows:,} rows",
        evidence,
        level=kind.repeated,
        trigger=(text[:_WRITTEN],),
    )


def _decoded(text: str) -> str:
    """Return what tag characters or bytes in variation selectors say, escaped; '' for others."""
    said = bytearray()
    for point in map(ord, text):
        if 0xE0000 <= point < 0xE0080:
            said.append(point - 0xE0000)
        elif 0xFE00 <= point <= 0xFE0F:
            said.append(point - 0xFE00)
        elif 0xE0100 <= point <= 0xE01EF:
            said.append(point - 0xE0100 + 16)
    return said.decode("utf-8", "backslashreplace").encode("unicode_escape").decode("ascii")
