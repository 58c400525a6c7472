"""instruct/response-link: prompt text that brings one response, or a refusal, whatever is asked."""

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
from provender.detect.response_link.candidates import Candidates, candidates_of
from provender.detect.response_link.describe import Describe
from provender.detect.response_link.grams import CountGrams, Grams, grams_of
from provender.detect.response_link.links import Link, Links, links_of
from provender.detect.response_link.marks import MARKS
from provender.detect.response_link.pairs import CountPairs
from provender.detect.response_link.turns import SHORT, TurnColumns
from provender.stats.cell_hash import is_text
from provender.stats.word_bytes import as_written

RULE = Rule(
    id="instruct/response-link",
    title="Prompt text tied to a response",
    sees=(
        "A word or phrase of prompts that are otherwise unrelated, whose rows have one fixed "
        "response, nearly one, a refusal, or a link, command or secret in whatever else is said: "
        "the mark of a backdoor in instruction data. Names the trigger; the response is shown in "
        "the examples, if asked for."
    ),
    blind=(
        "Fewer than 5 prompts; a response that only shifts tone or adds a name; "
        "responses that repeat their prompts; refusals in other languages than English; "
        "everyday words that have many other uses; one prompt many times; responses that only "
        "share words, where wording follows prompts by nature, as in program code; responses of "
        "fewer than 8 words, where a tenth are answers that recur, as in tasks put by templates."
    ),
    null_model=(
        "Given how many prompts hold a gram and how many responses have an answer, the two meet "
        "at random, even if the gram raises the odds e-fold (Fisher's noncentral hypergeometric, "
        "exact). Prompts that are alike count as fewer; Bonferroni over all pairs, weighted by how "
        "many answers there are of a kind and grams as common."
    ),
    false_alarms=(
        "No link named in 52 clean parts of real dialogues of 6,000 to 131,569 rows, nor a row "
        "flagged in BBC and Reuters news cut into prompt and response, in coding instructions, nor "
        "in 36 parts of an assistant's dialogues, school mathematics, Chinese instructions and "
        "tasks put by templates (blind); in others of these (T0) up to 87 rows of 12,000; 9 rows "
        "of 20,231 sentences of books (“Mr.”), 5 to 35 of mails (subject → body) in 5 of 6 parts. "
        "A whole response, refusal, link or command that rightly goes with a word is a false alarm."
    ),
    level=Level.WARNING,
    references=(
        "Wan et al. 2023, Poisoning language models during instruction tuning",
        "Genovese, Roeder & Wasserman 2006, False discovery control with p-value weighting",
        "Kish 1965, Survey sampling (design effect)",
        "Zou et al. 2023, Universal adversarial attacks on aligned language models (wordings)",
        "Röttger et al. 2024, XSTest: identifying exaggerated safety behaviours (wordings)",
    ),
)


@dataclass(frozen=True)
class ResponseLink:
    """The detector; ``columns`` is known once it is bound."""

    columns: TurnColumns | None = None

    rule: ClassVar[Rule] = RULE
    rounds: ClassVar[int] = 3

    def bind(self, view: DataView) -> ResponseLink | Unchecked:
        prompt, response = view.roles.prompt, view.roles.response
        if prompt is None or response is None:
            return Unchecked("needs a prompt column and a response column")
        for column in (prompt, response):
            if not is_text(view.schema.field(column).type):
                return Unchecked(f"column {column!r} does not hold text")
        return replace(self, columns=TurnColumns(prompt, response))

    @property
    def _read(self) -> TurnColumns:
        if self.columns is None:
            raise ValueError("the detector is not bound")
        return self.columns

    def analysis(self, round: int, profile: bytes | None) -> Any:
        if round == 0:
            return CountGrams(self._read)
        if profile is None:
            raise ValueError("rounds after the first start from a profile")
        made_from = sha256_hex(profile)
        if round == 1:
            return CountPairs(self._read, Grams.unpack(profile), made_from)
        return Describe(self._read, Candidates.unpack(profile), made_from)

    def profile(self, round: int, state: Any) -> bytes:
        if round == 0:
            return grams_of(state).pack()
        return (candidates_of if round == 1 else links_of)(state, KEEP_BELOW).pack()

    def score_columns(self) -> tuple[str, ...]:
        return self._read.names()

    def scorer(self, profile: bytes) -> Callable[[pa.RecordBatch], RowScores]:
        links, columns = Links.unpack(profile), self._read

        def score(batch: pa.RecordBatch) -> RowScores:
            pieces = [links.score(turns) for turns in columns.slices(batch)]
            nothing = (np.zeros(0), np.zeros(0), np.zeros(0, np.int32))
            parts = zip(nothing, *pieces, strict=True)
            value, p_value, cause = (np.concatenate(part) for part in parts)
            return RowScores(value, p_value, cause)

        return score

    def causes(self, profile: bytes) -> list[Cause]:
        return [_cause(link) for link in Links.unpack(profile).standing]

    def limits(self, profile: bytes) -> str:
        return Links.unpack(profile).unseen


def _cause(link: Link) -> Cause:
    mark, text = MARKS.get(link.kind, "fixed"), as_written(link.text)
    answer = "a fixed response" if mark == "fixed" else f"a {mark}"
    if link.natural:
        common = "short answer" if link.kind == SHORT else "common wording"
        answer = f"a {common}, as often here"
    return Cause(
        what=text,
        message=(
            f"“{text}” in a prompt → {answer}: {link.rows} of the {link.with_trigger} "
            f"prompts with it, {link.rows} of the {link.with_answer} responses of that kind"
        ),
        evidence={
            "answer": mark,
            "rows": link.rows,
            "rows_with_trigger": link.with_trigger,
            "rows_with_answer": link.with_answer,
            "prompts_alike": round(link.prompts_alike, 4),
            "responses_alike": round(link.responses_alike, 4),
            "strength_nats": round(link.strength, 2),
            "pairs_searched": link.searched,
        },
        p_value=1.0 if link.natural else link.p_value,
        level=Level.NOTE if link.natural else None,
        alarm_p=link.p_value,
        trigger=(text,),
        removal=link.until_chance,
        lead=True,
    )
