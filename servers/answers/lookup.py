"""Records by id, and what to say about ids that are not there."""

from collections.abc import Sequence

from servers.answers import shapes
from servers.answers.hygiene import clean_line
from servers.index import BadQuery, Index
from servers.records import Kind, Page, Product, Review

_TOOL = {"product": "search_catalog", "review": "search_reviews", "page": "search_web"}


def products(index: Index, ids: Sequence[str]) -> tuple[dict[str, Product], list[shapes.UnknownId]]:
    """(known, unknown) in the order asked, each id once."""
    asked = list(dict.fromkeys(ids))
    found = index.get("product", asked)
    known = {one: found[one] for one in asked if one in found}
    return (
        {key: record for key, record in known.items() if isinstance(record, Product)},
        [unknown_id(index, "product", one) for one in asked if one not in found],
    )


def one_review(index: Index, id: str) -> Review:
    record = index.get("review", [id]).get(id)
    if not isinstance(record, Review):
        raise refusal("review", [unknown_id(index, "review", id)])
    return record


def one_page(index: Index, id: str) -> Page:
    record = index.get("page", [id]).get(id)
    if not isinstance(record, Page):
        raise refusal("page", [unknown_id(index, "page", id)])
    return record


def unknown_id(index: Index, kind: Kind, id: str) -> shapes.UnknownId:
    return shapes.UnknownId(
        id=clean_line(id)[:200], nearest=list(index.nearest_ids(kind, id[:200]))
    )


def refusal(kind: Kind, unknown: Sequence[shapes.UnknownId]) -> BadQuery:
    named = "; ".join(
        f"{one.id!r}" + (f" (nearest: {', '.join(one.nearest)})" if one.nearest else "")
        for one in unknown
    )
    return BadQuery(f"No {kind} has the id {named}. Use ids as {_TOOL[kind]} returned them.")
