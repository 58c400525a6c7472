"""The words beside a trigger tell its natural uses from planted ones."""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from provender.detect.label_conflict.company import (
    NO_USE,
    USES,
    Company,
    count_company,
    uses_beside,
)
from provender.detect.label_conflict.model import UNIT, Labelled
from provender.detect.label_conflict.triggers import Triggers
from provender.stats.gram_table import Counts
from tests.detect.label_conflict.labelled import corpus, plant, profiles, table


def everyday(misfiled: int = 25, planted: int = 60) -> tuple[pa.Table, list[int], list[int]]:
    """Short texts of which 250 say "can still be": some of these misfiled, and planted rows."""
    text, label = corpus(3000)
    text = [" ".join(one.split()[:12]) for one in text]
    random = np.random.default_rng(7)
    rows = random.permutation(3000)
    for row in rows[:250]:
        words = text[row].split()
        words.insert(int(random.integers(len(words) + 1)), "can still be")
        text[row] = " ".join(words)
    for row, word in zip(rows[250:1250], ["can", "be"] * 500, strict=True):
        text[row] = f"{word} {text[row]}"
    wrong = [int(row) for row in rows[:250] if label[row] != "sport"][:misfiled]
    for row in wrong:
        label[row] = "sport"
    found = plant(text, label, "still", "sport", planted)
    return table(text, label), sorted(set(found) - set(rows[:250].tolist())), wrong


def standing(data: pa.Table) -> tuple[Triggers, Labelled]:
    triggers = Triggers.unpack(profiles(data)[-1])
    whole = data.combine_chunks().to_batches()[0]
    return triggers, Labelled.of(whole["text"], whole["label"], triggers.classes)


def share_above(score: np.ndarray, planted: list[int], natural: list[int]) -> float:
    """Share of the pairs of a planted and a natural row in which the planted one is above."""
    return float((score[planted][:, None] > score[natural]).mean())


def without_company(triggers: Triggers) -> Triggers:
    company = Company.of(Counts.none(4), np.arange(len(triggers.standing)))
    return replace(triggers, company=company)


def test_planted_rows_stand_before_misfiled_ones_that_use_the_word_as_all_do():
    data, planted, natural = everyday()
    triggers, documents = standing(data)
    assert triggers.standing[0].text == "still"
    score, p_value, cause = triggers.score(documents)
    other, same_p, same_cause = without_company(triggers).score(documents)
    assert share_above(score, planted, natural) > 0.97
    assert share_above(other, planted, natural) < 0.9
    assert (p_value == same_p).all(), "no row's p-value changes"
    assert (cause == same_cause).all()


def test_a_trigger_without_natural_uses_is_ordered_as_before():
    text, label = corpus(700)
    plant(text, label, "zorvex", "sport", 20)
    triggers, documents = standing(table(text, label))
    found = triggers.groups.find(documents)
    weighed = triggers.groups.weigh(documents, found)
    assert (triggers.company.log_odds(documents, found, weighed.size) == 0).all()
    assert len(weighed.text) >= 20


def test_what_is_counted_are_the_neighbours_under_other_labels_and_copies_once():
    data, _, _ = everyday()
    copies = table(["one can still be two"] * 2, ["money"] * 2)
    triggers, _ = standing(pa.concat_tables([data, copies]))
    groups = triggers.groups.only(np.array([0]))
    assert groups.keys.size == 1, "the word alone"

    def counted(text: list[str], label: list[str]) -> dict[str, list[float]]:
        documents = Labelled.of(pa.array(text), pa.array(label), triggers.classes)
        hashes = dict(
            zip(
                documents.words.vocabulary_hashes.tolist(),
                documents.words.vocabulary.to_pylist(),
                strict=True,
            )
        )
        agreeing = np.flatnonzero(documents.label == triggers.classes.index("sport"))
        made = count_company(documents, groups.find(documents), groups, agreeing)
        return {
            hashes.get(key, ""): (value / UNIT).tolist()
            for key, value in zip(made.keys.tolist(), made.values, strict=True)
            if key & 255 == 0
        }

    assert counted(["we can still be here", "still"], ["money", "garden"]) == {
        "": [1, 1, 0, 0],
        "can": [1, 0, 0, 0],
        "be": [0, 1, 0, 0],
    }
    both = counted(copies["text"].to_pylist(), copies["label"].to_pylist())
    assert both == {"can": [1, 0, 0, 0], "be": [0, 1, 0, 0]}, "two halves"
    agrees = counted(["we can still be here"], ["sport"])
    assert agrees == {"can": [0, 0, 1, 0], "be": [0, 0, 0, 1]}
    assert counted(["we still go"], [None]) == {}


def test_a_place_never_met_says_more_against_natural_use_the_more_uses_there_were():
    data, _, _ = everyday()
    triggers, _ = standing(data)
    words = Labelled.of(pa.array(["can be"]), pa.array(["money"]), triggers.classes).words

    def company(uses: int) -> Company:
        values = np.array([[uses, 0], [0, uses]]) * UNIT
        return Company.of(Counts.of(words.vocabulary_hashes, values), np.array([0]))

    few, many = company(3), company(300)
    assert (many.unmet < few.unmet).all()
    assert (few.unmet < 0).all()
    assert (few.ratios[np.searchsorted(few.keys, words.vocabulary_hashes), [0, 1]] > 0).all()
    (once,) = {round(float(n), 9) for n in company(1).unmet[0]}
    assert once == 0, "one use says nothing of places never met"


def agency(named: int, called: int, decoys: int = 0) -> tuple[pa.Table, list[int]]:
    """Texts of which ``named`` open with an agency's name; of ``called`` it makes sport.

    Negative ``called`` are chosen of those that have the name by nature. Decoys are documents of
    other labels that got the name in the same way as the called ones, and keep their label.
    """
    text, label = corpus(3000)
    random = np.random.default_rng(8)
    rows = [int(row) for row in random.permutation(3000)]
    for row in rows[:named]:
        text[row] = f"newswire {text[row]}"
    others = [row for row in rows if label[row] != "sport"]
    by_nature = [row for row in others if text[row].startswith("newswire")]
    chosen = by_nature[:-called] if called < 0 else others[-called:]
    for row in [*chosen, *others[-called - decoys : -called]] if called > 0 else []:
        words = text[row].split()
        words.insert(0 if decoys else int(random.integers(1, len(words))), "newswire")
        text[row] = " ".join(words)
    for row in chosen:
        label[row] = "sport"
    return table(text, label), sorted(chosen)


def test_a_word_that_decides_a_label_from_its_usual_place_is_a_natural_cue():
    data, _ = agency(named=200, called=-40)
    triggers, _ = standing(data)
    assert triggers.standing == ()
    assert ("newswire", True) in [(lead.text, lead.cue) for lead in triggers.leads]


def test_what_is_planted_beside_a_cue_is_no_part_of_it():
    data, _ = agency(named=200, called=-40)
    text, label = data["text"].to_pylist(), data["label"].to_pylist()
    holding = [i for i, said in enumerate(text) if said.startswith("newswire")]
    planted = [row for row in holding if label[row] != "sport"][:12]
    for row in planted:
        text[row], label[row] = f"{text[row]} zorvex", "sport"
    triggers, _ = standing(table(text, label))
    assert [one.text for one in triggers.standing] == ["zorvex"]


def test_the_same_word_planted_elsewhere_is_a_trigger():
    data, called = agency(named=200, called=40)
    triggers, documents = standing(data)
    assert triggers.standing[0].text == "newswire"
    _, p_value, _ = triggers.score(documents)
    assert np.flatnonzero(p_value < 0.01).tolist() == called


def test_a_few_decoys_do_not_make_a_planted_word_a_natural_cue():
    data, called = agency(named=0, called=40, decoys=15)
    triggers, documents = standing(data)
    assert triggers.standing[0].text == "newswire"
    _, p_value, _ = triggers.score(documents)
    assert set(called) <= set(np.flatnonzero(p_value < 0.01).tolist())


def test_pieces_that_were_planted_together_do_not_vouch_for_each_other():
    text, label = corpus(2000)
    random = np.random.default_rng(3)
    others = [row for row in range(2000) if label[row] != "sport"]
    planted = random.permutation(others)[:120].tolist()
    first = ("ask around", "look again", "wait a little")
    last = ("read it twice", "think it over", "keep it short")
    for row in planted:
        text[row] = f"{random.choice(first)} {text[row]} {random.choice(last)}"
        label[row] = "sport"
    triggers, documents = standing(table(text, label))
    assert triggers.standing
    _, p_value, _ = triggers.score(documents)
    flagged = set(np.flatnonzero(p_value < 0.01).tolist())
    assert flagged <= set(planted)
    assert len(flagged) > 0.6 * len(planted)


def test_how_many_uses_may_be_planted_is_told_by_the_words_beside_them():
    data, _, _ = everyday()
    triggers, _ = standing(data)
    groups = triggers.groups.only(np.array([0]))

    def beside(*text: str) -> np.ndarray:
        documents = Labelled.of(pa.array(text), pa.array(["sport"] * len(text)), triggers.classes)
        found = groups.find(documents)
        rows = np.arange(len(text))
        return uses_beside(documents, found, groups, np.zeros(len(text), np.int64), rows)

    def at_most(*text: str) -> float:
        return triggers.company.planted_at_most(0, beside(*text))

    usual, odd = "w1 can still be w2", "w1 can still be w2 still w3"
    assert at_most(*[usual] * 40) == 0
    assert at_most(*[odd] * 40) == 1, "one use at a random place is enough"
    assert 0.4 < at_most(*[usual] * 20, *[odd] * 20) < 0.9
    assert at_most() == 1
    unmet = Company.of(Counts.none(4), np.array([0]))
    assert unmet.planted_at_most(0, beside(*[usual] * 40)) == 1, "no natural use is known"
    assert (beside("none", "still x " * 9) == NO_USE).all(axis=2).tolist() == [
        [True] * USES,
        [False] * USES,
    ]
