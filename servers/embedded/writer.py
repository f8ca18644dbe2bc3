"""Writing the embedded index: one write, seen whole or not at all.

Reviews and pages go straight into new, still invisible folders. Product types come from
statistics over the whole catalog, so products wait, prepared, in a spool file until `commit`.
"""

import gc
import os
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import tantivy

from servers.embedded.engine import is_panic
from servers.embedded.products import Learned, ProductSpool
from servers.embedded.schema import (
    SCHEMAS,
    Prepared,
    document,
    prepare_page,
    prepare_review,
)
from servers.embedded.store import (
    Generation,
    WriteLock,
    clear_leftovers,
    clone_folder,
    engine_errors,
    read_generation,
    remove,
    write_generation,
)
from servers.index import IndexMissing, IndexUnreadable
from servers.language.catalog_statistics import CatalogStatistics
from servers.language.concepts import Concepts
from servers.records import AnyRecord, Kind, Page, Product, Review, kind_of

_THREADS = min(4, os.cpu_count() or 1)
_FEW = 0.1
"""Share of the catalog: a smaller write does not have the whole catalog written anew."""
_BUFFER = 48_000_000
"""Bytes that a thread of the engine may hold before it writes a segment."""


def open_writer(path: Path, concepts: Concepts | None = None) -> "EmbeddedWriter":
    """Makes the folder where there is none. Raises IndexUnreadable: foreign, locked or full."""
    return EmbeddedWriter(path, concepts)


class EmbeddedWriter:
    """One write into the index at `path`; after `commit` or `abandon` it is used up.

    Product types are learned anew from the whole catalog, unless the write adds or replaces only
    a few products of it: those get their types from what is already known.
    """

    def __init__(self, path: Path, concepts: Concepts | None = None) -> None:
        self._root = path
        self._concepts = concepts or Concepts.load()
        with engine_errors(path, "writing"):
            _current(path)  # refuses a foreign folder before anything is put into it
            path.mkdir(parents=True, exist_ok=True)
            self._lock = WriteLock(path)
        try:
            with engine_errors(path, "writing"):
                self._before = _current(path)
                clear_leftovers(path, self._before)
                self._products = ProductSpool(self._spool_path(), self._concepts)
        except BaseException:
            self._lock.release()
            raise
        self._kinds: dict[Kind, _KindWriter] = {}
        self._open = True

    def _spool_path(self) -> Path:
        return self._root / f"spool-{self._before.number + 1}"

    def add(self, records: Iterable[AnyRecord]) -> None:
        with _rare_collections():
            for record in records:  # what the source raises is its own error, not the engine's
                with engine_errors(self._root, "writing"):
                    self._add(record)

    def _add(self, record: AnyRecord) -> None:
        kind = self._kind(kind_of(record))
        match record:
            case Product():
                kind.note(record.id)
                self._products.put(record)
            case Review():
                kind.put(prepare_review(record))
            case Page():
                kind.put(prepare_page(record))

    def _kind(self, kind: Kind) -> "_KindWriter":
        if not self._open:
            raise RuntimeError("this writer is used up: open another one")
        if kind not in self._kinds:
            folder = self._root / f"{kind}-{self._before.number + 1}"
            before = self._before.folders.get(kind)
            self._kinds[kind] = _KindWriter(
                kind, folder, None if before is None else self._root / before
            )
        return self._kinds[kind]

    def prune(self) -> Mapping[Kind, int]:
        with engine_errors(self._root, "writing"):
            return {kind: writer.prune() for kind, writer in self._kinds.items()}

    def commit(self) -> None:
        with engine_errors(self._root, "writing"), _rare_collections():
            self._commit()
        self._close()

    def _commit(self) -> None:
        if products := self._kinds.get("product"):
            self._commit_products(products)
        for writer in self._kinds.values():
            writer.commit()
        folders: dict[Kind, str] = {**self._before.folders}
        folders.update({kind: writer.folder.name for kind, writer in self._kinds.items()})
        replaced = set(self._before.folders.values()) - set(folders.values())
        after = Generation(self._before.number + 1, folders, tuple(sorted(replaced)))
        write_generation(self._root, after)

    def _commit_products(self, products: "_KindWriter") -> None:
        kept = products.kept()
        if kept and products.added < _FEW * len(kept):
            learned = Learned.load(products.folder)
        else:
            for record in products.records(kept):
                products.note(record.id)
                self._products.put(record)
            learned = Learned(self._products.types(), CatalogStatistics())
        for prepared, kind in self._products.typed(learned):
            products.put(prepared, (("type", kind),) if kind else ())
        learned.save(products.folder)

    def abandon(self) -> None:
        """Leaves the index as it was. May be called after `commit`, and then does nothing."""
        if self._open:
            for writer in self._kinds.values():
                writer.abandon()
            self._close()

    def _close(self) -> None:
        self._open = False
        self._products.close()
        with suppress(OSError, IndexMissing, IndexUnreadable):
            clear_leftovers(self._root, _current(self._root))
        self._lock.release()


@contextmanager
def _rare_collections() -> Generator[None]:
    """Records and what is kept of them hold no cycles: looking for some took a fifth of a write."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 50, before[2])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _current(root: Path) -> Generation:
    try:
        return read_generation(root)
    except IndexMissing:
        return Generation()


class _KindWriter:
    """The new folder of one kind, with the ids that this write put into it."""

    def __init__(self, kind: Kind, folder: Path, before: Path | None) -> None:
        self.folder = folder
        self._schema = SCHEMAS[kind]
        if before:
            clone_folder(before, folder)
        else:
            folder.mkdir()
        index = tantivy.Index(self._schema, str(folder))
        self._writer: tantivy.IndexWriter | None = index.writer(_BUFFER * _THREADS, _THREADS)
        self._before = index.searcher()
        self._seen: set[int] = set()  # hashes: a million ids as text would take 100 MB
        self._repeated: set[int] = set()
        self._pruned: frozenset[str] = frozenset()

    def note(self, record_id: str) -> None:
        """Marks the id as part of this write, before (or while) its document is put."""
        hashed = hash(record_id)
        (self._repeated if hashed in self._seen else self._seen).add(hashed)

    def put(self, prepared: Prepared, extra: Iterable[tuple[str, str]] = ()) -> None:
        writer = self._engine()
        repeated = hash(prepared.id) in self._repeated
        if repeated or (self._before.num_docs and self._before.doc_freq("id", prepared.id)):
            writer.delete_documents_by_term("id", prepared.id)
        writer.add_document(document(prepared, extra))

    @property
    def added(self) -> int:
        return len(self._seen)

    def prune(self) -> int:
        self._pruned = frozenset(self._untouched())
        return len(self._pruned)

    def kept(self) -> list[str]:
        """The ids that stay as they were."""
        return [old for old in self._untouched() if old not in self._pruned]

    def _untouched(self) -> Iterator[str]:
        if self._before.num_docs:
            everything = tantivy.Query.all_query()
            for old, _ in self._before.terms_with_prefix("id", "", everything):
                if hash(old) not in self._seen:
                    yield old

    def records(self, ids: Iterable[str]) -> Iterator[Product]:
        for old in ids:
            query = tantivy.Query.term_query(self._schema, "id", old)
            for _, address in self._before.search(query, limit=1, count=False).hits:
                stored = self._before.doc(address).get_first("record")
                yield Product.model_validate_json(bytes(stored or b""))

    def commit(self) -> None:
        writer = self._engine()
        for old in self._pruned:
            if hash(old) not in self._seen:  # it may have been added after `prune`
                writer.delete_documents_by_term("id", old)
        writer.commit()
        writer.wait_merging_threads()  # else it goes on changing a folder that readers use
        self._writer = None

    def _engine(self) -> tantivy.IndexWriter:
        if self._writer is None:
            raise RuntimeError("this writer is used up: open another one")
        return self._writer

    def abandon(self) -> None:
        if self._writer is not None:
            try:
                self._writer.rollback()
            except BaseException as error:  # the disk may be full, the engine's threads dead
                if not (isinstance(error, ValueError | OSError) or is_panic(error)):
                    raise
            self._writer = None
        remove(self.folder)
