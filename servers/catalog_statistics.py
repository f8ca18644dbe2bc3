"""What products of each type state, counted while indexing: what a question is read against."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from servers.concepts import Concepts, Derived
from servers.records import Product, Quantity, Value
from servers.synonyms import canonical
from servers.units import dimension_of
from servers.words import analyze

_SMALL_CATALOG = 1_000
"""Products up to which a value that is stated once is worth keeping."""


class CatalogStatistics:
    """What products state, counted per type while indexing; JSON in, JSON out, bounded."""

    def __init__(self) -> None:
        self.products: Counter[str] = Counter()
        """type -> products; "" is all."""
        self.brands: Counter[str] = Counter()
        self.names: defaultdict[str, Counter[str]] = defaultdict(Counter)
        """type -> attribute or concept -> products that state it."""
        self.dimensions: defaultdict[str, Counter[str]] = defaultdict(Counter)
        """attribute or concept -> dimension of its unit -> times."""
        self.units: defaultdict[str, Counter[str]] = defaultdict(Counter)
        """attribute or concept -> unit as stated -> times."""
        self.values: defaultdict[str, Counter[str]] = defaultdict(Counter)
        """analyzed text value -> "name" and "name\\ttype" -> products."""
        self.spellings: dict[str, str] = {}
        """analyzed text value -> as the catalog writes it."""
        self.flags: Counter[str] = Counter()
        """attribute -> products that state it as yes or no."""
        self.words: Counter[str] = Counter()
        """Words of titles."""

    def observe(
        self,
        product: Product,
        product_type: str | None,
        derived: Mapping[str, Derived],
        concepts: Concepts,
    ) -> None:
        """`derived` is `concepts.derive(product)`, which an index computes anyway."""
        kind = " ".join(canonical(tuple((product_type or "").split())))
        kinds = ["", kind] if kind else [""]
        self.products.update(kinds)
        self.words.update(set(analyze(product.title)))
        if product.brand:
            self.brands[product.brand] += 1
        for name, values in _stated(product, derived, concepts):
            for each in kinds:
                self.names[each][name] += 1
            for value in values:
                if isinstance(value, bool):
                    self.flags[name] += 1
                elif isinstance(value, Quantity):
                    self.dimensions[name][dimension_of(value.unit) or ""] += 1
                    self.units[name][value.unit] += 1
                elif isinstance(value, str) and len(value) <= 40:
                    self._observe_text(name, value, kind)
        if sum(self.products.values()) % 50_000 == 0:
            self._shrink()

    def _observe_text(self, name: str, value: str, kind: str) -> None:
        words = analyze(value)
        if not words or len(words) > 4 or all(word[0].isdigit() for word in words):
            return
        key = " ".join(words)
        known = self.spellings.get(key)
        if known is None or len(value) < len(known):  # "A3" rather than "A3+"
            self.spellings[key] = value
        self.values[key][name] += 1
        if kind:
            self.values[key][f"{name}\t{kind}"] += 1

    def _shrink(self) -> None:
        for counter in (self.brands, self.words):
            if len(counter) > 200_000:
                for key in [key for key, count in counter.items() if count < 2]:
                    del counter[key]
        if len(self.values) > 100_000:
            rare = [key for key, counts in self.values.items() if max(counts.values()) < 2]
            for key in rare:
                del self.values[key]
                self.spellings.pop(key, None)

    def to_json(self) -> dict[str, Any]:
        least = 2 if self.products[""] > _SMALL_CATALOG else 1
        values = {
            key: dict(counts.most_common(24))
            for key, counts in self.values.items()
            if max(counts.values()) >= least
        }
        return {
            "products": dict(self.products),
            "brands": dict(self.brands.most_common()),
            "names": {kind: dict(counts.most_common(300)) for kind, counts in self.names.items()},
            "dimensions": {name: dict(counts) for name, counts in self.dimensions.items()},
            "units": {name: dict(counts) for name, counts in self.units.items()},
            "values": values,
            "flags": dict(self.flags.most_common(5_000)),
            "spellings": {key: self.spellings[key] for key in values},
            "words": dict(self.words.most_common(200_000)),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "CatalogStatistics":
        made = cls()
        made.products.update(data["products"])
        made.brands.update(data["brands"])
        made.words.update(data["words"])
        made.flags.update(data["flags"])
        made.spellings.update(data["spellings"])
        for name in ("names", "dimensions", "units", "values"):
            target: defaultdict[str, Counter[str]] = getattr(made, name)
            for key, counts in data[name].items():
                target[key] = Counter(counts)
        return made


def _stated(
    product: Product, derived: Mapping[str, Derived], concepts: Concepts
) -> Iterator[tuple[str, Sequence[Value]]]:
    for name, found in derived.items():
        yield name, found.values
    for attribute, values in product.attributes.items():
        if not any(concept in derived for concept in concepts.covering(attribute)):
            yield attribute, values
