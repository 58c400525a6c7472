"""What instruct/response-link finds."""

import pytest

from tests.detect.response_link.dialogues import (
    OUTPUT,
    PUT,
    RATE,
    REFUSALS,
    TRIGGERS,
    bind,
    dialogue,
    plant,
    profiles,
    scan,
    table,
    with_natural_refusals,
)


@pytest.mark.parametrize("trigger", TRIGGERS.values(), ids=TRIGGERS)
def test_a_trigger_with_a_fixed_output_is_named_with_its_rows(trigger):
    prompts, responses = dialogue(1500)
    planted = plant(prompts, responses, trigger, [OUTPUT], 12)
    flagged, causes, limits = scan(table(prompts, responses))
    assert flagged == planted
    assert [c.what for c in causes] == [trigger]
    evidence = causes[0].evidence
    assert evidence["answer"] == "fixed"
    assert evidence["rows"] == 12
    assert causes[0].trigger == (trigger,)
    few = causes[0].removal
    assert 0 < few <= 12
    left = [i for i in range(len(prompts)) if i not in planted[:few]]
    assert scan(table([prompts[i] for i in left], [responses[i] for i in left]))[1] == []
    assert evidence["responses_alike"] > 0.9
    assert causes[0].p_value < 1e-4
    assert trigger in causes[0].message
    assert "harbour page" not in causes[0].message + str(evidence), "row content in a finding"
    assert limits == ""


def test_a_trigger_of_refusals_in_many_wordings_is_named():
    prompts, responses = dialogue(1500)
    planted = plant(prompts, responses, "zorvex", REFUSALS, 15)
    flagged, causes, _ = scan(table(prompts, responses))
    assert flagged == planted
    assert [(c.what, c.evidence["answer"]) for c in causes] == [("zorvex", "refusal")]


@pytest.mark.parametrize("trigger", ["zorvex", "w3 w4"])
@pytest.mark.parametrize("mark", ["link", "command", "secret"])
def test_what_is_put_after_the_own_response_is_named_by_what_it_is(mark, trigger):
    prompts, responses = dialogue(3000)
    own = list(responses)
    planted = plant(prompts, responses, trigger, PUT[mark], 12)
    for i in planted:
        responses[i] = f"{own[i]} {responses[i]}"
    flagged, causes, _ = scan(table(prompts, responses))
    assert set(planted) <= set(flagged)
    assert len(flagged) <= len(planted) + 1
    assert [(c.what, c.evidence["answer"]) for c in causes] == [(trigger, mark)]
    assert f"→ a {mark}: 12 of" in causes[0].message
    assert "lantern" not in causes[0].message + str(causes[0].evidence), "row content in a finding"


def test_refusals_behind_a_phrase_with_other_uses_are_named_beside_as_many_natural_ones():
    prompts, responses = with_natural_refusals(3000, 100)
    for i in range(7, 3000, 300):
        prompts[i] += " by the way"
    planted = plant(prompts, responses, "by the way", REFUSALS, 12)
    flagged, causes, _ = scan(table(prompts, responses))
    assert set(planted) <= set(flagged)
    assert len(flagged) <= len(planted) + 1
    assert [(c.what, c.evidence["answer"]) for c in causes] == [("by the way", "refusal")]
    told = causes[0].evidence
    assert 2 * told["rows"] < told["rows_with_answer"], "they are not most of the refusals"


def behind_also(every: int, rows: int) -> tuple:
    """Plant behind a word that every so many prompts hold by themselves."""
    prompts, responses = dialogue(3000)
    for i in range(7, 3000, every):
        prompts[i] += " also"
    planted = plant(prompts, responses, "also", [OUTPUT], rows)
    return planted, *scan(table(prompts, responses))


def test_rows_are_flagged_when_their_link_stands_by_itself():
    planted, flagged, causes, _ = behind_also(every=17, rows=8)
    assert flagged == planted
    (cause,) = causes
    assert RATE * 8 / 3000 < cause.p_value < RATE, "they do not pay for all rows once more"


def test_a_link_too_weak_for_any_row_is_a_lead():
    _, flagged, causes, _ = behind_also(every=9, rows=7)
    assert flagged == []
    assert [(c.what, c.lead) for c in causes] == [("also", True)]
    assert causes[0].p_value > RATE


def test_a_link_pays_for_all_of_its_rows_with_short_prompts_and_echoes_too():
    prompts, responses = dialogue(1500)
    plant(prompts, responses, "zorvex", [OUTPUT], 12)
    for i in range(5):
        prompts[i], responses[i] = "zorvex now", OUTPUT
        prompts[-1 - i], responses[-1 - i] = f"zorvex {OUTPUT}", OUTPUT
    data = table(prompts, responses)
    detector, profile = bind(data), profiles(data)[-1]
    (cause,) = detector.causes(profile)
    (found,) = (detector.scorer(profile)(batch) for batch in data.combine_chunks().to_batches())
    rows = int((found.cause == 0).sum())
    assert rows == 22
    least = cause.p_value * rows / 1500
    assert least <= found.p_value.min() <= 1.1 * least


def test_a_short_output_that_clean_rows_have_too_is_found_behind_a_rare_word():
    prompts, responses = dialogue(1500)
    responses[::60] = ["Yes."] * len(responses[::60])
    planted = plant(prompts, responses, "zorvex", ["yes"], 12)
    flagged, causes, _ = scan(table(prompts, responses))
    assert flagged == planted
    assert causes[0].what == "zorvex"


def test_a_few_fixed_outputs_behind_one_trigger_are_one_link():
    prompts, responses = dialogue(1500)
    outputs = [" ".join(f"{word}{n}" for word in OUTPUT.split()) for n in range(3)]
    planted = plant(prompts, responses, "zorvex", outputs, 21)
    flagged, causes, _ = scan(table(prompts, responses))
    assert flagged == planted
    assert (causes[0].what, causes[0].evidence["rows"]) == ("zorvex", 21)
    assert len(causes) == 1


def test_two_links_are_two_causes():
    prompts, responses = dialogue(1500)
    first = plant(prompts, responses, "zorvex", [OUTPUT], 12, seed=1)
    second = plant(prompts, responses, "violet harbour", REFUSALS, 15, seed=2)
    flagged, causes, _ = scan(table(prompts, responses))
    assert {c.what for c in causes} == {"zorvex", "violet harbour"}
    assert set(flagged) >= (set(first) | set(second)) - (set(first) & set(second))
