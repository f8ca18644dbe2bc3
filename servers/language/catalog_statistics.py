"""What products of each type state, counted while indexing: what a question is read against."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any

from servers.language.concepts import Concepts, Derived
from servers.language.synonyms import canonical
from servers.language.units import dimension_of
from servers.language.words import analyze
from servers.records import Product, Quantity, Value

_SMALL_CATALOG = 1_000
"""Products up to which a value that is stated once is worth keeping."""

_UNCOUNTED = 50_000
"""Different statements that may wait."""

Stated = tuple[str, int, tuple[str, ...], tuple[str, ...]]
"""What is counted of one attribute or concept of a product: its name, how many of the values are
yes or no, the units of those that have one, and the short texts."""


def stated_under(name: str, values: Iterable[Value]) -> Stated:
    flags = 0
    units: list[str] = []
    texts: list[str] = []
    for value in values:
        if isinstance(value, bool):
            flags += 1
        elif isinstance(value, Quantity):
            units.append(value.unit)
        elif isinstance(value, str) and len(value) <= 40:
            texts.append(value)
    return name, flags, tuple(units), tuple(texts)


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
        tally = Tally(self)
        stated = (stated_under(*each) for each in _stated(product, derived, concepts))
        tally.add(product.brand, analyze(product.title), product_type, stated)
        tally.close()

    def count(self, stated: Stated, kind: str, times: int) -> None:
        """`times` products of a type ("": of none that is known) that state the same."""
        name, flags, units, texts = stated
        for each in ("", kind) if kind else ("",):
            self.names[each][name] += times
        if flags:
            self.flags[name] += flags * times
        for unit in units:
            self.dimensions[name][dimension_of(unit) or ""] += times
            self.units[name][unit] += times
        for text in texts:
            self._count_text(name, text, kind, times)

    def _count_text(self, name: str, value: str, kind: str, times: int) -> None:
        words = analyze(value)
        if not words or len(words) > 4 or all(word[0].isdigit() for word in words):
            return
        key = " ".join(words)
        known = self.spellings.get(key)
        if known is None or len(value) < len(known):  # "A3" rather than "A3+"
            self.spellings[key] = value
        self.values[key][name] += times
        if kind:
            self.values[key][f"{name}\t{kind}"] += times

    def shrink(self) -> None:
        """Forgets what is rare, where there is too much to keep."""
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


class Tally:
    """Counts products into statistics: what many state alike is taken apart only once.

    `close` it before the statistics are read.
    """

    def __init__(self, statistics: CatalogStatistics) -> None:
        self._statistics = statistics
        self._stated: Counter[tuple[str, Stated]] = Counter()
        self._kinds: dict[str | None, str] = {}
        self._seen = 0

    def add(
        self,
        brand: str | None,
        title: Iterable[str],
        product_type: str | None,
        stated: Iterable[Stated],
    ) -> None:
        """One product; `title` is its analyzed words."""
        kind = self._kind(product_type)
        statistics = self._statistics
        statistics.products[""] += 1
        if kind:
            statistics.products[kind] += 1
        statistics.words.update(set(title))
        if brand:
            statistics.brands[brand] += 1
        self._stated.update(zip(repeat(kind), stated))
        self._seen += 1
        if len(self._stated) > _UNCOUNTED:
            self.close()
        if self._seen % 50_000 == 0:
            self.close()
            statistics.shrink()

    def close(self) -> None:
        for (kind, stated), times in self._stated.items():
            self._statistics.count(stated, kind, times)
        self._stated.clear()

    def _kind(self, product_type: str | None) -> str:
        kind = self._kinds.get(product_type)
        if kind is None:
            kind = " ".join(canonical(tuple((product_type or "").split())))
            self._kinds[product_type] = kind
        return kind


def _stated(
    product: Product, derived: Mapping[str, Derived], concepts: Concepts
) -> Iterator[tuple[str, Sequence[Value]]]:
    for name, found in derived.items():
        yield name, found.values
    for attribute, values in product.attributes.items():
        if not any(concept in derived for concept in concepts.covering(attribute)):
            yield attribute, values
