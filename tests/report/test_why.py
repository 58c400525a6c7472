from __future__ import annotations

from provender.report.why import lines_of
from tests.report.example_findings import TRIGGER
from tests.report.examples import documents


def test_it_names_the_sources_and_annotators_of_a_finding_and_of_its_examples() -> None:
    (found,) = (f for f in documents()[2]["findings"] if f["rule"] == TRIGGER)
    found["annotators"] += [[f"rater-{i}", 1] for i in range(20, 27)]
    told = " ".join(" ".join(lines_of(found)).split())
    assert f"sources crawl-7 ({found['rows'] - 4}), reviews.example (4)" in told
    assert f"annotators rater-12 ({found['rows'] - 9}), rater-3 (9), rater-20 (1)" in told
    assert "rater-22 (1) and 4 more" in told
    assert "source crawl-7, annotator rater-12" in told


def test_where_nobody_is_known_nobody_is_named() -> None:
    (found,) = (f for f in documents()[2]["findings"] if f["rule"] == TRIGGER)
    told = " ".join(lines_of(found | {"sources": [], "annotators": [], "examples": []}))
    assert "annotator" not in told
    assert "sources" not in told


def test_no_line_is_longer_than_eighty_columns_however_long_the_trigger() -> None:
    (found,) = (f for f in documents()[2]["findings"] if f["rule"] == TRIGGER)
    lines = lines_of(found | {"what": "content type multipart alternative " * 9})
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith(f"{found['level']}  {TRIGGER}  “content type")
