"""What was searched and fetched, kept with its time, so that it can be had without a network.

A folder inside the index: pages in an embedded index of their own (the shop's own index and its
snapshot stay as they are), searches and the addresses they returned in SQLite. Any number of
servers may read and write it at once.
"""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from servers.embedded.index import EmbeddedIndex, open_index
from servers.embedded.writer import open_writer
from servers.index import IndexMissing, IndexUnreadable, Query
from servers.language.concepts import Concepts
from servers.live.search import Asked, WebResult
from servers.records import Page, stable_id

T = TypeVar("T")

_RESULTS = TypeAdapter(tuple[WebResult, ...])
_TABLES = """
CREATE TABLE IF NOT EXISTS searches (asked TEXT PRIMARY KEY, at TEXT, results TEXT);
CREATE TABLE IF NOT EXISTS returned (id TEXT PRIMARY KEY, url TEXT);
"""
_WAIT = 10.0
"""Seconds for another server's write to end."""


def web_id(url: str) -> str:
    """The id of the page at an address; what stands after # is no other page."""
    return f"web-{stable_id([url.partition('#')[0].rstrip('/')])}"


class Kept:
    """Blocking; call it in a thread from async code. Safe to call from several threads."""

    def __init__(self, folder: Path) -> None:
        """Makes the folder. Raises IndexUnreadable where it cannot be used."""
        self._pages = folder / "pages"
        self._file = folder / "searches.sqlite"
        self._concepts = Concepts.load()
        self._opened: EmbeddedIndex | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise IndexUnreadable(
                f"{folder}: what is fetched cannot be kept ({error.strerror}). Make it writable,"
                " or use another index."
            ) from error
        self._asking(lambda file: file.executescript(_TABLES))

    def _asking(self, question: Callable[[sqlite3.Connection], T]) -> T:
        try:
            with closing(sqlite3.connect(self._file, timeout=_WAIT)) as file, file:
                return question(file)
        except sqlite3.Error as error:
            raise IndexUnreadable(
                f"{self._file} cannot be used ({error}). Remove it to start anew."
            ) from error

    # Searches

    def put_search(self, asked: Asked, results: Sequence[WebResult]) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        kept = _RESULTS.dump_json(tuple(results)).decode()
        addresses = [(web_id(one.url), one.url) for one in results]

        def put(file: sqlite3.Connection) -> None:
            file.execute(
                "INSERT OR REPLACE INTO searches VALUES (?, ?, ?)", (_key(asked), now, kept)
            )
            file.executemany("INSERT OR REPLACE INTO returned VALUES (?, ?)", addresses)

        self._asking(put)

    def search(self, asked: Asked) -> tuple[datetime, tuple[WebResult, ...]] | None:
        """(when, what it returned) of the same search, the last time it was made."""
        row = self._one("SELECT at, results FROM searches WHERE asked = ?", _key(asked))
        if row is None:
            return None
        try:
            return datetime.fromisoformat(row[0]), _RESULTS.validate_json(row[1])
        except (ValidationError, ValueError) as error:
            raise IndexUnreadable(f"{self._file} is damaged. Remove it to start anew.") from error

    def returned(self, id: str) -> str | None:
        """The address that a search returned under this id."""
        row = self._one("SELECT url FROM returned WHERE id = ?", id)
        return None if row is None else row[0]

    def _one(self, statement: str, value: str) -> tuple[str, ...] | None:
        return self._asking(lambda file: file.execute(statement, (value,)).fetchone())

    # Pages

    def put_page(self, page: Page) -> None:
        """Waits for its turn: of several servers that write, none is turned away."""

        def put(file: sqlite3.Connection) -> None:
            file.execute("BEGIN IMMEDIATE")
            writer = open_writer(self._pages, self._concepts)
            try:
                writer.add([page])
                writer.commit()
            finally:
                writer.abandon()
            # Where it was in the end was led to by what a search returned.
            ended = (web_id(page.url or ""), page.url)
            file.execute("INSERT OR IGNORE INTO returned VALUES (?, ?)", ended)

        self._asking(put)

    def page(self, id: str) -> Page | None:
        index = self._index()
        record = index.get("page", [id]).get(id) if index else None
        return record if isinstance(record, Page) else None

    def pages(self, query: Query) -> list[Page]:
        index = self._index()
        hits = index.search(query).hits if index else ()
        return [hit.record for hit in hits if isinstance(hit.record, Page)]

    def _index(self) -> EmbeddedIndex | None:
        """None before the first page is kept."""
        if self._opened is None:
            try:
                self._opened = open_index(self._pages, self._concepts)
            except IndexMissing:
                return None
        return self._opened


def _key(asked: Asked) -> str:
    """The same words ask for the same, whatever their case and spaces."""
    words = " ".join(asked.query.casefold().split())
    return "\x1f".join([words, (asked.site or "").lower(), str(asked.since or "")])
