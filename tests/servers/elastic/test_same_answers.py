"""Both engines give the same answers to the same queries over the demo shop."""

from collections.abc import Generator, Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from random import Random

import pytest

from servers.demo import build_shop
from servers.elastic.index import ElasticIndex
from servers.elastic.index import open_index as open_elastic
from servers.elastic.writer import open_writer as write_elastic
from servers.embedded.index import EmbeddedIndex, open_index
from servers.embedded.writer import open_writer
from servers.index import AnyOf, Between, Filter, Is, Match, Query, Results, Sort
from servers.records import Product, Quantity, Value
from tests.servers.elastic.nodes import new_place

SEED = 7
QUERIES = 500
SHARDS = 3
TEXTS = ("", "quiet vacuum", "espresso machine with grinder", "monitor 27 inch", "red kettle")
SORTS = (Sort.PRICE_ASC, Sort.PRICE_DESC, Sort.RATING, Sort.REVIEWS, Sort.NEWEST)


@cache
def products() -> tuple[Product, ...]:
    return build_shop(SEED).products


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedIndex:
    path: Path = tmp_path_factory.mktemp("shop") / "index"
    writer = open_writer(path)
    writer.add(products())
    writer.commit()
    return open_index(path)


@pytest.fixture(scope="module")
def elastic(elasticsearch: str) -> Generator[ElasticIndex]:
    with new_place(elasticsearch) as place:
        writer = write_elastic(place, shards=SHARDS)
        writer.add(products())
        writer.commit()
        with closing(open_elastic(place)) as index:
            yield index


def queries() -> Iterator[Query]:
    chance = Random(SEED)
    for _ in range(QUERIES):
        filters = [_filter(chance) for _ in range(chance.choice((0, 1, 1, 2, 3)))]
        yield Query(
            "product",
            chance.choice(TEXTS),
            tuple({each.field: each for each in filters}.values()),
            sort=chance.choice(SORTS),
            limit=chance.choice((5, 50)),
            match=chance.choice((Match.MET, Match.MET, Match.NEAR, Match.UNVERIFIED)),
            facets=chance.random() < 0.3,
        )


def _filter(chance: Random) -> Filter:
    """What some product states, and a little beside it."""
    product: Product = chance.choice(products())
    match chance.randrange(6):
        case 0:
            return AnyOf("brand", tuple(filter(None, (product.brand,))) or ("Miele",))
        case 1:
            return AnyOf("category", (chance.choice(product.category).upper(),))
        case 2:
            price = float(product.price or 50)
            return chance.choice((Between("price", high=price), Between("price", price)))
        case _:
            name, values = chance.choice(list(product.attributes.items()))
            return _asked(f"attributes.{name}", chance.choice(values), chance)


def _asked(field: str, value: Value, chance: Random) -> Filter:
    match value:
        case bool():
            return Is(field, chance.random() < 0.7)
        case str():
            return AnyOf(field, (value.lower(),))
        case Quantity(value=number, unit=unit):
            return chance.choice(
                (Between(field, high=number, unit=unit), Between(field, number, unit=unit))
            )
        case number:
            return Between(field, number * 0.9, number)


def told(results: Results) -> object:
    hits = [(hit.record.id, hit.violates, hit.unknown, hit.highlights) for hit in results.hits]
    return results.total, hits, results.facets


def test_totals_hits_order_violations_and_facets_are_the_same(
    embedded: EmbeddedIndex, elastic: ElasticIndex
) -> None:
    asked = list(queries())
    for query in asked:
        assert told(elastic.search(query)) == told(embedded.search(query)), query


def test_relevance_is_the_same_over_shards(embedded: EmbeddedIndex, elastic: ElasticIndex) -> None:
    for text in TEXTS:
        query = Query("product", text, limit=50)
        assert told(elastic.search(query)) == told(embedded.search(query)), text


def test_snapshot_vocabulary_types_and_suggestions_are_the_same(
    embedded: EmbeddedIndex, elastic: ElasticIndex
) -> None:
    assert elastic.snapshot == embedded.snapshot
    assert elastic.vocabulary() == embedded.vocabulary()
    for text in TEXTS:
        assert elastic.suggest(text) == embedded.suggest(text)
    for product in products()[:50]:
        assert elastic.product_type(product) == embedded.product_type(product)
