import pyarrow as pa
import pytest

from provender.stats import sharing
from provender.stats.sharing import once, place, shared


def made_of(texts: pa.Array, calls: list[pa.Array]) -> int:
    def make() -> int:
        calls.append(texts)
        return len(calls)

    return once("calls", place(texts), texts, texts.nbytes, make)


def test_the_same_columns_are_read_once_within_a_batch_and_again_without_one() -> None:
    texts, calls = pa.array(["a", "b", "c"]), []
    with shared():
        assert [made_of(texts, calls) for _ in range(3)] == [1, 1, 1]
        assert made_of(texts.slice(1), calls) == 2, "another slice is not the same"
        assert made_of(pa.array(["a", "b", "c"]), calls) == 3, "nor is other memory"
        assert made_of(texts, calls) == 1
    assert made_of(texts, calls) == 4
    with shared():
        assert made_of(texts, calls) == 5


def test_columns_that_were_dropped_meanwhile_are_never_taken_for_others() -> None:
    calls: list[pa.Array] = []
    with shared():
        for n in range(50):
            made_of(pa.array([str(n) * 100]), calls)
            calls[-1] = None  # only what is kept still holds the memory
    assert len(calls) == 50


def test_no_more_is_kept_than_memory_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "_MOST", 20)
    one, other, calls = pa.array(["a"]), pa.array(["b" * 100]), []
    with shared():
        assert [made_of(one, calls), made_of(other, calls), made_of(other, calls)] == [1, 2, 3]
        assert made_of(one, calls) == 1


def test_what_fails_is_not_kept() -> None:
    texts, calls = pa.array(["a"]), []
    with shared():
        with pytest.raises(ZeroDivisionError):
            once("calls", place(texts), texts, 1, lambda: 1 // 0)
        assert made_of(texts, calls) == 1
