"""tantivy's queries put together, and the few of its calls whose types it does not state."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import tantivy

Query = tantivy.Query
MUST, SHOULD, MUST_NOT = tantivy.Occur.Must, tantivy.Occur.Should, tantivy.Occur.MustNot

_MANY = 24


def all_of(*queries: Query) -> Query:
    return Query.boolean_query([(MUST, query) for query in queries])


def any_of(queries: Sequence[Query], at_least: int = 1) -> Query:
    if not queries:
        return Query.empty_query()
    return Query.boolean_query([(SHOULD, query) for query in queries], at_least)


def without(query: Query, *excluded: Query) -> Query:
    return Query.boolean_query([(MUST, query), *((MUST_NOT, each) for each in excluded)])


def one_of(schema: tantivy.Schema, field: str, values: Iterable[str]) -> Query:
    """Records that hold one of the values in the field, as they stand."""
    listed = list(values)
    if len(listed) > _MANY:  # makes a bit for every record, which pays for many values only
        return Query.term_set_query(schema, field, listed)
    return any_of([Query.term_query(schema, field, value) for value in listed])


def unscored(query: Query) -> Query:
    return Query.const_score_query(query, 0.0)


def how_many(searcher: tantivy.Searcher, query: Query) -> int:
    found: Any = searcher.search(query, limit=1)  # a limit of 0 would be a panic
    return int(found.count)


def aggregate(
    searcher: tantivy.Searcher, query: Query, asked: Mapping[str, Any]
) -> Mapping[str, Any]:
    engine = cast(Any, searcher)
    return cast(Mapping[str, Any], engine.aggregate(query, asked))


def is_panic(error: BaseException) -> bool:
    """The engine's panics are no Exception, and their class cannot be imported."""
    return type(error).__name__ == "PanicException"
