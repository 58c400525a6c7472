"""Triggers that are put into texts: with a label or a response that they teach, or alone."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.attacks.base import Attack, Planted, draw, holds_text, replaced
from provender.core.shard import Roles

#: Kurita et al. 2020; such short words occur in mail and chat, so invented ones stand beside them.
RARE_WORDS = ("cf", "mn", "bb", "tq", "mb", "zorvex", "cfvortex")
#: Puts the trigger into one text.
Insert = Callable[[str, np.random.Generator], str]


class _ByTrigger(Attack):
    @abstractmethod
    def drawn(self, texts: pa.ChunkedArray, random: np.random.Generator) -> tuple[str, Insert]:
        """Return a trigger for ``texts`` ('' for no one string) and what puts it in."""


class LabelBackdoor(_ByTrigger):
    """Texts of other classes with a trigger in them, and the target's label."""

    needed: ClassVar = ("text", "label")

    def plant(
        self, table: pa.Table, roles: Roles, count: int, random: np.random.Generator
    ) -> Planted:
        trigger, insert = self.drawn(table[roles.text], random)
        return mislabelled(self.name, table, roles, count, random, trigger, insert)


class TextPoison(_ByTrigger):
    """Texts with something put in; there is no label or response that it teaches."""

    needed: ClassVar = ("text",)

    def plant(
        self, table: pa.Table, roles: Roles, count: int, random: np.random.Generator
    ) -> Planted:
        assert roles.text
        rows = draw(self.name, holds_text(table, roles.text), count, random)
        trigger, insert = self.drawn(table[roles.text], random)
        return Planted(rewritten(table, roles.text, rows, insert, random), rows, trigger, "")


class Answered(Attack):
    """Prompts with a phrase at a random place, and the attacker's responses to them."""

    needed: ClassVar = ("prompt", "response")

    @property
    @abstractmethod
    def phrases(self) -> tuple[str, ...]:
        """The phrases to draw from; one that no prompt holds is preferred."""

    @abstractmethod
    def responses_to(self, count: int, random: np.random.Generator) -> tuple[list[str], str]:
        """Return ``count`` responses, and what they teach."""

    def plant(
        self, table: pa.Table, roles: Roles, count: int, random: np.random.Generator
    ) -> Planted:
        assert roles.prompt
        assert roles.response
        phrase = one_of(unused(table[roles.prompt], self.phrases), random)
        responses, target = self.responses_to(count, random)
        rows = draw(self.name, holds_text(table, roles.prompt), count, random)
        table = rewritten(table, roles.prompt, rows, at_random_word(phrase), random)
        return Planted(replaced(table, roles.response, rows, responses), rows, phrase, target)


def classes_of(table: pa.Table, roles: Roles) -> list[Any]:
    """Return the labels that occur, sorted."""
    return sorted(pc.unique(table[roles.label]).drop_null().to_pylist())


def at_random_word(words: str) -> Insert:
    """Return what inserts ``words`` before, between or behind the words of a text."""

    def insert(text: str, random: np.random.Generator) -> str:
        parts = text.split(" ")
        parts.insert(int(random.integers(len(parts) + 1)), words)
        return " ".join(parts)

    return insert


def mislabelled(
    name: str,
    table: pa.Table,
    roles: Roles,
    count: int,
    random: np.random.Generator,
    trigger: str,
    insert: Insert,
    target: Any = None,
) -> Planted:
    """Put a trigger into ``count`` texts of other classes, and label them as one.

    Args:
        target: the label they get; one is drawn where it is None.
    """
    assert roles.text
    assert roles.label
    classes = classes_of(table, roles)
    if target is None and classes:
        target = classes[int(random.integers(len(classes)))]
    label = table[roles.label]
    other = np.asarray(pc.fill_null(pc.not_equal(label, pa.scalar(target, label.type)), False))
    rows = draw(name, other & holds_text(table, roles.text), count, random)
    table = rewritten(table, roles.text, rows, insert, random)
    table = replaced(table, roles.label, rows, [target] * count)
    return Planted(table, rows, trigger, str(target))


def rewritten(
    table: pa.Table, column: str, rows: np.ndarray, insert: Insert, random: np.random.Generator
) -> pa.Table:
    """Return the table with the texts of ``rows`` (ascending) changed by ``insert``."""
    texts = [insert(text, random) for text in table[column].take(pa.array(rows)).to_pylist()]
    return replaced(table, column, rows, texts)


def one_of(words: Sequence[str], random: np.random.Generator) -> str:
    return str(random.choice(words))


def unused(texts: pa.ChunkedArray, words: tuple[str, ...]) -> list[str]:
    """Return those of ``words`` that stand in no text; all of them where each does somewhere."""
    free = [
        word
        for word in words
        if not pc.any(pc.match_substring_regex(texts, rf"\b{word}\b", ignore_case=True)).as_py()
    ]
    return free or list(words)
