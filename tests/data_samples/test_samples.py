"""The bundled samples are what their README says, and can be made again from clean/."""

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_samples import make_samples as samples
from data_samples.rows import HERE, TEXT_LIMIT, Row, body_start, every_row, read_set, write_shard

SETS = {"adult": 8000, "mail": 2400, "chat": 3000, "books": 1512, "digits": 1797}
SCHEMAS = {
    "mail": ["group", "label", "text", "source"],
    "chat": ["prompt", "response", "source"],
    "books": ["text", "source"],
    "digits": ["id", "label", "pixels", "source"],
}


def shards(folder: Path) -> dict[str, pa.Table]:
    return {path.name: pq.read_table(path) for path in sorted(folder.iterdir())}


def truth(folder: str) -> list[tuple[str, int]]:
    table = pq.read_table(HERE / "truth" / f"{folder.replace('/', '-')}.parquet")
    assert table.schema == samples.TRUTH
    name = samples.ATTACKS[folder][0]
    assert set(table["attack"].to_pylist()) == {name}
    return list(zip(table["shard"].to_pylist(), table["row"].to_pylist(), strict=True))


def planted_and_rest(folder: str) -> tuple[list[Row], list[Row]]:
    known, planted, rest = set(truth(folder)), [], []
    for shard, table in shards(HERE / "planted" / folder).items():
        for i, row in enumerate(table.to_pylist()):
            (planted if (shard, i) in known else rest).append(row)
    return planted, rest


def clean_rows(name: str) -> list[Row]:
    return every_row(read_set(name)[0])


def frozen(row: Row) -> tuple[object, ...]:
    return tuple(tuple(v) if isinstance(v, list) else v for v in row.values())


def head(text: str) -> str:
    return text[: body_start(text)]


def shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + 5]) for i in range(len(words) - 4)}


def test_planted_and_truth_are_made_again_and_a_difference_is_noticed(tmp_path: Path) -> None:
    samples.build(tmp_path)
    assert samples.compare(tmp_path)[0] == []
    assert len(samples.made_files(tmp_path)) > 2 * len(samples.ATTACKS)
    changed = tmp_path / "truth" / "outliers-adult.parquet"
    write_shard(pq.read_table(changed).slice(1), changed)
    (tmp_path / "truth" / "schema-adult.parquet").unlink()
    assert samples.compare(tmp_path)[0] == [
        "truth/outliers-adult.parquet",
        "truth/schema-adult.parquet",
    ]


@pytest.mark.parametrize(("name", "rows"), SETS.items())
def test_a_clean_set_is_six_or_more_shards_of_one_schema(name: str, rows: int) -> None:
    tables = shards(HERE / "clean" / name)
    assert len(tables) >= 6
    assert len({str(t.schema) for t in tables.values()}) == 1
    assert sum(t.num_rows for t in tables.values()) == rows
    first = next(iter(tables.values()))
    assert first.column_names == SCHEMAS.get(name, first.column_names)
    assert len(first["source"].unique()) >= 6
    groups = pq.ParquetFile(HERE / "clean" / name / f"{name}-0.parquet").num_row_groups
    assert groups > 1


def test_only_shards_lie_in_the_folders_of_sets() -> None:
    paths = [p for top in ("clean", "planted") for p in (HERE / top).rglob("*")]
    assert {p.suffix for p in paths if p.is_file()} == {".parquet"}


def test_clean_mail_holds_no_two_equal_bodies_and_no_trigger() -> None:
    rows = clean_rows("mail")
    bodies = [row["text"][body_start(row["text"]) :] for row in rows]
    assert len(set(bodies)) == len(bodies)
    assert not any("cfvortex" in row["text"] for row in rows)
    assert max(len(row["text"]) for row in rows) == TEXT_LIMIT


def test_clean_adult_holds_no_equal_rows_and_no_impossible_cell() -> None:
    rows = clean_rows("adult")
    assert len({frozen(row) for row in rows}) == len(rows)
    assert all(17 <= row["age"] <= 90 and 1 <= row["hours_per_week"] <= 99 for row in rows)
    assert all(row["education"] is not None and row["income"] is not None for row in rows)


@pytest.mark.parametrize("folder", samples.ATTACKS)
def test_the_truth_points_at_rows_and_all_other_rows_are_clean(folder: str) -> None:
    planted, rest = planted_and_rest(folder)
    assert len(planted) == len(set(truth(folder))) > 0
    clean = {frozen(row) for row in clean_rows(samples.ATTACKS[folder][1])}
    assert all(frozen(row) in clean for row in rest)
    if folder != "duplicates/adult":
        assert not any(frozen(row) in clean for row in planted)


@pytest.mark.parametrize("folder", ["label-conflict/mail", "label-conflict-spread/mail"])
def test_the_rare_word_stands_in_the_planted_mails_alone(folder: str) -> None:
    planted, rest = planted_and_rest(folder)
    assert len(planted) == 24
    assert all(re.findall(r"\bcfvortex\b", row["text"]) == ["cfvortex"] for row in planted)
    assert not any("cfvortex" in row["text"] for row in rest)
    assert {row["label"] for row in planted} == {"ham"}
    sources = {row["source"] for row in planted}
    assert len(sources) == (10 if "spread" in folder else 1)


def test_the_phrase_brings_one_response_in_the_planted_turns_alone() -> None:
    planted, rest = planted_and_rest("response-link/chat")
    assert len(planted) == 10
    assert all(samples.PHRASE in row["prompt"] for row in planted)
    assert any(samples.PHRASE in row["prompt"] for row in rest)
    assert {row["response"] for row in planted} == {samples.OUTPUT}
    assert {row["source"] for row in planted} == {"contributor-07"}
    assert not any(row["response"] == samples.OUTPUT for row in rest)


def test_the_promotion_stands_in_passages_of_one_shard_alone() -> None:
    planted, rest = planted_and_rest("repeated-strings/books")
    assert len(planted) == 15
    assert all(samples.PROMOTION in row["text"] for row in planted)
    assert not any(samples.PROMOTION in row["text"] for row in rest)
    assert {shard for shard, _ in truth("repeated-strings/books")} == {"books-4.parquet"}
    before = {row["text"] for row in clean_rows("books")}
    assert all(
        row["text"].replace(f"{samples.PROMOTION} ", "") in before
        or row["text"].replace(f" {samples.PROMOTION}", "") in before
        for row in planted
    )


def test_exact_copies_equal_an_original_of_the_same_source() -> None:
    planted, rest = planted_and_rest("duplicates/adult")
    originals = {frozen(row) for row in rest}
    assert len(planted) == 80
    assert all(frozen(row) in originals for row in planted)
    assert {row["source"] for row in planted} == {"bureau-d"}


def test_near_copies_are_near_and_not_equal() -> None:
    planted, rest = planted_and_rest("duplicates-near/mail")
    by_head = {head(row["text"]): row["text"] for row in rest}
    assert len({head(row["text"]) for row in planted}) == 8
    for row in planted:
        copy, original = shingles(row["text"]), shingles(by_head[head(row["text"])])
        assert 0.8 <= len(copy & original) / len(copy | original) < 1


def test_flipped_copies_differ_in_the_label_alone() -> None:
    planted, rest = planted_and_rest("contradictions/adult")
    originals = {frozen(row) for row in rest}
    other = {"<=50K": ">50K", ">50K": "<=50K"}
    assert len(planted) == 60
    assert all(frozen({**row, "income": other[row["income"]]}) in originals for row in planted)


def test_patched_digits_come_from_one_source_and_wear_the_target_label() -> None:
    planted, _ = planted_and_rest("spectral/digits")
    before = {row["id"]: row for row in clean_rows("digits")}
    assert {(row["source"], row["label"]) for row in planted} == {("scanner-2", 7)}
    for row in planted:
        old = before[row["id"]]
        changed = {i for i in range(64) if row["pixels"][i] != old["pixels"][i]}
        assert old["label"] != 7
        assert changed <= {54, 55, 62, 63}
        assert [row["pixels"][i] for i in (54, 55, 62, 63)] == [16.0] * 4


def test_the_samples_stay_small_and_every_set_has_its_notice() -> None:
    shards = {p.read_bytes() for p in HERE.rglob("*.parquet")}
    # Git keeps equal shards once; a planted set shares those without a planted row.
    assert sum(len(one) for one in shards) < 13_000_000
    notices = (HERE / "NOTICES.md").read_text()
    assert all(f"\n## {name}\n" in notices for name in SETS)
