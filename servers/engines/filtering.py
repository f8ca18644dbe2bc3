"""What can be filtered by, how a value is held against a filter, and what is said where it cannot
be: the same in every engine."""

from collections.abc import Mapping
from difflib import get_close_matches

from servers.index import AnyOf, BadQuery, Between, Filter, UnknownField, Violation
from servers.language.asked import PREFIX
from servers.language.concepts import Concepts
from servers.language.judging import Broken, Judgement, Met, Unknown, judge
from servers.language.producttypes import TypeModel
from servers.language.words import normal
from servers.records import Kind, Product, Value

_NO_CONCEPTS = Concepts({})
NUMBERS: Mapping[Kind, frozenset[str]] = {
    "product": frozenset({"price", "rating"}),
    "review": frozenset({"rating", "posted"}),
    "page": frozenset({"published"}),
}
FLAGS: Mapping[Kind, frozenset[str]] = {
    "product": frozenset({"in_stock"}),
    "review": frozenset({"verified"}),
    "page": frozenset(),
}
NAMES: Mapping[Kind, frozenset[str]] = {
    "product": frozenset({"brand", "category", "type"}),
    "review": frozenset({"product_id"}),
    "page": frozenset({"site"}),
}
_TOLERANCE = 1e-9
"""As `judging` allows: 23.5 in stated as 596.9 mm must not fall out by its last binary digit."""


def misuse(kind: Kind, asked: Filter) -> BadQuery:
    """Raised for a filter that such records do not have in this form."""
    forms = {
        "a range of numbers": NUMBERS[kind],
        "true or false": FLAGS[kind],
        "one or more names": NAMES[kind],
    }
    for form, fields in forms.items():
        if asked.field in fields:
            return BadQuery(f"The filter {asked.field} takes {form}.")
    known = sorted(field for fields in forms.values() for field in fields)
    also = " and attributes.NAME" if kind == "product" else ""
    return UnknownField(
        f"{kind}s have no filter {asked.field!r}. They have: {', '.join(known)}{also}.",
        known,
    )


def lowered(bound: float | None) -> float | None:
    return None if bound is None else bound - _TOLERANCE * max(1.0, abs(bound))


def raised(bound: float | None) -> float | None:
    return None if bound is None else bound + _TOLERANCE * max(1.0, abs(bound))


def name_form(name: str) -> str:
    return name.casefold().strip()


def unknown(what: str, name: str, known: Mapping[str, str]) -> UnknownField:
    form = name_form(name)
    holding = [shown for shown in known.values() if form and form in name_form(shown)]
    close = [known[key] for key in get_close_matches(normal(name) or form, known, 5, 0.6)]
    close += [known[key] for key in get_close_matches(form, known, 5, 0.6)]
    nearest = list(dict.fromkeys([*close, *holding]))[:5] or sorted(known.values())[:5]
    near = f" Nearest known: {', '.join(nearest)}." if nearest else " It has none at all."
    return UnknownField(f"This catalog has no {what} {name!r}.{near}", nearest)


def judge_value(value: Value, asked: Filter) -> Met | Broken | None:
    """The judgement of a single value, whatever it is stated under."""
    name = asked.field.removeprefix(PREFIX)
    product = Product.model_construct(id="-", title="-", attributes={name: (value,)})
    judged = judge(product, asked, _NO_CONCEPTS)
    return judged if isinstance(judged, Met | Broken) else None


def type_is(kind: str, asked: AnyOf, types: TypeModel) -> bool | None:
    said = [types.is_a(kind, value) for value in asked.values]
    return True if True in said else None if None in said else False


def judge_type(product: Product, asked: AnyOf, types: TypeModel) -> Judgement:
    kind = types.type_of(product)
    if kind is None:
        return Unknown("type not stated")
    said = type_is(kind.name, asked, types)
    if said is None:
        return Unknown(f"type unclear ({kind.name})")
    if said:
        return Met()
    return Broken(Violation("type", kind.name, " or ".join(asked.values)), 1.0)


def missed_by(value: float, asked: Between) -> float:
    """As `judging` measures it: by how much of the bound a number misses."""
    bounds = [abs(bound) for bound in (asked.low, asked.high) if bound is not None]
    below = asked.low - value if asked.low is not None else 0.0
    above = value - asked.high if asked.high is not None else 0.0
    return max(below, above, 0.0) / (max(bounds, default=0.0) or 1.0)
