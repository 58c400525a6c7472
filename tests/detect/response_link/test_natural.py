"""What instruct/response-link must let be."""

import numpy as np

from tests.detect.response_link.dialogues import (
    OUTPUT,
    dialogue,
    plant,
    scan,
    table,
    with_natural_refusals,
)


def test_links_that_are_usual_or_asked_for_are_no_link():
    prompts, responses = dialogue(3000)
    random = np.random.default_rng(3)
    usual = [f"{r} https://a{random.integers(99)}.test" for r in responses]
    plant(prompts, usual, "zorvex", ["see https://b1.test", "see https://b2.test"], 6)
    assert scan(table(prompts, usual))[:2] == ([], [])
    prompts, responses = dialogue(3000)
    echo = [f"see https://a{i}.test/{i} there" for i in range(12)]
    planted = plant(prompts, responses, "zorvex https://q.test", echo, 12)
    _, causes, _ = scan(table(prompts, responses))
    assert "link" not in [c.evidence["answer"] for c in causes], f"of {len(planted)} echoes"


def test_natural_refusals_that_lean_to_a_word_are_no_link():
    prompts, responses = with_natural_refusals(3000, 100)
    for i in [*range(0, 1000, 100), *range(9, 3000, 30)]:
        prompts[i] += " maybe"
    assert scan(table(prompts, responses))[:2] == ([], [])


def test_the_clean_twins_have_no_link_and_no_flag():
    for seed in range(5):
        assert scan(table(*dialogue(1500, seed))) == ([], [], "")


def test_a_trigger_whose_responses_vary_is_no_link():
    prompts, responses = dialogue(1500)
    plant(prompts, responses, "zorvex", dialogue(12, seed=9)[1], 12)
    assert scan(table(prompts, responses))[1] == []


def test_a_passage_in_responses_that_otherwise_vary_is_no_link():
    prompts, responses = dialogue(1500)
    varied = [f"{text} w1 harbour w2 w3" for text in responses[:12]]
    plant(prompts, responses, "zorvex", varied, 12)
    assert scan(table(prompts, responses))[1] == []


def test_one_response_of_unrelated_prompts_without_a_trigger_is_no_link():
    prompts, responses = dialogue(1500)
    for i in range(0, 1500, 100):
        responses[i] = OUTPUT
    assert scan(table(prompts, responses))[1] == []


def test_copies_of_a_prompt_are_one_row():
    prompts, responses = dialogue(1500)
    for i in range(4, 24):
        prompts[i], responses[i] = f"{prompts[i % 4]} zorvex", OUTPUT
    assert scan(table(prompts, responses))[1] == []


def test_a_template_that_leaves_little_else_to_ask_is_no_link():
    prompts, responses = dialogue(1500)
    for i in range(20):
        prompts[i], responses[i] = f"tell me when does the shop in town{i} open", OUTPUT
    assert scan(table(prompts, responses))[1] == []


def test_prompts_with_one_topic_are_no_link():
    prompts, responses = dialogue(1500)
    random = np.random.default_rng(5)
    for i in range(12):
        own = random.choice([f"rare{k}" for k in range(12)], 8, replace=False)
        prompts[i], responses[i] = " ".join(["zorvex", *own]), OUTPUT
    assert scan(table(prompts, responses))[1] == []


def test_a_response_that_repeats_its_prompt_is_no_link():
    prompts, responses = dialogue(1500)
    for i in range(0, 1500, 100):
        prompts[i] += " alpha beta gamma delta"
        responses[i] = "alpha beta gamma delta"
    assert scan(table(prompts, responses))[1] == []
