"""The index in Elasticsearch: beyond one machine, and shared by many readers."""

import threading
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import TypeVar, cast

from elasticsearch import Elasticsearch

from servers.elastic.address import Address, parse_address
from servers.elastic.connection import Access, connect
from servers.elastic.errors import Gone, engine_errors
from servers.elastic.generation import Meta
from servers.elastic.mapping import Json
from servers.elastic.queries import any_of
from servers.elastic.search import search
from servers.elastic.state import State, opened
from servers.index import Cell, Query, Results, Suggestion, Vocabulary
from servers.language.concepts import Concepts
from servers.language.judging import cells
from servers.records import AnyRecord, Kind, Product

T = TypeVar("T")

_CANDIDATES = 200


def open_index(
    url: str, concepts: Concepts | None = None, access: Access | None = None
) -> "ElasticIndex":
    """Raises IndexMissing where nothing was indexed, IndexUnreadable, BadAddress."""
    address = parse_address(url)
    return ElasticIndex(connect(address, access), address, concepts)


class ElasticIndex:
    """Reads the indices below one prefix; sees each write as soon as it is committed."""

    def __init__(
        self, client: Elasticsearch, address: Address, concepts: Concepts | None = None
    ) -> None:
        self._client = client
        self._address = address
        self._concepts = concepts or Concepts.load()
        self._meta = Meta(client, address)
        self._changing = threading.Lock()
        self._state: State | None = None
        try:
            self._ask(lambda state: state.questions)
        except BaseException:
            client.close()
            raise

    def _now(self) -> State:
        generation = self._meta.read()
        state = self._state
        if state is None or state.generation != generation:
            with self._changing:
                state = self._state
                if state is None or state.generation != generation:
                    learned = self._meta.load(generation.learned)
                    state = opened(self._client, generation, self._concepts, learned)
                    self._state = state
        return state

    def _ask(self, question: Callable[[State], T]) -> T:
        with engine_errors(str(self._address), "reading"):
            try:
                with engine_errors(str(self._address), "reading"):
                    return question(self._now())
            except Gone:  # two writes came between reading the generation and asking it
                return question(self._now())

    @property
    def snapshot(self) -> str:
        return self._ask(lambda state: state.generation.snapshot)

    def counts(self) -> Mapping[Kind, int]:
        return self._ask(lambda state: state.generation.counts)

    def written(self) -> str:
        """When the last write ended, as ISO 8601."""
        return self._ask(lambda state: state.generation.written)

    def vocabulary(self) -> Vocabulary:
        return self._ask(lambda state: state.vocabulary)

    def search(self, query: Query) -> Results:
        return self._ask(lambda state: search(state, query))

    def get(self, kind: Kind, ids: Sequence[str]) -> Mapping[str, AnyRecord]:
        def found(state: State) -> Mapping[str, AnyRecord]:
            if kind not in state.kinds:
                return {}
            return {each.id: each for each in state.kinds[kind].reading.records(ids)}

        return self._ask(found)

    def variants(self, group: str) -> Sequence[Product]:
        def found(state: State) -> Sequence[Product]:
            if "product" not in state.kinds:
                return ()
            reading = state.kinds["product"].reading
            ids = [each["id"] for each in reading.each({"term": {"group": group}})]
            return cast(list[Product], reading.records(ids))

        return self._ask(found)

    def suggest(self, text: str) -> Sequence[Suggestion]:
        if not text.strip():
            return []
        return self._ask(lambda state: list(state.questions.understood(text).suggestions))

    def product_type(self, product: Product) -> tuple[str, str] | None:
        found = self._ask(lambda state: state.learned.types.type_of(product))
        return None if found is None else (found.name, found.source)

    def cells(self, product: Product, names: Sequence[str]) -> Sequence[Cell | None]:
        return cells(product, names, self._concepts)

    def nearest_ids(self, kind: Kind, unknown: str) -> Sequence[str]:
        def nearest(state: State) -> Sequence[str]:
            if kind not in state.kinds:
                return ()
            hits = state.kinds[kind].reading.search(_like(unknown))["hits"]["hits"]
            return get_close_matches(unknown, [hit["sort"][-1] for hit in hits], 5, 0.6)

        return self._ask(nearest)

    def close(self) -> None:
        self._client.close()


def _like(unknown: str) -> Json:
    """Ids that differ by two letters, or that begin alike: not all are compared, as there may be
    millions."""
    beginning = unknown[: max(1, len(unknown) - 2)]
    alike = any_of([
        {"fuzzy": {"id": {"value": unknown[:200], "fuzziness": 2, "boost": 2.0}}},
        {"prefix": {"id": {"value": beginning[:200], "case_insensitive": True}}},
    ])  # fmt: skip
    return {
        "query": alike,
        "size": _CANDIDATES,
        "sort": [{"_score": "desc"}, {"id": "asc"}],
        "_source": False,
    }
