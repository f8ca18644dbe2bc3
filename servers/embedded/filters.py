"""Filters as engine queries: for each filter the products that meet it and those that break it.

The distinct values of an attribute are judged one by one with `servers.language.judging`, so
that the engine and the judgement of a single product cannot differ. What is neither met nor
broken is not stated.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import tantivy

from servers.embedded.engine import Query, all_of, any_of, one_of, without
from servers.embedded.schema import SEPARATOR, attribute_key, concept_key, fact_value, unclear_key
from servers.engines.filtering import (
    FLAGS,
    NAMES,
    NUMBERS,
    judge_value,
    lowered,
    misuse,
    name_form,
    raised,
    type_is,
    unknown,
)
from servers.index import AnyOf, BadQuery, Between, Filter, Is, UnknownField
from servers.language.asked import PREFIX, amounts
from servers.language.concepts import Concepts
from servers.language.judging import Broken, Met
from servers.language.producttypes import TypeModel
from servers.language.words import normal
from servers.records import Kind


@dataclass(frozen=True)
class Judged:
    """One filter over all records."""

    asked: Filter
    met: Query
    broken: Query
    distances: tuple[tuple[float, Query], ...] = ()
    """For numbers of attributes: who has a value that misses by this share of the bound."""

    def inverted(self) -> "Judged":
        return Judged(self.asked, self.broken, self.met)


class FilterCompiler:
    """Compiles filters for one kind of one state of the index."""

    def __init__(
        self,
        kind: Kind,
        schema: tantivy.Schema,
        searcher: tantivy.Searcher,
        concepts: Concepts,
        types: TypeModel,
    ) -> None:
        self._kind: Kind = kind
        self._schema = schema
        self._searcher = searcher
        self._concepts = concepts
        self._types = types
        self._compiled: dict[Filter, Judged] = {}

    def judged(self, asked: Filter) -> Judged:
        """Raises UnknownField for what this catalog does not have, BadQuery for a wrong form."""
        found = self._compiled.get(asked)
        if found is None:
            found = self._compile(asked)
            if len(self._compiled) > 500:
                self._compiled.clear()
            self._compiled[asked] = found
        return found

    def _compile(self, asked: Filter) -> Judged:
        field = asked.field
        if self._kind == "product" and field.startswith(PREFIX):
            return self._attribute(asked)
        match asked:
            case Between() if field in NUMBERS[self._kind]:
                return self._number(asked)
            case Is() if field in FLAGS[self._kind]:
                return self._flag(asked)
            case AnyOf() if field in NAMES[self._kind]:
                return self._names(asked)
            case _:
                raise misuse(self._kind, asked)

    # Fields of every product, review or page

    def _number(self, asked: Between) -> Judged:
        stated = Query.exists_query(asked.field)
        if asked.unit is not None:
            raise BadQuery(f"The filter {asked.field} takes a plain number, without a unit.")
        met = self._range(asked.field, lowered(asked.low), raised(asked.high))
        return Judged(asked, met, without(stated, met))

    def _range(self, field: str, low: float | None, high: float | None) -> Query:
        if low is None and high is None:
            return Query.exists_query(field)
        return Query.range_query(self._schema, field, tantivy.FieldType.Float, low, high)

    def _flag(self, asked: Is) -> Judged:
        yes, no = (self._range(asked.field, value, value) for value in (1.0, 0.0))
        return Judged(asked, yes, no) if asked.value else Judged(asked, no, yes)

    def _names(self, asked: AnyOf) -> Judged:
        if asked.field == "product_id":
            met = self._terms("product_id", asked.values)
            return Judged(asked, met, without(Query.all_query(), met))
        if asked.field == "type":
            return self._type(asked)
        met = self._terms(asked.field, self._known_names(asked))
        return Judged(asked, met, without(Query.exists_query(asked.field), met))

    def _type(self, asked: AnyOf) -> Judged:
        """A "laser printer" is a printer; a "printer" may be a laser printer or not."""
        known = self._distinct("type")
        said = {kind: type_is(kind, asked, self._types) for kind in known}
        met = self._terms("type", [kind for kind in known if said[kind]])
        if not any(said.values()):
            raise unknown("type", asked.values[0], {normal(kind): kind for kind in known})
        broken = self._terms("type", [kind for kind in known if said[kind] is False])
        return Judged(asked, met, broken)

    def _distinct(self, field: str) -> list[str]:
        everything = Query.all_query()
        return [name for name, _ in self._searcher.terms_with_prefix(field, "", everything)]

    def _terms(self, field: str, values: Iterable[str]) -> Query:
        return one_of(self._schema, field, values)

    def _known_names(self, asked: AnyOf) -> list[str]:
        by_form: dict[str, list[str]] = {}
        for name in self._distinct(asked.field):
            by_form.setdefault(name_form(name), []).append(name)
        found: list[str] = []
        for value in asked.values:
            if name_form(value) not in by_form:
                first = {form: names[0] for form, names in by_form.items()}
                raise unknown(asked.field, value, first)
            found += by_form[name_form(value)]
        return found

    # Attributes and concepts

    def _attribute(self, asked: Filter) -> Judged:
        name = asked.field.removeprefix(PREFIX)
        key, concept = attribute_key(name), self._concepts.resolve(name)
        own = self._facts(key, asked)
        if own is None and concept is None:
            raise self._unknown_attribute(name)
        own = own or _nothing(asked)
        if concept is None:
            return own
        derived = self._facts(concept_key(concept), asked) or _nothing(asked)
        unclear = self._terms("stated", [unclear_key(concept)])
        if normal(name) == normal(concept):
            return _first_then(derived, own, unclear)
        return self._by_alias(derived, own, unclear, concept, key)

    def _by_alias(
        self, derived: Judged, own: Judged, unclear: Query, concept: str, key: str
    ) -> Judged:
        """The product's own attribute decides first, unless the concept was read from it."""
        prefix = concept_key(concept) + SEPARATOR
        sources = [term for term, _ in self._searcher.terms_with_prefix("stated", prefix)]
        same = [term for term in sources if attribute_key(term.removeprefix(prefix)) == key]
        own_first = _first_then(own, derived, unclear)
        if not same:
            return own_first
        read_from_it = self._terms("stated", same)
        derived_first = _first_then(derived, own, unclear)
        return Judged(
            own.asked,
            _chosen(read_from_it, derived_first.met, own_first.met),
            _chosen(read_from_it, derived_first.broken, own_first.broken),
            own_first.distances,
        )

    def _facts(self, key: str, asked: Filter) -> Judged | None:
        """None where no product states anything under the key."""
        terms = [term for term, _ in self._searcher.terms_with_prefix("facts", key + SEPARATOR)]
        if not terms:
            return None
        # "Yes" among several values is a yes, so a "no" is what has a no and no yes.
        plain = Is(asked.field, True) if isinstance(asked, Is) else asked
        measured = bool(amounts(asked)) if isinstance(asked, AnyOf) else isinstance(asked, Between)
        met: list[str] = []
        missed: list[str] = []
        distances: dict[float, list[str]] = {}
        for term in terms:
            match judge_value(fact_value(term), plain):
                case Met():
                    met.append(term)
                case Broken(distance=distance):
                    missed.append(term)
                    if measured:
                        distances.setdefault(distance, []).append(term)
                case _:
                    pass
        hit = self._terms("facts", met)
        judged = Judged(
            asked,
            hit,
            without(self._terms("facts", missed), hit),
            tuple((share, self._terms("facts", distances[share])) for share in sorted(distances)),
        )
        return judged.inverted() if isinstance(asked, Is) and not asked.value else judged

    def _unknown_attribute(self, name: str) -> UnknownField:
        known: dict[str, str] = {}
        for term, _ in self._searcher.terms_with_prefix("stated", ""):
            key, _, shown = term.partition(SEPARATOR)
            if shown and key[:1] not in "@?":
                known.setdefault(key, shown)
        for concept, aliases in self._concepts.aliases().items():
            known.update({normal(each): each for each in (concept, *aliases)})
        return unknown("attribute", name, known)


def _nothing(asked: Filter) -> Judged:
    return Judged(asked, Query.empty_query(), Query.empty_query())


def _first_then(first: Judged, second: Judged, unclear: Query) -> Judged:
    """`second` decides where `first` does not; nothing does where the reading is unclear."""
    left_open = (first.met, first.broken, unclear)
    return Judged(
        first.asked,
        any_of([without(first.met, unclear), without(second.met, *left_open)]),
        any_of([without(first.broken, unclear), without(second.broken, *left_open)]),
        tuple(
            sorted(
                (
                    *first.distances,
                    *((share, without(query, *left_open)) for share, query in second.distances),
                ),
                key=lambda each: each[0],
            )
        ),
    )


def _chosen(condition: Query, then: Query, otherwise: Query) -> Query:
    return any_of([all_of(condition, then), without(otherwise, condition)])
