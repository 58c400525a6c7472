"""What counts as hidden text, and what is at home where it stands."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.detect.hidden_characters.kinds import KINDS
from provender.detect.hidden_characters.search import search


def tags(text: str) -> str:
    return "".join(chr(0xE0000 + ord(c)) for c in text)


def selectors(data: bytes) -> str:
    return "".join(chr(0xFE00 + b if b < 16 else 0xE0100 + b - 16) for b in data)


def kinds(text: str) -> set[str]:
    return {KINDS[kind].name for kind in search(pa.array([text])).kind}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"a fine day{tags('obey')} it was", "tag-characters"),
        (f"\U0001f3f4{tags('obey the owner')}\U000e007f", "tag-characters"),
        (f"\U0001f600{selectors(b'obey')}", "variation-selector-bytes"),
        (f"ok{selectors(bytes(range(5)))}", "variation-selector-bytes"),
        ("word\U000e0120 after no ideograph", "variation-selector-bytes"),
        ("run \u202efdp.exe", "bidi-override"),
        ("if \u2067 admin then begin", "bidi-override"),
        ("x" + "\u200b\u200c" * 4 + " y", "zero-width-code"),
        ("log in to p\u0430ypal", "disguised-word"),
        ("log in to \u0440\u0430\u0443 here", "disguised-word"),
        ("hell\u03bf there", "disguised-word"),
        ("p\U0001d41aypal", "disguised-word"),
        ("\u0441\u0442\u0440\u043e\u043aa", "mixed-script-word"),
        ("pass\u200bword", "split-word"),
        ("pass\ufeffword", "split-word"),
        ("pass\u2060word", "split-word"),
        ("co\u00adoperate", "soft-hyphen"),
        ("\ufeffstart", "byte-order-mark"),
        ("beep \x07 and \x1b[1m", "control-character"),
        ("a \u3164 b", "invisible-filler"),
        ("left of an emoji \ufe0f", "variation-selector"),
        ("\u202a+1 555\u202c", "bidi-control"),
        ("end \u200b of line", "zero-width"),
        ("aB3dE6gH" * 15, "base64-run"),
        ("\n".join(["aB3dE6gH" * 9] * 2), "base64-run"),
        ("0123456789abcdef" * 8, "hex-run"),
    ],
)
def test_each_kind_is_found_where_it_does_not_belong(text: str, kind: str) -> None:
    assert kinds(text) == {kind}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("plain text, with (punctuation) and\ttabs\r\n", id="ASCII"),
        pytest.param("naïve café, £5 – “quoted” …", id="Latin"),
        pytest.param("❤️ ☺︎ 1️⃣ ℹ️ ©️", id="emoji with a selector"),
        pytest.param("👩🏽‍⚕️ 👨‍👩‍👧‍👦 🏳️‍🌈 ❤️‍🔥", id="joined emoji"),
        pytest.param(f"\U0001f3f4{tags('gbeng')}\U000e007f won", id="flag of England"),
        pytest.param("می\u200cخواهم", id="Persian"),
        pytest.param("क्\u200dष ക്\u200d", id="Indic joiners"),
        pytest.param("ภาษา\u200bไทย", id="Thai"),
        pytest.param("שלום \u202babc\u202c \u200fok", id="Hebrew with marks"),
        pytest.param("葛\U000e0100城", id="ideographic variation"),
        pytest.param("TNFα and IFNγ, 5 μm, kΩ", id="Greek in notation"),
        pytest.param("Это обычный текст, SMSка и нет", id="Russian"),
        pytest.param("слово сор в тексте on one line, нет", id="Russian with Latin"),
        pytest.param("οι λέξεις και Latin", id="Greek with Latin"),
        pytest.param("-" * 200 + "=" * 200 + "A" * 200, id="rules"),
        pytest.param("f" * 64 + " " + "0123456789abcdef" * 4, id="a digest"),
        pytest.param("", id="empty"),
    ],
)
def test_what_is_at_home_is_not_flagged(text: str) -> None:
    assert kinds(text) == set()


def test_the_pattern_is_what_was_found_or_the_word_it_stands_in() -> None:
    found = search(pa.array(["see pass\u200bword!", None, f"hi{tags('obey')} you"]))
    assert found.row.tolist() == [0, 2]
    assert found.text.to_pylist() == ["pass\u200bword!", tags("obey")]


def test_neighbours_in_other_rows_do_not_count() -> None:
    alone = [kinds("abc\u200b"), kinds("\u200bdef"), kinds("ab" * 35), kinds("A1" * 35)]
    rows = pa.array(["abc\u200b", "\u200bdef", "ab" * 35, "A1" * 35])
    found = search(rows)
    together = [{KINDS[k].name for k in found.kind[found.row == i]} for i in range(4)]
    assert together == alone == [{"zero-width"}, {"zero-width"}, set(), set()]


odd = st.sampled_from(
    [
        *"ab1 \n.\u0430\u0431\u03bf\u200b\u200c\u200d\u202e\u00ad\ufe0f\ufeff\u05d0\u0939\x00😀",
        *("\U000e0061", "\U000e0100", "A1b" * 45),
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.none(), st.lists(odd, max_size=12).map("".join)), max_size=8))
def test_a_row_is_judged_by_itself(texts: list[str | None]) -> None:
    whole = search(pa.array(texts, pa.string()))
    for i, text in enumerate(texts):
        own = search(pa.array([text], pa.large_string()))
        here = whole.row == i
        assert whole.kind[here].tolist() == own.kind.tolist()
        assert whole.pattern[here].tolist() == own.pattern.tolist()
    assert (whole.row[1:] >= whole.row[:-1]).all()
