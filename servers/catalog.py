"""The catalog server: search_catalog, get_product, compare_products.

from servers.catalog import build_server
build_server(index).run()
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import anyio
from fastmcp import FastMCP
from pydantic import Field

from servers.answers import cards, lookup, shapes
from servers.answers.budget import LEAST_TOKENS, MOST_TOKENS
from servers.answers.comparison import compare
from servers.answers.fitting import fit_products
from servers.answers.searching import Search, product_filters, search
from servers.answers.tools import add_resource, add_tool, new_server
from servers.index import BadQuery, Index, Query, Sort
from servers.language.asked import attribute_filters

INSTRUCTIONS = (
    "Search and compare the products of this catalog. `products` meet every filter as the catalog"
    " states it; `near_misses` (where fewer than 10 meet all) break one; `unverified` leave one"
    " unstated: never present either as matching. Cite products by id, and values as returned."
)

Ids = Annotated[list[str], Field(min_length=1, max_length=10)]
TwoToEightIds = Annotated[list[str], Field(min_length=2, max_length=8)]
Text = Annotated[str, Field(max_length=2000)]
OneOrAny = str | list[str] | None
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Limit = Annotated[int, Field(ge=1, le=50)]
MaxTokens = Annotated[int, Field(ge=LEAST_TOKENS, le=MOST_TOKENS)]
Detail = Literal["concise", "detailed"]
CatalogSort = Literal["relevance", "price_asc", "price_desc", "rating", "reviews", "newest"]
Part = Literal["description", "attributes", "variants", "image_url", "gtin"]
ALL_PARTS: tuple[Part, ...] = ("description", "attributes", "variants", "image_url", "gtin")


def build_server(index: Index) -> FastMCP:
    """The catalog tools over `index`, ready to `run()` or to be held by a `Client` in memory."""
    server = new_server("productresearch-catalog", INSTRUCTIONS)
    add_to(server, index)
    return server


def add_to(server: FastMCP, index: Index) -> None:
    catalog = Catalog(index)
    add_tool(server, catalog.search_catalog, shapes.SearchResult)
    add_tool(server, catalog.get_product, shapes.ProductsResult)
    add_tool(server, catalog.compare_products, shapes.Comparison)
    add_resource(server, "product", catalog.product_as_json)


@dataclass(frozen=True)
class Catalog:
    index: Index

    async def search_catalog(
        self,
        query: Annotated[Text, Field(description="what is wanted, in words")] = "",
        type: Annotated[OneOrAny, Field(description="as in facets.type")] = None,
        category: Annotated[str | None, Field(description="any level of the path")] = None,
        brand: OneOrAny = None,
        price_min: Amount | None = None,
        price_max: Amount | None = None,
        rating_min: Annotated[float, Field(ge=0, le=5)] | None = None,
        attributes: Annotated[
            dict[str, bool | float | str | list[str]] | None,
            Field(
                description='by attribute or concept name: true, false, 31, "24 in", ">= 2 m",'
                ' "20..25 in", "A3" or ["A3", "A4"] (any of)'
            ),
        ] = None,
        in_stock: bool | None = None,
        sort: CatalogSort = "relevance",
        limit: Limit = 10,
        cursor: Annotated[str | None, Field(description="next_cursor of the same search")] = None,
        detail: Detail = "concise",
        max_tokens: MaxTokens = 6000,
    ) -> shapes.SearchResult:
        """Find products by words and filters. Filters are strict: an item that breaks one is a
        near miss (listed where fewer than 10 meet all), one that does not state it is unverified.
        Start with words and few filters; facets and suggested_filters name what can be filtered
        here."""
        filters = product_filters(
            type=type,
            category=category,
            brand=brand,
            price_min=price_min,
            price_max=price_max,
            rating_min=rating_min,
            in_stock=in_stock,
        )
        asked = Query(
            kind="product",
            text=query,
            filters=filters + attribute_filters(attributes or {}),
            sort=Sort(sort),
            limit=limit,
            cursor=cursor or None,
            facets=not cursor,
        )
        names = tuple(attributes or {})
        return await search(self.index, Search(asked, names, detail == "detailed", max_tokens))

    async def get_product(
        self,
        ids: Ids,
        fields: Annotated[list[Part] | None, Field(description="only these; else all")] = None,
        max_tokens: MaxTokens = 8000,
    ) -> shapes.ProductsResult:
        """All that the catalog states about products."""
        parts = frozenset[str](fields or ALL_PARTS)
        return await anyio.to_thread.run_sync(self._products, ids, parts, max_tokens)

    async def compare_products(
        self,
        ids: TwoToEightIds,
        attributes: Annotated[
            list[str] | None,
            Field(max_length=40, description="attribute or concept names; else the most telling"),
        ] = None,
        max_tokens: MaxTokens = 4000,
    ) -> shapes.Comparison:
        """One table of products: a row per attribute."""
        return await anyio.to_thread.run_sync(self._compared, ids, attributes, max_tokens)

    def product_as_json(self, id: str) -> str:
        """One product with all that the catalog states."""
        result = self._products([id], frozenset[str](ALL_PARTS), MOST_TOKENS)
        return result.products[0].model_dump_json()

    def _products(
        self, ids: Sequence[str], parts: frozenset[str], max_tokens: int
    ) -> shapes.ProductsResult:
        known, unknown = lookup.products(self.index, ids)
        if not known:
            raise lookup.refusal("product", unknown)
        shown = [cards.whole(self.index, product, parts) for product in known.values()]
        result = shapes.ProductsResult(products=shown, unknown_ids=unknown)
        return fit_products(result, max_tokens)

    def _compared(
        self, ids: Sequence[str], attributes: Sequence[str] | None, max_tokens: int
    ) -> shapes.Comparison:
        known, unknown = lookup.products(self.index, ids)
        if unknown:
            raise lookup.refusal("product", unknown)
        if len(known) < 2:
            raise BadQuery("`ids` names one product only; give two to eight different ids.")
        return compare(self.index, list(known.values()), attributes, max_tokens)
