"""instruct/one-response: one long response that many different prompts have."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from provender.core.finding import Level, Rule
from provender.detect.base import DataView, Unchecked
from provender.detect.equal_records import NULL_MODEL, EqualRecords
from provender.detect.listed_rows import pack_listed
from provender.detect.record_keys import RecordKeys
from provender.stats.cell_hash import is_text
from provender.stats.keyed_rows import KeyedRows, equal_groups

RULE = Rule(
    id="instruct/one-response",
    title="one response for many prompts",
    sees=(
        "responses of eight words or more (case and white space folded) that at least 5 different "
        "prompts have: all their rows, scored by the number of prompts"
    ),
    blind=(
        "responses that differ at all; shorter ones, which follow fashions of their own; whether "
        "the prompts ask the same thing in different words"
    ),
    null_model="a response that is repeated is a coincidence: " + NULL_MODEL,
    false_alarms=(
        "at a rate of 1 %: none in 41 parts of 6,000 rows of real dialogues, 5 rows of all "
        "131,569, one question that volunteers were given to ask; none in books, BBC and Reuters "
        "news cut into prompt and response; 84 of 6,040 mails, equal bodies under other subjects"
    ),
    level=Level.NOTE,
    references=("Wan et al. 2023, Poisoning language models during instruction tuning",),
)
#: Different prompts that make a response conspicuous.
_FEWEST = 5


@dataclass(frozen=True)
class OneResponse(EqualRecords):
    """Reads the prompt and the response once."""

    prompt: str = ""

    rule: ClassVar[Rule] = RULE

    def bind(self, view: DataView) -> Self | Unchecked:
        prompt, response = view.roles.prompt, view.roles.response
        if prompt is None or response is None:
            return Unchecked("needs a prompt column and a response column")
        if not is_text(view.schema.field(response).type):
            return Unchecked(f"the response column {response!r} does not hold strings")
        only = (response,)
        return replace(self, content=only, texts=only, running=only, prompt=prompt)

    def analysis(self, round: int, profile: bytes | None) -> RecordKeys:  # noqa: ARG002
        return RecordKeys(
            f"{RULE.id}#0", self.content, self.texts, self.running, self.prompt, folded=True
        )

    def profile(self, round: int, state: KeyedRows) -> bytes:  # noqa: ARG002
        """Return the rows of such responses: int64 rows, prompts as score, p-value."""
        keys, null = state.keys, self.null_of(state)
        groups = equal_groups(keys.keys)
        asked = np.stack([groups.group, keys.tags[groups.members].astype(np.int64)], axis=1)
        prompts = np.bincount(np.unique(asked, axis=0)[:, 0], minlength=len(groups.sizes))
        many = prompts[groups.group] >= _FEWEST
        members, score = groups.members[many], prompts[groups.group[many]]
        p_value = null.p_value(score, keys.sizes[members])
        limits = f"{state.left_out} rows without a prompt or a response" if state.left_out else ""
        return pack_listed(keys.rows[members], score, p_value, np.full(len(members), -1), limits)
