"""What every engine must do, as tests: an engine's test module takes them by

    from tests.servers.index_contract import *

and defines the fixture `engine`, an empty index that can be written and opened.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Protocol

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from servers.index import (
    AnyOf,
    BadCursor,
    BadQuery,
    Between,
    Filter,
    Hit,
    Index,
    Is,
    Match,
    Query,
    Sort,
    UnknownField,
)
from servers.language.concepts import Concepts
from servers.language.judging import Broken, Met, judge
from servers.records import AnyRecord, Kind, Page, Product, Quantity, Review


class Engine(Protocol):
    def write(self, records: Iterable[AnyRecord], prune: bool = False) -> Mapping[Kind, int]:
        """One whole write; gives what `prune` removed."""
        ...

    def open(self) -> Index: ...


def inches(value: float) -> Quantity:
    return Quantity(value=value, unit="in")


MONITORS = (
    Product(
        id="m1",
        title="Acme V24 monitor 24 inch",
        brand="Acme",
        category=("Electronics", "Monitors"),
        description="A bright LCD monitor. It stands firm on its foot and has a long cable.",
        price=Decimal("149.90"),
        currency="EUR",
        rating=4.5,
        review_count=12,
        in_stock=True,
        as_of=date(2026, 3, 1),
        group="v",
        attributes={"display diagonal": (inches(24),), "hdmi": (True,), "colour": ("Black",)},
    ),
    Product(
        id="m2",
        title="Acme V27 monitor 27 inch",
        brand="ACME",
        category=("Electronics", "Monitors"),
        description="The wide sister.",
        price=Decimal("249.90"),
        currency="EUR",
        rating=4.5,
        review_count=3,
        in_stock=False,
        as_of=date(2026, 2, 1),
        group="v",
        attributes={
            "display diagonal": (Quantity(value=68.58, unit="cm"),),
            "hdmi": (False,),
            "colour": ("White", "Silver"),
        },
    ),
    Product(
        id="m3",
        title="Globex Plain monitor",
        brand="Globex",
        category=("Electronics", "Monitors"),
        description="A monitor of few words.",
        attributes={"colour": ("black",)},
    ),
    Product(
        id="m4",
        title="Globex Grand monitor 32 inch",
        brand="Globex",
        category=("Electronics", "Monitors"),
        price=Decimal("399"),
        currency="EUR",
        rating=3.0,
        attributes={"display diagonal": (inches(32),), "hdmi": (True,)},
    ),
)
OTHERS = (
    Product(
        id="c1",
        title="Acme coffee maker",
        brand="Acme",
        category=("Home", "Kitchen"),
        description="Brews ten cups. No monitor needed.",
        price=Decimal("59"),
        attributes={"colour": ("Red",), "capacity": (Quantity(value=1.5, unit="l"),)},
    ),
    Product(id="c2", title="Paper filter for coffee", category=("Home", "Kitchen")),
)
SHOP = (*MONITORS, *OTHERS)
REVIEWS = (
    Review(
        id="r1",
        product_id="m1",
        rating=5,
        title="Bright",
        text="The battery of my lamp died, but this monitor is bright.",
        posted=date(2026, 1, 5),
        verified=True,
        helpful=3,
    ),
    Review(id="r2", product_id="m1", rating=1, text="Dead pixels.", posted=date(2026, 2, 5)),
    Review(id="r3", product_id="m2", rating=4, text="Fine monitor.", verified=False, helpful=9),
)
PAGES = (
    Page(
        id="w1",
        title="How to choose a monitor",
        text="# Size\n\nA monitor of 24 inch fits most desks.\n\n## Ports\n\nHDMI is common.",
        site="guides.example",
        url="https://guides.example/monitors",
        published=date(2025, 5, 1),
    ),
    Page(id="w2", title="Coffee", text="Grind it fresh.", site="other.example"),
)


@pytest.fixture
def shop(engine: Engine) -> Index:
    engine.write((*SHOP, *REVIEWS, *PAGES))
    return engine.open()


def ids(hits: Iterable[Hit]) -> list[str]:
    return [hit.record.id for hit in hits]


def found(index: Index, text: str = "", *filters: Filter, match: Match = Match.MET) -> set[str]:
    query = Query("product", text, filters, limit=1_000, match=match)
    results = index.search(query)
    assert results.total == len(results.hits)
    return set(ids(results.hits))


# Words


def test_words_find_products_and_the_best_match_comes_first(shop: Index) -> None:
    assert ids(shop.search(Query("product", "globex grand monitors")).hits)[0] == "m4"


def test_words_of_attribute_values_find_products(shop: Index) -> None:
    assert found(shop, "silver") == {"m2"}


def test_words_that_nothing_holds_find_nothing(shop: Index) -> None:
    assert shop.search(Query("product", "flux capacitor")).total == 0


def test_no_words_find_everything(shop: Index) -> None:
    assert found(shop, "") == {product.id for product in SHOP}
    assert found(shop, "  \n") == {product.id for product in SHOP}


def test_punctuation_alone_finds_nothing(shop: Index) -> None:
    assert found(shop, "?!") == set()


@pytest.mark.parametrize(
    "text",
    [
        '3/4" drive',
        "monitor " * 12_500,
        "🖥️ monitor 🎧",
        "שָׁלוֹם مرحبا",
        "the of and",
        "a\x00b",
        "(",
        "*:*",
        '"',
    ],
)
def test_any_text_is_searched_and_never_parsed(shop: Index, text: str) -> None:
    for kind in ("product", "review", "page"):
        results = shop.search(Query(kind, text, facets=True))
        assert results.total >= len(results.hits)


def test_reviews_and_pages_are_found_by_any_of_the_words(shop: Index) -> None:
    assert set(ids(shop.search(Query("review", "battery monitor")).hits)) == {"r1", "r3"}
    assert ids(shop.search(Query("page", "hdmi zebra")).hits) == ["w1"]


def test_highlights_are_plain_text_around_the_words(shop: Index) -> None:
    hit = shop.search(Query("product", "cable")).hits[0]
    assert hit.record.id == "m1"
    assert any("long cable" in text for text in hit.highlights)
    assert not any("<" in text for text in hit.highlights)
    assert "24 inch fits" in shop.search(Query("page", "desks")).hits[0].highlights[0]


# Filters


def test_a_brand_is_compared_without_case(shop: Index) -> None:
    assert found(shop, "", AnyOf("brand", ("acme",))) == {"m1", "m2", "c1"}


def test_a_category_matches_at_any_level(shop: Index) -> None:
    assert found(shop, "", AnyOf("category", ("home",))) == {"c1", "c2"}
    assert found(shop, "", AnyOf("category", ("Kitchen", "Monitors"))) == {p.id for p in SHOP}


def test_products_without_the_value_are_unverified_and_neither_met_nor_near(shop: Index) -> None:
    asked = Is("attributes.hdmi", True)
    assert found(shop, "monitor", asked) == {"m1", "m4"}
    assert "m2" in found(shop, "monitor", asked, match=Match.NEAR)
    assert "m3" in found(shop, "monitor", asked, match=Match.UNVERIFIED)
    hits = shop.search(Query("product", "monitor", (asked,), match=Match.UNVERIFIED)).hits
    assert all("hdmi" in hit.unknown[0] for hit in hits)


def test_near_misses_come_with_what_they_violate_fewest_and_smallest_first(shop: Index) -> None:
    asked = (Between("price", high=100), Is("attributes.hdmi", True))
    hits = shop.search(Query("product", "monitor", asked, match=Match.NEAR)).hits
    assert ids(hits)[:3] == ["m1", "m4", "m2"]
    broken = hits[0].violates
    assert [(one.filter, one.stated, one.by) for one in broken] == [("price", "149.9", "49.9")]
    assert len(hits[2].violates) == 2


def test_lengths_are_compared_after_conversion(shop: Index) -> None:
    asked = Between("attributes.display diagonal", 26.5, 27.4, "in")
    assert found(shop, "", asked) == {"m2"}
    assert found(shop, "", Between("attributes.Display-Diagonals", high=61, unit="cm")) == {"m1"}


def test_a_price_between_bounds_includes_the_bounds(shop: Index) -> None:
    assert found(shop, "", Between("price", 59, 149.9)) == {"c1", "m1"}


def test_stock_is_yes_no_or_not_stated(shop: Index) -> None:
    assert found(shop, "", Is("in_stock", True)) == {"m1"}
    assert found(shop, "", Is("in_stock", False)) == {"m2"}
    unverified = found(shop, "", Is("in_stock", True), match=Match.UNVERIFIED)
    assert unverified == {"m3", "m4", "c1", "c2"}


def test_filters_of_reviews_and_pages(shop: Index) -> None:
    def reviews(*filters: Filter) -> set[str]:
        return set(ids(shop.search(Query("review", "", filters)).hits))

    assert reviews(AnyOf("product_id", ("m1",))) == {"r1", "r2"}
    assert reviews(Between("rating", high=4), Is("verified", False)) == {"r3"}
    assert reviews(Between("posted", low=date(2026, 2, 1).toordinal())) == {"r2"}
    pages = shop.search(Query("page", "", (AnyOf("site", ("Guides.Example",)),)))
    assert ids(pages.hits) == ["w1"]
    since = Between("published", low=date(2025, 1, 1).toordinal())
    assert ids(shop.search(Query("page", "", (since,))).hits) == ["w1"]


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [
        (AnyOf("brand", ("Acmee",)), "Acme"),
        (AnyOf("category", ("Kitchn",)), "Kitchen"),
        (Is("attributes.colur", True), "colour"),
        (AnyOf("attributes.displey diagonal", ("x",)), "display diagonal"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_known(
    shop: Index, asked: Filter, nearest: str
) -> None:
    with pytest.raises(UnknownField) as refused:
        shop.search(Query("product", "", (asked,)))
    assert nearest in refused.value.nearest
    assert nearest in str(refused.value)


@pytest.mark.parametrize(
    "asked", [AnyOf("size", ("x",)), Is("price", True), Between("brand", 1), Is("posted", True)]
)
def test_a_filter_that_products_do_not_have_is_refused(shop: Index, asked: Filter) -> None:
    with pytest.raises(BadQuery):
        shop.search(Query("product", "", (asked,)))


# Facets


def test_each_facet_ignores_its_own_filter(shop: Index) -> None:
    asked = (AnyOf("brand", ("globex",)), Between("price", low=300))
    facets = shop.search(Query("product", "monitor", asked, facets=True)).facets
    assert {(one.value, one.count) for one in facets.brand} == {("Globex", 1)}
    assert (facets.price_low, facets.price_high) == (399, 399)
    free = shop.search(Query("product", "", (asked[0],), facets=True)).facets
    assert {one.value: one.count for one in free.brand} == {"Acme": 2, "ACME": 1, "Globex": 2}
    assert {one.value: one.count for one in free.category} == {"Electronics": 2, "Monitors": 2}


def test_attribute_facets_list_values_or_the_span_of_numbers(shop: Index) -> None:
    facets = shop.search(Query("product", "", facets=True)).facets
    named = {facet.name: facet for facet in facets.attributes}
    diagonal = named["display diagonal"]
    assert (diagonal.stated, diagonal.unit, diagonal.low) == (3, "in", 24)
    assert diagonal.high == 32
    colours = {one.value: one.count for one in named["colour"].values}
    assert colours == {"Black": 1, "White": 1, "Silver": 1, "black": 1, "Red": 1}
    assert [facet.stated for facet in facets.attributes] == sorted(
        (facet.stated for facet in facets.attributes), reverse=True
    )


# Order and pages


def test_products_without_the_value_come_last_in_both_orders(shop: Index) -> None:
    up = ids(shop.search(Query("product", "", sort=Sort.PRICE_ASC)).hits)
    down = ids(shop.search(Query("product", "", sort=Sort.PRICE_DESC)).hits)
    assert up == ["c1", "m1", "m2", "m4", "c2", "m3"]
    assert down == ["m4", "m2", "m1", "c1", "c2", "m3"]


def test_equal_values_are_ordered_by_id(shop: Index) -> None:
    rated = ids(shop.search(Query("product", "", sort=Sort.RATING)).hits)
    assert rated == ["m1", "m2", "m4", "c1", "c2", "m3"]


def test_reviews_sort_by_helpfulness_and_date(shop: Index) -> None:
    assert ids(shop.search(Query("review", "", sort=Sort.HELPFUL)).hits) == ["r3", "r1", "r2"]
    assert ids(shop.search(Query("review", "", sort=Sort.NEWEST)).hits) == ["r2", "r1", "r3"]


def test_a_sort_that_the_kind_does_not_have_is_refused(shop: Index) -> None:
    with pytest.raises(BadQuery, match="price_asc"):
        shop.search(Query("product", "", sort=Sort.HELPFUL))


def pages_of(index: Index, query: Query) -> list[str]:
    seen: list[str] = []
    while True:
        results = index.search(query)
        seen += ids(results.hits)
        assert results.hits or results.next_cursor is None
        if results.next_cursor is None:
            assert len(seen) == results.total
            return seen
        query = Query(**{**vars(query), "cursor": results.next_cursor})


def many(count: int) -> Iterable[Product]:
    """Products with many equal values, so that every sort has ties across pages."""
    for at in range(count):
        yield Product(
            id=f"p{at * 7 % count:04}",
            title=f"Widget {'red' if at % 3 else 'blue'} {at % 4}",
            brand=f"Brand {at % 5}",
            price=None if at % 6 == 0 else Decimal(at % 4),
            rating=None if at % 4 == 0 else at % 3,
            attributes={"size": (float(at % 10),)} if at % 2 else {},
        )


@pytest.mark.parametrize("sort", [Sort.RELEVANCE, Sort.PRICE_ASC, Sort.PRICE_DESC, Sort.RATING])
@pytest.mark.parametrize("text", ["", "red widget"])
def test_pages_have_no_gaps_and_no_repeats(engine: Engine, sort: Sort, text: str) -> None:
    engine.write(many(60))
    engine.write(many(30))  # an engine may keep what is written later apart
    index = engine.open()
    query = Query("product", text, sort=sort, limit=7)
    seen = pages_of(index, query)
    assert len(set(seen)) == len(seen) > 30
    assert seen == ids(index.search(Query("product", text, sort=sort, limit=60)).hits)


@pytest.mark.parametrize("match", [Match.NEAR, Match.UNVERIFIED])
def test_pages_of_near_misses_and_unverified_too(engine: Engine, match: Match) -> None:
    engine.write(many(60))
    asked = (Between("attributes.size", high=2), Between("price", high=1))
    index = engine.open()
    query = Query("product", "widget", asked, limit=4, match=match)
    seen = pages_of(index, query)
    assert len(set(seen)) == len(seen) > 10
    whole = Query("product", "widget", asked, limit=60, match=match)
    assert seen == ids(index.search(whole).hits)


def test_a_cursor_belongs_to_its_query(shop: Index) -> None:
    cursor = shop.search(Query("product", "monitor", limit=1)).next_cursor
    with pytest.raises(BadCursor, match="another query"):
        shop.search(Query("product", "coffee", limit=1, cursor=cursor))


def test_a_cursor_ends_with_the_index_that_gave_it(engine: Engine) -> None:
    engine.write(SHOP)
    index = engine.open()
    cursor = index.search(Query("product", "monitor", limit=1)).next_cursor
    engine.write([Product(id="new", title="New monitor")])
    with pytest.raises(BadCursor, match="changed"):
        index.search(Query("product", "monitor", limit=1, cursor=cursor))


@pytest.mark.parametrize("cursor", ["", "x", "🖥️", "bnVsbA", "WzEsMl0", "a" * 10_000])
def test_what_is_no_cursor_is_refused(shop: Index, cursor: str) -> None:
    with pytest.raises(BadCursor):
        shop.search(Query("product", "monitor", cursor=cursor))


@pytest.mark.parametrize("limit", [-1, 1_000_000_000])
def test_an_impossible_limit_is_refused(shop: Index, limit: int) -> None:
    with pytest.raises(BadQuery, match="limit"):
        shop.search(Query("product", "", limit=limit))


# Records


def test_records_come_back_as_they_were_written(shop: Index) -> None:
    assert shop.get("product", ["m2", "nothing", "m1"]) == {"m1": SHOP[0], "m2": SHOP[1]}
    assert shop.get("review", ["r1"]) == {"r1": REVIEWS[0]}
    assert shop.get("page", ["w1"]) == {"w1": PAGES[0]}


def test_variants_are_the_products_of_a_group(shop: Index) -> None:
    assert [product.id for product in shop.variants("v")] == ["m1", "m2"]
    assert not shop.variants("nothing")


def test_ids_near_a_mistyped_one_are_known(shop: Index) -> None:
    assert "m1" in shop.nearest_ids("product", "m11")
    assert len(shop.nearest_ids("product", "m")) <= 5


def test_the_vocabulary_counts_what_can_be_asked(shop: Index) -> None:
    vocabulary = shop.vocabulary()
    assert vocabulary.brands["Acme"] == 2
    assert vocabulary.categories == {"Electronics": 4, "Monitors": 4, "Home": 2, "Kitchen": 2}
    assert next(iter(vocabulary.attributes)) == "colour"
    assert vocabulary.attributes["display diagonal"] == 3
    assert "hdmi" in vocabulary.concepts


def test_writing_again_replaces_by_kind_and_id(engine: Engine) -> None:
    engine.write(SHOP)
    index = engine.open()
    engine.write([Product(id="m1", title="Renamed"), Review(id="m1", product_id="m1")])
    assert index.counts() == {"product": len(SHOP), "review": 1}
    assert index.get("product", ["m1"])["m1"] == Product(id="m1", title="Renamed")


def test_the_last_of_two_records_with_one_id_stays(engine: Engine) -> None:
    engine.write([Product(id="a", title="First"), Product(id="a", title="Second")])
    index = engine.open()
    assert index.counts() == {"product": 1}
    assert index.search(Query("product", "second")).total == 1


def test_prune_removes_what_was_not_written_of_the_same_kind(engine: Engine) -> None:
    engine.write((*SHOP, *REVIEWS))
    removed = engine.write(MONITORS, prune=True)
    assert removed == {"product": len(OTHERS)}
    assert engine.open().counts() == {"product": len(MONITORS), "review": len(REVIEWS)}


def test_the_snapshot_depends_on_the_records_alone(engine: Engine) -> None:
    engine.write((*SHOP, *REVIEWS))
    index = engine.open()
    first = index.snapshot
    engine.write([Product(id="m1", title="Renamed")])
    assert index.snapshot != first
    engine.write(reversed(REVIEWS))
    engine.write(reversed(SHOP), prune=True)
    assert index.snapshot == first


def test_an_open_index_sees_a_new_write(engine: Engine) -> None:
    engine.write(MONITORS)
    index = engine.open()
    assert found(index, "coffee") == set()
    engine.write(OTHERS)
    assert found(index, "coffee") == {"c1", "c2"}


# The judgement of all products equals the judgement of each


_NAMES = ("hdmi", "display diagonal", "screen size", "colour", "noise level", "weight", "plain")
_VALUES = st.one_of(
    st.booleans(),
    st.sampled_from([0.0, 1.0, 24.0, 6.3, 50.0]),
    st.sampled_from(["Black", "black, red", "yes", "no", "HDMI", "24 in", "not included", "A3"]),
    st.builds(
        Quantity,
        value=st.sampled_from([0.5, 6.3, 23.5, 24.0, 24.49, 60.96, 609.6, 50.0]),
        unit=st.sampled_from(["in", "cm", "mm", "dB(A)", "B(A)", "kg", "g"]),
    ),
)
_PRODUCTS = st.lists(
    st.builds(
        Product,
        id=st.uuids().map(str),
        title=st.sampled_from(["monitor", "lamp", "monitor lamp"]),
        brand=st.sampled_from([None, "Acme", "ACME ", "Globex"]),
        category=st.sampled_from([(), ("Home",), ("Home", "Lights"), ("lights",)]),
        price=st.sampled_from([None, Decimal("9.99"), Decimal(10), Decimal("10.01"), Decimal(500)]),
        rating=st.sampled_from([None, 0.0, 3.9, 4.0, 5.0]),
        in_stock=st.sampled_from([None, True, False]),
        attributes=st.dictionaries(
            st.sampled_from(_NAMES),
            st.lists(_VALUES, min_size=1, max_size=3).map(tuple),
            max_size=4,
        ),
    ),
    min_size=1,
    max_size=25,
    unique_by=lambda product: product.id,
)
_ASKED_NAMES = (*_NAMES, "screen", "diagonal", "Colours", "noise", "HDMI port")
_ATTRIBUTE = st.sampled_from([f"attributes.{name}" for name in _ASKED_NAMES])
_ANCHOR = Product(
    id="anchor",
    title="anchor lamp",
    brand="Acme",
    category=("Home", "Lights"),
    attributes={name: ("anchor",) for name in _ASKED_NAMES if name != "Colours"},
)
"""States something under every name, so that no filter names what the catalog does not have."""
_BOUND = st.one_of(st.none(), st.sampled_from([0.0, 4.0, 10.0, 23.5, 24.0, 50.0]))
_FILTERS = st.lists(
    st.one_of(
        st.builds(Is, field=st.one_of(_ATTRIBUTE, st.just("in_stock")), value=st.booleans()),
        st.builds(AnyOf, field=st.just("brand"), values=st.just(("acme",))),
        st.builds(
            AnyOf, field=st.just("category"), values=st.sampled_from([("LIGHTS",), ("home",)])
        ),
        st.builds(
            AnyOf,
            field=_ATTRIBUTE,
            values=st.sampled_from([("black",), ("red", "A3"), ("24",), ("hdmi",)]),
        ),
        st.builds(Between, field=st.sampled_from(["price", "rating"]), low=_BOUND, high=_BOUND),
        st.builds(
            Between,
            field=_ATTRIBUTE,
            low=_BOUND,
            high=_BOUND,
            unit=st.sampled_from([None, "in", "cm", "dB(A)", "kg"]),
        ),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda asked: asked.field,
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    products=_PRODUCTS,
    asked=st.lists(_FILTERS, min_size=6, max_size=6),
    word=st.sampled_from(["", "lamp"]),
)
def test_the_lists_hold_exactly_the_products_judged_so_one_by_one(
    engine: Engine, products: list[Product], asked: list[list[Filter]], word: str
) -> None:
    concepts = Concepts.load()
    products = [*products, _ANCHOR]
    engine.write(products, prune=True)
    index = engine.open()
    for filters in asked:
        expected = {match: set[str]() for match in Match}
        for product in products:
            if word and word not in product.title:
                continue
            judged = [judge(product, one, concepts) for one in filters]
            if any(isinstance(one, Broken) for one in judged):
                expected[Match.NEAR].add(product.id)
            elif all(isinstance(one, Met) for one in judged):
                expected[Match.MET].add(product.id)
            else:
                expected[Match.UNVERIFIED].add(product.id)
        lists = {match: found(index, word, *filters, match=match) for match in Match}
        assert lists == expected
        _assert_nearest_first(index, filters, word, concepts)


def _assert_nearest_first(
    index: Index, filters: list[Filter], word: str, concepts: Concepts
) -> None:
    query = Query("product", word, tuple(filters), limit=1_000, match=Match.NEAR)
    order: list[tuple[int, float]] = []
    for hit in index.search(query).hits:
        assert isinstance(hit.record, Product)
        judged = [judge(hit.record, one, concepts) for one in filters]
        broken = [one for one in judged if isinstance(one, Broken)]
        assert [one.violation for one in broken] == list(hit.violates)
        order.append((len(broken), round(sum(one.distance for one in broken), 9)))
    assert order == sorted(order)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(products=_PRODUCTS)
def test_facets_equal_counting_by_hand(engine: Engine, products: list[Product]) -> None:
    engine.write(products, prune=True)
    facets = engine.open().search(Query("product", "", facets=True)).facets
    brands = Counter(product.brand for product in products if product.brand)
    levels = Counter(level for product in products for level in set(product.category))
    prices = [float(product.price) for product in products if product.price is not None]
    assert {one.value: one.count for one in facets.brand} == brands
    assert {one.value: one.count for one in facets.category} == levels
    assert (facets.price_low, facets.price_high) == (
        (min(prices), max(prices)) if prices else (None, None)
    )


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(text=st.text(max_size=60), kind=st.sampled_from(["product", "review", "page"]))
def test_any_words_at_all_are_answered(shop: Index, text: str, kind: Kind) -> None:
    results = shop.search(Query(kind, text))
    assert len(results.hits) == min(results.total, 10)
    shop.suggest(text)


def test_pages_go_deeper_than_ten_thousand(engine: Engine) -> None:
    count = 10_050
    engine.write(
        Review(id=f"r{at:05}", product_id="p", text="fine", helpful=at % 3) for at in range(count)
    )
    index = engine.open()
    for query in (
        Query("review", "", sort=Sort.HELPFUL, limit=5_000),
        Query("review", "fine", limit=5_000),
    ):
        seen = pages_of(index, query)
        assert len(set(seen)) == count
