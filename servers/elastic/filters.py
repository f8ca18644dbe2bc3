"""Filters as queries: for each filter the products that meet it and those that break it.

As in the embedded index, the distinct values of an attribute are judged one by one with
`servers.language.judging`, so that the engine and the judgement of a single product cannot differ.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from servers.elastic.mapping import Json
from servers.elastic.queries import (
    EVERYTHING,
    NOTHING,
    all_of,
    any_of,
    exists,
    one_of,
    within,
    without,
)
from servers.elastic.vocabulary import Values
from servers.embedded.schema import attribute_key, concept_key, decoded, text_column, unclear_key
from servers.engines.filtering import (
    FLAGS,
    NAMES,
    NUMBERS,
    judge_value,
    lowered,
    missed_by,
    misuse,
    name_form,
    raised,
    type_is,
    unknown,
)
from servers.index import AnyOf, BadQuery, Between, Filter, Is, UnknownField
from servers.language.asked import PREFIX
from servers.language.concepts import Concepts
from servers.language.judging import Broken, Met
from servers.language.producttypes import TypeModel
from servers.language.words import normal
from servers.records import Kind

_KEPT = 500

Shares = Mapping[str, float]
"""By which share of the bound a value misses, by the value as it is indexed."""


@dataclass(frozen=True)
class Judged:
    """One filter over all records."""

    asked: Filter
    met: Json
    broken: Json
    shares: Mapping[str, Shares] = field(default_factory=dict[str, Shares])
    """Of attributes: by field, the one that decides first."""


class FilterCompiler:
    """Compiles filters for one kind of one generation."""

    def __init__(self, kind: Kind, values: Values, concepts: Concepts, types: TypeModel) -> None:
        self._kind: Kind = kind
        self._values = values
        self._concepts = concepts
        self._types = types
        self._compiled: dict[Filter, Judged] = {}

    def judged(self, asked: Filter) -> Judged:
        """Raises UnknownField for what this catalog does not have, BadQuery for a wrong form."""
        found = self._compiled.get(asked)
        if found is None:
            found = self._compile(asked)
            if len(self._compiled) >= _KEPT:
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
        if asked.unit is not None:
            raise BadQuery(f"The filter {asked.field} takes a plain number, without a unit.")
        met = within(asked.field, lowered(asked.low), raised(asked.high))
        return Judged(asked, met, without(exists(asked.field), met))

    def _flag(self, asked: Is) -> Judged:
        yes, no = (within(asked.field, value, value) for value in (1.0, 0.0))
        return Judged(asked, yes, no) if asked.value else Judged(asked, no, yes)

    def _names(self, asked: AnyOf) -> Judged:
        if asked.field == "product_id":
            met = one_of("product_id", asked.values)
            return Judged(asked, met, without(EVERYTHING, met))
        if asked.field == "type":
            return self._type(asked)
        met = one_of(asked.field, self._known_names(asked))
        return Judged(asked, met, without(exists(asked.field), met))

    def _type(self, asked: AnyOf) -> Judged:
        """A "laser printer" is a printer; a "printer" may be a laser printer or not."""
        known = self._values.counted("type")
        said = {kind: type_is(kind, asked, self._types) for kind in known}
        if not any(said.values()):
            raise unknown("type", asked.values[0], {normal(kind): kind for kind in known})
        met = one_of("type", [kind for kind in known if said[kind]])
        return Judged(asked, met, one_of("type", [kind for kind in known if said[kind] is False]))

    def _known_names(self, asked: AnyOf) -> list[str]:
        by_form: dict[str, list[str]] = {}
        for name in self._values.counted(asked.field):
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
        unclear = one_of("stated", [unclear_key(concept)])
        if normal(name) == normal(concept):
            return _first_then(derived, own, unclear)
        return self._by_alias(derived, own, unclear, concept, key)

    def _by_alias(
        self, derived: Judged, own: Judged, unclear: Json, concept: str, key: str
    ) -> Judged:
        """The product's own attribute decides first, unless the concept was read from it."""
        same = self._values.sources(concept, key)
        own_first = _first_then(own, derived, unclear)
        if not same:
            return own_first
        read_from_it = one_of("stated", same)
        derived_first = _first_then(derived, own, unclear)
        return Judged(
            own.asked,
            _chosen(read_from_it, derived_first.met, own_first.met),
            _chosen(read_from_it, derived_first.broken, own_first.broken),
            own_first.shares,
        )

    def _facts(self, key: str, asked: Filter) -> Judged | None:
        """None where no product states anything under the key."""
        values = self._values.facts(key)
        if not values:
            return None
        # "Yes" among several values is a yes, so a "no" is what has a no and no yes.
        plain = Is(asked.field, True) if isinstance(asked, Is) else asked
        met: list[str] = []
        missed: dict[str, float] = {}
        for value in values:
            match judge_value(decoded(value), plain):
                case Met():
                    met.append(value)
                case Broken(distance=distance):
                    missed[value] = distance
                case _:
                    pass
        column = f"facts.{text_column(key)}"
        hit = one_of(column, met)
        broken = without(one_of(column, missed), hit)
        if isinstance(asked, Is) and not asked.value:
            return Judged(asked, broken, hit)
        return Judged(asked, hit, broken, {} if isinstance(asked, Is) else {column: missed})

    def _unknown_attribute(self, name: str) -> UnknownField:
        known = {key: shown for key, shown, _ in self._values.attributes}
        for concept, aliases in self._concepts.aliases().items():
            known.update({normal(each): each for each in (concept, *aliases)})
        return unknown("attribute", name, known)


def _nothing(asked: Filter) -> Judged:
    return Judged(asked, NOTHING, NOTHING)


def _first_then(first: Judged, second: Judged, unclear: Json) -> Judged:
    """`second` decides where `first` does not; nothing does where the reading is unclear."""
    left_open = (first.met, first.broken, unclear)
    return Judged(
        first.asked,
        any_of([without(first.met, unclear), without(second.met, *left_open)]),
        any_of([without(first.broken, unclear), without(second.broken, *left_open)]),
        {**first.shares, **second.shares},
    )


def _chosen(condition: Json, then: Json, otherwise: Json) -> Json:
    return any_of([all_of(condition, then), without(otherwise, condition)])


def miss(judged: Judged, columns: Mapping[str, Sequence[str | float]]) -> float:
    """By which share of the bound a record misses a filter that it breaks (1: no number).

    `columns` are its values of the fields that `miss_fields` names.
    """
    asked = judged.asked
    for column, shares in judged.shares.items():
        found = [shares[str(value)] for value in columns.get(column, ()) if value in shares]
        if found:
            return min(found)
    if isinstance(asked, Between) and not asked.field.startswith(PREFIX):
        return missed_by(float(columns.get(asked.field, (0.0,))[0]), asked)
    return 1.0


def miss_fields(judged: Iterable[Judged]) -> list[str]:
    fields: dict[str, None] = {}
    for each in judged:
        fields.update(dict.fromkeys(each.shares))
        if isinstance(each.asked, Between) and not each.asked.field.startswith(PREFIX):
            fields[each.asked.field] = None
    return list(fields)
