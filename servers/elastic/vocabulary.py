"""The distinct values of one kind in one generation: looked up once, since they never change."""

from collections.abc import Mapping
from functools import cached_property

from servers.elastic.reading import Reading
from servers.embedded.schema import (
    CONCEPT_MARK,
    SEPARATOR,
    UNCLEAR_MARK,
    attribute_key,
    concept_key,
    text_column,
)
from servers.index import Vocabulary
from servers.language.concepts import Concepts

_KEYS_KEPT = 1_000
_MOST_KEPT = 5_000
"""Values of one attribute; lists of more are looked up again."""


class Values:
    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._facts: dict[str, list[str]] = {}
        self._counted: dict[str, Mapping[str, int]] = {}

    def counted(self, field: str) -> Mapping[str, int]:
        """Records by name, most frequent first."""
        found = self._counted.get(field)
        if found is None:
            found = self._counted[field] = dict(self._reading.values(field))
        return found

    def facts(self, key: str) -> list[str]:
        """What products state under a key, as indexed."""
        found = self._facts.get(key)
        if found is None:
            found = [value for value, _ in self._reading.values(f"facts.{text_column(key)}")]
            if len(self._facts) >= _KEYS_KEPT:
                self._facts.clear()
            if len(found) <= _MOST_KEPT:
                self._facts[key] = found
        return found

    @cached_property
    def attributes(self) -> list[tuple[str, str, int]]:
        """(key, name, products) of the catalog's own attributes, most stated first."""
        names: dict[str, tuple[int, str]] = {}
        for term, count in self.counted("stated").items():
            key, _, name = term.partition(SEPARATOR)
            if not key.startswith((CONCEPT_MARK, UNCLEAR_MARK)):
                names[key] = max(names.get(key, (0, "")), (count, name))
        stating = self.counted("states")
        found = [(key, name, stating[text_column(key)]) for key, (_, name) in names.items()]
        return sorted(found, key=lambda each: (-each[2], each[1]))

    @cached_property
    def by_column(self) -> Mapping[str, tuple[str, str]]:
        """(key, name) of the catalog's own attributes, by the digest of the key."""
        return {text_column(key): (key, name) for key, name, _ in self.attributes}

    def stated_as(self, key: str) -> list[str]:
        """What `stated` holds of the products that state something under a key."""
        return [term for term in self.counted("stated") if term.startswith(key + SEPARATOR)]

    def sources(self, concept: str, key: str) -> list[str]:
        """What `stated` holds where the concept was read from the attribute with that key."""
        prefix = concept_key(concept) + SEPARATOR
        terms = self.stated_as(concept_key(concept))
        return [term for term in terms if attribute_key(term.removeprefix(prefix)) == key]

    def vocabulary(self, concepts: Concepts) -> Vocabulary:
        return Vocabulary(
            brands=self.counted("brand"),
            categories=self.counted("category"),
            types=self.counted("type"),
            attributes={name: count for _, name, count in self.attributes},
            concepts={name: tuple(aliases) for name, aliases in concepts.aliases().items()},
        )
