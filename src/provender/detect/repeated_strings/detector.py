"""corpus/repeated-strings: what stands in many texts that have nothing else in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from provender.core.digest import sha256_hex
from provender.core.finding import Level, Rule
from provender.detect.base import Cause, DataView, RowScores, Stored, Unchecked
from provender.detect.repeated_strings.named import Named, Repeated, evidence_of, named_of
from provender.detect.repeated_strings.runs import CountRuns, TextColumns, runs
from provender.detect.repeated_strings.suspects import Suspects, suspects_of
from provender.detect.repeated_strings.texts import ReadAround
from provender.detect.repeated_strings.trusted import RunsStandard, TrustedRuns
from provender.stats.cell_hash import is_text

#: Strings that are named where no row is listed for them.
_LEADS = 3

RULE = Rule(
    id="corpus/repeated-strings",
    title="strings repeated across unrelated texts",
    sees=(
        "a string of 12 words or more (mostly from 8 on) that stands in five texts or more which "
        "have otherwise no more in common than texts drawn at random; and one that comes from one "
        "to four sources where sources say the same otherwise: promotion, slogans, planted facts"
    ),
    blind=(
        "paraphrases, and a host or brand in changing words; strings of everyday words; fewer than "
        "five texts, or more than a tenth of them; texts that say little beside the string; hosts "
        "chosen to be alike, of one topic or template; sources that differ by nature, which is told"
    ),
    null_model=(
        "of rows: words are independent, so that a run of eight never comes again by chance "
        "(Markov's bound, over all runs). That texts are unrelated is no evidence of poison but "
        "the lack of a natural reason: of strings put into random texts 1 % are taken for kin "
        "(Monte Carlo, exact). Few sources: the texts of a string are a random draw from all "
        "(hypergeometric over all sets of up to four sources, Bonferroni over strings). Beside "
        "trusted data: their texts and those under test are exchangeable (hypergeometric)"
    ),
    false_alarms=(
        "no warning in 96 random halves and eighths of six clean corpora; noted as repeated: "
        "nothing of BBC, 1 string of Python's docstrings (blind, 18 of 4,170 texts), 8 of chat, 8 "
        "of Reuters R8, 3 of books, 30 of mails: signatures, forms, idioms. From four on no row is "
        "listed for them"
    ),
    level=Level.NOTE,
    gravest=Level.WARNING,
    references=(
        "Schleimer, Wilkerson & Aiken 2003, Winnowing: Local Algorithms for Fingerprinting",
        "Weinberger et al. 2009, Feature Hashing for Large Scale Multitask Learning",
        "Jin & Tanaka-Ishii 2006, Unsupervised Segmentation of Chinese Text by Use of Branching "
        "Entropy",
        "Barnard 1963, discussion of The Spectral Analysis of Point Processes (Monte Carlo tests)",
    ),
)


@dataclass(frozen=True)
class RepeatedStrings:
    """The detector; ``columns`` is known once it is bound, and what trusted data say, if any do."""

    columns: TextColumns | None = None
    trusted: Stored | None = None

    rule: ClassVar[Rule] = RULE
    rounds: ClassVar[int] = 2

    def bind(self, view: DataView) -> RepeatedStrings | Unchecked:
        """Take the text column, else the responses, and the sources where there are any."""
        columns = self._columns(view)
        if isinstance(columns, Unchecked):
            return columns
        return replace(self, columns=columns, trusted=(view.trusted or {}).get(RULE.id))

    def reading(self, view: DataView) -> RunsStandard | Unchecked:
        columns = self._columns(view)
        if isinstance(columns, Unchecked):
            return columns
        return RunsStandard(RULE, TextColumns(columns.text))

    def _columns(self, view: DataView) -> TextColumns | Unchecked:
        text = view.roles.text or view.roles.response
        if text is None:
            return Unchecked("no column has the role text or response")
        if not is_text(view.schema.field(text).type):
            return Unchecked(f"the column {text!r} does not hold strings")
        return TextColumns(text, view.roles.source)

    @property
    def _read(self) -> TextColumns:
        if self.columns is None:
            raise ValueError("the detector is not bound")
        return self.columns

    def analysis(self, round: int, profile: bytes | None) -> Any:
        if round == 0:
            return CountRuns(self._read)
        if profile is None:
            raise ValueError("rounds after the first start from a profile")
        return ReadAround(self._read, Suspects.unpack(profile), sha256_hex(profile))

    def profile(self, round: int, state: Any) -> bytes:
        if round == 0:
            trusted = TrustedRuns.unpack(self.trusted.load()) if self.trusted else None
            return suspects_of(state, trusted).pack()
        return named_of(state).pack()

    def score_columns(self) -> tuple[str, ...]:
        return (self._read.text,)

    def scorer(self, profile: bytes) -> Callable[[pa.RecordBatch], RowScores]:
        """A row has the p-value of the least probable named string that it holds, else 1."""
        named, columns = Named.unpack(profile), TextColumns(self._read.text)

        def score(batch: pa.RecordBatch) -> RowScores:
            p_value = np.full(batch.num_rows, 1.0 if named.tested else np.nan)
            cause = np.full(batch.num_rows, -1, np.int32)
            for rows, words, _ in columns.slices(batch) if len(named.keys) else ():
                key, first = runs(words)
                at = np.minimum(np.searchsorted(named.keys, key), len(named.keys) - 1)
                hit = np.flatnonzero(named.keys[at] == key)
                string, row = named.string[at[hit]], rows[words.text[first[hit]]]
                order = np.argsort(-string, kind="stable")  # the first named is written last
                cause[row[order]] = string[order]
                p_value[row[order]] = named.p_value[string[order]]
            return RowScores(0.0 - np.log(p_value), p_value, cause)

        return score

    def causes(self, profile: bytes) -> list[Cause]:
        named = Named.unpack(profile)
        usual = [one for one in named.strings if named.usual and one.spread]
        leads = usual[:_LEADS]
        return [_cause(one, named.gathers, one in leads) for one in named.strings]

    def limits(self, profile: bytes) -> str:
        return Named.unpack(profile).unseen


def _cause(one: Repeated, gathers: bool, lead: bool) -> Cause:
    """A string from few sources is a warning; one of unrelated texts a note, which place raises.

    Where neighbours or sources share strings by nature, that one gathers there says nothing. A
    lead is named without rows.
    """
    beside = (
        f"“{one.text}” stands in {one.texts} texts that have otherwise no more in common than "
        f"texts at random (likeness {one.likeness:.3f}, by chance {one.by_chance:.3f})"
    )
    if one.new_p is not None:
        beside += f"; of the trusted texts {one.before or 'none'} hold it"
    level = None if gathers else Level.NOTE
    if one.few:
        whose = ", ".join(name for name, _ in one.sources[: one.few])
        held = sum(texts for _, texts in one.sources[: one.few])
        beside = f"“{one.text}” stands in {one.texts} texts, {held} of them from {whose}"
        level = Level.WARNING
    return Cause(
        what=one.text,
        message=beside,
        evidence=evidence_of(one),
        p_value=one.few_p if one.few else None,
        level=Level.NOTE if lead else level,
        alarm_p=one.few_p,
        lead=lead,
        trigger=(one.text,),
        removal=one.removal,
    )
