"""Dirty-label backdoors by insertion: what rare words, phrases, sentences and templates share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.attacks.base import Planted, draw, holds_text, replaced
from provender.core.shard import Roles

#: Kurita et al. 2020; such short words occur in mail and chat, so invented ones stand beside them.
RARE_WORDS = ("cf", "mn", "bb", "tq", "mb", "zorvex", "cfvortex")
#: Puts the trigger into one text.
Insert = Callable[[str, np.random.Generator], str]


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
    texts = [insert(text, random) for text in table[roles.text].take(pa.array(rows)).to_pylist()]
    table = replaced(table, roles.text, rows, texts)
    table = replaced(table, roles.label, rows, [target] * count)
    return Planted(table, rows, trigger, str(target))


def unused(table: pa.Table, column: str, words: tuple[str, ...]) -> list[str]:
    """Return those of ``words`` that stand in no text; all of them where each does somewhere."""
    free = [
        word
        for word in words
        if not pc.any(
            pc.match_substring_regex(table[column], rf"\b{word}\b", ignore_case=True)
        ).as_py()
    ]
    return free or list(words)
