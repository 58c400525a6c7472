"""Fetch Flink and Beam's Flink runner through pip and Maven into a folder that git ignores.

Nothing is used before its SHA-256 is the recorded one: pip refuses another sdist, and the runner's
jar is thrown away where a jar that Maven resolved is not in checksums.txt.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
BUILD = HERE.parents[1] / "build" / "flink"
CHECKSUMS = HERE / "checksums.txt"
VERSIONS: dict[str, str] = tomllib.loads((HERE / "versions.toml").read_text("utf-8"))
#: Every jar of Flink that a cluster needs; the sdist's others are for its table API.
_NEEDED = ("flink-dist-", "log4j-")


def missing_tools() -> list[str]:
    """Return which programs that this needs are not on the PATH."""
    return [tool for tool in ("java", "mvn") if shutil.which(tool) is None]


def runner_jar() -> Path:
    """Return where the jar with Beam's Flink runner lies once it is built."""
    return BUILD / f"beam-flink-runner-{VERSIONS['runner']}.jar"


def flink_jars() -> list[Path]:
    """Return the jars of Flink that a cluster is started with; none before they are installed."""
    folder = BUILD / f"flink-{VERSIONS['flink']}"
    return sorted(path for path in folder.glob("*.jar") if path.name.startswith(_NEEDED))


def install() -> None:
    """Fetch and build what is not there yet.

    Raises:
        SystemExit: naming what is missing, or the file whose digest is not the recorded one.
    """
    if missing := missing_tools():
        raise SystemExit(f"{' and '.join(missing)}: not found; install Java 17 and Maven 3.8")
    BUILD.mkdir(parents=True, exist_ok=True)
    if not flink_jars():
        _install_flink()
    if not runner_jar().exists():
        _build_runner()


def _install_flink() -> None:
    downloads, pinned = BUILD / "downloads", BUILD / "flink-requirement.txt"
    pinned.write_text(
        f"apache-flink-libraries=={VERSIONS['flink']} --hash=sha256:{VERSIONS['flink_sha256']}\n"
    )
    print(f"fetching Flink {VERSIONS['flink']} (230 MB) with pip", file=sys.stderr)
    _call(
        *(sys.executable, "-m", "pip", "download", "--quiet", "--require-hashes", "--no-deps"),
        *("--no-binary", ":all:", "--dest", str(downloads), "--requirement", str(pinned)),
    )
    (sdist,) = downloads.glob(f"*flink*libraries-{VERSIONS['flink']}.tar.gz")
    _check(sdist, VERSIONS["flink_sha256"])
    draft, place = BUILD / "flink.draft", BUILD / f"flink-{VERSIONS['flink']}"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    with tarfile.open(sdist) as archive:
        for member in archive:
            name = Path(member.name).name
            if member.isfile() and "/deps/lib/" in member.name and name.startswith(_NEEDED):
                content = archive.extractfile(member)
                assert content is not None
                with content, (draft / name).open("wb") as target:
                    shutil.copyfileobj(content, target)
    shutil.rmtree(place, ignore_errors=True)
    draft.rename(place)
    shutil.rmtree(downloads)


def _build_runner() -> None:
    repository, target = BUILD / "m2", BUILD / "target"
    print(f"building Beam's Flink runner {VERSIONS['runner']} with Maven", file=sys.stderr)
    versions = [f"-D{name}={value}" for name, value in VERSIONS.items()]
    _call(
        *("mvn", "--batch-mode", "--quiet", "--strict-checksums", "--file", str(HERE / "pom.xml")),
        *(f"-Dmaven.repo.local={repository}", f"-Dtarget={target}", *versions, "package"),
    )
    check_jars(repository)
    built = target / runner_jar().name
    built.rename(runner_jar())
    shutil.rmtree(target)


def jar_digests(repository: Path) -> dict[str, str]:
    """Return path → SHA-256 of every jar in a Maven repository."""
    return {
        path.relative_to(repository).as_posix(): _sha256(path)
        for path in sorted(repository.rglob("*.jar"))
    }


def check_jars(repository: Path) -> None:
    """Compare every jar that Maven resolved with checksums.txt.

    Raises:
        SystemExit: naming the first that is not recorded or is another one.
    """
    lines = CHECKSUMS.read_text("utf-8").split("\n")
    recorded = dict(reversed(line.split("  ", 1)) for line in lines if line)
    for name, digest in jar_digests(repository).items():
        if recorded.get(name) != digest:
            cause = "is not the recorded one" if name in recorded else "is not recorded"
            raise SystemExit(f"{name}: SHA-256 {digest} {cause} in {CHECKSUMS.name}")


def _check(path: Path, digest: str) -> None:
    if _sha256(path) != digest:
        raise SystemExit(f"{path}: SHA-256 is not {digest}, which versions.toml has")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _call(*command: str) -> None:
    if subprocess.run(command, check=False, stdout=sys.stderr).returncode:
        raise SystemExit(f"{command[0]} failed; see above")
