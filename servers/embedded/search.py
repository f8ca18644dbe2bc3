"""One search of the embedded index: what matches, in which order, which page of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import tantivy

from servers.embedded.engine import all_of, any_of, unscored, without
from servers.embedded.filters import Judged
from servers.embedded.order import (
    DEEPEST,
    Place,
    read_cursor,
    sort_field,
    write_cursor,
)
from servers.embedded.state import KindState, State
from servers.engines.filtering import missed_by
from servers.engines.hits import hit
from servers.engines.ranking import Asked, searchable
from servers.index import (
    BadQuery,
    Between,
    Facets,
    Hit,
    Match,
    Query,
    Results,
)
from servers.language.asked import PREFIX

MOST = 10_000
"""Records of one page of results, at most."""
_MOST_NEAR = 20_000
"""Near misses that are compared by how far they miss; beyond, by relevance alone."""


def search(state: State, query: Query) -> Results:
    """Raises UnknownField, BadCursor, BadQuery."""
    if not 0 <= query.limit <= MOST:
        raise BadQuery(f"limit must lie between 0 and {MOST}, not {query.limit}.")
    by = sort_field(query.kind, query.sort)
    offset = read_cursor(query, state.snapshot)
    kind = state.kinds.get(query.kind)
    if kind is None or not kind.count:
        return Results(0, ())
    return _Search(state, kind, query, offset, by).results()


@dataclass(frozen=True)
class _Search:
    state: State
    kind: KindState
    query: Query
    offset: int
    by: tuple[str, tantivy.Order] | None

    def results(self) -> Results:
        total = self.kind.order.count(self.selected)
        limit = min(self.query.limit, total - self.offset)
        places = self._page(limit) if limit > 0 else []
        after = self.offset + len(places)
        more = after < min(total, DEEPEST) and after > self.offset
        return Results(
            total=total,
            hits=tuple(self._hit(place) for place in places),
            next_cursor=write_cursor(after, self.query, self.state.snapshot) if more else None,
            facets=self._facets() if self.query.facets else Facets(),
        )

    # What matches

    @cached_property
    def judged(self) -> list[Judged]:
        return [self.kind.filters.judged(asked) for asked in dict.fromkeys(self.query.filters)]

    @cached_property
    def words(self) -> tuple[str, ...]:
        return tuple(searchable(self.query.text))

    @cached_property
    def asked(self) -> Asked:
        return self.state.questions.asked(self.query)

    @cached_property
    def matching(self) -> tantivy.Query:
        if not self.query.text.strip():
            return tantivy.Query.all_query()
        return self.kind.words.matching(self.asked, self._exists)

    def _exists(self, query: tantivy.Query) -> bool:
        return self.kind.order.count(query) > 0

    @cached_property
    def selected(self) -> tantivy.Query:
        met = [each.met for each in self.judged]
        broken = [each.broken for each in self.judged]
        match self.query.match:
            case Match.MET:
                return all_of(self.matching, *met)
            case Match.NEAR:
                return self.kind.words.of_no_other_type(self.asked, self._near)
            case Match.UNVERIFIED:
                if not met:
                    return tantivy.Query.empty_query()
                return without(self.matching, *broken, all_of(*met))

    @property
    def _near(self) -> tantivy.Query:
        """Another kind of thing is no near miss, unless nothing but the kind was asked for."""
        kinds = [each for each in self.judged if each.asked.field == "type"]
        others = [each for each in self.judged if each.asked.field != "type"] or kinds
        of_the_kind = [each.met for each in kinds if each not in others]
        return all_of(self.matching, any_of([each.broken for each in others]), *of_the_kind)

    # In which order

    def _page(self, limit: int) -> list[Place]:
        if self.query.match is Match.NEAR:
            return self._nearest()[self.offset : self.offset + limit]
        order = self.kind.order
        if self.by:
            return order.by_field(self.selected, *self.by, self.offset, limit)
        if not self.words:
            return order.by_id(self.selected, self.offset, limit)
        return order.by_score(self._scored(self.selected), self.offset, limit)

    def _scored(self, query: tantivy.Query) -> tantivy.Query:
        return self.kind.words.scored(self.asked, query)

    def _nearest(self) -> list[Place]:
        """Fewest broken filters first, then by how far they miss, then by relevance."""
        ordered: list[Place] = []
        wanted = self.offset + self.query.limit
        for count in range(1, len(self.judged) + 1):
            if len(ordered) < wanted:
                ordered += self._breaking(count)
        return ordered

    def _breaking(self, count: int) -> list[Place]:
        broken = [each.broken for each in self.judged]
        exactly = all_of(self.selected, any_of(broken, count))
        if count < len(broken):
            exactly = without(exactly, any_of(broken, count + 1))
        if self.words:
            by_relevance = self.kind.order.by_score(self._scored(exactly), 0, _MOST_NEAR)
        else:
            by_relevance = self.kind.order.by_id(exactly, 0, _MOST_NEAR)
        missed = self._distances(exactly, by_relevance)
        nearest = sorted(range(len(missed)), key=lambda index: missed[index])
        return [by_relevance[index] for index in nearest]

    def _distances(self, query: tantivy.Query, places: Sequence[Place]) -> list[float]:
        """The sum, over the filters that each broken, of the shares by which it misses."""
        totals = [0.0] * len(places)
        at = {_where(place): index for index, place in enumerate(places)}
        for judged in self.judged:
            found = self.kind.order.scored(_ranked_by_miss(judged, query), _MOST_NEAR)
            for place, share in zip(found, self._shares(judged, found), strict=True):
                if (index := at.get(_where(place))) is not None:
                    totals[index] += share
        return totals

    def _shares(self, judged: Judged, places: Sequence[Place]) -> Sequence[float]:
        if judged.distances:
            last = len(judged.distances)
            return [judged.distances[last - round(place.score)][0] for place in places]
        asked = judged.asked
        if isinstance(asked, Between) and not asked.field.startswith(PREFIX):
            addresses = [place.address for place in places]
            values = self.kind.searcher.fast_field_values(asked.field, addresses)
            return [missed_by(float(value or 0), asked) for value in values]
        return [1.0] * len(places)

    def _hit(self, place: Place) -> Hit:
        types = self.state.learned.types
        return hit(
            self.kind.record(place.address),
            place.score,
            self.query,
            self.words,
            self.state.concepts,
            types,
        )

    # Facets

    def _facets(self) -> Facets:
        if self.kind.kind != "product" or self.state.facets is None:
            return Facets()
        return self.state.facets.facets(self._all_but, self.query.filters)

    def _all_but(self, field: str | None) -> tantivy.Query:
        met = [each.met for each in self.judged if each.asked.field != field]
        return all_of(self.matching, *met)


def _ranked_by_miss(judged: Judged, query: tantivy.Query) -> tantivy.Query:
    """Who breaks the filter; scored, for numbers of attributes, by rank from the furthest miss.

    Ranks, because the engine's scores are 32-bit floats and shares would not come back exactly.
    """
    broken = all_of(unscored(query), unscored(judged.broken))
    if not judged.distances:
        return broken
    ranked = [
        tantivy.Query.const_score_query(found, float(len(judged.distances) - index))
        for index, (_, found) in enumerate(judged.distances)
    ]
    return all_of(broken, tantivy.Query.disjunction_max_query(ranked, 0.0))


def _where(place: Place) -> tuple[int, int]:
    return place.address.segment_ord, place.address.doc
