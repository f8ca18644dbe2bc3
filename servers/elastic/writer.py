"""Writing the index in Elasticsearch: one write, seen whole or not at all.

Each write fills indices of its own, which nobody reads. A small one begins with a clone of what
is there: a clone shares its files, so it costs next to nothing. Product types come from
statistics over the whole catalog, so products wait on this machine's disk until `commit`.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from elasticsearch import Elasticsearch

from servers.elastic.address import Address, parse_address
from servers.elastic.bulk import send
from servers.elastic.connection import Access, connect
from servers.elastic.documents import document, document_id, record
from servers.elastic.errors import engine_errors
from servers.elastic.generation import Generation, Meta
from servers.elastic.mapping import DIGESTS, MAPPINGS, Json, settings
from servers.elastic.reading import Reading
from servers.embedded.products import Learned, ProductSpool
from servers.embedded.schema import prepare_page, prepare_review
from servers.index import IndexMissing, IndexUnreadable, ServersError
from servers.language.catalog_statistics import CatalogStatistics
from servers.language.concepts import Concepts
from servers.records import AnyRecord, Kind, Page, Product, Review, kind_of

KINDS: tuple[Kind, ...] = ("product", "review", "page")
_FEW = 0.1
"""Share of the catalog: a smaller write does not have the whole catalog written anew."""
_WAITING = 2_000
"""Documents that are sent together."""
_LONG = 600.0
"""Seconds that making or closing an index may take."""


def open_writer(
    url: str,
    concepts: Concepts | None = None,
    access: Access | None = None,
    shards: int | None = None,
) -> "ElasticWriter":
    """Raises BadAddress, IndexUnreadable. `shards` of new indices; None: as the cluster has it."""
    address = parse_address(url)
    return ElasticWriter(connect(address, access), address, concepts, shards)


class ElasticWriter:
    """One write; after `commit` or `abandon` it is used up.

    Of two writes at once the first to commit stands, and the other is told so.
    """

    def __init__(
        self,
        client: Elasticsearch,
        address: Address,
        concepts: Concepts | None = None,
        shards: int | None = None,
    ) -> None:
        self._client = client
        self._address = address
        self._meta = Meta(client, address)
        self._shards = shards
        self._kinds: dict[Kind, _KindWriter] = {}
        self._open = True
        self._folder = TemporaryDirectory(prefix="productresearch-")
        try:
            with engine_errors(str(address), "writing"):
                _refuse_foreign(client, address)
                self._meta.make()
                self._before = self._current()
            self._products = ProductSpool(
                Path(self._folder.name) / "spool", concepts or Concepts.load()
            )
        except BaseException:
            self._folder.cleanup()
            client.close()
            raise

    def _current(self) -> Generation:
        try:
            return self._meta.read()
        except IndexMissing:
            return Generation()

    def add(self, records: Iterable[AnyRecord]) -> None:
        for each in records:  # what the source raises is its own error, not the engine's
            with engine_errors(str(self._address), "writing"):
                self._add(each)

    def _add(self, one: AnyRecord) -> None:
        kind = self._kind(kind_of(one))
        kind.note(one.id)
        match one:
            case Product():
                self._products.put(one)
            case Review():
                kind.put(document(prepare_review(one)))
            case Page():
                kind.put(document(prepare_page(one)))

    def _kind(self, kind: Kind) -> "_KindWriter":
        if not self._open:
            raise RuntimeError("this writer is used up: open another one")
        if kind not in self._kinds:
            number = self._before.number + 1
            name = f"{self._address.prefix}-{kind}-{number:06}-{secrets.token_hex(3)}"
            before = self._before.indices.get(kind)
            self._kinds[kind] = _KindWriter(self._client, kind, name, before, self._shards)
        return self._kinds[kind]

    def prune(self) -> Mapping[Kind, int]:
        with engine_errors(str(self._address), "writing"):
            return {kind: writer.prune() for kind, writer in self._kinds.items()}

    def commit(self) -> None:
        with engine_errors(str(self._address), "writing"):
            self._commit()
            self._close()

    def _commit(self) -> None:
        number = self._before.number + 1
        learned = self._before.learned
        if products := self._kinds.get("product"):
            learned = self._meta.save(self._commit_products(products), number)
        counts: dict[Kind, int] = {**self._before.counts}
        counts.update({kind: writer.commit() for kind, writer in self._kinds.items()})
        indices: dict[Kind, str] = {**self._before.indices}
        indices.update({kind: writer.name for kind, writer in self._kinds.items()})
        after = Generation(
            number=number,
            indices=indices,
            previous=tuple(sorted({*self._before.indices.values()} - {*indices.values()})),
            counts=counts,
            snapshot=_snapshot(self._client, indices, counts),
            learned=learned,
            written=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        self._meta.replace(self._before, after)
        self._kinds.clear()  # they are the index now: nothing that fails may remove them
        self._point_aliases(after)
        self._clear(after)

    def _commit_products(self, products: "_KindWriter") -> Learned:
        kept = products.kept()
        if kept and products.added < _FEW * kept:
            learned = self._meta.load(self._before.learned)
        else:
            for one in products.untouched_records():
                self._products.put(one)
            products.begin_anew()
            learned = Learned(self._products.types(), CatalogStatistics())
        for prepared, kind in self._products.typed(learned):
            products.put(document(prepared, kind))
        return learned

    def _point_aliases(self, after: Generation) -> None:
        """`PREFIX-product` and the like, for whoever else looks at the catalog."""
        actions: list[Json] = []
        for kind, index in after.indices.items():
            alias = f"{self._address.prefix}-{kind}"
            before = self._before.indices.get(kind)
            if before not in (None, index):
                remove: Json = {"index": before, "alias": alias, "must_exist": False}
                actions.append({"remove": remove})
            actions.append({"add": {"index": index, "alias": alias}})
        self._client.indices.update_aliases(actions=actions)

    def _clear(self, after: Generation) -> None:
        """Removes what no reader needs: unfinished writes and the generations before the last."""
        keep = {*after.indices.values(), *after.previous}
        prefix = re.escape(self._address.prefix)
        ours = re.compile(rf"{prefix}-({'|'.join(KINDS)})-(\d{{6,}})-[0-9a-f]{{6}}")
        there = self._client.indices.get_alias(index=f"{self._address.prefix}-*")
        for name in cast(Iterable[str], list(there)):
            found = ours.fullmatch(name)
            if found and int(found[2]) <= after.number and name not in keep:
                _delete(self._client, name)
        if after.learned != self._before.learned:
            self._meta.forget(self._before.learned)

    def abandon(self) -> None:
        """Leaves the index as it was. May be called after `commit`, and then does nothing."""
        if self._open:
            with suppress(ServersError), engine_errors(str(self._address), "writing"):
                for writer in self._kinds.values():
                    writer.abandon()
            self._close()

    def _close(self) -> None:
        self._open = False
        self._products.close()
        self._folder.cleanup()
        self._client.close()


def _refuse_foreign(client: Elasticsearch, address: Address) -> None:
    for kind in KINDS:
        alias = f"{address.prefix}-{kind}"
        if client.indices.exists(index=alias) and not client.indices.exists_alias(name=alias):
            raise IndexUnreadable(
                f"{alias} at {address.host} is an index of another program. Name another prefix."
            )


def _delete(client: Elasticsearch, name: str) -> None:
    client.options(ignore_status=404).indices.delete(index=name)


def _snapshot(
    client: Elasticsearch, indices: Mapping[Kind, str], counts: Mapping[Kind, int]
) -> str:
    """Sums over the records' digests: the same for the same records in any order and engine."""
    asked: Json = {name: {"sum": {"field": name}} for name in DIGESTS}
    lines: list[str] = []
    for kind in KINDS:
        if counts.get(kind):
            answer = Reading(client, indices[kind], kind).search({"size": 0, "aggs": asked})
            parts = [int(answer["aggregations"][name]["value"]) for name in DIGESTS]
            lines.append(f"{kind}:{counts[kind]}:{parts}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


class _KindWriter:
    """The new index of one kind, with the ids that this write put into it."""

    def __init__(
        self, client: Elasticsearch, kind: Kind, name: str, before: str | None, shards: int | None
    ) -> None:
        self.name = name
        self._client = client.options(request_timeout=_LONG)
        self._kind: Kind = kind
        self._shards = shards
        self._before = before
        self._old = Reading(client, before, kind) if before else None
        self._made = False
        self._waiting: list[Json] = []
        self._seen: set[int] = set()  # hashes: a million ids as text would take 100 MB
        self._pruned: frozenset[str] = frozenset()

    def note(self, record_id: str) -> None:
        self._seen.add(hash(record_id))

    @property
    def added(self) -> int:
        return len(self._seen)

    def begin_anew(self) -> None:
        """Makes an empty index; without this, the first document is put beside what was there."""
        self._made = True
        self._client.indices.create(
            index=self.name, mappings=MAPPINGS[self._kind], settings=settings(self._shards)
        )

    def _begin(self) -> None:
        if self._made:
            return
        if self._before is None:
            self.begin_anew()
            return
        self._made = True
        self._client.indices.clone(
            index=self._before, target=self.name, settings={"index.blocks.write": None}
        )

    def put(self, source: Json) -> None:
        self._waiting.append({"_id": document_id(source["id"]), "_source": source})
        if len(self._waiting) >= _WAITING:
            self._send()

    def _send(self) -> None:
        self._begin()
        send(self._client, self.name, self._waiting)
        self._waiting = []

    def prune(self) -> int:
        self._pruned = frozenset(self._untouched())
        return len(self._pruned)

    def kept(self) -> int:
        """How many records stay as they were."""
        return sum(1 for old in self._untouched() if old not in self._pruned)

    def _untouched(self) -> Iterator[str]:
        if self._old is not None:
            for old in self._old.each():
                if hash(old["id"]) not in self._seen:
                    yield old["id"]

    def untouched_records(self) -> Iterator[Product]:
        if self._old is not None:
            for old in self._old.each(source=["record"]):
                if hash(old["id"]) not in self._seen and old["id"] not in self._pruned:
                    yield cast(Product, record(self._kind, old))

    def commit(self) -> int:
        """How many records the index holds."""
        for old in self._pruned:
            if hash(old) not in self._seen:  # it may have been added after `prune`
                self._waiting.append({"_op_type": "delete", "_id": document_id(old)})
        self._send()
        self._client.indices.refresh(index=self.name)
        self._client.indices.add_block(index=self.name, block="write")
        counted = self._client.count(index=self.name)["count"]
        return counted

    def abandon(self) -> None:
        if self._made:
            _delete(self._client, self.name)
