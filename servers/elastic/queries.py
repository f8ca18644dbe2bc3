"""Queries as Elasticsearch takes them, as data: no text of a user is ever parsed as a query."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from servers.elastic.mapping import Json
from servers.engines.ranking import (
    ASKED_TYPE,
    ATTRIBUTES,
    EVERY_TERM,
    NO_OTHER_TYPE,
    PHRASE,
    Asked,
)
from servers.language.understanding import Term
from servers.records import Kind

EVERYTHING: Json = {"match_all": {}}
NOTHING: Json = {"match_none": {}}

_MOST_TERMS = 65_000
"""In one query; Elasticsearch refuses more than 65,536."""


def all_of(*queries: Json) -> Json:
    return {"bool": {"filter": list(queries)}}


def any_of(queries: Sequence[Json], at_least: int = 1) -> Json:
    if not queries:
        return NOTHING
    return {"bool": {"should": list(queries), "minimum_should_match": at_least}}


def without(query: Json, *excluded: Json) -> Json:
    return {"bool": {"filter": [query], "must_not": list(excluded)}}


def one_of(field: str, values: Iterable[str]) -> Json:
    """Records that hold one of the values in the field, as they stand."""
    listed = list(values)
    parts = [listed[at : at + _MOST_TERMS] for at in range(0, len(listed), _MOST_TERMS)]
    queries: list[Json] = [{"terms": {field: part}} for part in parts]
    return queries[0] if len(queries) == 1 else any_of(queries)


def exists(field: str) -> Json:
    return {"exists": {"field": field}}


def within(field: str, low: float | None, high: float | None) -> Json:
    """Both bounds belong to it; without any, what states a value."""
    if low is None and high is None:
        return exists(field)
    bounds = {"gte": low, "lte": high}
    given = {name: bound for name, bound in bounds.items() if bound is not None}
    return {"range": {field: given}}


def named(query: Json, name: str) -> Json:
    """Each hit says by name which of such queries it matches."""
    return {"bool": {"filter": [query], "_name": name}}


@dataclass(frozen=True)
class WordQueries:
    """Matching and scores exactly as in the embedded index (`servers.embedded.text`)."""

    kind: Kind

    def matching(self, asked: Asked, found: Callable[[Json], bool]) -> Json:
        if not asked.needed:
            return EVERYTHING if asked.terms else NOTHING
        clauses = [self._held(term, asked) for term in asked.needed]
        if self.kind == "product":
            for at_least in range(len(clauses) - len(clauses) // 3, 1, -1):
                query = any_of(clauses, at_least)
                if found(query):
                    return query
        return any_of(clauses)

    def of_no_other_type(self, asked: Asked, query: Json) -> Json:
        return all_of(query, self._no_other_type(asked)) if asked.possible_types else query

    def _no_other_type(self, asked: Asked) -> Json:
        untyped = without(EVERYTHING, exists("type"))
        return any_of([one_of("type", asked.possible_types), untyped])

    def _held(self, term: Term, asked: Asked) -> Json:
        anywhere = self._anywhere(term)
        if not asked.naming.issuperset(term.words):
            return anywhere
        return any_of([anywhere, one_of("type", asked.types)])

    def _anywhere(self, term: Term) -> Json:
        fields = ("text", "attribute_text") if self.kind == "product" else ("text",)
        wordings = (term.words, *term.alternatives)
        return any_of([_run(field, words) for field in fields for words in wordings])

    def scored(self, asked: Asked, matching: Json) -> Json:
        scores = [_run("text", (word,)) for word in asked.words]
        pairs = zip(asked.words, asked.words[1:], strict=False)
        scores += [_run("text", pair, PHRASE) for pair in pairs]
        if self.kind == "product":
            scores += [_run("attribute_text", (word,), ATTRIBUTES) for word in asked.words]
            scores += self._tiers(asked)
        return {"bool": {"filter": [matching], "should": scores}}

    def _tiers(self, asked: Asked) -> list[Json]:
        every = all_of(*(self._held(term, asked) for term in asked.terms))
        tiers = [_constant(every, EVERY_TERM)]
        if asked.possible_types:
            tiers.append(_constant(self._no_other_type(asked), NO_OTHER_TYPE))
        if asked.types:
            tiers.append(_constant(one_of("type", asked.types), ASKED_TYPE))
        return tiers


def _run(field: str, words: Sequence[str], weight: float = 1.0) -> Json:
    if len(words) == 1:
        return {"term": {field: {"value": words[0], "boost": weight}}}
    return {"match_phrase": {field: {"query": " ".join(words), "boost": weight}}}


def _constant(query: Json, weight: float) -> Json:
    return {"constant_score": {"filter": query, "boost": weight}}
