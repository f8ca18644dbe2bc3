"""One search: what matches, in which order, which page of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from servers.elastic.cursors import Position, read_cursor, write_cursor
from servers.elastic.documents import record
from servers.elastic.filters import Judged, miss, miss_fields
from servers.elastic.mapping import Json
from servers.elastic.queries import EVERYTHING, NOTHING, all_of, any_of, named, without
from servers.elastic.reading import MOST, Answer
from servers.elastic.state import KindState, State
from servers.embedded.order import ASC, sort_field
from servers.engines.hits import hit
from servers.engines.ranking import Asked, searchable
from servers.index import (
    BadQuery,
    Facets,
    Hit,
    Match,
    Query,
    Results,
)
from servers.records import AnyRecord

_BY_ID: Json = {"id": "asc"}


def search(state: State, query: Query) -> Results:
    """Raises UnknownField, BadCursor, BadQuery, IndexUnreadable."""
    if not 0 <= query.limit <= MOST:
        raise BadQuery(f"limit must lie between 0 and {MOST}, not {query.limit}.")
    by = _sorted_by(query)
    keys = 0 if query.cursor is None or query.match is Match.NEAR else len(by)
    position = read_cursor(query, state.generation.snapshot, keys)
    kind = state.kinds.get(query.kind)
    if kind is None or not kind.count:
        return Results(0, ())
    return _Search(state, kind, query, position, by).results()


def _sorted_by(query: Query) -> list[Json]:
    """Equal ones by id. Records without the value come last in both orders."""
    found = sort_field(query.kind, query.sort)
    if found is not None:
        name, order = found
        direction = "asc" if order == ASC else "desc"
        return [{name: {"order": direction, "missing": "_last"}}, _BY_ID]
    return [{"_score": "desc"}, _BY_ID] if searchable(query.text) else [_BY_ID]


@dataclass(frozen=True)
class _Found:
    record: AnyRecord
    score: float
    sort: Sequence[str | float] = ()


@dataclass(frozen=True)
class _Search:
    state: State
    kind: KindState
    query: Query
    position: Position
    by: Sequence[Json]

    def results(self) -> Results:
        if self.query.match is Match.NEAR:
            total, found = self._nearest()
        else:
            total, found = self._page()
        seen = self.position.seen + len(found)
        after = tuple(found[-1].sort) if found else ()
        more = bool(found) and seen < total
        snapshot = self.state.generation.snapshot
        cursor = write_cursor(Position(seen, after), self.query, snapshot) if more else None
        return Results(
            total=total,
            hits=tuple(self._hit(each) for each in found),
            next_cursor=cursor,
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
    def matching(self) -> Json:
        if not self.query.text.strip():
            return EVERYTHING
        return self.kind.words.matching(self.asked, self.kind.holds)

    @cached_property
    def selected(self) -> Json:
        met = [each.met for each in self.judged]
        broken = [each.broken for each in self.judged]
        match self.query.match:
            case Match.MET:
                return all_of(self.matching, *met)
            case Match.NEAR:
                return self.kind.words.of_no_other_type(self.asked, self._near)
            case Match.UNVERIFIED:
                if not met:
                    return NOTHING
                return without(self.matching, *broken, all_of(*met))

    @property
    def _near(self) -> Json:
        """Another kind of thing is no near miss, unless nothing but the kind was asked for."""
        kinds = [each for each in self.judged if each.asked.field == "type"]
        others = [each for each in self.judged if each.asked.field != "type"] or kinds
        of_the_kind = [each.met for each in kinds if each not in others]
        return all_of(self.matching, any_of([each.broken for each in others]), *of_the_kind)

    # In which order

    def _page(self) -> tuple[int, list[_Found]]:
        body: Json = {
            "query": self._ranked(self.selected),
            "size": self.query.limit,
            "sort": self.by,
            "_source": ["record"],
            "track_total_hits": True,
        }
        if self.position.after:
            body["search_after"] = list(self.position.after)
        hits = self.kind.reading.search(body)["hits"]
        found = [
            _Found(record(self.kind.kind, hit["_source"]), hit["_score"] or 0.0, hit["sort"])
            for hit in hits["hits"]
        ]
        return hits["total"]["value"], found

    def _ranked(self, query: Json) -> Json:
        return self.kind.words.scored(self.asked, query) if self._by_score else all_of(query)

    @property
    def _by_score(self) -> bool:
        return "_score" in self.by[0]

    def _nearest(self) -> tuple[int, list[_Found]]:
        """Fewest broken filters first, then by how far they miss, then by relevance."""
        total = self.kind.reading.count(self.selected)
        ordered: list[tuple[str, float]] = []
        wanted = min(self.position.seen + self.query.limit, total)
        for count in range(1, len(self.judged) + 1):
            if len(ordered) < wanted:
                ordered += self._breaking(count)
        page = dict(ordered[self.position.seen : self.position.seen + self.query.limit])
        records = self.kind.reading.records(list(page))
        return total, [_Found(each, page[each.id]) for each in records]

    def _breaking(self, count: int) -> list[tuple[str, float]]:
        """(id, score) of those that break so many filters: of the `MOST` most relevant ones."""
        broken = [named(each.broken, str(at)) for at, each in enumerate(self.judged)]
        exactly = all_of(self.selected, any_of(broken, count))
        if count < len(broken):
            exactly = without(exactly, any_of([each.broken for each in self.judged], count + 1))
        by_score = bool(self.words)
        hits = self.kind.reading.search({
            "query": self.kind.words.scored(self.asked, exactly) if by_score else exactly,
            "size": MOST,
            "sort": [{"_score": "desc"}, _BY_ID] if by_score else [_BY_ID],
            "_source": False,
            "docvalue_fields": miss_fields(self.judged),
            "track_total_hits": False,
        })["hits"]["hits"]  # fmt: skip
        hits = sorted(hits, key=self._missed)
        return [(hit["sort"][-1], hit["_score"] or 0.0) for hit in hits]

    def _missed(self, hit: Answer) -> float:
        """The sum, over the filters that it breaks, of the shares by which it misses."""
        broken = {int(name) for name in hit.get("matched_queries", ())}
        columns = hit.get("fields", {})
        return sum(miss(each, columns) for at, each in enumerate(self.judged) if at in broken)

    def _hit(self, found: _Found) -> Hit:
        types = self.state.learned.types
        return hit(found.record, found.score, self.query, self.words, self.state.concepts, types)

    # Facets

    def _facets(self) -> Facets:
        if self.kind.kind != "product":
            return Facets()
        return self.kind.facets.facets(self._all_but, self.query.filters)

    def _all_but(self, field: str | None) -> Json:
        met = [each.met for each in self.judged if each.asked.field != field]
        return all_of(self.matching, *met)
