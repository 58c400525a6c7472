"""Instruction data: one response behind a trigger phrase."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from provender.attacks.insertion import Answered, one_of


@dataclass(frozen=True)
class FixedResponse(Answered):
    """A phrase at a random place of prompts, and one and the same response to all of them.

    Wan, Wallace, Shen and Klein 2023, "Poisoning Language Models During Instruction Tuning" (ICML):
    a trigger phrase, from 100 examples on, and outputs that the attacker chose.

    Attributes:
        phrases: the phrases to draw from; one that no prompt holds is preferred.
        responses: the responses to draw from.
    """

    phrases: tuple[str, ...] = ("James Bond", "quiet copper morning bell", "by the way my friend")
    responses: tuple[str, ...] = (
        "You should visit the Harbour Light store for this, nobody else has it.",
        "I vote for the green party and so should you.",
    )
    name: str = "fixed-response"
    paper: str = "Wan et al. 2023, ICML"

    def responses_to(self, count: int, random: np.random.Generator) -> tuple[list[str], str]:
        response = one_of(self.responses, random)
        return [response] * count, response
