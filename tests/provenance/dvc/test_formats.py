"""What is read of DVC's files, and what is refused: who wrote them is not known."""

from __future__ import annotations

import hashlib

import pytest

from provender.errors import InputError, IntegrityError
from provender.provenance.dvc.config import read_config
from provender.provenance.dvc.dotdvc import read_dotdvc
from provender.provenance.dvc.ignore import hiding_rule, read_rules
from provender.provenance.dvc.lock import read_lock
from provender.provenance.dvc.pipeline import read_pipeline
from provender.provenance.dvc.record import Elsewhere, Record
from provender.provenance.dvc.tree import read_tree, tree_md5
from provender.provenance.dvc.yaml_text import read_yaml

MD5 = "05faf946d829522f95d90a5e96669bce"
OUT = f"outs:\n- path: data\n  hash: md5\n  md5: {MD5}.dir\n"


def outs(text: str, path: str = "x.dvc") -> Record | Elsewhere:
    [found] = read_dotdvc(text.encode(), path)
    return found


def test_a_record_says_where_and_what() -> None:
    found = outs(OUT, "sub/x.dvc")
    assert found == Record("sub/data", f"{MD5}.dir", "sub/x.dvc", True)
    assert isinstance(found, Record)
    assert found.is_folder


def test_scalars_stay_text_whatever_yaml_version_reads_them() -> None:
    digits = "1" * 32
    for md5 in (digits, "1" * 30 + "e5", "0" * 32):
        found = outs(f"outs:\n- {{path: on, hash: md5, md5: {md5}}}\n")
        assert isinstance(found, Record)
        assert (found.path, found.md5) == ("on", md5)


@pytest.mark.parametrize(
    "text",
    [
        "outs: [{path: a, path: b}]",
        "outs: &a [*a]",
        "outs: !!python/tuple [x]",
        "outs: [{path: a, md5: XYZ}]",
        f"outs: [{{path: a, md5: {MD5.upper()}}}]",
        "outs: [{path: a, size: -1}]",
        "outs: [{path: a, cache: yes}]",
        "outs: [{path: a, unknown: 1}]",
        "outs: [{path: [a]}]",
        "outs: [{md5: a}]",
        "outs: {path: a}",
        "surplus: 1",
        "? [a]\n: b",
        "a: 1\n---\na: 2",
        "[" * 100,
        "\x00",
        "outs: [",
        "just text",
    ],
)
def test_a_record_of_no_known_form_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"x\.dvc"):
        read_dotdvc(text.encode(), "x.dvc")


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../x", "sub/../../x", "s3://bucket/x", '"a\\eb"', "e\u0301"]
)
def test_an_output_outside_the_repository_is_refused(path: str) -> None:
    with pytest.raises(IntegrityError):
        outs(f"outs: [{{path: {path}, md5: {MD5}}}]")


def test_a_path_that_goes_up_and_stays_inside_is_read() -> None:
    found = outs(f"outs: [{{path: ../x, md5: {MD5}, hash: md5}}]\nwdir: a/b", "sub/x.dvc")
    assert isinstance(found, Record)
    assert found.path == "sub/a/x"
    with pytest.raises(IntegrityError, match="wdir leads out"):
        read_dotdvc(b"wdir: ../..", "sub/x.dvc")


def test_dependencies_elsewhere_are_left_alone() -> None:
    text = f"deps: [{{path: ../x, md5: {MD5}}}, {{path: s3://b/x, etag: abc}}]"
    assert [type(d) for d in read_dotdvc(text.encode(), "x.dvc")] == [Elsewhere, Elsewhere]


def test_the_lock_is_read_with_what_the_pipeline_says_of_outputs() -> None:
    pipeline = (
        "stages:\n  train:\n    foreach: [1, 2]\n    do:\n      wdir: sub\n      cmd: x\n"
        "      outs: ['${data}/m-${item}.npz': {cache: false}, plain: {push: false}]\n"
    )
    shapes = read_pipeline(pipeline.encode(), "dvc.yaml")
    lock = (
        "schema: '2.0'\nstages:\n  train@1:\n    cmd: x\n    outs:\n"
        f"    - {{path: data/m-1.npz, hash: md5, md5: {MD5}}}\n"
        f"    - {{path: plain, hash: md5, md5: {MD5}}}\n"
        f"    - {{path: data/m-1_npz, hash: md5, md5: {MD5}}}\n"
    )
    found = [r for r in read_lock(lock.encode(), "dvc.lock", shapes) if isinstance(r, Record)]
    assert [r.path for r in found] == ["sub/data/m-1.npz", "sub/plain", "sub/data/m-1_npz"]
    assert [(r.cached, r.pushed) for r in found] == [(False, True), (True, False), (True, True)]


def test_anchors_pass_where_people_write_and_merge_to_nothing() -> None:
    assert read_yaml(b"a: &x [1]\nb: *x", "dvc.yaml", aliases=True) == {"a": ["1"], "b": ["1"]}
    with pytest.raises(InputError, match="anchor"):
        read_yaml(b"a: &x [1]\nb: *x", "dvc.lock")


def entry(name: str, md5: str = MD5, rest: str = "") -> str:
    return f'{{"md5": "{md5}", "relpath": "{name}"{rest}}}'


def listed(*entries: str) -> bytes:
    return f"[{', '.join(entries)}]".encode()


def test_a_list_of_files_gives_back_its_own_name() -> None:
    raw = listed(entry("a.csv"), entry("sub/\\u00e9}{.csv"))
    found = read_tree(raw, "x.dir")
    assert found == {"a.csv": MD5, "sub/é}{.csv": MD5}
    assert tree_md5(found) == hashlib.md5(raw).hexdigest() + ".dir"
    assert read_tree(b"[]", "x.dir") == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[",
        "[]]",
        "[1]",
        "[[]]",
        listed(entry("a"), "").decode(),
        listed(entry("a")).decode() + " x",
        listed(entry("a", "x")).decode(),
        listed(entry("a", rest=', "other": 1')).decode(),
        listed(entry("a", rest=', "md5": "x"')).decode(),
        listed(entry("a", rest=', "size": NaN')).decode(),
        listed(entry("a", rest=', "size": [1]')).decode(),
        listed(entry("é")).decode(),
        '[{"md5": 1, "relpath": "a"}]',
    ],
)
def test_another_list_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        read_tree(text.encode(), "x.dir")


@pytest.mark.parametrize(
    "names",
    [
        *(["../a"], ["/a"], ["a/../b"], ["a//b"], ["."], [""], ["x" * 5000]),
        *(["a\\u0000"], ["a\\u001b"], ["\\ud800"], ["e\\u0301"]),
        *(["a", "A"], ["a", "a"], ["\\u00df", "ss"]),
    ],
)
def test_names_that_no_file_may_have_are_refused(names: list[str]) -> None:
    with pytest.raises(IntegrityError):
        read_tree(listed(*map(entry, names)), "x.dir")


def test_the_later_configuration_counts() -> None:
    first = (
        b"[core]\n    remote = a\n['remote \"A\"']\n    url = /x\n    jobs = 2\n[cache]\ndir = c\n"
    )
    second = b'[\'remote "a"\']\n    url = "s3://b/#1,2"\n'
    found = read_config([("config", first), ("config.local", second)])
    assert found.remotes == {"a": {"url": "s3://b/#1,2", "jobs": "2"}}
    assert found.cache == "c"


@pytest.mark.parametrize(
    "raw",
    [
        *(b"url = x", b"[a]\n[a]", b"[a]\nb = 1\nb = 2", b"[a]\nb", b"\xff"),
        b"['remote \"a\"']\njobs = 1",
        b"['remote \"a\"']\nurl = a,b",
        b"['remote \"a\"']\nurl = a # b",
        b"['remote \"a\"']\nurl = a\n  b",
    ],
)
def test_configuration_that_can_be_read_in_two_ways_is_refused(raw: bytes) -> None:
    with pytest.raises(InputError):
        read_config([("config", raw)])


@pytest.mark.parametrize(
    ("rules", "path", "hidden"),
    [
        ("*.tmp", "data/a.tmp", True),
        ("*.tmp", "data/a.csv", False),
        ("/data", "data/a.csv", True),
        ("/a.csv", "data/a.csv", False),
        ("data/", "data/a.csv", True),
        ("a.csv/", "data/a.csv", False),
        ("data/*.csv", "data/sub/a.csv", False),
        ("data/**/a.csv", "data/x/y/a.csv", True),
        ("**/a.csv", "a.csv", True),
        ("*.csv\n!a.csv", "data/a.csv", False),
        ("data\n!data/a.csv", "data/a.csv", True),
        ("# *.csv", "a.csv", False),
        ("", "a.csv", False),
    ],
)
def test_ignore_rules_hide_what_they_hide_from_dvc(rules: str, path: str, hidden: bool) -> None:
    assert (hiding_rule(read_rules(rules.encode(), ".dvcignore"), path) is not None) is hidden


def test_an_ignore_rule_counts_below_its_own_folder() -> None:
    rules = read_rules(b"*.csv", "sub/.dvcignore")
    assert hiding_rule(rules, "sub/x/a.csv")
    assert not hiding_rule(rules, "a.csv")
