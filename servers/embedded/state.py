"""One state of the embedded index, opened: what every question of a search is asked of."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import tantivy

from servers.embedded.engine import aggregate, is_panic
from servers.embedded.facets import FacetCounter
from servers.embedded.filters import FilterCompiler
from servers.embedded.order import Ordering
from servers.embedded.products import Learned
from servers.embedded.schema import DIGEST_FIELDS, SCHEMAS
from servers.embedded.store import KINDS, Generation, damaged, read_generation
from servers.embedded.text import WordQueries
from servers.engines.ranking import Questions
from servers.index import IndexUnreadable, Vocabulary
from servers.language.concepts import Concepts
from servers.language.understanding import Vocabularies
from servers.records import AnyRecord, Kind, Page, Product, Review

_RECORDS: Mapping[Kind, type[Product] | type[Review] | type[Page]] = {
    "product": Product,
    "review": Review,
    "page": Page,
}


class KindState:
    """All records of one kind, as they were when the state was opened."""

    def __init__(self, kind: Kind, folder: Path, concepts: Concepts, learned: Learned) -> None:
        index = tantivy.Index.open(str(folder))
        index.config_reader("manual")
        index.reload()
        self.kind: Kind = kind
        self.schema = SCHEMAS[kind]
        self.searcher = index.searcher()
        self.filters = FilterCompiler(kind, self.schema, self.searcher, concepts, learned.types)
        self.words = WordQueries(kind, self.schema)
        self.order = Ordering(self.schema, self.searcher)
        self.count = self.searcher.num_docs

    def record(self, address: tantivy.DocAddress) -> AnyRecord:
        stored = self.searcher.doc(address).get_first("record")
        return _RECORDS[self.kind].model_validate_json(bytes(stored or b""))

    def ids(self) -> Iterable[str]:
        everything = tantivy.Query.all_query()
        return (term for term, _ in self.searcher.terms_with_prefix("id", "", everything))

    def found(self, ids: Sequence[str]) -> Mapping[str, AnyRecord]:
        if not ids:
            return {}
        query = tantivy.Query.term_set_query(self.schema, "id", list(ids))
        hits = self.searcher.search(query, limit=len(ids), count=False).hits
        records = [self.record(address) for _, address in hits]
        return {record.id: record for record in records}

    def digest(self) -> str:
        """Sums over the records' digests: the same for the same records in any order."""
        asked = {name: {"sum": {"field": name}} for name in DIGEST_FIELDS}
        sums = aggregate(self.searcher, tantivy.Query.all_query(), asked)
        parts = [int(sums[name]["value"] or 0) for name in DIGEST_FIELDS]
        return f"{self.kind}:{self.count}:{parts}"


@dataclass(frozen=True)
class State:
    generation: Generation
    concepts: Concepts
    learned: Learned
    kinds: Mapping[Kind, KindState]

    @cached_property
    def snapshot(self) -> str:
        text = "\n".join(self.kinds[kind].digest() for kind in KINDS if self._holds(kind))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def _holds(self, kind: Kind) -> bool:
        return kind in self.kinds and self.kinds[kind].count > 0

    def variants(self, group: str) -> Sequence[Product]:
        products = self.kinds.get("product")
        if products is None:
            return ()
        query = tantivy.Query.term_query(products.schema, "group", group)
        places = products.order.by_id(query, 0, products.count)
        found = [products.record(place.address) for place in places]
        return [product for product in found if isinstance(product, Product)]

    @cached_property
    def facets(self) -> FacetCounter | None:
        products = self.kinds.get("product")
        if products is None:
            return None
        return FacetCounter(products.schema, products.searcher, self.concepts)

    @cached_property
    def questions(self) -> Questions:
        known = Vocabularies(self.learned.statistics, self.learned.types, self.concepts)
        return Questions(known, lambda: self.vocabulary.types)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        return self.facets.vocabulary() if self.facets else Vocabulary()


def load(root: Path, concepts: Concepts) -> State:
    """The current state. Raises IndexMissing, IndexUnreadable."""
    for _ in range(5):
        generation = read_generation(root)
        try:
            return _opened(root, generation, concepts)
        except IndexUnreadable:
            # A write may have replaced the folders between the two steps.
            if read_generation(root).number == generation.number:
                raise
    raise IndexUnreadable(f"The index in {root} is being rewritten all the time; try again later.")


def _opened(root: Path, generation: Generation, concepts: Concepts) -> State:
    try:
        learned = _learned(root, generation)
        kinds: dict[Kind, KindState] = {
            kind: KindState(kind, root / folder, concepts, learned)
            for kind, folder in generation.folders.items()
        }
        state = State(generation, concepts, learned, kinds)
        _ = state.snapshot  # reads from every segment: a damaged one shows now
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(root, error) from error
    except BaseException as error:
        if not is_panic(error):
            raise
        raise damaged(root, error) from error
    return state


def _learned(root: Path, generation: Generation) -> Learned:
    folder = generation.folders.get("product")
    return Learned.nothing() if folder is None else Learned.load(root / folder)
