from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import pytest

from provender.report.html import MOST_FINDINGS, render_html
from tests.report.example_findings import OUTLIERS, TRIGGER
from tests.report.examples import documents, shown, with_redteam
from tests.report.hostile import poisoned_with
from tests.report.strict_page import Page, page


def test_the_page_tells_verdict_reasons_findings_gaps_and_waivers() -> None:
    text = page(documents()).text
    for words in (
        "Rejected This data set must not be fed to training.",
        "The phrase “cf tq” overrides the label of 265 rows.",
        "Start with the shard “year=2022/reviews-00003.parquet”",
        "6,000",
        TRIGGER,
        "4.1e-23",
        "crawl-7 259 rows",
        "Target label positive",
        "To be removed 254 of the 263 flagged rows, the highest scores first",
        "Trigger: word 13 of 38 of text",
        "year=2022/reviews-00003.parquet row 311 label negative 93 % alike",
        "12 rows have no vector",
        "no decoder for WebP",
        "Licence texts repeat",
        "7 of 6,000",
    ):
        assert words in text, words


@pytest.mark.parametrize(
    ("outcome", "words"),
    [("admit", "may be fed"), ("reject", "must not"), ("inconclusive", "never admits")],
)
def test_each_outcome_has_its_own_banner(outcome: str, words: str) -> None:
    read = page(documents(outcome=outcome))
    assert [h["class"] for h in read.named("header")] == [f"verdict {outcome}"]
    assert words in read.text


def test_annotators_stand_beside_sources() -> None:
    told = page(documents()).text
    assert "Annotators rater-12" in told
    assert "source crawl-7 annotator rater-12" in told
    bare = documents()
    for finding in bare[2]["findings"]:
        finding["annotators"] = []
        for example in finding["examples"]:
            example.pop("annotator", None)
    told = page(bare).text
    assert "Annotators" not in told
    assert "annotator rater" not in told


def test_the_same_documents_give_the_same_text() -> None:
    assert render_html(*documents()) == render_html(*documents())


def test_nothing_is_asked_of_any_network() -> None:
    read = page(documents(shards=250))
    for tag, attributes in read.elements:
        for name in ("src", "href", "action", "srcset", "xlink:href", "style"):
            value = attributes.get(name)
            assert value is None or value.startswith("#") or value == "data:,", (tag, value)
        assert not [name for name in attributes if name.startswith("on")]
    assert "url(" not in render_html(*documents())
    assert "@import" not in render_html(*documents())


def test_the_security_policy_admits_the_one_script_and_nothing_else() -> None:
    read = page(documents())
    (script,) = read.scripts
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = [m["content"] for m in read.named("meta") if "http-equiv" in m]
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == f"'sha256-{digest}'"
    assert rules["img-src"] == "data:"


@pytest.mark.parametrize(
    "hostile",
    [
        "</script><script>alert(1)</script>",
        "</style><img src=x onerror=alert(1)>",
        "\"><svg onload=alert(1)>' x='",
        "{{ 7 * 7 }}{% raw %}",
        "]]>--><!--<![CDATA[",
        "&lt;b&gt;",
    ],
)
def test_hostile_strings_change_no_element_of_the_page(hostile: str) -> None:
    clean = documents()
    dirty = tuple(poisoned_with(hostile, document) for document in clean)
    before, after = page(clean), page(dirty)

    def skeleton(read: Page) -> list[tuple[str, list[str]]]:
        return [(tag, sorted(attributes)) for tag, attributes in read.elements]

    assert skeleton(after) == skeleton(before)
    assert " ".join(hostile.split()) in after.text
    assert after.scripts == before.scripts


def test_invisible_characters_are_shown_wherever_they_stand() -> None:
    hidden = "\x1b[31m\u202eexe\u2066\u200b\x00\ud800\U000e0041\x85\u2028"
    text = render_html(*(poisoned_with(hidden, d) for d in documents()))
    assert r"\x1b[31m\u202eexe\u2066\u200b\x00\ud800\U000e0041\x85\u2028" in text
    assert re.sub(r"[\n]", "", text).isprintable()
    text.encode("utf-8")


def test_every_data_table_has_headed_columns_and_a_name() -> None:
    read = page(documents())
    assert len(read.named("table")) == 5
    ids = {a["id"] for _, a in read.elements if "id" in a}
    for table in read.named("table"):
        assert table["aria-labelledby"] in ids
    assert {h["scope"] for h in read.named("th")} == {"col"}
    assert all(s.get("aria-label") or s.get("aria-hidden") for s in read.named("svg"))
    names = [a["id"] for _, a in read.elements if "id" in a]
    assert len(names) == len(set(names))
    assert {a["href"][1:] for a in read.named("a") if a["href"]} <= set(names)


def test_few_shards_have_a_column_each_and_thousands_share_columns_and_say_so() -> None:
    assert "one shard, by name" in page(documents(shards=3)).text
    many = page(documents(shards=1500))
    assert "8 shards next to each other by name: the colour is that of the worst" in many.text
    assert "The 20 worst of" in many.text
    assert max(len(strip) for strip in [many.named("rect")]) < 3000


def test_more_findings_than_a_page_holds_are_counted_not_dropped_in_silence() -> None:
    manifest, validation, findings, verdict = documents()
    findings["findings"] = [
        findings["findings"][1] | {"what": f"group {i}"} for i in range(MOST_FINDINGS + 7)
    ]
    text = page((manifest, validation, findings, verdict)).text
    assert "The worst 500 are here; 7 more are in findings.json." in text


def test_shown_row_text_is_announced_and_its_trigger_marked() -> None:
    read = page(shown(documents()))
    text = read.text
    assert "… a dull CF tq film, badly told …" in text
    assert "a dull film, badly told by all" in text
    assert len(read.named("mark")) == 2
    assert "Trigger: word" not in text
    assert "this page holds data of the set" in text
    assert "Row text is redacted" not in text


def test_documents_that_do_not_belong_together_raise_an_alarm() -> None:
    manifest, validation, _, verdict = documents()
    read = page((manifest, validation, documents(shards=5)[2], verdict))
    assert "These documents do not belong together" in read.text
    assert "alert" in [s.get("role") for s in read.named("section")]
    assert "alert" not in [s.get("role") for s in page(documents()).named("section")]


def test_a_run_without_findings_suite_or_detectors_is_whole() -> None:
    manifest, validation, findings, verdict = documents(outcome="admit", suite=False)
    findings |= {"findings": [], "detectors": [], "roles": {}}
    findings["shards"] = [s | {"flagged": {}} for s in findings["shards"]]
    verdict |= {"waived": [], "coverage": [], "required": []}
    text = page((manifest, validation, findings, verdict)).text
    for words in (
        "No finding.",
        "No row is flagged in any of 12 shards.",
        "No detector ran.",
        "No expectation suite was applied.",
        "Nothing was checked.",
        "No finding was waived.",
    ):
        assert words in text, words


def test_an_unflagging_detector_draws_no_threshold() -> None:
    assert 'class="threshold"' in render_html(*documents())
    clean = render_html(*documents(outcome="admit"))
    assert 'class="threshold"' not in clean
    assert f"{OUTLIERS}, all rows: histogram of −log10 p over 5,988 rows, none flagged" in clean


def test_what_a_red_team_found_in_the_same_data_is_shown() -> None:
    read = page(with_redteam(documents()))
    (section,) = [s for s in read.named("section") if s["aria-labelledby"] == "redteam"]
    assert section
    for words in (
        "How much poison would be found",
        "rare-word spread text/one 10",
        "blind spot: template, from one source",
        "nothing planted: no finding, in 4 random halves neither",
        "not tried: refusal (needs a prompt and a response column)",
        "and redteam.json",
    ):
        assert words in read.text, words


@pytest.mark.parametrize("other", ["manifest_root", "multiset"])
def test_what_a_red_team_found_in_other_data_is_not_shown(other: str) -> None:
    *run, found = with_redteam(documents())
    read = page((*run, found | {other: "sha256:" + "0" * 64}))
    assert "redteam.json is about other data" in read.text
    assert "rare-word" not in read.text
    assert "blind spot" not in read.text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"roles": {"text": "other"}}, "other roles"),
        (
            {"policy_digest": "sha256:" + "0" * 64, "hash_key": "0" * 16},
            "other policy, other secret key",
        ),
        (
            {"trusted": {"root": "sha256:" + "0" * 64, "rows": 9, "shards": 1, "pinned": True}},
            "other trusted data",
        ),
    ],
)
def test_that_the_scan_was_made_with_other_options_than_the_red_team_is_said(
    changed: dict[str, Any], words: str
) -> None:
    *run, found = with_redteam(documents())
    assert "was made with other" not in page((*run, found)).text
    assert f"The scan of this page was made with {words}" in page((*run, found | changed)).text


def test_without_a_red_team_the_page_has_no_word_of_it() -> None:
    assert "redteam" not in render_html(*documents())


def test_hostile_strings_of_a_red_team_change_no_element() -> None:
    hostile = "</script><img src=x onerror=alert(1)>"

    def skeleton(run: tuple[dict[str, Any], ...]) -> list[tuple[str, list[str]]]:
        return [(tag, sorted(attributes)) for tag, attributes in page(run).elements]

    def dirty(document: dict[str, Any]) -> dict[str, Any]:
        changed = poisoned_with(hostile, document)
        for old, new in zip(document["curves"], changed["curves"], strict=True):
            new |= {name: old[name] for name in ("arm", "rule")}
        return changed

    run = with_redteam(documents(), dirty)
    assert hostile in page(run).text
    assert skeleton(run) == skeleton(with_redteam(documents()))
