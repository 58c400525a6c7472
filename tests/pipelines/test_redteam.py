"""The red team on a small corpus: what it measures, resumes and repeats; real detection runs."""

import datetime
import json
import shutil

import pytest

import pipelines.redteam as stage
from pipelines.redteam import RedteamRequest, redteam
from pipelines.run import Run
from pipelines.scan import ScanRequest, scan
from provender.core.shard import Roles
from provender.errors import NothingCheckedError, UsageError
from provender.io.states import StateStore
from provender.work.deciding import load_policy
from provender.work.redteam.copies import Base
from provender.work.redteam.document import OUT_OF_TIME
from provender.work.redteam.trial import Trial
from provender.work.trusted import TrustRequest
from tests.pipelines.redteam_data import write_corpus

TODAY = datetime.date(2026, 11, 26)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_corpus(tmp_path_factory.mktemp("redteam") / "data")


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("trials")


def tried(data, out, cache, workers=1, fresh=False, today=TODAY, **fields):
    told = []
    asked = {"attacks": ("rare-word", "flips-random"), "counts": (15,), "seeds": 1, **fields}
    request = RedteamRequest((str(data),), str(out), **asked)
    run = Run(StateStore(str(cache)), workers, fresh)
    document = redteam(request, run, today, told=told.append)
    return document, told


def curve(document, attack, arm, rule):
    (found,) = [
        c for c in document["curves"] if (c["attack"], c["arm"], c["rule"]) == (attack, arm, rule)
    ]
    return found


@pytest.fixture(scope="module")
def first(data, cache, tmp_path_factory):
    """(document, bytes of redteam.json) of the first run."""
    out = tmp_path_factory.mktemp("first")
    document, told = tried(data, out, cache)
    assert told[0] == "0 of 6 trials are known from before"
    assert [p.name for p in out.iterdir()] == ["redteam.json"]
    return document, (out / "redteam.json").read_bytes()


def test_a_trigger_is_found_and_flips_are_a_blind_spot(first):
    document, written = first
    assert json.loads(written) == document
    for arm in ("spread", "source"):
        found = curve(document, "rare-word", arm, "text/label-conflict")
        assert found["minimum"] == {"count": 15, "low": 15, "high": None}
        (point,) = found["counts"]
        assert (point["trials"], point["found"], point["named"]) == (1, 1, 1)
        assert point["alarmed"] == 1
        assert point["contributor_named"] == (arm == "source")
        assert point["recall"] > 0.9
        missed = curve(document, "flips-random", arm, "text/label-conflict")
        assert missed["counts"][0]["found"] == 0
    assert {"attack": "flips-random", "arm": "spread", "count": 15, "best": 0.0} in document[
        "blind_spots"
    ]
    assert not any(spot["attack"] == "rare-word" for spot in document["blind_spots"])
    quiet = next(c for c in document["clean"] if c["rule"] == "text/label-conflict")
    assert (quiet["findings"], quiet["halves_with_findings"]) == (0, 0)
    assert document["not_measured"] == []


def test_a_second_run_makes_no_trial_and_gives_the_same_bytes(data, cache, first, tmp_path):
    _, told = tried(data, tmp_path / "out", cache)
    assert told == ["6 of 6 trials are known from before"]
    assert (tmp_path / "out" / "redteam.json").read_bytes() == first[1]


def test_a_run_that_died_goes_on_and_ends_in_the_bytes_of_two_workers(
    data, first, tmp_path, monkeypatch
):
    real, made = stage.run_trial, []

    def dying(*given):
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(given)
        real(*given)

    monkeypatch.setattr(stage, "run_trial", dying)
    with pytest.raises(KeyboardInterrupt):
        tried(data, tmp_path / "out", tmp_path / "cache")
    assert list((tmp_path / "out").iterdir()) == []
    monkeypatch.setattr(stage, "run_trial", real)
    _, told = tried(data, tmp_path / "out", tmp_path / "cache", workers=2)
    assert told[0] == "2 of 6 trials are known from before"
    assert len(told) == 5
    assert (tmp_path / "out" / "redteam.json").read_bytes() == first[1]


def test_no_time_measures_nothing_and_says_so(data, tmp_path):
    document, told = tried(data, tmp_path / "out", tmp_path / "cache", budget=0.0)
    assert len(told) == 1
    assert document["curves"] == document["clean"] == []
    assert sum(line["trials"] for line in document["not_measured"]) == 6
    assert {line["reason"] for line in document["not_measured"]} == {OUT_OF_TIME}


def test_a_trial_that_a_pool_hands_out_after_the_time_is_not_made(tmp_path):
    store, base = StateStore(str(tmp_path / "cache")), Base(tmp_path / "none", Roles(), (0,), [])
    trial = Trial("rare-word", "spread", 5, 0)
    stage.run_trial(trial, "trial/one", stage.Bench(base, load_policy(None), store, stop=0.0))
    assert store.get("trial/one") is None
    with pytest.raises(OSError, match="none"):
        stage.run_trial(trial, "trial/one", stage.Bench(base, load_policy(None), store))


def test_what_the_data_cannot_carry_is_told_and_not_called_out_of_time(
    data, cache, first, tmp_path
):
    document, _ = tried(data, tmp_path / "out", cache, attacks=("flips-random",), counts=(15, 301))
    refused = [line for line in document["not_measured"] if line["count"] == 301]
    assert [line["reason"] for line in refused] == ["needs 301 rows and 300 can carry it"] * 2
    assert len(document["not_measured"]) == 2
    assert curve(document, "flips-random", "spread", "any")["counts"][0]["count"] == 15


def test_other_policies_roles_and_trusted_data_share_no_trial(data, first, cache, tmp_path):
    policy = tmp_path / "policy.yaml"
    policy.write_text("version: 1\nfdr: 0.02\n")
    vouched = TrustRequest((str(write_corpus(tmp_path / "vouched", shards=1, seed=9)),))
    others = ({"policy": str(policy)}, {"trusted": vouched})
    for fields in (*others, {"roles": Roles(source="label", label="source")}):
        _, told = tried(data, tmp_path / "out", cache, budget=0.0, **fields)
        assert told == ["0 of 6 trials are known from before"]


def test_a_waiver_counts_until_its_last_day(cache, tmp_path):
    data = write_corpus(tmp_path / "bare", source=False)
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "version: 1\nwaivers: [{rule: '*', reason: r, owner: o, expires: 2026-11-26}]\n"
    )
    asked = {"attacks": ("rare-word",), "policy": str(policy)}
    document, _ = tried(data, tmp_path / "out", cache, **asked)
    (point,) = curve(document, "rare-word", "spread", "any")["counts"]
    assert (point["found"], point["alarmed"]) == (1, 0)
    tomorrow = TODAY + datetime.timedelta(1)
    _, told = tried(data, tmp_path / "out", cache, today=tomorrow, budget=0.0, **asked)
    assert told == ["0 of 3 trials are known from before"]


def test_the_report_of_a_scan_of_the_same_data_has_it_and_keeps_it(data, first, cache, tmp_path):
    out = tmp_path / "out"
    request = ScanRequest((str(data),), str(out))
    run = Run(StateStore(str(cache)), workers=1)
    scan(request, run, TODAY)
    report = out / "report.html"
    assert "How much poison would be found" not in report.read_text("utf-8")
    tried(data, out, cache)
    written = report.read_text("utf-8")
    assert "How much poison would be found" in written
    assert "flips-random" in written
    scan(request, run, TODAY)
    assert report.read_text("utf-8") == written


def test_fresh_forgets_the_stored_trials(data, first, cache, tmp_path):
    copy = shutil.copytree(cache, tmp_path / "cache")
    _, told = tried(data, tmp_path / "out", copy, fresh=True, budget=0.0)
    assert told == ["0 of 6 trials are known from before"]


def test_unknown_and_unfit_attacks_are_refused_and_none_fitting_is_nothing_checked(data, tmp_path):
    with pytest.raises(UsageError, match="there is no such attack"):
        tried(data, tmp_path / "out", tmp_path / "cache", attacks=("magic",))
    with pytest.raises(UsageError, match="refusal: needs a prompt and a response column"):
        tried(data, tmp_path / "out", tmp_path / "cache", attacks=("refusal",))
    bare = tmp_path / "bare.csv"
    bare.write_text("a,b\n1,2\n3,4\n")
    with pytest.raises(NothingCheckedError, match="can carry none of the attacks"):
        tried(bare, tmp_path / "out", tmp_path / "cache", attacks=())
