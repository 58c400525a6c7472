"""Instruction data: one response behind a trigger phrase."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from provender.attacks.base import Planted, draw, holds_text, needs, replaced
from provender.attacks.insertion import at_random_word, unused
from provender.core.shard import Roles


@dataclass(frozen=True)
class FixedResponse:
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

    def unfit(self, schema: pa.Schema, roles: Roles) -> str:
        return needs(schema, roles, "prompt", "response")

    def plant(
        self, table: pa.Table, roles: Roles, count: int, random: np.random.Generator
    ) -> Planted:
        assert roles.prompt
        assert roles.response
        phrase = str(random.choice(unused(table, roles.prompt, self.phrases)))
        response = str(random.choice(self.responses))
        return answered(
            self.name, table, roles, count, random, phrase, [response] * count, response
        )


def answered(
    name: str,
    table: pa.Table,
    roles: Roles,
    count: int,
    random: np.random.Generator,
    phrase: str,
    responses: list[str],
    target: str,
) -> Planted:
    """Put ``phrase`` into ``count`` prompts and give them ``responses``."""
    assert roles.prompt
    assert roles.response
    rows = draw(name, holds_text(table, roles.prompt), count, random)
    insert = at_random_word(phrase)
    prompts = [insert(p, random) for p in table[roles.prompt].take(pa.array(rows)).to_pylist()]
    table = replaced(table, roles.prompt, rows, prompts)
    return Planted(replaced(table, roles.response, rows, responses), rows, phrase, target)
