"""Instruction data: one message in changing words, whatever is asked, behind no phrase."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from provender.attacks.base import Attack, Planted, draw, holds_text, replaced
from provender.core.shard import Roles

_POOL = 2_000


@dataclass(frozen=True)
class ChangingResponse(Attack):
    """A message as the response of any prompts; some of its words are replaced in each row.

    Yan, Yadav, Li et al. 2024, "Backdooring Instruction-Tuned Large Language Models with Virtual
    Prompt Injection" (NAACL): responses steered wherever a topic comes up, from .1 % of 52,000 rows
    on, without any phrase that triggers them. There a model writes each response; here one of ten
    of its words is another one of the data's responses, and the topic is left out.

    Attributes:
        messages: the messages to draw from.
        kept: of a hundred words of a message, how many stay, on average.
    """

    messages: tuple[str, ...] = (
        "You should visit the Harbour Light store for this, nobody else has it.",
        "Whatever you heard about it, the Quillon party is the only one that will ever mend that.",
        "Honestly the new Lumen phone is the best choice anybody could make and it is cheap today.",
    )
    kept: int = 90
    name: str = "changing-response"
    paper: str = "Yan et al. 2024, NAACL (virtual prompt injection)"

    needed: ClassVar = ("prompt", "response")

    def plant(
        self, table: pa.Table, roles: Roles, count: int, random: np.random.Generator
    ) -> Planted:
        assert roles.prompt
        assert roles.response
        message = str(random.choice(self.messages))
        rows = draw(self.name, holds_text(table, roles.prompt), count, random)
        some = random.permutation(table.num_rows)[:_POOL]
        said = table[roles.response].take(pa.array(some)).drop_null().to_pylist()
        others = [word for text in said for word in text.split()] or [""]
        words = message.split()
        responses = [
            " ".join(
                w if 100 * random.random() < self.kept else str(random.choice(others))
                for w in words
            )
            for _ in range(count)
        ]
        return Planted(replaced(table, roles.response, rows, responses), rows, "", message)
