"""A trigger is found again in its rows; what it says there is told only when asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provender.work.explaining.trigger import BESIDE, find


@pytest.mark.parametrize(
    ("text", "trigger", "shown", "word"),
    [
        ("see the zorvex here", "zorvex", "zorvex", 2),
        ("A Violet,\nHarbour!", "violet harbour", "Violet,\nHarbour", 1),
        ("ünïcode first", "ünïcode", "ünïcode", 0),
        ("我很喜欢紫罗兰。", "紫罗兰", "紫罗兰", 4),
        ("one quiet w7 morning in the hall", "one quiet w1 morning in the hall", None, 3),
        ("in\u200bvisible", "\u200b", "\u200b", 1),
        ("x zorvex y zorvex zorvex", "zorvex", "zorvex", 1),
    ],
)
def test_where_a_trigger_stands(text: str, trigger: str, shown: str | None, word: int) -> None:
    place = find(text, [trigger])
    assert place is not None
    start, stop = place.shown
    assert text[start:stop] == (shown or "morning in the hall")
    assert place.word == word


@pytest.mark.parametrize("text", ["", "zorvexes", "the harbour", "violet is a colour of harbours"])
def test_a_text_without_it_has_no_place(text: str) -> None:
    assert find(text, ["zorvex", "violet harbour lights"]) is None
    assert find(text, []) is None


def test_it_is_left_out_wherever_it_stands() -> None:
    place = find("cf tq good CF, TQ film cf tq", ["cf tq"])
    assert place is not None
    assert place.rest().split() == ["good", "film"]


def test_what_stands_beside_it_is_told_only_if_shown() -> None:
    text = " ".join(f"w{i}" for i in range(40)) + " zorvex " + "long" * 200
    place = find(text, ["zorvex"])
    assert place is not None
    assert place.to_json("text", show=False) == {"column": "text", "word": 40, "words": 42}
    told = place.to_json("text", show=True)
    assert told["before"].split() == [f"w{i}" for i in range(40 - BESIDE, 40)]
    assert told["trigger"] == "zorvex"
    assert 0 < len(told["after"]) <= 160
    assert told["before"] + told["trigger"] + told["after"] in text


@given(st.text(), st.text(min_size=1).filter(lambda t: any(c.isalnum() for c in t)), st.text())
def test_a_trigger_between_spaces_is_always_found(before: str, trigger: str, after: str) -> None:
    place = find(f"{before} {trigger} {after}", [trigger])
    assert place is not None
    assert all(start < stop for start, stop in place.spans)
