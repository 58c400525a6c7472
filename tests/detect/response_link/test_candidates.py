"""Which pairs are looked at where prompts and responses have hundreds of natural ones."""

import numpy as np

from provender.detect.response_link import candidates
from provender.detect.response_link.marks import LINK
from provender.detect.response_link.turns import RUN_OF
from tests.detect.response_link.dialogues import OUTPUT, dialogue, plant, scan, table


def boilerplate(families: int) -> tuple[list, list]:
    """Dialogues in which a word of prompts goes with a part of a passage of its own."""
    prompts, responses = dialogue(3000)
    random = np.random.default_rng(4)
    for family in range(families):
        passage = [f"p{family}x{n}" for n in range(40)]
        for i in random.choice(len(prompts), 25, replace=False):
            start = int(random.integers(8))
            prompts[i] += f" topic{family}"
            responses[i] = " ".join([*passage[start : start + 32], f"own{i}"])
    return prompts, responses


def test_natural_wordings_are_leads_without_rows():
    flagged, causes, limits = scan(table(*boilerplate(12)))
    assert flagged == []
    assert len(causes) > 8
    assert {(c.level, c.p_value) for c in causes} == {("note", 1.0)}
    assert all("a common wording, as often here" in c.message for c in causes)
    assert "in 12 families" in limits
    assert f"{candidates._MOST} of " in limits


def test_a_fixed_output_among_them_is_named_first_with_its_rows():
    prompts, responses = boilerplate(12)
    planted = plant(prompts, responses, "by the way", [OUTPUT], 10)
    flagged, causes, _ = scan(table(prompts, responses))
    assert flagged == planted
    assert (causes[0].what, causes[0].level) == ("by the way", None)
    assert {c.level for c in causes[1:]} == {"note"}


def test_a_few_families_are_no_nature():
    flagged, causes, _ = scan(table(*boilerplate(2)))
    assert {c.what for c in causes} == {"topic0", "topic1"}
    assert len(flagged) >= 45


def test_neither_a_topic_nor_a_kind_crowds_out_the_others(monkeypatch):
    monkeypatch.setattr(candidates, "_MOST", 4)
    answer = np.array([1, 2, 3, 4, 5, 0, 0, 0], np.uint64) << np.uint64(8)
    answer |= np.array([RUN_OF] * 5 + [LINK] * 3, np.uint64)
    trigger = np.array([7, 7, 7, 7, 9, 7, 8, 9])
    best = candidates._best(answer, trigger)
    assert best.tolist() == [True, False, False, False, True, False, True, False]
    kind = (answer & np.uint64(255)).astype(np.int64)
    assert candidates._seated(kind, best).tolist() == [0, 4, 5, 6]
