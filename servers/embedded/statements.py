"""What products state, as the index holds it: worked out once for all that state the same.

A catalog repeats itself: of twenty attributes of a product, nearly all stand in others with the
same values. Words, facts, readings of concepts and what is counted depend on nothing else.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from math import copysign
from typing import NamedTuple

from servers.embedded.schema import (
    SEPARATOR,
    STATED,
    attribute_key,
    concept_key,
    facet_columns,
    fact,
    key_number,
    unclear_key,
    words,
)
from servers.language.catalog_statistics import Stated, stated_under
from servers.language.concepts import Concepts, Reading, chosen
from servers.records import Product, Quantity, Value, Values

_KEPT = 100_000
_LONGEST = 200
"""Characters of a text that another product may well state, too."""

Texts = tuple[tuple[str, str], ...]
"""(field, text) pairs of a document."""


class Statements(NamedTuple):
    """Of one product. The parts are shared by all products that state the same."""

    attribute_text: str
    facts: tuple[Texts, ...]
    facets: str
    counted: tuple[Stated, ...]


class _Attribute(NamedTuple):
    spoken: str
    number: int
    """Of its key."""
    facts: Texts
    facets: str
    counted: Stated
    covering: tuple[str, ...]
    readings: tuple[Reading, ...]


class StatementReader:
    def __init__(self, concepts: Concepts) -> None:
        self._concepts = concepts
        self._attributes: dict[object, _Attribute] = {}
        self._derived: dict[Reading, tuple[Texts, str, Stated]] = {}

    def read(self, product: Product) -> Statements:
        stated = [self._attribute(name, values) for name, values in product.attributes.items()]
        read = chosen(chain.from_iterable([each.readings for each in stated if each.readings]))
        derived = [self._concept(reading) for reading in read.values()]
        facts = [each.facts for each in stated]
        facts += [facts for facts, _, _ in derived]
        facets = _columns(stated)
        facets += [facets for _, facets, _ in derived if facets]
        counted = [counted for _, _, counted in derived]
        counted += [
            each.counted
            for each in stated
            if not each.covering or read.keys().isdisjoint(each.covering)
        ]
        spoken = " ".join([each.spoken for each in stated])
        return Statements(spoken, tuple(facts), f"{{{','.join(facets)}}}", tuple(counted))

    def _attribute(self, name: str, values: Values) -> _Attribute:
        key = _key(name, values)
        found = self._attributes.get(key)
        if found is None:
            found = self._made(name, values)
            if key is not None:
                if len(self._attributes) >= _KEPT:
                    self._attributes.clear()
                self._attributes[key] = found
        return found

    def _made(self, name: str, values: Values) -> _Attribute:
        texts = [words(value) for value in values if isinstance(value, str)]
        key = attribute_key(name)
        clear = [value for value in values if not self._concepts.unclear(name, value)]
        return _Attribute(
            " ".join([words(name), *texts]),
            key_number(key),
            (("stated", key + SEPARATOR + name), *(("facts", fact(key, value)) for value in clear)),
            facet_columns(key, clear),
            stated_under(name, values),
            tuple(self._concepts.covering(name)),
            self._concepts.readings(name, values),
        )

    def _concept(self, reading: Reading) -> tuple[Texts, str, Stated]:
        found = self._derived.get(reading)
        if found is None:
            if len(self._derived) >= _KEPT:
                self._derived.clear()
            counted = stated_under(reading.concept, reading.derived.values)
            found = tuple(_derived_facts(reading)), _derived_columns(reading), counted
            self._derived[reading] = found
        return found


def _derived_facts(reading: Reading) -> Iterator[tuple[str, str]]:
    if reading.derived.unclear:
        yield "stated", unclear_key(reading.concept)
        return
    key = concept_key(reading.concept)
    yield "stated", key + SEPARATOR + reading.derived.attribute
    for value in reading.derived.values:
        yield "facts", fact(key, value)


def _derived_columns(reading: Reading) -> str:
    if reading.derived.unclear:
        return ""
    return facet_columns(concept_key(reading.concept), reading.derived.values)


def _columns(stated: Sequence[_Attribute]) -> list[str]:
    numbers = {each.number for each in stated}
    facets = [each.facets for each in stated if each.facets]
    if len(numbers) < len(stated):
        facets = [_merged(facets)]
    return [f'"{STATED}":{list(numbers)}', *filter(None, facets)]


def _merged(parts: Iterable[str]) -> str:
    """Of a name in two spellings, both under one key."""
    merged: dict[str, dict[str | float, None]] = {}
    for part in parts:
        for column, values in json.loads(f"{{{part}}}").items():
            merged.setdefault(column, {}).update(dict.fromkeys(values))
    return json.dumps({column: list(values) for column, values in merged.items()})[1:-1]


def _key(name: str, values: Values) -> object:
    """Equal only for what is stated alike; None for what is hardly stated twice."""
    if len(values) == 1:
        value = values[0]
        if type(value) is str:
            return (name, value) if len(value) <= _LONGEST else None
        return name, _part(value)
    parts = tuple(map(_part, values))
    return None if None in parts else (name, parts)


def _part(value: Value) -> object:
    # 1.0 == True and 0.0 == -0.0, but they are not stated alike
    if type(value) is str:
        return value if len(value) <= _LONGEST else None
    if isinstance(value, Quantity):
        return value.value, value.unit, copysign(1.0, value.value)
    if isinstance(value, float):
        return value, copysign(1.0, value)
    return (value,)
