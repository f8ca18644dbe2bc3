"""Products of one write, waiting on disk until the whole catalog has been seen.

What kind of thing a product is comes from statistics over all products, so the documents can
only be written once the last product is there. A million of them would not fit into memory.
"""

import json
import marshal
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from servers.catalog_statistics import CatalogStatistics
from servers.concepts import Concepts, Derived
from servers.embedded_schema import Prepared, fact, fact_value, prepare_product
from servers.producttypes import TypeMiner, TypeModel
from servers.records import Product

LEARNED_FILE = "learned.json"


@dataclass(frozen=True)
class Learned:
    """What one catalog has taught: its product types, and what products of each type state."""

    types: TypeModel
    statistics: CatalogStatistics

    @classmethod
    def nothing(cls) -> "Learned":
        return cls(TypeModel({}), CatalogStatistics())

    @classmethod
    def load(cls, folder: Path) -> "Learned":
        raw = json.loads((folder / LEARNED_FILE).read_text(encoding="utf-8"))
        return cls(
            TypeModel.from_json(raw["types"]), CatalogStatistics.from_json(raw["statistics"])
        )

    def save(self, folder: Path) -> None:
        raw = {"types": self.types.to_json(), "statistics": self.statistics.to_json()}
        fresh = folder / f"{LEARNED_FILE}.new"
        fresh.write_text(json.dumps(raw), encoding="utf-8")
        fresh.replace(folder / LEARNED_FILE)  # the old file may be shared with an older state


class ProductSpool:
    def __init__(self, path: Path, concepts: Concepts) -> None:
        self._path = path
        self._concepts = concepts
        self._file: BinaryIO = path.open("w+b", buffering=1 << 20)
        self._miner = TypeMiner()

    def put(self, product: Product) -> None:
        self._miner.observe(product)
        derived = self._concepts.derive(product)
        one = prepare_product(product, self._concepts, derived)
        kept = [
            (name, [fact("", value) for value in each.values], each.attribute, each.unclear)
            for name, each in derived.items()
        ]
        marshal.dump((one.id, one.texts, one.numbers, one.record, kept), self._file)

    def types(self) -> TypeModel:
        return self._miner.learn()

    def typed(self, learned: Learned) -> Iterator[tuple[Prepared, str | None]]:
        """Each product with its type; `learned.statistics` counts it."""
        for prepared, derived in self._prepared():
            product = Product.model_validate_json(prepared.record)
            found = learned.types.type_of(product)
            kind = None if found is None else found.name
            learned.statistics.observe(product, kind, derived, self._concepts)
            yield prepared, kind

    def _prepared(self) -> Iterator[tuple[Prepared, Mapping[str, Derived]]]:
        self._file.seek(0)
        while True:
            try:
                *fields, kept = marshal.load(self._file)
            except EOFError:
                return
            yield (
                Prepared(*fields),
                {
                    name: Derived(tuple(map(fact_value, terms)), attribute, unclear)
                    for name, terms, attribute, unclear in kept
                },
            )

    def close(self) -> None:
        with suppress(OSError):  # a full disk takes no more of what is thrown away here
            self._file.close()
        self._path.unlink(missing_ok=True)
