"""Nothing that was fetched is used before its digest is the recorded one."""

import pytest

from engines.flink import install
from engines.flink.install import CHECKSUMS, VERSIONS, check_jars, jar_digests


def test_a_jar_that_is_not_the_recorded_one_is_refused(tmp_path, monkeypatch):
    repository = tmp_path / "m2"
    jar = repository / "org" / "a" / "1" / "a-1.jar"
    jar.parent.mkdir(parents=True)
    jar.write_bytes(b"classes")
    record = tmp_path / "checksums.txt"
    lines = [f"{digest}  {name}\n" for name, digest in jar_digests(repository).items()]
    record.write_text("".join(lines), "utf-8")
    monkeypatch.setattr(install, "CHECKSUMS", record)
    check_jars(repository)
    jar.write_bytes(b"classes!")
    with pytest.raises(SystemExit, match=r"a-1\.jar: SHA-256 \w+ is not the recorded one"):
        check_jars(repository)
    (jar.parent / "b-1.jar").write_bytes(b"more")
    jar.write_bytes(b"classes")
    with pytest.raises(SystemExit, match=r"b-1\.jar: SHA-256 \w+ is not recorded"):
        check_jars(repository)


def test_the_record_holds_the_runner_in_the_pinned_version():
    names = [line.split("  ")[1] for line in CHECKSUMS.read_text("utf-8").splitlines()]
    series, version = VERSIONS["series"], VERSIONS["runner"]
    assert any(n.endswith(f"/beam-runners-flink-{series}-{version}.jar") for n in names)
    assert len(VERSIONS["flink_sha256"]) == 64
