"""Facets and vocabulary, counted by the engine over everything that matches."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import tantivy

from servers.asked import PREFIX
from servers.concepts import Concepts
from servers.embedded_engine import aggregate, all_of, how_many, one_of
from servers.embedded_schema import SEPARATOR, attribute_key, concept_key, fact_value
from servers.index import AttributeFacet, Facets, FacetValue, Filter, Vocabulary
from servers.records import Quantity
from servers.units import convert, to_base
from servers.values import format_value

_VALUES = 20
"""Values listed of one facet; attributes get half as many."""
_ATTRIBUTES = 12

Base = Callable[[str | None], tantivy.Query]
"""What matches the text and all filters but those on the named field."""


@dataclass(frozen=True)
class FacetCounter:
    schema: tantivy.Schema
    searcher: tantivy.Searcher
    concepts: Concepts

    def facets(self, base: Base, filters: Sequence[Filter]) -> Facets:
        low, high = self._price(base("price"))
        return Facets(
            brand=self.values("brand", base("brand")),
            category=self.values("category", base("category")),
            type=self.values("type", base("type")),
            price_low=low,
            price_high=high,
            attributes=tuple(self._attributes(base, filters)),
        )

    def values(
        self, field: str, query: tantivy.Query, size: int = _VALUES
    ) -> tuple[FacetValue, ...]:
        """Most frequent first, then by name."""
        return tuple(FacetValue(value, count) for value, count in self.terms(field, query, size))

    def terms(self, field: str, query: tantivy.Query, size: int) -> list[tuple[str, int]]:
        asked = {"found": {"terms": {"field": field, "size": size, "segment_size": 65_000}}}
        buckets = aggregate(self.searcher, query, asked)["found"]["buckets"]
        counted = [(str(bucket["key"]), int(bucket["doc_count"])) for bucket in buckets]
        return sorted(counted, key=lambda each: (-each[1], each[0]))

    def _price(self, query: tantivy.Query) -> tuple[float | None, float | None]:
        asked = {
            "low": {"min": {"field": "price"}},
            "high": {"max": {"field": "price"}},
        }
        found = aggregate(self.searcher, query, asked)
        return found["low"]["value"], found["high"]["value"]

    # Attributes

    def _attributes(self, base: Base, filters: Sequence[Filter]) -> Iterable[AttributeFacet]:
        asked = [each.field for each in filters if each.field.startswith(PREFIX)]
        done: set[str] = set()
        for field in dict.fromkeys(asked):
            name = field.removeprefix(PREFIX)
            key = self._key(name)
            if key not in done:
                done.add(key)
                query = base(field)
                yield self._attribute(key, name, query, self._stated_by(key + SEPARATOR, query))
        everything = base(None)
        for key, name, count in self.stated(everything, 4 * _ATTRIBUTES):
            if key not in done and len(done) < _ATTRIBUTES:
                done.add(key)
                yield self._attribute(key, name, everything, count)

    def _key(self, name: str) -> str:
        concept = self.concepts.resolve(name)
        return concept_key(concept) if concept else attribute_key(name)

    def stated(self, query: tantivy.Query, size: int) -> list[tuple[str, str, int]]:
        """(key, the name most used, number of products) of the catalog's own attributes."""
        names: dict[str, str] = {}
        counts: dict[str, int] = {}
        for term, count in self.terms("stated", query, size):
            key, _, name = term.partition(SEPARATOR)
            if name and key[:1] not in ("@", "?"):
                names.setdefault(key, name)
                counts[key] = counts.get(key, 0) + count
        ordered = sorted(counts, key=lambda key: (-counts[key], names[key]))
        return [(key, names[key], counts[key]) for key in ordered]

    def _attribute(self, key: str, name: str, query: tantivy.Query, stated: int) -> AttributeFacet:
        prefix = key + SEPARATOR
        terms = self.searcher.terms_with_prefix("facts", prefix, query)
        numbers: dict[str | None, list[tuple[float, int, str | None]]] = {}
        texts: dict[str, int] = {}
        for term, count in terms:
            value = fact_value(term)
            if isinstance(value, Quantity):
                dimension = to_base(value.value, value.unit)[0]
                numbers.setdefault(dimension, []).append((value.value, count, value.unit))
            elif isinstance(value, float):
                numbers.setdefault(None, []).append((value, count, None))
            else:
                shown = format_value(value)
                texts[shown] = texts.get(shown, 0) + count
        low, high, unit = _span(numbers)
        listed = sorted(texts.items(), key=lambda each: (-each[1], each[0]))[: _VALUES // 2]
        return AttributeFacet(
            name=name,
            stated=stated,
            values=tuple(FacetValue(value, count) for value, count in listed),
            low=low,
            high=high,
            unit=unit,
        )

    def _stated_by(self, prefix: str, query: tantivy.Query) -> int:
        names = [term for term, _ in self.searcher.terms_with_prefix("stated", prefix)]
        return how_many(self.searcher, all_of(query, one_of(self.schema, "stated", names)))

    # Vocabulary

    def vocabulary(self) -> Vocabulary:
        everything = tantivy.Query.all_query()
        return Vocabulary(
            brands=dict(self.terms("brand", everything, 65_000)),
            categories=dict(self.terms("category", everything, 65_000)),
            types=dict(self.terms("type", everything, 65_000)),
            attributes={name: count for _, name, count in self.stated(everything, 65_000)},
            concepts={
                concept: tuple(aliases) for concept, aliases in self.concepts.aliases().items()
            },
        )


def _span(
    numbers: dict[str | None, list[tuple[float, int, str | None]]],
) -> tuple[float | None, float | None, str | None]:
    """Lowest and highest of the dimension that most values have, in its most used unit."""
    if not numbers:
        return None, None, None
    dimension = max(numbers, key=lambda each: sum(count for _, count, _ in numbers[each]))
    units: dict[str | None, int] = {}
    for _, count, unit in numbers[dimension]:
        units[unit] = units.get(unit, 0) + count
    unit = max(units, key=lambda each: (units[each], each or ""))
    found = [
        value if own == unit or own is None or unit is None else convert(value, own, unit)
        for value, _, own in numbers[dimension]
    ]
    return min(found), max(found), unit
