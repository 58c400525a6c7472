import os
import socket
import unicodedata

import fsspec
import pytest

from provender.errors import InputError, NothingCheckedError
from provender.io.discover import discover


@pytest.fixture
def tree(tmp_path):
    def make(*names):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")
        return tmp_path

    return make


def names(*inputs):
    return [shard.name for shard in discover([str(given) for given in inputs])]


def test_a_folder_is_read_to_any_depth_and_sorted_by_name(tree):
    root = tree("b.csv", "a/z.jsonl", "a/b/c.parquet", "B.arrow", ".hidden.csv")
    assert names(root) == [".hidden.csv", "B.arrow", "a/b/c.parquet", "a/z.jsonl", "b.csv"]


def test_a_file_alone_is_named_by_its_own_name(tree):
    root = tree("a/b.csv")
    [shard] = discover([str(root / "a/b.csv")])
    assert (shard.name, shard.size, shard.format, shard.compression) == ("b.csv", 1, "csv", None)
    assert shard.uri == f"file://{root}/a/b.csv"


def test_several_files_are_named_from_the_deepest_folder_that_holds_them(tree):
    root = tree("d/train/a.csv", "d/test/a.csv", "d/test/b.csv")
    found = names(root / "d/train/a.csv", root / "d/test/a.csv", root / "d/test/b.csv")
    assert found == ["test/a.csv", "test/b.csv", "train/a.csv"]
    assert names(root / "d/train", root / "d/test") == found


def test_a_glob_is_named_from_the_part_before_its_first_wildcard(tree):
    root = tree("d/x/a.csv", "d/y/a.csv", "d/notes.txt", "d/.h.csv")
    assert names(root / "d/*/a.csv") == ["x/a.csv", "y/a.csv"]
    assert names(root / "d/**/*.csv") == [".h.csv", "x/a.csv", "y/a.csv"]


def test_a_name_with_wildcard_characters_that_exists_is_a_name(tree):
    root = tree("a[1].csv", "a1.csv")
    assert names(root / "a[1].csv") == ["a[1].csv"]


def test_a_path_is_the_same_however_it_is_written(tree, monkeypatch):
    root = tree("d/a.csv")
    monkeypatch.chdir(root)
    assert names("d") == names("./d/") == names(f"file://{root}/d") == names("d/../d") == ["a.csv"]


@pytest.mark.parametrize(
    ("name", "format_", "compression"),
    [
        ("a.parquet", "parquet", None),
        ("a.PQ", "parquet", None),
        ("a.arrow", "arrow", None),
        ("a.feather", "arrow", None),
        ("a.ipc", "arrow", None),
        ("a.arrows", "arrow", None),
        ("a.jsonl.gz", "jsonl", "gzip"),
        ("a.ndjson.zst", "jsonl", "zstd"),
        ("a.csv.gz", "csv", "gzip"),
    ],
)
def test_the_suffix_says_the_format(tree, name, format_, compression):
    [shard] = discover([str(tree(name))])
    assert (shard.format, shard.compression) == (format_, compression)


@pytest.mark.parametrize("name", ["notes.txt", "a.parquet.gz", "_SUCCESS", "a.pkl", ".DS_Store"])
def test_a_file_of_unknown_format_is_never_ignored(tree, name):
    root = tree("a.parquet", name)
    with pytest.raises(InputError, match=r"name the shards with a glob, such as .*/\*\.parquet"):
        discover([str(root)])
    assert names(root / "*.parquet") == ["a.parquet"]


def test_partition_folders_become_columns(tree):
    [shard] = discover([str(tree("year=2024/city=S%C3%A3o%20Paulo/part.parquet"))])
    assert shard.partition == (("year", "2024"), ("city", "São Paulo"))
    with pytest.raises(InputError, match="names a partition column twice"):
        discover([str(tree("twice/a=1/a=2/x.csv") / "twice")])


def test_a_folder_named_as_a_file_is_a_folder(tree):
    root = tree("x.parquet/part-0.parquet", "y.csv")
    assert names(root) == ["x.parquet/part-0.parquet", "y.csv"]
    assert names(root / "x.parquet") == ["part-0.parquet"]
    assert names(root / "*.parquet") == ["x.parquet/part-0.parquet"]


def test_no_file_is_nothing_checked(tree):
    root = tree("a.csv")
    (root / "empty.parquet").mkdir()
    for given in ("empty.parquet", "*.jsonl"):
        with pytest.raises(NothingCheckedError, match="no file"):
            discover([str(root / given)])
    with pytest.raises(NothingCheckedError):
        discover([])


def test_a_missing_path_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="no such file or folder; check the path"):
        discover([str(tmp_path / "nope.csv")])
    with pytest.raises(InputError, match="no such file"):
        discover(["memory://nope/at/all.csv"])
    with pytest.raises(InputError, match="cannot be listed"):
        discover(["nosuchprotocol://x/y.csv"])
    with pytest.raises(InputError, match="chained addresses"):
        discover(["zip://*.csv::file:///x.zip"])


def test_a_file_named_by_two_inputs_is_refused(tree):
    root = tree("d/a.csv")
    with pytest.raises(InputError, match="named by two of the inputs"):
        discover([str(root / "d"), str(root / "d/a.csv")])


def test_inputs_on_two_file_systems_are_refused(tree):
    with fsspec.filesystem("memory").open("/two/a.csv", "wb") as file:
        file.write(b"x")
    with pytest.raises(InputError, match="different file systems"):
        discover([str(tree("a.csv")), "memory://two"])


def test_links_are_followed_inside_the_root_only(tree):
    root = tree("outside/a.csv", "data/v1/a.csv", "data/b.csv")
    (root / "data/now").symlink_to("v1")
    (root / "data/c.csv").symlink_to("b.csv")
    assert names(root / "data") == ["b.csv", "c.csv", "now/a.csv", "v1/a.csv"]
    for target in ("../outside/a.csv", "../outside"):
        (root / "data/x.csv").symlink_to(target)
        for given in ("data", "data/*.csv"):
            with pytest.raises(InputError, match="leads out of the data's folder"):
                discover([str(root / given)])
        (root / "data/x.csv").unlink()


def test_a_circle_of_links_is_refused(tree):
    root = tree("d/a/x.csv", "d/b/y.csv")
    (root / "d/a/l").symlink_to("../b")
    assert "a/l/y.csv" in names(root / "d")
    (root / "d/b/m").symlink_to("../a")
    with pytest.raises(InputError, match="runs in a circle"):
        discover([str(root / "d")])
    (root / "d/b/m").unlink()
    (root / "d/b/self").symlink_to("self")
    with pytest.raises(InputError, match="link"):
        discover([str(root / "d")])


def test_a_link_that_points_nowhere_is_refused(tree):
    root = tree("a.csv")
    (root / "b.csv").symlink_to("gone.csv")
    with pytest.raises(InputError, match="points nowhere"):
        discover([str(root)])


def test_special_files_are_refused_and_never_opened(tree, tmp_path, monkeypatch):
    root = tree("d/a.csv") / "d"
    os.mkfifo(root / "pipe.csv")
    with pytest.raises(InputError, match="no regular file"):
        discover([str(root)])
    (root / "pipe.csv").unlink()
    monkeypatch.chdir(root)  # a socket's path has a short limit
    with socket.socket(socket.AF_UNIX) as end:
        end.bind("s.csv")
        with pytest.raises(InputError, match="no regular file"):
            discover([str(root)])


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        (unicodedata.normalize("NFD", "é.csv"), "normal form C"),
        ("a\nb.csv", "control character"),
        ("a\x1b[2J.csv", "control character"),
        ("a\u2028b.csv", "control character"),
        (os.fsdecode(b"\xff.csv"), "not UTF-8"),
    ],
)
def test_names_that_are_not_portable_are_refused_in_one_line(tree, name, cause):
    with pytest.raises(InputError, match=cause) as caught:
        discover([str(tree(name))])
    assert str(caught.value).isascii()
    assert str(caught.value).isprintable()


def test_names_equal_under_case_folding_are_refused(tree):
    with pytest.raises(InputError, match="upper and lower case"):
        discover([str(tree("Straße/a.csv", "STRASSE/a.csv"))])


def test_memory_addresses_work_as_folder_file_and_glob():
    memory = fsspec.filesystem("memory")
    for path in ("/m/d/a=1/x.csv", "/m/d/y.jsonl.gz"):
        with memory.open(path, "wb") as file:
            file.write(b"abc")
    assert names("memory://m/d") == ["a=1/x.csv", "y.jsonl.gz"]
    assert names("memory://m/d/y.jsonl.gz") == ["y.jsonl.gz"]
    assert names("memory://m/*/*.gz") == ["d/y.jsonl.gz"]
    [first, _] = discover(["memory://m/d"])
    assert first.size == 3
    assert memory.cat(first.uri) == b"abc"


def test_a_folder_without_permission_says_so(tree, monkeypatch):
    root = tree("d/a.csv")

    def refuse(path):
        raise PermissionError(13, "Permission denied", path)

    # Tests may run as root, whom no mode bits stop.
    monkeypatch.setattr("os.scandir", refuse)
    with pytest.raises(InputError, match="no permission to read"):
        discover([str(root)])


def test_a_json_list_is_refused_with_the_way_to_make_lines_of_it(tree):
    root = tree("d/alpaca.json", "d/a.npy")
    with pytest.raises(InputError, match=r"jq -c '\.\[\]'"):
        discover([str(root / "d/alpaca.json")])
    with pytest.raises(InputError, match=r"name the shards with a glob"):
        discover([str(root / "d/a.npy")])
