"""Facets, counted over everything that matches, each without its own filter.

Two round trips: what is counted of fields and which attributes are stated most; then the values
of the attributes that become facets.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from servers.elastic.documents import number_of
from servers.elastic.mapping import Json
from servers.elastic.queries import one_of
from servers.elastic.reading import MOST_VALUES, Answer, Reading
from servers.elastic.vocabulary import Values
from servers.embedded.schema import attribute_key, concept_key, decoded, number_column, text_column
from servers.engines.counting import Forms, Numbers, Shown, listed, span
from servers.index import AttributeFacet, Facets, FacetValue, Filter
from servers.language.asked import PREFIX
from servers.language.concepts import Concepts
from servers.language.values import format_value
from servers.records import Quantity

_VALUES = 20
"""Values listed of one facet; attributes get half as many."""
_ATTRIBUTES = 12
_MOST_TEXTS = 5_000
"""Values of one attribute that are looked at; a dozen of them fit into one answer."""

Base = Callable[[str | None], Json]
"""What matches the text and all filters but those on the named field."""


def _terms(field: str, size: int, **more: Any) -> Json:
    """`shard_size`: with several shards, counts are exact where each gives all that it has."""
    return {"terms": {"field": field, "size": size, "shard_size": MOST_VALUES, **more}}


_OF_FIELDS: Mapping[str, Json] = {
    **{name: {name: _terms(name, _VALUES)} for name in ("brand", "category", "type")},
    "price": {"low": {"min": {"field": "price"}}, "high": {"max": {"field": "price"}}},
}


@dataclass(frozen=True)
class FacetCounter:
    reading: Reading
    values: Values
    concepts: Concepts
    _known_forms: dict[str, Forms] = field(default_factory=dict[str, Forms])

    def facets(self, base: Base, filters: Sequence[Filter]) -> Facets:
        asked = list(dict.fromkeys(each.field for each in filters))
        found = self._counted(base, self._of_fields(asked))
        shown = list(self._shown(asked, found))
        forms = {each.key: self._forms(each.key) for each in shown}
        columns: dict[str | None, Json] = {}
        for each in shown:
            columns.setdefault(each.without, {}).update(_columns(each.key, forms[each.key]))
        counted = self._counted(base, columns)
        return Facets(
            brand=_values(found["brand"]),
            category=_values(found["category"]),
            type=_values(found["type"]),
            price_low=found["low"]["value"],
            price_high=found["high"]["value"],
            attributes=tuple(_attribute(each, forms[each.key], counted) for each in shown),
        )

    def _counted(self, base: Base, asked: Mapping[str | None, Json]) -> Answer:
        """Aggregations by the filter they leave out; their names differ from one another."""
        bodies: list[Json] = [
            {"query": base(name), "size": 0, "track_total_hits": False, "aggs": aggs}
            for name, aggs in asked.items()
            if aggs
        ]
        found: dict[str, Any] = {}
        for answer in self.reading.searches(bodies):
            found.update(answer["aggregations"])
        return found

    def _of_fields(self, filtered: Sequence[str]) -> Mapping[str | None, Json]:
        """What all fields without a filter are counted over is looked up once."""
        together: dict[str | None, Json] = {None: {"states": _terms("states", _MOST_TEXTS)}}
        for name, asked in _OF_FIELDS.items():
            together.setdefault(name if name in filtered else None, {}).update(asked)
        for name in filtered:
            if name.startswith(PREFIX):
                stating = one_of("stated", self.values.stated_as(self._key(name)))
                together[name] = {name: {"filter": stating}}
        return together

    def _shown(self, filtered: Sequence[str], found: Answer) -> Iterable[Shown]:
        """Those filtered by, then those that most of what matches states."""
        done: set[str] = set()
        for name in filtered:
            if name.startswith(PREFIX) and (key := self._key(name)) not in done:
                done.add(key)
                yield Shown(key, name.removeprefix(PREFIX), found[name]["doc_count"], name)
        stated = [
            (*self.values.by_column[each["key"]], each["doc_count"])
            for each in found["states"]["buckets"]
        ]
        for key, name, count in sorted(stated, key=lambda each: (-each[2], each[1])):
            if key not in done and len(done) < _ATTRIBUTES:
                done.add(key)
                yield Shown(key, name, count, None)

    def _key(self, field: str) -> str:
        name = field.removeprefix(PREFIX)
        concept = self.concepts.resolve(name)
        return concept_key(concept) if concept else attribute_key(name)

    def _forms(self, key: str) -> Forms:
        """Every value is looked at, and there may be thousands."""
        forms = self._known_forms.get(key)
        if forms is None:
            values = [decoded(value) for value in self.values.facts(key)]
            units = {each.unit for each in values if isinstance(each, Quantity)}
            bare = any(isinstance(each, float) for each in values)
            texts = any(isinstance(each, str | bool) for each in values)
            forms = Forms(texts, (*((None,) if bare else ()), *sorted(units)))
            self._known_forms[key] = forms
        return forms


def _columns(key: str, forms: Forms) -> Json:
    asked: Json = {}
    for unit in forms.units:
        column = number_column(key, unit)
        field = f"facets.{column}"
        asked[f"{column}.times"] = {"value_count": {"field": field}}
        asked[f"{column}.low"] = _terms(field, 1, order={"_key": "asc"})
        asked[f"{column}.high"] = _terms(field, 1, order={"_key": "desc"})
    if forms.texts:
        asked[text_column(key)] = _terms(f"facets.{text_column(key)}", _MOST_TEXTS)
    return asked


def _attribute(shown: Shown, forms: Forms, found: Answer) -> AttributeFacet:
    texts: dict[str, int] = {}
    for value, count in _buckets(found[text_column(shown.key)]) if forms.texts else ():
        text = format_value(decoded(value))
        texts[text] = texts.get(text, 0) + count
    low, high, unit = span(list(_numbers(shown.key, forms, found)))
    return AttributeFacet(
        name=shown.name,
        stated=shown.stated,
        values=listed(texts.items(), _VALUES // 2),
        low=low,
        high=high,
        unit=unit,
    )


def _numbers(key: str, forms: Forms, found: Answer) -> Iterator[Numbers]:
    for unit in forms.units:
        column = number_column(key, unit)
        if times := found[f"{column}.times"]["value"]:
            low, high = (_buckets(found[f"{column}.{end}"])[0][0] for end in ("low", "high"))
            yield Numbers(unit, times, number_of(low), number_of(high))


def _buckets(found: Answer) -> list[tuple[str, int]]:
    return [(bucket["key"], bucket["doc_count"]) for bucket in found["buckets"]]


def _values(found: Answer) -> tuple[FacetValue, ...]:
    return listed(_buckets(found))
