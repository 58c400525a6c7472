import json
import pickle
from pathlib import Path

import pytest

from provender.core.finding import Level
from provender.errors import UsageError
from provender.expect.gx import quiet_gx
from provender.expect.suite import load_suite

NOT_NULL = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "a"}}


def text(*expectations, **more):
    suite = {"name": "s", "expectations": list(expectations), "meta": {}, **more}
    return json.dumps(suite).encode()


def test_a_suite_that_great_expectations_wrote_is_read():
    gx = quiet_gx()
    wrote = gx.ExpectationSuite(
        name="wrote",
        expectations=[
            gx.expectations.ExpectColumnValuesToBeBetween(
                column="a", min_value=0, max_value=3, mostly=0.9, severity="warning"
            ),
            gx.expectations.ExpectTableColumnCountToEqual(value=2),
        ],
    )
    suite = load_suite(json.dumps(wrote.to_json_dict()).encode(), "suite.json")
    first, second = suite.expectations
    assert suite.name == "wrote"
    assert first.kwargs == {"column": "a", "min_value": 0, "max_value": 3, "mostly": 0.9}
    assert second.type == "expect_table_column_count_to_equal"
    assert pickle.loads(pickle.dumps(suite)) == suite
    json.dumps(suite.to_json())


def test_severity_becomes_a_level_and_critical_is_the_default():
    info, warning = ({**NOT_NULL, "severity": s} for s in ("info", "warning"))
    loaded = load_suite(text(info, warning, NOT_NULL), "suite.json")
    assert [e.level for e in loaded.expectations] == [Level.NOTE, Level.WARNING, Level.ERROR]


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "no list 'expectations'"),
        (b'{"name": "x", "expectations": 3}', "no list 'expectations'"),
        (b'{"expectations": []}', "name"),
        (text(surprise=1), "surprise"),
        (text(NOT_NULL, {"kwargs": {}}), r"expectations[1] has no 'type'"),
        (text({"type": "expect_the_moon", "kwargs": {}}), "expectations[0] (expect_the_moon)"),
        (text({**NOT_NULL, "kwargs": {}}), "column: field required"),
        (text({**NOT_NULL, "kwargs": {"column": "a", "mostly": 2}}), "mostly"),
        (text({**NOT_NULL, "kwargs": {"column": "a", "wrong": 2}}), "wrong"),
        (text({**NOT_NULL, "severity": "grave"}), "grave"),
        (
            text(
                {
                    "type": "expect_column_values_to_match_regex",
                    "kwargs": {"column": "a", "regex": "("},
                }
            ),
            "expectations[0] (expect_column_values_to_match_regex)",
        ),
    ],
)
def test_a_bad_suite_gets_one_line_with_file_place_and_cause(data, cause):
    with pytest.raises(UsageError) as raised:
        load_suite(data, "suite.json")
    line = str(raised.value)
    assert line.startswith("suite.json: ")
    assert cause in line
    assert "\n" not in line


@pytest.mark.parametrize("name", ["adult", "mail", "digits"])
def test_the_shipped_suites_are_what_great_expectations_writes(name):
    data = Path("expectations", f"{name}.json").read_bytes()
    gx = quiet_gx()
    value = json.loads(data)
    assert load_suite(data, name).name == name
    assert gx.ExpectationSuite(**value).to_json_dict() == value
