"""What an index is: the questions it answers and the errors it raises.

Shaped after Elasticsearch (filters apart from the text, facets, opaque cursors,
highlights, versioned snapshots), so that no meaning is lost on either engine.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from servers.records import AnyRecord, Kind, Product

# Errors
#
# ServersError            anything a user or a model can mend; its text says how
# ├── BadSource           a file, row or mapping that cannot be read
# ├── BadQuery            a query that the index refuses
# │   ├── UnknownField    a filter, attribute or facet the catalog does not have
# │   └── BadCursor       a cursor of another query, or of an index that is gone
# ├── IndexMissing        nothing there
# └── IndexUnreadable     there, but foreign, corrupt, locked or full


class ServersError(Exception):
    """Something a user or a model can mend. The text says what to do."""


class BadSource(ServersError): ...


class BadQuery(ServersError): ...


class UnknownField(BadQuery):
    def __init__(self, message: str, nearest: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.nearest = tuple(nearest)


class BadCursor(BadQuery): ...


class IndexMissing(ServersError): ...


class IndexUnreadable(ServersError): ...


# Queries


@dataclass(frozen=True)
class AnyOf:
    """The field holds one of `values` (compared without case)."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Between:
    """The field lies in [low, high]; `unit` as written, converted before comparing."""

    field: str
    low: float | None = None
    high: float | None = None
    unit: str | None = None


@dataclass(frozen=True)
class Is:
    """The field is stated as true (or as false)."""

    field: str
    value: bool


Filter = AnyOf | Between | Is
"""`field` is one of: category, brand, price, rating, in_stock (products);
product_id, rating, posted, verified (reviews); site, published (pages; dates as ordinal days);
or `attributes.NAME` with an attribute's or a concept's name."""


class Match(StrEnum):
    """Which of the three lists a product falls into, given the filters."""

    MET = "met"
    """Every filter is met as the catalog states it."""
    NEAR = "near"
    """Some filter is broken by a stated value; fewest and smallest breaks first."""
    UNVERIFIED = "unverified"
    """No filter is broken, but the value for at least one is not stated."""


class Sort(StrEnum):
    RELEVANCE = "relevance"
    PRICE_ASC = "price_asc"
    PRICE_DESC = "price_desc"
    RATING = "rating"
    REVIEWS = "reviews"
    NEWEST = "newest"
    HELPFUL = "helpful"


@dataclass(frozen=True)
class Query:
    kind: Kind
    text: str = ""
    filters: tuple[Filter, ...] = ()
    sort: Sort = Sort.RELEVANCE
    limit: int = 10
    cursor: str | None = None
    match: Match = Match.MET
    facets: bool = False


@dataclass(frozen=True)
class Violation:
    filter: str
    """`price`, `brand`, ... or the attribute's name."""
    stated: str
    """The value as the catalog states it, with its unit: "63.99", "36 in"."""
    asked: str
    """"at most 60", "at least 4", "yes", "A3"."""
    by: str | None = None
    """The distance for numbers: "3.99"."""


@dataclass(frozen=True)
class Hit:
    record: AnyRecord
    score: float
    highlights: tuple[str, ...] = ()
    violates: tuple[Violation, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class FacetValue:
    value: str
    count: int


@dataclass(frozen=True)
class AttributeFacet:
    name: str
    stated: int
    """How many of the matching products state it."""
    values: tuple[FacetValue, ...] = ()
    low: float | None = None
    high: float | None = None
    unit: str | None = None


@dataclass(frozen=True)
class Facets:
    """Counted over all matches; each field without its own filter."""

    brand: tuple[FacetValue, ...] = ()
    category: tuple[FacetValue, ...] = ()
    type: tuple[FacetValue, ...] = ()
    price_low: float | None = None
    price_high: float | None = None
    attributes: tuple[AttributeFacet, ...] = ()


@dataclass(frozen=True)
class Results:
    total: int
    hits: tuple[Hit, ...]
    next_cursor: str | None = None
    facets: Facets = Facets()


@dataclass(frozen=True)
class Suggestion:
    """Words of a query that name a filter of this catalog."""

    words: str
    filter: Filter


@dataclass(frozen=True)
class Cell:
    """What a product states about one attribute or concept."""

    text: str
    """"56.8 dB(A)", "yes", "A3, A4"."""
    attribute: str
    """The catalog's own name of it."""


@dataclass(frozen=True)
class Vocabulary:
    """What the catalog can be asked about, most frequent first."""

    brands: Mapping[str, int] = field(default_factory=dict[str, int])
    categories: Mapping[str, int] = field(default_factory=dict[str, int])
    types: Mapping[str, int] = field(default_factory=dict[str, int])
    attributes: Mapping[str, int] = field(default_factory=dict[str, int])
    concepts: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


class Index(Protocol):
    """Blocking; call it in a thread from async code. Safe to call from several threads."""

    @property
    def snapshot(self) -> str:
        """Digest of what is indexed now; changes whenever a record does."""
        ...

    def counts(self) -> Mapping[Kind, int]: ...

    def vocabulary(self) -> Vocabulary: ...

    def search(self, query: Query) -> Results:
        """Raises UnknownField, BadCursor, BadQuery, IndexUnreadable."""
        ...

    def get(self, kind: Kind, ids: Sequence[str]) -> Mapping[str, AnyRecord]:
        """The records that exist, by id; unknown ids are absent."""
        ...

    def variants(self, group: str) -> Sequence[Product]:
        """All products of a group, by id."""
        ...

    def suggest(self, text: str) -> Sequence[Suggestion]:
        """Filters that the words of `text` name, from the values this catalog holds."""
        ...

    def product_type(self, product: Product) -> tuple[str, str] | None:
        """(type, source): what kind of thing it is, and whether its `category`, `title`
        or an `attribute` says so, or it is `inferred` from like products."""
        ...

    def cells(self, product: Product, names: Sequence[str]) -> Sequence[Cell | None]:
        """What the product states under each attribute or concept name; None: not stated."""
        ...

    def nearest_ids(self, kind: Kind, unknown: str) -> Sequence[str]:
        """Known ids close to a mistyped one (at most five)."""
        ...

    def close(self) -> None: ...


class IndexWriter(Protocol):
    """One write of many records. Readers see it whole after `commit`, or not at all."""

    def add(self, records: Iterable[AnyRecord]) -> None:
        """Adds or replaces by kind and id."""
        ...

    def prune(self) -> Mapping[Kind, int]:
        """Removes the records, of the kinds added in this write, that were not added in it."""
        ...

    def commit(self) -> None: ...

    def abandon(self) -> None: ...
