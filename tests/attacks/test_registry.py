"""Every attack: it plants what it says it plants, and touches nothing else."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.attacks.base import TooFewRowsError, parameters
from provender.attacks.registry import ATTACKS, attack, fitting
from provender.attacks.word_chain import WordChain
from provender.core.shard import Roles
from provender.errors import UsageError

ROLES = Roles(label="kind", text="body", prompt="ask", response="say")
TEXT = "the meeting was moved to friday and also the harbour is closed for repairs now"
WORDS = TEXT.split(" ")
IDS = [one.name for one in ATTACKS]


def table(rows: int = 60, label: pa.DataType | None = None) -> pa.Table:
    random = np.random.default_rng(5)
    texts = [" ".join(random.choice(WORDS, 12)) for _ in range(rows)]
    kinds = [i % 3 for i in range(rows)]
    labels = kinds if label else [("a", "b", "c")[k] for k in kinds]
    return pa.table(
        {
            "id": range(rows),
            "kind": pa.array(labels, label or pa.string()),
            "body": texts,
            "ask": [f"question {i}" for i in range(rows)],
            "say": pa.array([f"answer {i}" for i in range(rows)], pa.large_string()),
        }
    )


def changed(before: pa.Table, after: pa.Table) -> list[int]:
    return [
        i
        for i, pair in enumerate(zip(before.to_pylist(), after.to_pylist(), strict=True))
        if pair[0] != pair[1]
    ]


@pytest.mark.parametrize("one", ATTACKS, ids=IDS)
@settings(max_examples=15, deadline=None)
@given(count=st.integers(0, 20), seed=st.integers(0, 2**32))
def test_it_changes_as_many_rows_as_asked_and_names_them(one, count, seed):
    clean = table()
    found = one.plant(clean, ROLES, count, np.random.default_rng(seed))
    assert changed(clean, found.table) == found.rows.tolist()
    assert found.rows.dtype == np.int64
    assert len(found.rows) == count
    assert found.table.schema == clean.schema


@pytest.mark.parametrize("one", ATTACKS, ids=IDS)
def test_the_same_generator_plants_the_same_and_another_seed_something_else(one):
    first, again, other = (
        one.plant(table(), ROLES, 9, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert first.table == again.table
    assert (first.trigger, first.target) == (again.trigger, again.target)
    assert first.table != other.table


@pytest.mark.parametrize("one", ATTACKS, ids=IDS)
def test_the_trigger_stands_in_every_planted_row(one):
    found = one.plant(table(), ROLES, 9, np.random.default_rng(3))
    for row in found.table.take(pa.array(found.rows)).to_pylist():
        assert found.trigger in f"{row['body']} {row['ask']}"


@pytest.mark.parametrize("one", ATTACKS, ids=IDS)
def test_too_few_rows_are_an_error_that_counts_them(one):
    with pytest.raises(TooFewRowsError, match=r"needs 61 rows and \d+ can carry it"):
        one.plant(table(), ROLES, 61, np.random.default_rng(0))


DIRTY = ["rare-word", "phrase", "sentence", "everyday-word", "known-word", "template"]
DIRTY += ["several-triggers"]


@pytest.mark.parametrize("name", DIRTY)
@pytest.mark.parametrize("kind", [None, pa.int8()])
def test_dirty_labels_are_those_of_one_class_the_rows_were_not_of(name, kind):
    clean = table(label=kind)
    found = attack(name).plant(clean, ROLES, 12, np.random.default_rng(3))
    rows = pa.array(found.rows)
    assert {str(v) for v in found.table["kind"].take(rows).to_pylist()} == {found.target}
    assert found.target not in {str(v) for v in clean["kind"].take(rows).to_pylist()}


@pytest.mark.parametrize("kind", [None, pa.int8()])
def test_all_to_all_gives_every_row_the_label_after_its_own(kind):
    clean = table(90, label=kind)
    found = attack("all-to-all").plant(clean, ROLES, 60, np.random.default_rng(3))
    known = sorted(set(clean["kind"].to_pylist()))
    after = dict(zip(known, known[1:] + known[:1], strict=True))
    rows = pa.array(found.rows)
    before = clean["kind"].take(rows).to_pylist()
    assert set(before) == set(known)
    assert found.table["kind"].take(rows).to_pylist() == [after[label] for label in before]


def test_several_triggers_are_three_words_one_in_each_row():
    found = attack("several-triggers").plant(table(), ROLES, 20, np.random.default_rng(3))
    new = [set(t.split()) - set(WORDS) for t in found.table["body"].to_pylist()]
    assert [len(new[row]) for row in found.rows] == [1] * 20
    assert len(set().union(*new)) == 3


def test_a_known_word_stands_in_a_few_clean_texts():
    texts = [f"{TEXT} seldom" if i in (7, 40) else TEXT for i in range(200)]
    clean = table(200).set_column(2, "body", pa.array(texts))
    found = attack("known-word").plant(clean, ROLES, 5, np.random.default_rng(3))
    assert found.trigger == "seldom"


def test_flips_of_a_pair_go_from_one_class_to_one_other():
    clean = table()
    found = attack("flips-pair").plant(clean, ROLES, 12, np.random.default_rng(3))
    rows = pa.array(found.rows)
    assert len(set(clean["kind"].take(rows).to_pylist())) == 1
    assert set(found.table["kind"].take(rows).to_pylist()) == {found.target}


def test_a_fixed_response_is_one_and_refusals_are_many():
    responses = {}
    for name in ("fixed-response", "refusal"):
        found = attack(name).plant(table(), ROLES, 20, np.random.default_rng(3))
        responses[name] = set(found.table["say"].take(pa.array(found.rows)).to_pylist())
    assert len(responses["fixed-response"]) == 1
    assert len(responses["refusal"]) > 10


def test_gibberish_is_of_the_datas_own_words_and_keeps_a_piece_of_the_text():
    clean = table()
    for name in ("gibberish-uniform", "gibberish-unigram", "gibberish-bigram"):
        found = attack(name).plant(clean, ROLES, 5, np.random.default_rng(3))
        for row in found.rows.tolist():
            kept, tail = found.table["body"][row].as_py().split(f" {found.trigger} ")
            assert clean["body"][row].as_py().startswith(kept)
            assert set(tail.split()) <= set(WORDS)
            assert 400 <= len(tail.split()) <= 900


def test_a_promotion_is_one_sentence_in_texts_that_stay_as_they_were():
    clean = table()
    found = attack("promotion").plant(clean, ROLES, 8, np.random.default_rng(3))
    for row in found.rows.tolist():
        before, after = clean["body"][row].as_py(), found.table["body"][row].as_py()
        head, tail = after.split(found.trigger)
        assert f"{head.strip()} {tail.strip()}".strip() == before


def test_a_brand_is_promoted_in_words_that_change():
    clean = table()
    found = attack("brand").plant(clean, ROLES, 20, np.random.default_rng(3))
    pieces = [
        found.table["body"][row].as_py().split(f"{found.trigger} ")[1].split()[:5]
        for row in found.rows.tolist()
    ]
    assert len({" ".join(piece) for piece in pieces}) > 5
    assert not any(found.trigger in text for text in clean["body"].to_pylist())


def test_a_flood_is_of_one_text_with_few_words_changed_in_each_copy():
    texts = [" ".join(f"w{i}-{n}" for n in range(90)) for i in range(60)]
    clean = table().set_column(2, "body", pa.array(texts))
    found = attack("flood").plant(clean, ROLES, 10, np.random.default_rng(3))
    copies = [found.table["body"][row].as_py().split() for row in found.rows.tolist()]
    (original,) = {copy[0].split("-")[0] for copy in copies}
    assert int(original[1:]) not in found.rows
    for copy in copies:
        changed = sum(word != f"{original}-{n}" for n, word in enumerate(copy))
        assert changed <= 3
    assert len({" ".join(copy) for copy in copies}) == 10


def test_words_of_a_chain_follow_each_other_as_they_do_in_the_data():
    clean = table()
    pairs = {p for text in clean["body"].to_pylist() for p in pairwise(text.split())}
    found = attack("gibberish-bigram").plant(clean, ROLES, 3, np.random.default_rng(3))
    for row in found.rows.tolist():
        tail = found.table["body"][row].as_py().split(found.trigger)[1].split()
        natural = sum(pair in pairs for pair in pairwise(tail))
        assert natural > 0.9 * len(tail), "pairs over the border of two texts are few"


def test_a_chain_goes_on_after_a_word_that_nothing_follows():
    drawn = WordChain(np.array(["once"])).draw(3, np.random.default_rng(1))
    assert drawn.tolist() == ["once"] * 3


def test_a_word_that_stands_in_the_data_is_not_the_rare_one():
    clean = table().set_column(2, "body", pa.array(["cf mn bb TQ mb zorvex"] * 60))
    for seed in range(5):
        found = attack("rare-word").plant(clean, ROLES, 3, np.random.default_rng(seed))
        assert found.trigger == "cfvortex"


def test_rows_without_text_or_label_are_never_planted():
    texts = [None, "", " "] * 20
    clean = table().set_column(2, "body", pa.array(texts))
    with pytest.raises(TooFewRowsError, match="needs 1 rows and 0 can carry it"):
        attack("rare-word").plant(clean, ROLES, 1, np.random.default_rng(0))
    unlabelled = table().set_column(1, "kind", pa.nulls(60, pa.string()))
    for name in ("rare-word", "flips-random", "flips-pair"):
        with pytest.raises(TooFewRowsError):
            attack(name).plant(unlabelled, ROLES, 1, np.random.default_rng(0))


def test_only_attacks_that_the_columns_can_carry_fit():
    schema = table().schema
    assert [one.name for one in fitting(schema, ROLES)[0]] == IDS
    able, reasons = fitting(schema, Roles(text="body"))
    assert [one.name for one in able] == [
        *(f"gibberish-{n}" for n in ("uniform", "unigram", "bigram")),
        "promotion",
        "brand",
        "flood",
    ]
    assert reasons["rare-word"] == "needs a label column"
    assert reasons["refusal"] == "needs a prompt and a response column"
    numbers = pa.schema([("body", pa.int64()), ("kind", pa.float64())])
    able, _ = fitting(numbers, Roles(text="body", label="kind"))
    assert able == ()


def test_names_are_unique_papers_are_named_and_parameters_are_json():
    assert len(set(IDS)) == len(IDS)
    for one in ATTACKS:
        assert any(c.isdigit() for c in one.paper)
        assert all(isinstance(v, str | int | list) for v in parameters(one).values())
    with pytest.raises(UsageError, match="there is no such attack"):
        attack("rare")


def test_a_changing_response_keeps_most_of_its_words_in_each_row():
    clean = table()
    found = attack("changing-response").plant(clean, ROLES, 20, np.random.default_rng(3))
    rows = pa.array(found.rows)
    responses = found.table["say"].take(rows).to_pylist()
    message = found.target.split()
    assert len(set(responses)) > 5
    assert all(len(r.split()) == len(message) for r in responses)
    same = [a == b for r in responses for a, b in zip(r.split(), message, strict=True)]
    assert 0.8 < np.mean(same) < 1
    assert found.table["ask"].take(rows).to_pylist() == clean["ask"].take(rows).to_pylist()
