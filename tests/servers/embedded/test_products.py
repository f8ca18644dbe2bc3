"""What a catalog teaches the embedded index: kinds of things, and what words mean in it."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from servers.embedded.index import EmbeddedIndex, open_index
from servers.embedded.writer import open_writer
from servers.index import AnyOf, Between, Match, Query, UnknownField
from servers.records import Product, Quantity


def written(folder: Path, products: Sequence[Product]) -> EmbeddedIndex:
    writer = open_writer(folder)
    writer.add(products)
    writer.commit()
    return open_index(folder)


def things(kind: str, count: int = 8, **more: str) -> list[Product]:
    """Products whose titles end their first phrase with the kind."""
    return [
        Product(
            id=f"{kind.replace(' ', '-')}-{at}",
            title=f"Acme X{at}00 {kind}, {more.get('tail', 'grey')}",
            brand="Acme",
            category=("Shop", f"{kind}s"),
            attributes={"display diagonal": (Quantity(value=20 + at, unit="in"),)},
        )
        for at in range(count)
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


def first_words(index: EmbeddedIndex, query: Query) -> list[str]:
    return [hit.record.id.split("-")[0] for hit in index.search(query).hits]


def test_what_only_speaks_of_a_thing_ranks_below_the_thing(folder: Path) -> None:
    bags = things("bag", tail="for every monitor, monitor and again monitor")
    index = written(folder, things("monitor") + bags)
    assert (
        first_words(index, Query("product", "monitor", limit=16)) == ["monitor"] * 8 + ["bag"] * 8
    )


def test_a_near_miss_is_of_the_kind_that_was_asked_for(folder: Path) -> None:
    index = written(folder, things("monitor") + things("bag", tail="for a monitor"))
    asked = (Between("attributes.display diagonal", 30, 40, "in"),)
    query = Query("product", "monitor", asked, match=Match.NEAR, limit=20)
    assert first_words(index, query) == ["monitor"] * 8


def test_a_type_is_a_filter_and_a_facet(folder: Path) -> None:
    index = written(folder, things("monitor") + things("bag"))
    found = index.search(Query("product", "", (AnyOf("type", ("monitors",)),), facets=True))
    assert found.total == 8
    assert {one.value: one.count for one in found.facets.type} == {"monitor": 8, "bag": 8}
    assert index.product_type(things("monitor")[0]) == ("monitor", "category")
    with pytest.raises(UnknownField, match="monitor"):
        index.search(Query("product", "", (AnyOf("type", ("monitr",)),)))


def test_words_that_a_filter_says_need_not_stand_in_the_text(folder: Path) -> None:
    index = written(folder, things("monitor"))
    text = "24 inch monitor"
    suggested = [one.filter for one in index.suggest(text)]
    assert [one.field for one in suggested] == ["attributes.display size", "type"]
    found = index.search(Query("product", text, tuple(suggested)))
    assert [hit.record.id for hit in found.hits] == ["monitor-4"]


def test_a_few_additions_are_read_with_what_is_known(folder: Path) -> None:
    written(folder, things("monitor", 30))
    index = written(folder, [Product(id="new", title="Globex Z1 monitor, black", brand="Globex")])
    assert index.search(Query("product", "", (AnyOf("type", ("monitor",)),))).total == 31
    assert [one.filter.field for one in index.suggest("Globex monitor")] == ["brand", "type"]


def test_another_range_of_goods_is_learned_with_the_old_one_kept(folder: Path) -> None:
    before = things("monitor")
    written(folder, before)
    index = written(folder, things("bag"))
    assert index.vocabulary().types == {"monitor": 8, "bag": 8}
    assert index.get("product", [product.id for product in before]) == {
        product.id: product for product in before
    }


def test_many_threads_ask_at_once_while_another_writes(folder: Path) -> None:
    index = written(folder, things("monitor", 30))

    def ask(at: int) -> int:
        return index.search(Query("product", f"monitor X{at % 30}00", facets=True)).total

    with ThreadPoolExecutor(8) as threads:
        asked = threads.map(ask, range(200))
        written(folder, [Product(id="new", title="Globex Z1 monitor")])
        assert all(asked)
    assert index.counts() == {"product": 31}
