"""reseal, verify --chain, receipts and proofs of absence, as processes of their own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any
from zlib import crc32

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.test_seal import Shell
from tests.provenance.conftest import flip_bit

OLD, NEW = "old/seal.dsse.json", "new/seal.dsse.json"
CLEAN = "out/quarantine/clean"
RESEAL = ("--from", OLD, "--trust", "trust.json", "--key", "alice.key", "--out", NEW)
REMOVED = ("--removed", "out/quarantine")
CHECK = ("verify", "--seal", NEW, "--trust", "trust.json", "--chain", OLD)
RECEIPT = "receipts/b.jsonl/17.json"
TEXTS = [" ".join(f"w{i * j % 997}" for j in range(1, 21)) for i in range(1, 401)]


def write(path: Path, rows: list[int]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Labels have nothing to do with the texts: only the copies are to be found.
    lines = [{"n": i, "text": TEXTS[i], "label": "ba"[crc32(b"%d" % i) & 1]} for i in rows]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A sealed data set with a flood of copies in b.jsonl, and its quarantine."""
    shell = Shell(tmp_path_factory.mktemp("reseal"))
    data = shell.folder / "data"
    write(data / "a.jsonl", [*range(150)])
    write(data / "b.jsonl", [*range(150, 160), *[7] * 60, *range(160, 300)])
    write(data / "sub" / "c.jsonl", [*range(300, 400)])
    shell.run("keys", "new", "alice", "--out", ".")
    trust = ("--series", "mail", "--expires", "2099-12-31", "--key", "alice.pub")
    shell.run("trust", "init", *trust, "--out", "trust.json")
    shell.run("trust", "sign", "trust.json", "--key", "alice.key")
    cache = ("--cache", "states")
    shell.run("seal", "data", "--key", "alice.key", "--series", "mail", "--out", OLD, *cache)
    roles = ("--text", "text", "--label", "label")
    shell.run("scan", "data", *roles, "--out", "out", "--quarantine", *cache, code=1)
    shell.run("reseal", CLEAN, *RESEAL, *REMOVED, "--receipts", "receipts", *cache, fresh=True)
    return shell


@pytest.fixture
def shell(made: Shell, tmp_path: Path) -> Shell:
    return Shell(shutil.copytree(made.folder, tmp_path / "shell"))


@pytest.fixture
def before(shell: Shell) -> Shell:
    """The same, not yet sealed again."""
    shutil.rmtree(shell.folder / "new")
    return shell


def reseal(shell: Shell, *words: Any, code: int = 0) -> Any:
    return shell.run("reseal", *words, *RESEAL, "--cache", "states", code=code)


def check(shell: Shell, *more: Any, code: int = 0) -> dict[str, Any]:
    done = shell.run(*CHECK, *more, "--format", "json", code=code)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_equation_holds_from_published_files_alone(shell: Shell) -> None:
    for name in ("data", "out", "states"):
        shutil.rmtree(shell.folder / name)
    found = json.loads(shell.run(*CHECK, "--format", "json", fresh=True).stdout)
    assert (found["outcome"], found["sequence"]) == ("verified", 2)
    removed = sum(removal["rows"] for removal in found["removed"])
    assert removed == len(list((shell.folder / "receipts").rglob("*.json"))) > 58
    assert found["added"]["rows"] == 0


def test_the_new_seal_is_one_like_any_other(shell: Shell) -> None:
    assert check(shell, CLEAN)["shards_read"] == 3
    flip_bit(shell.folder / CLEAN / "sub" / "c.jsonl")
    assert check(shell, CLEAN, code=5)["failures"][0]["shard"] == "sub/c.jsonl"


def test_a_receipt_holds_for_its_record_and_its_seals_only(shell: Shell) -> None:
    assert check(shell, "--proof", RECEIPT)["reason"].startswith("duplicates/exact-row")
    write(shell.folder / "record.jsonl", [7])
    write(shell.folder / "other.jsonl", [8])
    check(shell, "--proof", RECEIPT, "--record", "record.jsonl")
    found = check(shell, "--proof", RECEIPT, "--record", "other.jsonl", code=5)
    assert [f["kind"] for f in found["failures"]] == ["proof"]
    seals = ("--seal", OLD, "--trust", "trust.json", "--removed-by", NEW)
    row = ("--shard", "b.jsonl", "--row", 17)
    shell.run("prove", "data", *seals, *row, "--out", "again.json", fresh=True)
    assert check(shell, "--proof", "again.json")["shows"] == "removal"
    assert "w7" not in (shell.folder / RECEIPT).read_text()
    value = json.loads((shell.folder / RECEIPT).read_text())
    value["reason"] = "no reason"
    (shell.folder / RECEIPT).write_text(json.dumps(value))
    assert check(shell, "--proof", RECEIPT, code=5)["outcome"] == "broken"
    seals = ("--seal", NEW, "--trust", "trust.json")
    shell.run("verify", *seals, "--proof", RECEIPT, code=4)
    shell.run("verify", *seals, "--proof", RECEIPT, "--chain", NEW, code=5)


@pytest.mark.parametrize("name", ["new/removed.bin", "new/multisets.bin", "old/multisets.bin"])
def test_a_published_file_that_was_changed_is_told(shell: Shell, name: str) -> None:
    path = shell.folder / name
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    found = check(shell, code=5)
    assert [f["kind"] for f in found["failures"]] == ["chain"]
    path.unlink()
    assert check(shell, code=2)["outcome"] == "unreadable"


def test_a_seal_that_does_not_follow_is_told(shell: Shell) -> None:
    shutil.copytree(shell.folder / "old", shell.folder / "kept")
    words = ("--key", "alice.key", "--series", "mail")
    shell.run("seal", "data", *words, "--sequence", 1, "--expires", "2099-01-01", "--out", "o/s")
    done = shell.run(*CHECK[:-1], "o/s", code=5)
    assert "does not name o/s as the one before it" in done.stderr
    shell.run("seal", CLEAN, *words, "--out", OLD)
    done = shell.run(
        "verify", "--seal", OLD, "--trust", "trust.json", "--chain", "kept/seal.dsse.json", code=5
    )
    assert "says nothing of what changed" in done.stderr


def test_records_that_nobody_removed_are_missed(before: Shell) -> None:
    lines = (before.folder / CLEAN / "sub" / "c.jsonl").read_text().splitlines(True)
    (before.folder / CLEAN / "sub" / "c.jsonl").write_text("".join(lines[1:]))
    done = reseal(before, CLEAN, *REMOVED, code=5)
    assert "sub/c.jsonl: holds other records, and no reason is given" in done.stderr
    assert not (before.folder / NEW).exists()


def test_a_clean_record_that_was_changed_is_refused(before: Shell) -> None:
    path = before.folder / CLEAN / "b.jsonl.parquet"
    table = pq.read_table(path)
    labels = pa.array(["b", *table["label"].to_pylist()[1:]])
    pq.write_table(table.set_column(table.schema.get_field_index("label"), "label", labels), path)
    done = reseal(before, CLEAN, *REMOVED, code=5)
    assert "b.jsonl: clean and rejected records together are not those" in done.stderr


def test_a_rejected_record_that_was_exchanged_is_refused(before: Shell) -> None:
    path = before.folder / "out/quarantine/rejected/b.jsonl.parquet"
    table = pq.read_table(path)
    pq.write_table(pa.concat_tables([table.slice(1), table.slice(0, 1)]), path)
    reseal(before, CLEAN, *REMOVED)  # copies of one record: whichever comes first
    shutil.rmtree(before.folder / "new")
    pq.write_table(table.slice(1), path)
    reseal(before, CLEAN, *REMOVED, code=5)
    path.unlink()
    assert "rejected/b.jsonl.parquet" in reseal(before, CLEAN, *REMOVED, code=2).stderr


def test_reasons_that_name_other_rows_are_refused(before: Shell) -> None:
    path = before.folder / "out/quarantine/reasons.parquet"
    table = pq.read_table(path)
    for rows in (
        [row + 1 for row in table["row"].to_pylist()],
        [row - 10**6 for row in table["row"].to_pylist()],
    ):
        pq.write_table(table.set_column(1, "row", pa.array(rows)), path)
        assert "are not those that were sealed" in reseal(before, CLEAN, *REMOVED, code=5).stderr
    path.write_bytes(b"PAR1 not")
    assert "reasons.parquet" in reseal(before, CLEAN, *REMOVED, code=2).stderr


def test_shards_go_and_come_as_declared_only(before: Shell) -> None:
    data = before.folder / "data"
    (data / "sub" / "c.jsonl").unlink()
    write(data / "sub" / "d.jsonl", [5, 5, 6])
    done = reseal(before, "data", code=5)
    assert "sub/c.jsonl: is gone: say why with --dropped NAME=REASON" in done.stderr
    assert "sub/d.jsonl: was not sealed before" in done.stderr
    gone = ("--dropped", "sub/c.jsonl=consent withdrawn")
    came = ("--added", "sub/*")
    assert (
        "a.jsonl: is not gone"
        in reseal(before, "data", *gone, *came, "--dropped", "a.jsonl=why", code=5).stderr
    )
    reseal(before, "data", *gone[:1], "sub/c.jsonl", *came, code=4)
    said = json.loads(reseal(before, "data", *gone, *came, "--format", "json").stdout)
    [removal] = said["removed"]
    assert (removal["rows"], removal["shard"]) == (100, "sub/c.jsonl")
    assert (said["added"]["rows"], said["rows"]) == (3, 363)
    assert check(before)["outcome"] == "verified"
    write(data / "sub" / "c.jsonl", [*range(300, 400)])
    (data / "sub" / "d.jsonl").unlink()
    seals = ("--seal", OLD, "--trust", "trust.json", "--removed-by", NEW)
    one = ("--shard", "sub/c.jsonl", "--row", 33, "--out", "receipt.json")
    assert "consent withdrawn" in before.run("prove", "data", *seals, *one).stdout
    write(before.folder / "record.jsonl", [333])
    found = check(before, "--proof", "receipt.json", "--record", "record.jsonl")
    assert (found["shows"], found["reason"]) == ("removal", "consent withdrawn")
    kept = ("--shard", "a.jsonl", "--row", 33, "--out", "receipt.json")
    assert "does not list" in before.run("prove", "data", *seals, *kept, code=4).stderr


def test_a_shard_whose_sum_is_nowhere_is_not_guessed(before: Shell) -> None:
    (before.folder / "data" / "sub" / "c.jsonl").unlink()
    words = ("data", "--dropped", "sub/c.jsonl=why", *RESEAL, "--cache", "empty")
    done = before.run("reseal", *words, code=2)
    assert "sub/c.jsonl: the sum of its records is not in the store" in done.stderr
    assert not (before.folder / NEW).exists()


def test_a_seal_is_not_written_over_another(shell: Shell) -> None:
    assert "--out" in reseal(shell, CLEAN, *REMOVED, code=4).stderr
    words = ("reseal", CLEAN, *RESEAL[:-1])
    shell.run(*words, "old/other.dsse.json", *REMOVED, code=4)


def test_a_seal_that_does_not_count_is_not_gone_on_from(before: Shell) -> None:
    flip_bit(before.folder / "old" / "manifest.json", 100)
    reseal(before, CLEAN, *REMOVED, code=5)


def test_absence_is_shown_for_a_record_that_is_not_there(before: Shell) -> None:
    gone = ("--dropped", "sub/c.jsonl=consent withdrawn")
    (before.folder / "data" / "sub" / "c.jsonl").unlink()
    reseal(before, "data", *gone, "--provable-absence")
    write(before.folder / "gone.jsonl", [333])
    write(before.folder / "kept.jsonl", [7])
    trust, out = ("--seal", NEW, "--trust", "trust.json"), ("--out", "absence.json")
    done = before.run("prove", "data", *trust, "--absent", "gone.jsonl", *out)
    assert "is not among the data" in done.stdout
    shown = before.run("verify", *trust, "--proof", "absence.json", "--record", "gone.jsonl")
    assert "its record is not among these data" in shown.stdout
    done = before.run("prove", "data", *trust, "--absent", "kept.jsonl", *out, code=4)
    assert "the record is among the data" in done.stderr
    before.run("verify", *trust, "--proof", "absence.json", "--record", "kept.jsonl", code=5)
    old = ("--seal", OLD, "--trust", "trust.json")
    done = before.run("verify", *old, "--proof", "absence.json", code=5)
    assert "made without --provable-absence" in done.stderr
    before.run("prove", "data", *old, "--absent", "gone.jsonl", *out, code=4)
    before.run("prove", "data", *old, "--absent", "gone.jsonl", "--row", 1, *out, code=4)
