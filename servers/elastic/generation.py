"""Which indices together are one state of the catalog, and what was learned from it.

`PREFIX-meta` holds one document that names them; replacing that document is what makes a write
visible, all of it at once. The indices it names are never written again, so whoever has read it
sees the same records for as long as they are there: until the write after next.
"""

import base64
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, cast

from elasticsearch import ConflictError, Elasticsearch, NotFoundError

from servers.elastic.address import Address
from servers.elastic.mapping import FORMAT, META
from servers.embedded.products import Learned
from servers.index import IndexMissing, IndexUnreadable
from servers.language.catalog_statistics import CatalogStatistics
from servers.language.producttypes import TypeModel
from servers.records import Kind

_STATE = "state"
_PART = 8_000_000
"""Characters of one document of what was learned."""


@dataclass(frozen=True)
class Generation:
    number: int = 0
    indices: Mapping[Kind, str] = field(default_factory=dict[Kind, str])
    previous: tuple[str, ...] = ()
    """Indices of the generation before: kept for readers that are in the midst of a search."""
    counts: Mapping[Kind, int] = field(default_factory=dict[Kind, int])
    snapshot: str = ""
    learned: tuple[str, ...] = ()
    """Documents of what was learned."""
    written: str = ""
    """When, as ISO 8601."""


class Meta:
    """`PREFIX-meta` of one cluster."""

    def __init__(self, client: Elasticsearch, address: Address) -> None:
        self._client = client
        self._address = address
        self._index = f"{address.prefix}-meta"

    def read(self) -> Generation:
        """Raises IndexMissing, or IndexUnreadable for what is no index of ours."""
        try:
            found = self._client.get(index=self._index, id=_STATE)
        except NotFoundError:
            raise IndexMissing(
                f"There is no index at {self._address}. Make one with: productresearch index "
                f"SOURCE --index {self._address}"
            ) from None
        return self._parsed(found["_source"])

    def _parsed(self, source: Mapping[str, Any]) -> Generation:
        try:
            raw = source["state"]
            if raw["format"] != FORMAT:
                raise IndexUnreadable(
                    f"The index at {self._address} has format {raw['format']}; this version reads "
                    f"format {FORMAT}. Index again under another name."
                )
            return Generation(
                int(raw["number"]),
                raw["indices"],
                tuple(raw["previous"]),
                raw["counts"],
                str(raw["snapshot"]),
                tuple(raw["learned"]),
                str(raw["written"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise IndexUnreadable(
                f"{self._index} at {self._address.host} is no index of productresearch, or it is "
                "damaged. Name another prefix."
            ) from error

    def make(self) -> None:
        if not self._client.indices.exists(index=self._index):
            self._client.options(ignore_status=400).indices.create(
                index=self._index,
                mappings=META,
                settings={"number_of_shards": 1, "auto_expand_replicas": "0-1"},
            )

    def replace(self, before: Generation, after: Generation) -> None:
        """Makes `after` the current generation, unless another write has come in between."""
        state = {"format": FORMAT, **asdict(after)}
        try:
            if not before.number:
                self._client.create(index=self._index, id=_STATE, document={"state": state})
                return
            now = self._client.get(index=self._index, id=_STATE)
            if self._parsed(now["_source"]) != before:
                raise self._overtaken()
            self._client.index(
                index=self._index,
                id=_STATE,
                document={"state": state},
                if_seq_no=now["_seq_no"],
                if_primary_term=now["_primary_term"],
            )
        except ConflictError as error:
            raise self._overtaken() from error

    def _overtaken(self) -> IndexUnreadable:
        return IndexUnreadable(
            f"Another process has written to the index at {self._address} meanwhile, and what it "
            "wrote stands. Run the command again."
        )

    # What was learned

    def save(self, learned: Learned, generation: int) -> tuple[str, ...]:
        raw = {"types": learned.types.to_json(), "statistics": learned.statistics.to_json()}
        packed = base64.b64encode(zlib.compress(json.dumps(raw).encode(), 6)).decode()
        names: list[str] = []
        for at in range(0, len(packed), _PART):
            names.append(f"learned-{generation}-{len(names)}")
            part = {"part": packed[at : at + _PART]}
            self._client.index(index=self._index, id=names[-1], document=part)
        return tuple(names)

    def load(self, names: tuple[str, ...]) -> Learned:
        if not names:
            return Learned.nothing()
        raw = json.loads(zlib.decompress(base64.b64decode("".join(self._parts(names)))))
        return Learned(
            TypeModel.from_json(raw["types"]), CatalogStatistics.from_json(raw["statistics"])
        )

    def _parts(self, names: tuple[str, ...]) -> Iterator[str]:
        for name in names:
            yield cast(str, self._client.get(index=self._index, id=name)["_source"]["part"])

    def forget(self, names: tuple[str, ...]) -> None:
        for name in names:
            self._client.options(ignore_status=404).delete(index=self._index, id=name)
