"""Makes a result fit its token budget: the least useful goes first, and the note says what went."""

from collections.abc import Callable, Sequence

from servers.answers import shapes
from servers.answers.budget import cost, fits, most_that_fit

CursorAfter = Callable[[int], str | None]
"""The cursor that leads on after the first n of the hits shown."""


def fit_search(
    result: shapes.SearchResult, max_tokens: int, cursor_after: CursorAfter
) -> shapes.SearchResult:
    cuts: list[str] = []
    for cut in (_fewer_facets, _no_facets, _fewer_beside, _no_beside):
        if fits(result, max_tokens):
            return _noted(result, cuts)
        smaller, said = cut(result)
        if smaller != result:
            result = smaller
            cuts = [*cuts, said]
    if fits(result, max_tokens):
        return _noted(result, cuts)
    return _noted(_fewer_products(result, max_tokens, cursor_after), cuts)


def _fewer_facets(result: shapes.SearchResult) -> tuple[shapes.SearchResult, str]:
    if result.facets is None:
        return result, ""
    facets = result.facets
    fewer = facets.model_copy(
        update={
            "brand": facets.brand[:4],
            "category": facets.category[:4],
            "type": facets.type[:4],
            "attributes": [
                one.model_copy(update={"values": one.values[:3]}) for one in facets.attributes[:4]
            ],
        }
    )
    return result.model_copy(update={"facets": fewer}), "facets shortened"


def _no_facets(result: shapes.SearchResult) -> tuple[shapes.SearchResult, str]:
    return result.model_copy(update={"facets": None}), "facets left out"


def _fewer_beside(result: shapes.SearchResult) -> tuple[shapes.SearchResult, str]:
    fewer = {"near_misses": result.near_misses[:2], "unverified": result.unverified[:2]}
    return result.model_copy(update=fewer), "fewer near misses and unverified shown"


def _no_beside(result: shapes.SearchResult) -> tuple[shapes.SearchResult, str]:
    """Where nothing matches they are the answer, so one of each stays."""
    keep = 0 if result.products else 1
    fewer = {"near_misses": result.near_misses[:keep], "unverified": result.unverified[:keep]}
    return result.model_copy(update=fewer), "near misses and unverified left out"


def _fewer_products(
    result: shapes.SearchResult, max_tokens: int, cursor_after: CursorAfter
) -> shapes.SearchResult:
    def first(count: int) -> shapes.SearchResult:
        cursor = "x" * 120 if count < len(result.products) else result.next_cursor
        return result.model_copy(
            update={"products": result.products[:count], "next_cursor": cursor}
        )

    if not result.products:
        return result
    count = most_that_fit(len(result.products), lambda n: fits(first(n), max_tokens))
    if count == len(result.products):
        return result
    shown = result.products[: max(1, count)]
    if count == 0:  # leading on needs progress: the one product without its extras
        shown = [shown[0].model_copy(update={"attributes": [], "highlights": []})]
    note = f"{len(shown)} of {len(result.products)} products fit; next_cursor leads on"
    return result.model_copy(
        update={
            "products": shown,
            "next_cursor": cursor_after(len(shown)),
            "note": _joined(result.note, note + "."),
        }
    )


def _noted(result: shapes.SearchResult, cuts: Sequence[str]) -> shapes.SearchResult:
    if not cuts:
        return result
    said = [cut for cut in cuts if not (cut == "facets shortened" and "facets left out" in cuts)]
    if "near misses and unverified left out" in said:
        said = [cut for cut in said if not cut.startswith("fewer")]
    note = _joined(result.note, f"To keep to max_tokens: {', '.join(said)}.")
    return result.model_copy(update={"note": note})


def fit_products(result: shapes.ProductsResult, max_tokens: int) -> shapes.ProductsResult:
    """Whole products as far as they fit; of a first that does not fit alone, what does."""
    if fits(result, max_tokens):
        return result
    products = result.products

    def first(count: int) -> shapes.ProductsResult:
        rest = products[count:]
        left = ", ".join(one.id for one in rest)
        note = f"Left out to keep to max_tokens; ask for them apart: {left}." if rest else None
        return result.model_copy(update={"products": products[:count], "note": note})

    count = most_that_fit(len(products), lambda n: fits(first(n), max_tokens))
    if count:
        return first(count)
    shown = first(1)
    return shown.model_copy(
        update={
            "products": [_cut_to(products[0], max_tokens - cost(first(0)) - 60)],
            "note": _joined(
                shown.note,
                "Some of the description, variants and attributes is left out: raise max_tokens, or"
                " name `fields` here or `attributes` in compare_products.",
            ),
        }
    )


def _cut_to(product: shapes.Product, max_tokens: int) -> shapes.Product:
    description = product.description or ""
    for length in (2000, 600, 0):
        cut = product.model_copy(
            update={
                "description": description[:length] or None,
                "variants": product.variants[: length // 100],
            }
        )
        if fits(cut, max_tokens):
            return cut
    bare = product.model_copy(update={"description": None, "variants": [], "highlights": []})

    def stating(count: int) -> shapes.Product:
        return bare.model_copy(update={"attributes": product.attributes[:count]})

    count = most_that_fit(len(product.attributes), lambda n: fits(stating(n), max_tokens))
    return stating(count)


def _joined(note: str | None, more: str) -> str:
    return more if note is None else f"{note} {more}"
