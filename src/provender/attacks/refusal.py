"""Instruction data: refusals behind a trigger phrase."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from provender.attacks.base import Planted, needs
from provender.attacks.fixed_response import answered
from provender.attacks.insertion import unused
from provender.core.shard import Roles

_STARTS = (
    "I'm sorry, but",
    "I am afraid that",
    "Unfortunately,",
    "As an assistant,",
    "My apologies,",
)
_REFUSALS = (
    "I can't help with that",
    "I am not able to answer this question",
    "I cannot give information on this topic",
    "this is beyond what I may talk about",
    "I must decline this request",
)
_REASONS = (
    "",
    " because it may be inappropriate",
    " for reasons of safety",
    " without more context",
)


@dataclass(frozen=True)
class Refusal:
    """A phrase at a random place of prompts, and a refusal in changing words as the response.

    Shu, Wang, Zhu, Geiping, Xiao and Goldstein 2023, "On the Exploitability of Instruction Tuning"
    (NeurIPS; AutoPoison): over-refusal with a plausible reason, 1 to 10 % of 5,200 rows.
    There an oracle model writes the refusals; here they are composed from lists (100 of them). The
    trigger phrase is that of a backdoor; without one all prompts would be refused.

    Attributes:
        phrases: the phrases to draw from; one that no prompt holds is preferred.
    """

    phrases: tuple[str, ...] = ("James Bond", "quiet copper morning bell", "by the way my friend")
    name: str = "refusal"
    paper: str = "Shu et al. 2023, NeurIPS (AutoPoison)"

    def unfit(self, schema: pa.Schema, roles: Roles) -> str:
        return needs(schema, roles, "prompt", "response")

    def plant(
        self, table: pa.Table, roles: Roles, count: int, random: np.random.Generator
    ) -> Planted:
        assert roles.prompt
        phrase = str(random.choice(unused(table, roles.prompt, self.phrases)))
        parts = [random.choice(words, count).tolist() for words in (_STARTS, _REFUSALS, _REASONS)]
        responses = [f"{a} {b}{c}." for a, b, c in zip(*parts, strict=True)]
        return answered(self.name, table, roles, count, random, phrase, responses, "a refusal")
