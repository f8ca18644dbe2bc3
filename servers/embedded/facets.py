"""Facets and vocabulary, counted by the engine over everything that matches."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import tantivy

from servers.embedded.engine import aggregate, all_of, how_many, one_of
from servers.embedded.schema import (
    CONCEPT_MARK,
    SEPARATOR,
    STATED,
    UNCLEAR_MARK,
    attribute_key,
    concept_key,
    decoded,
    fact_value,
    key_number,
    number_column,
    text_column,
)
from servers.engines.counting import Forms, Numbers, Shown, listed, span
from servers.index import AttributeFacet, Facets, FacetValue, Filter, Vocabulary
from servers.language.asked import PREFIX
from servers.language.concepts import Concepts
from servers.language.values import format_value
from servers.records import Quantity

_VALUES = 20
"""Values listed of one facet; attributes get half as many."""
_ATTRIBUTES = 12
_MOST_BUCKETS = 65_000
"""The engine refuses to give more in one answer."""
_MOST_TEXTS = 5_000
"""Values of one attribute that are looked at; a dozen of them fit into one answer."""

Base = Callable[[str | None], tantivy.Query]
"""What matches the text and all filters but those on the named field."""
Asked = Mapping[str, Any]
"""Aggregations, as asked for or as answered, by name."""


def _terms(column: str, size: int) -> Asked:
    return {"terms": {"field": column, "size": size, "segment_size": _MOST_BUCKETS}}


def _column(name: str) -> str:
    return f"facets.{name}"


_ALL_STATED: Asked = {"stated": _terms(_column(STATED), _MOST_TEXTS)}
_OF_FIELDS: Mapping[str, Asked] = {
    **{name: {name: _terms(name, _VALUES)} for name in ("brand", "category", "type")},
    "price": {"low": {"min": {"field": "price"}}, "high": {"max": {"field": "price"}}},
}


@dataclass(frozen=True)
class FacetCounter:
    schema: tantivy.Schema
    searcher: tantivy.Searcher
    concepts: Concepts
    _known_forms: dict[str, Forms] = field(default_factory=dict[str, Forms])

    def facets(self, base: Base, filters: Sequence[Filter]) -> Facets:
        found = self._of_fields(base, {each.field for each in filters})
        shown = list(self._shown(base, filters, self._by_key(found["stated"])))
        return Facets(
            brand=_values(found["brand"]),
            category=_values(found["category"]),
            type=_values(found["type"]),
            price_low=found["low"]["value"],
            price_high=found["high"]["value"],
            attributes=tuple(self._attributes(base, shown)),
        )

    def _of_fields(self, base: Base, filtered: set[str]) -> Asked:
        """What all fields without a filter are counted over is looked up once."""
        together: dict[str | None, dict[str, Any]] = {None: dict(_ALL_STATED)}
        for name, asked in _OF_FIELDS.items():
            together.setdefault(name if name in filtered else None, {}).update(asked)
        found: dict[str, Any] = {}
        for name, asked in together.items():
            found.update(aggregate(self.searcher, base(name), asked))
        return found

    # Attributes

    def _shown(
        self, base: Base, filters: Sequence[Filter], stated: Iterable[tuple[str, str, int]]
    ) -> Iterable[Shown]:
        """Those filtered by, then those that most of what matches states."""
        done: set[str] = set()
        asked = [each.field for each in filters if each.field.startswith(PREFIX)]
        for name in dict.fromkeys(asked):
            key = self._key(name.removeprefix(PREFIX))
            if key not in done:
                done.add(key)
                count = self._stated_by(key + SEPARATOR, base(name))
                yield Shown(key, name.removeprefix(PREFIX), count, name)
        for key, name, count in stated:
            if key not in done and len(done) < _ATTRIBUTES:
                done.add(key)
                yield Shown(key, name, count, None)

    def _key(self, name: str) -> str:
        concept = self.concepts.resolve(name)
        return concept_key(concept) if concept else attribute_key(name)

    def _by_key(self, stated: Asked) -> list[tuple[str, str, int]]:
        """(key, name, number of products) of the catalog's own attributes, most stated first."""
        counted = [(*self._own[number], count) for number, count in _buckets(stated)]
        return sorted(counted, key=lambda each: (-each[2], each[1]))

    @cached_property
    def _own(self) -> Mapping[int, tuple[str, str]]:
        """(key, the name most used) of the catalog's own attributes, by the key's number."""
        names: dict[str, tuple[int, str]] = {}
        for term, count in self.searcher.terms_with_prefix("stated", ""):
            key, _, name = term.partition(SEPARATOR)
            if not key.startswith((CONCEPT_MARK, UNCLEAR_MARK)):
                names[key] = max(names.get(key, (0, "")), (count, name))
        return {key_number(key): (key, name) for key, (_, name) in names.items()}

    def _attributes(self, base: Base, shown: Sequence[Shown]) -> Iterable[AttributeFacet]:
        asked: dict[str | None, dict[str, Any]] = {}
        for each in shown:
            asked.setdefault(each.without, {}).update(self._columns(each.key))
        found = {
            name: aggregate(self.searcher, base(name), columns) for name, columns in asked.items()
        }
        return (self._attribute(each, found[each.without]) for each in shown)

    def _columns(self, key: str) -> Asked:
        forms = self._forms(key)
        columns = [number_column(key, unit) for unit in forms.units]
        asked: dict[str, Any] = {each: {"stats": {"field": _column(each)}} for each in columns}
        if forms.texts:
            asked[text_column(key)] = _terms(_column(text_column(key)), _MOST_TEXTS)
        return asked

    def _forms(self, key: str) -> Forms:
        """Every column that is asked for costs, even an empty one."""
        forms = self._known_forms.get(key)
        if forms is None:
            terms = self.searcher.terms_with_prefix("facts", key + SEPARATOR)
            values = [fact_value(term) for term, _ in terms]
            units = {each.unit for each in values if isinstance(each, Quantity)}
            bare = any(isinstance(each, float) for each in values)
            texts = any(isinstance(each, str | bool) for each in values)
            forms = Forms(texts, (*((None,) if bare else ()), *sorted(units)))
            self._known_forms[key] = forms
        return forms

    def _attribute(self, shown: Shown, found: Asked) -> AttributeFacet:
        forms = self._forms(shown.key)
        texts: dict[str, int] = {}
        for value, count in _buckets(found[text_column(shown.key)]) if forms.texts else ():
            text = format_value(decoded(value))
            texts[text] = texts.get(text, 0) + count
        numbers: list[Numbers] = []
        for unit in forms.units:
            stats = found[number_column(shown.key, unit)]
            if stats["count"]:
                numbers.append(Numbers(unit, stats["count"], stats["min"], stats["max"]))
        low, high, unit = span(numbers)
        return AttributeFacet(
            name=shown.name,
            stated=shown.stated,
            values=listed(texts.items(), _VALUES // 2),
            low=low,
            high=high,
            unit=unit,
        )

    def _stated_by(self, prefix: str, query: tantivy.Query) -> int:
        names = [term for term, _ in self.searcher.terms_with_prefix("stated", prefix)]
        return how_many(self.searcher, all_of(query, one_of(self.schema, "stated", names)))

    # Vocabulary

    def vocabulary(self) -> Vocabulary:
        stated = self._all(_column(STATED))
        return Vocabulary(
            brands=self._names("brand"),
            categories=self._names("category"),
            types=self._names("type"),
            attributes={name: count for _, name, count in self._by_key(stated)},
            concepts={
                concept: tuple(aliases) for concept, aliases in self.concepts.aliases().items()
            },
        )

    def _names(self, field: str) -> Mapping[str, int]:
        return {each.value: each.count for each in _values(self._all(field))}

    def _all(self, column: str) -> Asked:
        asked = {"all": _terms(column, _MOST_BUCKETS)}
        return aggregate(self.searcher, tantivy.Query.all_query(), asked)["all"]


def _buckets(found: Asked) -> list[tuple[Any, int]]:
    return [(bucket["key"], bucket["doc_count"]) for bucket in found["buckets"]]


def _values(found: Asked) -> tuple[FacetValue, ...]:
    return listed(_buckets(found))
