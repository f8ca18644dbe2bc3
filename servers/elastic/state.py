"""One generation of the catalog, opened: what every question of a search is asked of."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from elasticsearch import Elasticsearch

from servers.elastic.facets import FacetCounter
from servers.elastic.filters import FilterCompiler
from servers.elastic.generation import Generation
from servers.elastic.mapping import Json
from servers.elastic.queries import WordQueries
from servers.elastic.reading import Reading
from servers.elastic.vocabulary import Values
from servers.embedded.products import Learned
from servers.engines.ranking import Questions
from servers.index import Vocabulary
from servers.language.concepts import Concepts
from servers.language.understanding import Vocabularies
from servers.records import Kind

_TEXTS_KEPT = 16


class KindState:
    """All records of one kind, as they were when the generation was written."""

    def __init__(
        self, kind: Kind, count: int, reading: Reading, concepts: Concepts, learned: Learned
    ) -> None:
        self.kind: Kind = kind
        self.count = count
        self.reading = reading
        self.values = Values(reading)
        self.filters = FilterCompiler(kind, self.values, concepts, learned.types)
        self.words = WordQueries(kind)
        self.facets = FacetCounter(reading, self.values, concepts)
        self._held: dict[str, bool] = {}

    def holds(self, query: Json) -> bool:
        """The lists beside the matches are searched for the same text."""
        name = repr(query)
        found = self._held.get(name)
        if found is None:
            found = self.reading.holds(query)
            if len(self._held) >= _TEXTS_KEPT:
                self._held.clear()
            self._held[name] = found
        return found


@dataclass(frozen=True)
class State:
    generation: Generation
    concepts: Concepts
    learned: Learned
    kinds: Mapping[Kind, KindState]

    @cached_property
    def questions(self) -> Questions:
        known = Vocabularies(self.learned.statistics, self.learned.types, self.concepts)
        return Questions(known, lambda: self.vocabulary.types)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        products = self.kinds.get("product")
        return products.values.vocabulary(self.concepts) if products else Vocabulary()


def opened(
    client: Elasticsearch, generation: Generation, concepts: Concepts, learned: Learned
) -> State:
    kinds: dict[Kind, KindState] = {
        kind: KindState(
            kind, generation.counts[kind], Reading(client, index, kind), concepts, learned
        )
        for kind, index in generation.indices.items()
    }
    return State(generation, concepts, learned, kinds)
