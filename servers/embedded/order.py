"""Order and paging: any page of any sort, ties by id, without collecting what lies before it.

A page is found by its offset. Sorted by a field, records with equal values form a group that the
engine can order by id, so only the groups at the page's edges need a query more; by relevance,
equal scores are ordered by id wherever the page cuts through them.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import tantivy

from servers.embedded.engine import how_many, unscored, without
from servers.index import BadCursor, BadQuery, Query, Sort
from servers.records import Kind

ASC, DESC = tantivy.Order.Asc, tantivy.Order.Desc

_FIELDS: Mapping[Sort, Mapping[Kind, tuple[str, tantivy.Order]]] = {
    Sort.PRICE_ASC: {"product": ("price", ASC)},
    Sort.PRICE_DESC: {"product": ("price", DESC)},
    Sort.RATING: {"product": ("rating", DESC), "review": ("rating", DESC)},
    Sort.REVIEWS: {"product": ("review_count", DESC)},
    Sort.NEWEST: {
        "product": ("as_of", DESC),
        "review": ("posted", DESC),
        "page": ("published", DESC),
    },
    Sort.HELPFUL: {"review": ("helpful", DESC)},
}
DEEPEST = 1_000_000
"""Offset after which a cursor is no longer given."""


def sort_field(kind: Kind, sort: Sort) -> tuple[str, tantivy.Order] | None:
    """None for relevance. Raises BadQuery for a sort that the kind does not have."""
    if sort is Sort.RELEVANCE:
        return None
    if kind not in _FIELDS[sort]:
        able = [each for each in _FIELDS if kind in _FIELDS[each]]
        names = ", ".join([Sort.RELEVANCE, *able])
        raise BadQuery(f"{kind}s cannot be sorted by {sort}; choose one of: {names}.")
    return _FIELDS[sort][kind]


@dataclass(frozen=True)
class Place:
    """A record found: its score and where the engine keeps it."""

    score: float
    address: tantivy.DocAddress


@dataclass(frozen=True)
class Ordering:
    schema: tantivy.Schema
    searcher: tantivy.Searcher

    def count(self, query: tantivy.Query) -> int:
        return how_many(self.searcher, query)

    def by_id(self, query: tantivy.Query, offset: int, limit: int) -> list[Place]:
        hits = self.searcher.search(
            query, limit=limit, offset=offset, order_by_field="id", order=ASC, count=False
        ).hits
        return [Place(0.0, address) for _, address in hits]

    def by_field(
        self, query: tantivy.Query, field: str, order: tantivy.Order, offset: int, limit: int
    ) -> list[Place]:
        """Records without a value come last in both orders."""
        query = unscored(query)
        hits = self.searcher.search(
            query, limit=limit, offset=offset, order_by_field=field, order=order, count=False
        ).hits
        places: list[Place] = []
        for value in dict.fromkeys(value for value, _ in hits):
            wanted = sum(1 for each, _ in hits if each == value)
            first = not places
            skipped = offset - self._before(query, field, order, value) if first else 0
            group = self._group(query, field, value)
            places += self.by_id(group, skipped, wanted)
        return places

    def _group(self, query: tantivy.Query, field: str, value: float | None) -> tantivy.Query:
        if value is None:
            return without(query, tantivy.Query.exists_query(field))
        return self._within(query, field, value, value)

    def _before(
        self, query: tantivy.Query, field: str, order: tantivy.Order, value: float | None
    ) -> int:
        """How many records come before the group of `value`."""
        exists = tantivy.Query.exists_query(field)
        if value is None:
            return self.count(self._both(query, exists))
        if order == ASC:
            return self.count(self._within(query, field, None, value, upper=False))
        return self.count(self._within(query, field, value, None, lower=False))

    def _within(
        self,
        query: tantivy.Query,
        field: str,
        low: float | None,
        high: float | None,
        lower: bool = True,
        upper: bool = True,
    ) -> tantivy.Query:
        within = tantivy.Query.range_query(
            self.schema, field, tantivy.FieldType.Float, low, high, lower, upper
        )
        return self._both(query, within)

    def _both(self, one: tantivy.Query, other: tantivy.Query) -> tantivy.Query:
        must = tantivy.Occur.Must
        return tantivy.Query.boolean_query([(must, one), (must, other)])

    def scored(self, query: tantivy.Query, limit: int) -> list[Place]:
        """Best first; equal scores in no order."""
        hits = self.searcher.search(query, limit=limit, count=False).hits
        return [Place(score, address) for score, address in hits]

    def by_score(self, query: tantivy.Query, offset: int, limit: int) -> list[Place]:
        end = offset + limit
        hits = self.searcher.search(query, limit=end + 1, count=False).hits
        while len(hits) > end and hits[-1][0] == hits[end - 1][0]:
            more = self.searcher.search(query, limit=2 * len(hits), count=False).hits
            if len(more) == len(hits):
                break
            hits = more
        places = [Place(score, address) for score, address in hits]
        return self._ties_by_id(places, offset, end)[offset:end]

    def _ties_by_id(self, places: list[Place], offset: int, end: int) -> list[Place]:
        ordered = list(places)
        start = 0
        while start < len(places):
            stop = start + 1
            while stop < len(places) and places[stop].score == places[start].score:
                stop += 1
            if stop - start > 1 and stop > offset and start < end:
                ordered[start:stop] = sorted(places[start:stop], key=self._id)
            start = stop
        return ordered

    def _id(self, place: Place) -> str:
        return str(self.searcher.doc(place.address).get_first("id"))


# Cursors


def query_digest(query: Query) -> str:
    asked = (query.kind, query.text, repr(query.filters), query.sort, query.match)
    return hashlib.blake2b(repr(asked).encode(), digest_size=9).hexdigest()


def write_cursor(offset: int, query: Query, snapshot: str) -> str:
    state = json.dumps([offset, query_digest(query), snapshot], separators=(",", ":"))
    return base64.urlsafe_b64encode(state.encode()).decode().rstrip("=")


def read_cursor(query: Query, snapshot: str) -> int:
    """The offset of the page. Raises BadCursor."""
    if query.cursor is None:
        return 0
    offset, digest, of = _decoded(query.cursor)
    if of != snapshot:
        raise BadCursor(
            "The index has changed since this cursor was given. Search again without it."
        )
    if digest != query_digest(query):
        raise BadCursor(
            "This cursor belongs to another query. Repeat the query that gave it unchanged, or "
            "search without a cursor."
        )
    return offset


def _decoded(cursor: str) -> tuple[int, str, str]:
    broken = BadCursor("This is no cursor that a search gave. Search again without it.")
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        state: Sequence[object] = json.loads(base64.b64decode(padded, b"-_", validate=True))
        offset, digest, snapshot = state
    except (ValueError, TypeError, RecursionError):
        raise broken from None
    if not isinstance(offset, int) or not 0 <= offset <= DEEPEST:
        raise broken
    return offset, str(digest), str(snapshot)
