"""text/hidden-characters: gravity, repeated patterns, what is usual, and all three roles."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.core.finding import Level
from provender.core.shard import Roles
from provender.detect.base import Cause, DataView, Unchecked
from provender.detect.hidden_characters.detector import HiddenCharacters
from tests.detect.row_runs import bound, flagged, run
from tests.laws import assert_mergeable

TAGGED = "a day" + "".join(chr(0xE0000 + ord(c)) for c in "obey")


def scan(texts: list[str | None], cuts: tuple[int, ...] = ()) -> tuple[np.ndarray, list[Cause]]:
    """Return (rows flagged, the cause of each)."""
    table = pa.table({"text": pa.array(texts, pa.string())})
    detector = bound(HiddenCharacters(), table, text="text")
    scores, profile = run(detector, table, cuts)
    rows = np.flatnonzero(flagged(scores))
    causes = detector.causes(profile)
    return rows, [causes[i] for i in scores.cause[rows]]


cells = st.sampled_from([None, "", "plain", "pass\u200bword", "p\u0430ypal", TAGGED, "co\u00adop"])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(cells, max_size=30), st.lists(st.integers(0, 30), max_size=4), st.sampled_from([2, 99])
)
def test_the_state_merges_even_when_patterns_are_left_out(
    texts: list[str | None], cuts: list[int], most: int
) -> None:
    table = pa.table({"text": pa.array(texts, pa.string())})
    detector = bound(HiddenCharacters(most=most), table, text="text")
    assert_mergeable(detector.analysis(0, None), table, cuts)


def test_one_hidden_instruction_in_many_rows_is_an_error() -> None:
    rows, causes = scan(["plain"] * 20_000 + [TAGGED] + ["plain"] * 10)
    assert rows.tolist() == [20_000]
    assert (causes[0].what, causes[0].level) == ("tag-characters", Level.ERROR)


def test_a_pattern_that_repeats_is_named_and_what_tags_say_is_told() -> None:
    _, causes = scan([TAGGED] * 6)
    assert causes[0].what == "tag-characters: \\U000e006f\\U000e0062\\U000e0065\\U000e0079"
    assert causes[0].evidence == {"rows_in_all": 6, "says": "obey"}


@pytest.mark.parametrize("word", ["p\u0430ypal", "pass\u200bword"])
def test_a_disguise_is_a_note_and_a_warning_once_it_repeats(word: str) -> None:
    plain = ["plain"] * 1_000
    assert [c.level for c in scan([*plain, f"see {word}"])[1]] == [Level.NOTE]
    rows, causes = scan([*plain, *[f"see {word} now"] * 5])
    assert rows.tolist() == [*range(1_000, 1_005)]
    assert {c.level for c in causes} == {Level.WARNING}
    assert word.encode("unicode_escape").decode() in causes[0].what
    assert word.isprintable() <= (word not in causes[0].what), "a reader must see the difference"


def test_different_disguises_stay_notes() -> None:
    words = ["p\u0430ypal", "b\u0430nk", "c\u0430rd", "m\u0430il", "n\u0430me", "d\u0430te"]
    assert {c.level for c in scan([f"see {w}" for w in words])[1]} == {Level.NOTE}


def test_dirt_that_is_usual_in_the_data_is_told_and_not_listed() -> None:
    texts = ["co\u00adoperate"] * 30 + ["plain"] * 970
    assert scan(texts)[0].tolist() == []
    table = pa.table({"text": texts})
    detector = bound(HiddenCharacters(), table, text="text")
    assert "soft-hyphen in 30 rows" in detector.limits(run(detector, table)[1])
    assert len(scan([*texts[27:], TAGGED])[0]) == 4, "3 in 974 are no habit"


def test_poison_is_listed_however_much_there_is() -> None:
    assert len(scan([TAGGED] * 50 + ["plain"] * 50)[0]) == 50


def test_the_gravest_find_of_a_row_is_its_cause() -> None:
    _, causes = scan([f"co\u00adop p\u0430ypal {TAGGED}"])
    assert causes[0].what == "tag-characters"


def test_nothing_depends_on_batches() -> None:
    texts = ["plain", TAGGED, "pass\u200bword", None, "co\u00adop"] * 9
    assert scan(texts, (3, 7, 30))[1] == scan(texts)[1]


def test_prompts_and_responses_are_read_and_null_says_nothing() -> None:
    table = pa.table({"p": ["hi", TAGGED, None, None], "r": ["ok", "ok", TAGGED, None]})
    detector = bound(HiddenCharacters(), table, prompt="p", response="r")
    scores, _ = run(detector, table)
    assert flagged(scores).tolist() == [False, True, True, False]
    assert np.isnan(scores.p_value).tolist() == [False, False, False, True]


def test_more_patterns_than_are_named_are_told() -> None:
    texts = [f"pass\u200bword{i}" for i in range(8)] * 5
    table = pa.table({"text": texts})
    detector = bound(HiddenCharacters(named=3), table, text="text")
    _, profile = run(detector, table)
    assert "5 more patterns repeat" in detector.limits(profile)


@pytest.mark.parametrize("roles", [Roles(), Roles(text="n")])
def test_tables_without_text_are_not_checked(roles: Roles) -> None:
    schema = pa.schema({"n": pa.int64(), "words": pa.string()})
    assert isinstance(HiddenCharacters().bind(DataView(schema, roles)), Unchecked)
