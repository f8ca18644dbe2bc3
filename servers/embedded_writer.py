"""Writing the embedded index: one write, seen whole or not at all.

Reviews and pages go straight into new, still invisible folders. Product types come from
statistics over the whole catalog, so products wait, prepared, in a spool file until `commit`.
"""

import json
import marshal
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import tantivy

from servers.concepts import Concepts
from servers.embedded_schema import (
    SCHEMAS,
    Prepared,
    document,
    prepare_page,
    prepare_product,
    prepare_review,
)
from servers.embedded_state import TYPES_FILE
from servers.embedded_store import (
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
from servers.producttypes import TypeMiner, TypeModel
from servers.records import AnyRecord, Kind, Page, Product, Review, kind_of

_THREADS = min(4, os.cpu_count() or 1)
_BUFFER = 48_000_000
"""Bytes that a thread of the engine may hold before it writes a segment."""


def open_writer(path: Path, concepts: Concepts | None = None) -> "EmbeddedWriter":
    """Makes the folder where there is none. Raises IndexUnreadable: foreign, locked or full."""
    return EmbeddedWriter(path, concepts)


class EmbeddedWriter:
    """One write into the index at `path`; after `commit` or `abandon` it is used up.

    A product gets its type from the statistics over all products of this write and, where it
    only adds to a catalog, of the writes before; a product that is not part of this write keeps
    the type that it has.
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
                self._products = _Products(self._spool_path())
        except BaseException:
            self._lock.release()
            raise
        self._kinds: dict[Kind, _KindWriter] = {}
        self._open = True

    def _spool_path(self) -> Path:
        return self._root / f"spool-{self._before.number + 1}"

    def add(self, records: Iterable[AnyRecord]) -> None:
        for record in records:  # what the source raises is its own error, not the engine's
            with engine_errors(self._root, "writing"):
                self._add(record)

    def _add(self, record: AnyRecord) -> None:
        kind = self._kind(kind_of(record))
        match record:
            case Product():
                kind.note(record.id)
                self._products.put(record, prepare_product(record, self._concepts))
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
        with engine_errors(self._root, "writing"):
            self._commit()
        self._close()

    def _commit(self) -> None:
        if products := self._kinds.get("product"):
            types = self._products.types()
            for prepared, kind in self._products.typed(types):
                products.put(prepared, (("type", kind),) if kind else ())
            products.save(TYPES_FILE, types.to_json())
        for writer in self._kinds.values():
            writer.commit()
        folders: dict[Kind, str] = {**self._before.folders}
        folders.update({kind: writer.folder.name for kind, writer in self._kinds.items()})
        replaced = set(self._before.folders.values()) - set(folders.values())
        after = Generation(self._before.number + 1, folders, tuple(sorted(replaced)))
        write_generation(self._root, after)

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


def _current(root: Path) -> Generation:
    try:
        return read_generation(root)
    except IndexMissing:
        return Generation()


class _KindWriter:
    """The new folder of one kind, with the ids that this write put into it."""

    def __init__(self, kind: Kind, folder: Path, before: Path | None) -> None:
        self.folder = folder
        if before:
            clone_folder(before, folder)
        else:
            folder.mkdir()
        index = tantivy.Index(SCHEMAS[kind], str(folder))
        self._writer: tantivy.IndexWriter | None = index.writer(_BUFFER * _THREADS, _THREADS)
        self._before = index.searcher()
        self._seen: set[int] = set()  # hashes: a million ids as text would take 100 MB
        self._repeated: set[int] = set()
        self._pruned: tuple[str, ...] = ()

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

    def replaces_all(self) -> bool:
        """Whether nothing stays of what was there before this write."""
        return all(hash(old) in self._seen for old in self._old_ids()) or bool(self._pruned)

    def prune(self) -> int:
        self._pruned = tuple(old for old in self._old_ids() if hash(old) not in self._seen)
        return len(self._pruned)

    def _old_ids(self) -> list[str]:
        if not self._before.num_docs:
            return []
        return [term for term, _ in self._before.terms_with_prefix("id", "")]

    def commit(self) -> None:
        writer = self._engine()
        for old in self._pruned:
            if hash(old) not in self._seen:  # it may have been added after `prune`
                writer.delete_documents_by_term("id", old)
        writer.commit()
        writer.wait_merging_threads()  # else it goes on changing a folder that readers use
        self._writer = None

    def save(self, name: str, content: Mapping[str, object]) -> None:
        """A file beside the engine's own, part of the same state."""
        fresh = self.folder / f"{name}.new"
        fresh.write_text(json.dumps(content), encoding="utf-8")
        os.replace(fresh, self.folder / name)  # the old one may be shared with the old folder

    def _engine(self) -> tantivy.IndexWriter:
        if self._writer is None:
            raise RuntimeError("this writer is used up: open another one")
        return self._writer

    def abandon(self) -> None:
        if self._writer is not None:
            with suppress(ValueError):
                self._writer.rollback()
            self._writer = None
        remove(self.folder)


class _Products:
    """Prepared products on disk, and the statistics that give each its type."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO = path.open("w+b", buffering=1 << 20)
        self._miner = TypeMiner()

    def put(self, product: Product, prepared: Prepared) -> None:
        self._miner.observe(product)
        marshal.dump((prepared.id, prepared.texts, prepared.numbers, prepared.record), self._file)

    def types(self) -> TypeModel:
        return self._miner.learn()

    def typed(self, types: TypeModel) -> Iterator[tuple[Prepared, str | None]]:
        self._file.seek(0)
        while True:
            try:
                prepared = Prepared(*marshal.load(self._file))
            except EOFError:
                return
            found = types.type_of(Product.model_validate_json(prepared.record))
            yield prepared, found and found.name

    def close(self) -> None:
        self._file.close()
        remove(self._path)
