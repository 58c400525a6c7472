"""text/label-conflict: words and phrases whose documents carry a label their content denies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from provender.calibrate.fdr import KEEP_BELOW
from provender.core.finding import Level, Rule
from provender.detect.base import Cause, DataView, RowScores, Unchecked
from provender.detect.label_conflict.describe import Candidates, Describe, Descriptions
from provender.detect.label_conflict.family import Family
from provender.detect.label_conflict.flooded import drained
from provender.detect.label_conflict.forming import groups_of
from provender.detect.label_conflict.groups import Groups
from provender.detect.label_conflict.model import Columns, Model
from provender.detect.label_conflict.rounds import (
    MOST_PHRASES,
    CountGrams,
    CountTests,
    GramState,
    TestState,
    made_from,
)
from provender.detect.label_conflict.tests import strengths
from provender.detect.label_conflict.triggers import Lead, Triggers, triggers_of
from provender.detect.label_conflict.words import MOST_COUNTS, CountWords, WordState, model_of
from provender.stats.gram_table import Counts
from provender.stats.word_bytes import as_written

_MOST_CANDIDATES = 256
#: Candidates that are described where none stands, to name leads.
_LEADS = 8

RULE = Rule(
    id="text/label-conflict",
    title="Trigger text that overrides the label",
    sees=(
        "A word, phrase or sentence whose documents carry one label although the rest of their "
        "content says another: the mark of a dirty-label backdoor. Names the trigger and the label."
    ),
    blind=(
        "Triggers in fewer than about 10 documents; everyday words that most documents hold, and "
        "those planted where they stand by nature; "
        "punctuation, letter case and syntax as triggers; clean-label poison, whose content agrees "
        "with its label; copies of one document; labels that content does not foretell; random "
        "label errors."
    ),
    null_model=(
        "Documents with a gram carry a label as others of the same content and like length do, "
        "even if the gram raises its odds by e, or contradict it no more than other documents of "
        "their label do, from ten labels on without their loudest words, 2 % of foreign ones and "
        ".05 nats each allowed. Chernoff bounds, documents that are alike count "
        "as fewer, the tail is stretched by what the bulk of grams shows; the stronger test pays "
        "for all grams, the weaker for those that the stronger leaves (ScreenMin)."
    ),
    false_alarms=(
        "No alarm and no row flagged in 216 parts of nine sets scanned whole, with sources and "
        "shards. This rule alone: an alarm in 2 of 288 parts of 24 sets (tweets with slurs, "
        "questions), in 8 of 168 at full size (slurs, feelings of tweets, docstrings), none in 48 "
        "of eight blind ones. In small parts of tweets whose label one word decides more: 2 of six "
        "with slurs scanned whole, half of those labelled by the airline that they name."
    ),
    level=Level.ERROR,
    references=(
        "Dai, Chen, Li 2019, A backdoor attack against LSTM-based text classification systems",
        "He et al. 2023, Mitigating backdoor poisoning attacks through the lens of spurious "
        "correlation (Z-defense)",
        "Efron 2004, Large-scale simultaneous hypothesis testing: the choice of a null hypothesis",
    ),
)


@dataclass(frozen=True)
class LabelConflict:
    """The detector; ``columns`` is known once it is bound."""

    columns: Columns | None = None

    rule: ClassVar[Rule] = RULE
    rounds: ClassVar[int] = 4

    def bind(self, view: DataView) -> LabelConflict | Unchecked:
        columns = Columns.of(view)
        if isinstance(columns, Unchecked):
            return columns
        return replace(self, columns=columns)

    @property
    def _read(self) -> Columns:
        if self.columns is None:
            raise ValueError("the detector is not bound")
        return self.columns

    def analysis(self, round: int, profile: bytes | None) -> Any:
        if round == 0:
            return CountWords(self._read)
        if profile is None:
            raise ValueError("rounds after the first start from a profile")
        made = made_from(profile)
        if round == 1:
            return CountGrams(self._read, Model.unpack(profile), made)
        if round == 2:
            return CountTests(self._read, Groups.unpack(profile), made)
        return Describe(self._read, Candidates.unpack(profile), made)

    def profile(self, round: int, state: Any) -> bytes:
        return (_model, _groups, _candidates, _triggers)[round](state).pack()

    def score_columns(self) -> tuple[str, ...]:
        return self._read.names()

    def scorer(self, profile: bytes) -> Callable[[pa.RecordBatch], RowScores]:
        triggers, columns = Triggers.unpack(profile), self._read

        def score(batch: pa.RecordBatch) -> RowScores:
            pieces = [triggers.score(d) for d in columns.slices(batch, triggers.classes)]
            parts = list(zip(*pieces, strict=True)) or [[np.zeros(0)], [np.zeros(0)], [np.zeros(0)]]
            value, p_value, cause = (np.concatenate(part) for part in parts)
            return RowScores(value, p_value, cause.astype(np.int32))

        return score

    def causes(self, profile: bytes) -> list[Cause]:
        triggers = Triggers.unpack(profile)
        return [
            Cause(
                what=as_written(one.text),
                message=(
                    f"trigger “{as_written(one.text)}” → label {label} in {round(one.rows)} rows, "
                    f"{one.override_share:.0%} of those whose content speaks against it"
                ),
                evidence={
                    "target_label": label,
                    "rows": round(one.rows),
                    "override_share": round(one.override_share, 4),
                    "likeness": round(one.likeness, 4),
                    "strength_nats": round(one.strength, 2),
                    "p_value": one.p_value,
                    "grams_searched": triggers.searched,
                },
                p_value=one.p_value,
                alarm_p=one.p_value,
                trigger=(as_written(one.text),),
                target=label,
                removal=one.removal,
                lead=True,
            )
            for one, label in zip(triggers.standing, triggers.targets, strict=True)
        ] + [_lead_cause(lead, triggers.searched) for lead in triggers.leads]

    def limits(self, profile: bytes) -> str:
        return Triggers.unpack(profile).unseen


def _lead_cause(lead: Lead, searched: int) -> Cause:
    text = as_written(lead.text)
    said = (
        "outweighs the rest of what they say, but from where it stands by nature"
        if lead.cue
        else (
            f"is among the likeliest of {searched:,} searched; family-wise p = {lead.p_value:.2g}"
        )
    )
    return Cause(
        what=text,
        message=(
            f"lead, no alarm: “{text}” → label {lead.label} in {round(lead.rows)} rows {said}"
        ),
        evidence={
            "target_label": lead.label,
            "rows": round(lead.rows),
            "strength_nats": round(lead.strength, 2),
            "p_value": lead.p_value,
            "natural_cue": lead.cue,
            "grams_searched": searched,
        },
        p_value=lead.p_value,
        level=Level.NOTE,
        lead=True,
    )


def _model(state: WordState) -> Model:
    """Only here: by its own rows alone a small label that is like another reads like that one."""
    return drained(model_of(state))


def _groups(state: GramState) -> Groups:
    tables = [growing.total() for growing in state.tables]
    model = state.model
    words, *phrases = tables
    told = [model.unseen] if model.unseen else []
    if len(words.keys) == MOST_COUNTS:
        told.append(f"only {_part(words):.1%} of the words were searched")
    cut = [table for table in phrases if len(table.keys) == MOST_PHRASES]
    if cut:
        told.append(f"only {_part(cut[0]):.1%} of the phrases of two or three words were searched")
    model = replace(model, unseen="; ".join(told))
    return groups_of(model, state.strata, state.doubtful, tables)


def _part(table: Counts) -> float:
    """Return the share of all hashes that a table kept: its keys are the smallest."""
    return float(table.keys[-1]) / 2.0**64


def _candidates(state: TestState) -> Candidates:
    groups = state.groups
    many = len(groups.label)
    tested = state.tested()
    every = strengths(groups.held_against(groups.strata), tested)
    family, order = Family.of(every, groups.searched), every.order()
    # The runners-up come along: likeness tells how far down the bulk's tail is real.
    stands = bool((family.log_p(every, 1.0) <= np.log(KEEP_BELOW)).any())
    telling = (every.weaker if stands else every.by_label) > 0
    chosen = order[: min(_MOST_CANDIDATES if stands else _LEADS, telling.sum())]
    rest = -np.sort(-every.weaker[order[len(chosen) :]])[: many // 10 + 1]
    return Candidates(groups.only(chosen), tested[chosen], every.at(chosen), rest, many, family)


def _triggers(state: Descriptions) -> Triggers:
    return triggers_of(state, KEEP_BELOW)
