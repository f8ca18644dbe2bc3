"""One call of search_catalog: three lists looked up at once, made into one result."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import anyio

from servers.answers import cards, shapes
from servers.answers.fitting import fit_search
from servers.answers.hygiene import clean_line
from servers.index import (
    AnyOf,
    AttributeFacet,
    Between,
    Facets,
    FacetValue,
    Filter,
    Hit,
    Index,
    Is,
    Match,
    Query,
    Results,
    ServersError,
    Suggestion,
)
from servers.language.asked import PREFIX, as_parameter
from servers.records import Product

_ENOUGH = 10
"""Products that meet all filters, from which on nobody looks at near misses."""
_FEW_NEAR = 5
_FEW_UNVERIFIED = 10
_NOTHING = Results(0, ())

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Search:
    query: Query
    names: tuple[str, ...]
    """Attributes that were filtered by, as the caller named them."""
    detailed: bool
    max_tokens: int

    @property
    def first_page(self) -> bool:
        return self.query.cursor is None


@dataclass
class _Found:
    met: Results = _NOTHING
    near: Results = _NOTHING
    unverified: Results = _NOTHING
    suggestions: Sequence[Suggestion] = ()


def product_filters(
    *,
    type: str | Sequence[str] | None,
    category: str | None,
    brand: str | Sequence[str] | None,
    price_min: float | None,
    price_max: float | None,
    rating_min: float | None,
    in_stock: bool | None,
) -> tuple[Filter, ...]:
    named = {"type": type, "category": category, "brand": brand}
    filters: list[Filter] = [
        AnyOf(field, values) for field, value in named.items() if (values := _stripped(value))
    ]
    if price_min is not None or price_max is not None:
        filters.append(Between("price", price_min, price_max))
    if rating_min is not None:
        filters.append(Between("rating", low=rating_min))
    if in_stock is not None:
        filters.append(Is("in_stock", in_stock))
    return tuple(filters)


def _stripped(value: str | Sequence[str] | None) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value or ()
    return tuple(each.strip() for each in values if each.strip())


async def search(index: Index, asked: Search) -> shapes.SearchResult:
    """Raises what `Index.search` raises."""
    found = await _look_up(index, asked)
    return await anyio.to_thread.run_sync(_result, index, asked, found)


async def _look_up(index: Index, asked: Search) -> _Found:
    found = _Found()
    query = asked.query
    filtered = asked.first_page and query.filters

    def met() -> None:
        found.met = index.search(query)
        if filtered and found.met.total < _ENOUGH:
            found.near = _beside(index, query, Match.NEAR, _FEW_NEAR)

    def unverified() -> None:
        found.unverified = _beside(index, query, Match.UNVERIFIED, _FEW_UNVERIFIED)

    def suggestions() -> None:
        found.suggestions = index.suggest(query.text)

    wanted: list[Callable[[], None]] = [met]
    if filtered:
        wanted.append(unverified)
    if asked.first_page and query.text.strip():
        wanted.append(suggestions)
    await _all_at_once(wanted)
    return found


def _beside(index: Index, query: Query, match: Match, limit: int) -> Results:
    return index.search(replace(query, match=match, limit=limit, facets=False))


async def _all_at_once(wanted: Iterable[Callable[[], None]]) -> None:
    try:
        async with anyio.create_task_group() as group:
            for one in wanted:
                group.start_soon(anyio.to_thread.run_sync, one)
    except BaseExceptionGroup as errors:
        refused = errors.subgroup(ServersError)
        if refused is None:
            raise
        raise _first(refused) from None


def _first(error: BaseException) -> BaseException:
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error  # pyright: ignore


def _result(index: Index, asked: Search, found: _Found) -> shapes.SearchResult:
    filters = asked.query.filters
    result = shapes.SearchResult(
        total=found.met.total,
        products=[_card(index, asked, hit) for hit in found.met.hits],
        facets=_facets(found.met.facets, asked.detailed) if asked.first_page else None,
        near_misses=[
            shapes.NearMiss(
                product=_brief(index, asked, hit),
                violates=[cards.violation(broken) for broken in hit.violates],
            )
            for hit in found.near.hits
        ],
        unverified=[
            shapes.Unverified(
                product=_brief(index, asked, hit),
                unknown=[name.removeprefix(PREFIX) for name in hit.unknown],
            )
            for hit in found.unverified.hits
        ],
        unverified_total=found.unverified.total,
        suggested_filters=_suggested(found.suggestions, filters),
        next_cursor=found.met.next_cursor,
        snapshot=index.snapshot,
        note=_note(asked, found),
    )

    def cursor_after(count: int) -> str | None:
        return index.search(replace(asked.query, limit=count, facets=False)).next_cursor

    return fit_search(result, asked.max_tokens, cursor_after)


def _card(index: Index, asked: Search, hit: Hit) -> shapes.Card:
    product = _product(hit)
    names = asked.names
    if asked.detailed:
        names = tuple(dict.fromkeys([*names, *product.attributes]))
    return cards.card(index, product, names=names, hit=hit)


def _brief(index: Index, asked: Search, hit: Hit) -> shapes.Card:
    """Products beside the matches are shown by what tells them apart."""
    return cards.card(index, _product(hit), names=asked.names)


def _product(hit: Hit) -> Product:
    if not isinstance(hit.record, Product):
        raise TypeError(f"a product search found a {type(hit.record).__name__}")
    return hit.record


def _facets(facets: Facets, detailed: bool) -> shapes.Facets:
    most, most_values = (20, 12) if detailed else (8, 5)
    telling = [one for one in facets.attributes if _narrows(one)]
    priced = facets.price_low is not None and facets.price_high is not None
    return shapes.Facets(
        brand=_values(facets.brand, most),
        category=_values(facets.category, most),
        type=_values(facets.type, most),
        price=shapes.PriceRange(low=facets.price_low or 0, high=facets.price_high or 0)
        if priced
        else None,
        attributes=[
            shapes.AttributeFacet(
                name=facet.name,
                unit=facet.unit,
                stated=facet.stated,
                values=_values(facet.values, most_values),
                low=facet.low,
                high=facet.high,
            )
            for facet in telling[:most]
        ],
    )


def _narrows(facet: AttributeFacet) -> bool:
    """A part number, of which each product has its own, narrows nothing down."""
    shared = sum(v.count for v in facet.values if v.count > 1)
    return facet.low is not None or facet.stated < 3 or shared >= facet.stated / 5


def _values(values: Sequence[FacetValue], most: int) -> list[shapes.FacetValue]:
    return [shapes.FacetValue(value=clean_line(v.value), count=v.count) for v in values[:most]]


def _suggested(
    suggestions: Sequence[Suggestion], applied: Sequence[Filter]
) -> list[shapes.SuggestedFilter]:
    taken = {one.field.lower() for one in applied}
    suggested: list[shapes.SuggestedFilter] = []
    for one in suggestions:
        if one.filter.field.lower() not in taken:
            name, value = as_parameter(one.filter)
            suggested.append(shapes.SuggestedFilter(words=one.words, filter=name, value=value))
    return suggested


def _note(asked: Search, found: _Found) -> str | None:
    if not asked.first_page or found.met.total:
        return None
    if not asked.query.filters:
        return "Nothing matches these words. Use fewer or other words."
    parts = ["Nothing meets every filter."]
    if found.near.hits:
        parts.append("near_misses say what each breaks.")
    if found.unverified.total:
        parts.append(f"{found.unverified.total} may fit but do not state a filtered value.")
    if not found.near.hits and not found.unverified.total:
        parts.append("Use fewer filters or other words.")
    return " ".join(parts)
