"""Products of one write, waiting on disk until the whole catalog has been seen.

What kind of thing a product is comes from statistics over all products, so the documents can
only be written once the last product is there. A million of them would not fit into memory.
"""

import json
import marshal
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from servers.embedded.schema import Prepared, prepare_product
from servers.embedded.statements import StatementReader, Texts
from servers.language.catalog_statistics import CatalogStatistics, Stated, Tally
from servers.language.concepts import Concepts
from servers.language.producttypes import Evidence, TypeMiner, TypeModel
from servers.language.words import analyze
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


_Row = tuple[
    str,
    tuple[tuple[str, str], ...],
    tuple[tuple[str, float], ...],
    bytes,
    tuple[Texts, ...],
    str,
    tuple[Stated, ...],
    str | None,
    list[str],
    tuple[Any, ...],
]
"""Of one product: what `Prepared` holds, facts, columns of facets, what is counted, brand, words of
the title, and the evidence of its type."""

_BATCH_ROWS = 256
_BATCH_BYTES = 1 << 20
_LENGTH = struct.Struct("<Q")


class ProductSpool:
    def __init__(self, path: Path, concepts: Concepts) -> None:
        self._path = path
        self._statements = StatementReader(concepts)
        self._file: BinaryIO = path.open("w+b", buffering=1 << 20)
        self._miner = TypeMiner()
        self._batch: list[_Row] = []
        self._batch_bytes = 0

    def put(self, product: Product) -> None:
        evidence = self._miner.observe(product)
        stated = self._statements.read(product)
        one = prepare_product(product, stated.attribute_text)
        self._batch.append(
            (
                *(one.id, one.texts, one.numbers, one.record),
                *(stated.facts, stated.facets, stated.counted),
                *(product.brand, analyze(product.title)),
                tuple(evidence),
            )
        )
        self._batch_bytes += len(one.record)
        if len(self._batch) >= _BATCH_ROWS or self._batch_bytes >= _BATCH_BYTES:
            self._write_batch()

    def _write_batch(self) -> None:
        # at once: what the products of a batch state alike is written and read only once
        written = marshal.dumps(self._batch)
        self._file.write(_LENGTH.pack(len(written)))
        self._file.write(written)
        self._batch.clear()
        self._batch_bytes = 0

    def types(self) -> TypeModel:
        return self._miner.learn()

    def typed(self, learned: Learned) -> Iterator[tuple[Prepared, str | None]]:
        """Each product with its type; `learned.statistics` has counted them at the end."""
        tally = Tally(learned.statistics)
        for row in self._rows():
            name, texts, numbers, record, facts, facets, counted, brand, title, evidence = row
            found = learned.types.type_from(Evidence(*evidence))
            kind = None if found is None else found.name
            tally.add(brand, title, kind, counted)
            texts = (*texts, *chain.from_iterable(facts))
            yield Prepared(name, texts, numbers, record, facets), kind
        tally.close()

    def _rows(self) -> Iterator[_Row]:
        self._write_batch()
        self._file.seek(0)
        while length := self._file.read(_LENGTH.size):
            yield from marshal.loads(self._file.read(_LENGTH.unpack(length)[0]))

    def close(self) -> None:
        with suppress(OSError):  # a full disk takes no more of what is thrown away here
            self._file.close()
        self._path.unlink(missing_ok=True)
