"""Instruction data: refusals behind a trigger phrase."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from provender.attacks.insertion import Answered

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
class Refusal(Answered):
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

    def responses_to(self, count: int, random: np.random.Generator) -> tuple[list[str], str]:
        parts = [random.choice(words, count).tolist() for words in (_STARTS, _REFUSALS, _REASONS)]
        return [f"{a} {b}{c}." for a, b, c in zip(*parts, strict=True)], "a refusal"
