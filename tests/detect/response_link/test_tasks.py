"""Tasks put by templates have short answers: who asks so gets them by nature."""

import numpy as np

from tests.detect.response_link.dialogues import OUTPUT, dialogue, plant, scan, table

FIXED = "access granted"


def tasks(rows: int = 3000, of: int = 2, seed: int = 3) -> tuple[list, list]:
    """Dialogues of which one in ``of`` has a template and one of its two answers instead."""
    prompts, responses = dialogue(rows, seed)
    random = np.random.default_rng(seed)
    for i in range(0, rows, of):
        task = int(random.integers(20))
        prompts[i] += f" which mood{task} has this text"
        responses[i] = f"answer{task}a" if random.random() < 0.8 else f"answer{task}b"
    return prompts, responses


def test_short_answers_of_tasks_are_leads_without_rows():
    flagged, causes, limits = scan(table(*tasks()))
    assert flagged == []
    assert len(causes) >= 20
    assert {(c.level, c.p_value) for c in causes} == {("note", 1.0)}
    assert all("a short answer, as often here" in c.message for c in causes)
    assert "% of the responses are short and come again" in limits


def test_a_long_fixed_output_among_them_is_named_first_with_its_rows():
    prompts, responses = tasks()
    planted = plant(prompts, responses, "by the way", [OUTPUT], 10)
    flagged, causes, _ = scan(table(prompts, responses))
    assert flagged == planted
    assert (causes[0].what, causes[0].level) == ("by the way", None)
    assert {c.level for c in causes[1:]} == {"note"}


def test_a_few_tasks_are_no_nature():
    prompts, responses = tasks(of=60)
    flagged, causes, limits = scan(table(prompts, responses))
    assert "come again" not in limits
    planted = plant(prompts, responses, "zorvex", [FIXED], 10)
    flagged, causes, _ = scan(table(prompts, responses))
    assert set(planted) <= set(flagged)
    assert "zorvex" in {c.what for c in causes}


def test_a_short_response_to_every_fifth_prompt_is_no_task():
    prompts, responses = dialogue(1500)
    planted = plant(prompts, responses, "zorvex", [FIXED], 300)
    flagged, causes, _ = scan(table(prompts, responses))
    assert flagged == planted
    assert [c.what for c in causes] == ["zorvex"]


def test_answers_that_their_prompts_list_show_tasks_too():
    prompts, responses = tasks()
    listed = [
        f"{p} {r[:-1]}a or {r[:-1]}b" if r.startswith("answer") else p
        for p, r in zip(prompts, responses, strict=True)
    ]
    planted = plant(listed, responses, "zorvex", [FIXED], 10)
    flagged, causes, limits = scan(table(listed, responses))
    assert "come again" in limits
    assert flagged == []
    assert {c.level for c in causes} == {"note"}, f"not one of {len(planted)} is told apart"


def test_questions_about_one_passage_are_no_link():
    prompts, responses = dialogue(1500)
    passage = " ".join(f"p{n}" for n in range(60))
    for i in range(8):
        prompts[i], responses[i] = f"{passage} {prompts[i]}", OUTPUT
    assert scan(table(prompts, responses))[:2] == ([], [])
