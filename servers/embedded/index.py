"""The embedded index: a folder on this machine, read by tantivy. No service, no network."""

import threading
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

from servers.embedded.search import search
from servers.embedded.state import State, load
from servers.embedded.store import engine_errors, marker_stamp
from servers.index import Cell, Query, Results, Suggestion, Vocabulary
from servers.language.concepts import Concepts
from servers.language.judging import cells
from servers.records import AnyRecord, Kind, Product

T = TypeVar("T")


def open_index(path: Path, concepts: Concepts | None = None) -> "EmbeddedIndex":
    """Raises IndexMissing where nothing was indexed, IndexUnreadable for what is no index."""
    return EmbeddedIndex(path, concepts)


class EmbeddedIndex:
    """Reads the index in a folder; sees each write of any process as soon as it is committed."""

    def __init__(self, path: Path, concepts: Concepts | None = None) -> None:
        self._root = path
        self._concepts = concepts or Concepts.load()
        self._changing = threading.Lock()
        self._stamp = marker_stamp(path)
        self._state = load(path, self._concepts)

    def _now(self) -> State:
        stamp = marker_stamp(self._root)
        if stamp == self._stamp:
            return self._state
        with self._changing:
            if stamp != self._stamp:
                self._state = load(self._root, self._concepts)
                self._stamp = stamp
            return self._state

    def _ask(self, question: Callable[[State], T]) -> T:
        with engine_errors(self._root, "reading"):
            return question(self._now())

    @property
    def snapshot(self) -> str:
        return self._now().snapshot

    def counts(self) -> Mapping[Kind, int]:
        return {kind: state.count for kind, state in self._now().kinds.items()}

    def vocabulary(self) -> Vocabulary:
        return self._ask(lambda state: state.vocabulary)

    def search(self, query: Query) -> Results:
        return self._ask(lambda state: search(state, query))

    def get(self, kind: Kind, ids: Sequence[str]) -> Mapping[str, AnyRecord]:
        def found(state: State) -> Mapping[str, AnyRecord]:
            return state.kinds[kind].found(ids) if kind in state.kinds else {}

        return self._ask(found)

    def variants(self, group: str) -> Sequence[Product]:
        return self._ask(lambda state: state.variants(group))

    def suggest(self, text: str) -> Sequence[Suggestion]:
        return list(self._now().questions.understood(text).suggestions) if text.strip() else []

    def product_type(self, product: Product) -> tuple[str, str] | None:
        found = self._now().learned.types.type_of(product)
        return None if found is None else (found.name, found.source)

    def cells(self, product: Product, names: Sequence[str]) -> Sequence[Cell | None]:
        return cells(product, names, self._concepts)

    def nearest_ids(self, kind: Kind, unknown: str) -> Sequence[str]:
        def nearest(state: State) -> Sequence[str]:
            known = state.kinds[kind].ids() if kind in state.kinds else ()
            return get_close_matches(unknown, known, 5, 0.6)

        return self._ask(nearest)

    def close(self) -> None:
        """Nothing is held open that the system does not free by itself."""
