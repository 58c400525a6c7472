"""Lists of elements lie in the store: a pipeline names a page for hundreds of them."""

from provender.io.states import StateStore
from provender.work.pages import PAGE, items_of, pages


def test_items_come_back_in_order_as_tuples(tmp_path):
    store = StateStore(str(tmp_path))
    items = [("shard", i, ("a", None)) for i in range(2 * PAGE + 1)]
    names = pages(iter(items), store)
    assert len(names) == 3
    assert [item for name in names for item in items_of(store.require(name))] == items


def test_nothing_makes_no_page(tmp_path):
    assert pages([], StateStore(str(tmp_path))) == []
