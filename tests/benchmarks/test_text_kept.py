"""What a long benchmark keeps, so that it goes on where it was stopped."""

import pyarrow as pa

from benchmarks.text.kept import Kept, digest_of_code, digest_of_table


def test_a_second_run_reads_what_the_first_one_made(tmp_path):
    store = tmp_path / "kept.jsonl"
    Kept(store, 1).result("a", lambda: {"rank": 1})
    assert Kept(store, 1).result("a", lambda: {"rank": 2}) == {"rank": 1}
    assert Kept(store, 1).result("b", lambda: {"rank": 2}) == {"rank": 2}


def test_nothing_is_begun_when_time_is_up_but_what_is_kept_is_told(tmp_path):
    store = tmp_path / "kept.jsonl"
    Kept(store, 1).result("a", lambda: 7)
    late = Kept(store, -1)
    assert late.result("a", lambda: 8) == 7
    assert late.result("b", lambda: 8) is None


def test_other_code_and_other_rows_have_other_names(tmp_path):
    (tmp_path / "rule.py").write_text("LIMIT = 1\n")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "part.py").write_text("x = 1")
    before = digest_of_code([tmp_path])
    (tmp_path / "inner" / "part.py").write_text("x = 2")
    assert digest_of_code([tmp_path]) != before, "a detector is a folder"
    before = digest_of_code([tmp_path])
    (tmp_path / "rule.py").write_text("LIMIT = 2\n")
    assert digest_of_code([tmp_path]) != before
    rows = pa.table({"text": ["a", "b"]})
    assert digest_of_table(rows) != digest_of_table(rows.take([1, 0]))
    assert digest_of_table(rows) == digest_of_table(pa.concat_tables([rows[:1], rows[1:]]))
