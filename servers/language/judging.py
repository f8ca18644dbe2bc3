"""Whether a product meets a filter as the catalog states it: met, broken, or not known.

Nothing is inferred from silence or from free text. A filter may name one of the catalog's own
attributes or a concept that stands under several of them.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from servers.index import AnyOf, BadQuery, Between, Cell, Filter, Is, Violation
from servers.language.asked import PREFIX, amounts, as_parameter, as_written, beyond_which
from servers.language.concepts import Concepts, Derived, contains, truth
from servers.language.units import convert, format_number, format_quantity
from servers.language.values import format_value, format_values
from servers.language.words import analyze, normal
from servers.records import Product, Quantity, Value, Values


@dataclass(frozen=True)
class Met:
    attribute: str | None = None
    """The catalog's own name of the attribute that states it."""


@dataclass(frozen=True)
class Broken:
    violation: Violation
    distance: float
    """For ordering near misses: the share by which a number misses; 1 for what is no number."""


@dataclass(frozen=True)
class Unknown:
    reason: str
    """"HDMI not stated", "noise unclear (6.3 dB(A) is no possible figure)"."""


Judgement = Met | Broken | Unknown

_DENIALS = frozenset({
    "no", "non", "not", "without", "faux", "artificial", "imitation", "fake", "vegan", "anti",
})  # fmt: skip
_TOLERANCE = 1e-9


def judge(product: Product, asked: Filter, concepts: Concepts) -> Judgement:
    """Raises BadQuery for a field that products do not have."""
    if asked.field.startswith(PREFIX):
        return _judge_attribute(product, asked, concepts)
    name = asked.field
    match asked.field:
        case "brand":
            return _judge_values(name, name, _stated(product.brand), asked, exact=True)
        case "category":
            return _judge_values(name, name, product.category, asked, exact=True)
        case "price":
            price = None if product.price is None else float(product.price)
            return _judge_values(name, name, _stated(price), asked)
        case "rating":
            return _judge_values(name, name, _stated(product.rating), asked)
        case "in_stock":
            return _judge_values("stock", name, _stated(product.in_stock), asked)
        case _:
            raise BadQuery(f"products have no field {asked.field!r} to filter by")


def _stated(value: Value | None) -> Values:
    return () if value is None else (value,)


def _judge_attribute(product: Product, asked: Filter, concepts: Concepts) -> Judgement:
    name = asked.field.removeprefix(PREFIX)
    unknown: Unknown | None = None
    for stated in _statements(product, name, concepts):
        if stated.unclear:
            unknown = unknown or Unknown(f"{name} unclear ({stated.unclear})")
            continue
        judged = _judge_values(name, stated.attribute, stated.values, asked)
        if not isinstance(judged, Unknown):
            return judged
        unknown = unknown or judged
    return unknown or Unknown(f"{name} not stated")


def _statements(product: Product, name: str, concepts: Concepts) -> list[Derived]:
    """What the product states under a name, what should decide first."""
    own = _own_attribute(product, name, concepts)
    concept = concepts.resolve(name)
    derived = concepts.derive_one(product, concept) if concept else None
    if derived is None:
        return [own] if own else []
    is_concept_name = normal(name) == normal(concept or "")
    if own is None or own.attribute == derived.attribute or derived.unclear:
        return [derived] if own is None or derived.unclear else [derived, own]
    return [derived, own] if is_concept_name else [own, derived]


def _own_attribute(product: Product, name: str, concepts: Concepts) -> Derived | None:
    values = product.attributes.get(name)
    attribute = name
    if values is None:
        wanted = normal(name)
        found = next(
            (item for item in product.attributes.items() if normal(item[0]) == wanted), None
        )
        if found is None:
            return None
        attribute, values = found
    if not values:
        return None
    problems = [concepts.unclear(attribute, value) for value in values]
    readable = tuple(value for value, problem in zip(values, problems, strict=True) if not problem)
    if readable:
        return Derived(readable, attribute)
    return Derived((), attribute, next(problem for problem in problems if problem))


def _judge_values(
    name: str, attribute: str, values: Values, asked: Filter, exact: bool = False
) -> Judgement:
    if not values:
        return Unknown(f"{name} not stated")
    match asked:
        case Is(_, wanted):
            return _judge_truth(name, attribute, values, wanted)
        case AnyOf(_, wanted):
            if not exact and (ranges := amounts(asked)):
                return _judge_amounts(name, attribute, values, asked, ranges)
            return _judge_words(name, attribute, values, wanted, exact)
        case Between():
            return _judge_number(name, attribute, values, asked)


def _judge_truth(name: str, attribute: str, values: Values, wanted: bool) -> Judgement:
    said = [truth(value) for value in values]
    if True not in said and False not in said:
        return Unknown(f"{name} not stated as yes or no")
    if (True in said) == wanted:
        return Met(attribute)
    return Broken(Violation(name, format_values(values), "yes" if wanted else "no"), 1.0)


def _judge_words(
    name: str, attribute: str, values: Values, wanted: Sequence[str], exact: bool
) -> Judgement:
    for value in values:
        if any(_says(value, word, exact) for word in wanted):
            return Met(attribute)
    if all(isinstance(value, bool) for value in values):
        return Unknown(f"{name} stated only as {format_values(values)}")
    return Broken(Violation(name, format_values(values), " or ".join(wanted)), 1.0)


def _says(value: Value, wanted: str, exact: bool) -> bool:
    if isinstance(value, bool):
        return False
    text = format_value(value)
    if exact:
        return text.casefold().strip() == wanted.casefold().strip()
    if normal(text) == normal(wanted):
        return True
    words = analyze(text)
    at = contains(words, analyze(wanted))
    if at is None:
        return False
    after = at + len(analyze(wanted))
    denied = (at > 0 and words[at - 1] in _DENIALS) or words[after : after + 1] == ["free"]
    return not denied


def _judge_amounts(
    name: str, attribute: str, values: Values, asked: AnyOf, ranges: Sequence[Between]
) -> Judgement:
    """One of several amounts will do; else what misses the nearest of them is said of all."""
    spoken = _judge_words(name, attribute, values, asked.values, exact=False)
    judged = [_judge_number(name, attribute, values, each) for each in ranges]
    met = next((each for each in (spoken, *judged) if isinstance(each, Met)), None)
    broken = [each for each in judged if isinstance(each, Broken)]
    if met or not broken:
        return met or judged[0]
    nearest = min(broken, key=lambda each: each.distance)
    return replace(nearest, violation=replace(nearest.violation, asked=wording(asked)))


def _judge_number(name: str, attribute: str, values: Values, asked: Between) -> Judgement:
    comparable = [number for value in values if (number := _in_unit(value, asked.unit)) is not None]
    if not comparable:
        if asked.unit and any(
            isinstance(value, int | float) for value in values if value is not True
        ):
            return Unknown(f"{name} unclear ({format_values(values)} without a unit)")
        return Unknown(f"{name} not stated as a number")
    nearest, number, stated, shown_unit = min(
        ((_miss(number, asked), number, value, unit) for number, value, unit in comparable),
        key=lambda each: abs(each[0]),
    )
    if nearest == 0:
        return Met(attribute)
    by, written = abs(nearest), as_written(asked)
    off = _rounded(by if written is None else abs(number - written))
    shown = format_quantity(off, shown_unit) if shown_unit else format_number(off)
    scale = max(abs(bound) for bound in (asked.low, asked.high) if bound is not None) or 1.0
    missed = shown if by > 1e-7 * scale else None  # else the bound itself, where it is left out
    return Broken(Violation(name, format_value(stated), wording(asked), missed), by / scale)


def _in_unit(value: Value, unit: str | None) -> tuple[float, Value, str | None] | None:
    """(magnitude, as stated, its unit), where the value can be compared in `unit`."""
    match value:
        case bool() | str():
            return None
        case Quantity():
            if unit is None:
                return value.value, value, value.unit
            try:
                return convert(value.value, value.unit, unit), value, unit
            except ValueError:
                return None
        case int() | float():
            return (float(value), value, None) if unit is None else None


def _miss(number: float, asked: Between) -> float:
    """0 inside the bounds, else how far outside (below: negative)."""
    slack = _TOLERANCE * max(1.0, abs(number))
    if asked.low is not None and number < asked.low - slack:
        return number - asked.low
    if asked.high is not None and number > asked.high + slack:
        return number - asked.high
    return 0.0


def _rounded(number: float) -> float:
    return round(number, 2) if number >= 1 else float(f"{number:.3g}")


def wording(asked: Filter) -> str:
    """What was asked, for people: "yes", "A3 or A4", "at most 60", "24 in"."""
    if isinstance(asked, Is):
        return "yes" if asked.value else "no"
    if isinstance(asked, AnyOf):
        return " or ".join(asked.values)
    low, high, unit = asked.low, asked.high, asked.unit
    if low is not None and high is not None:
        if asked.field.startswith(PREFIX):
            value = as_parameter(asked)[1]
            return re.sub(r"\.\.", " to ", value) if isinstance(value, str) else _amount(low, unit)
        return f"{_amount(low, unit)} to {_amount(high, unit)}"
    bound = high if high is not None else low if low is not None else -math.inf
    if (whole := beyond_which(bound)) is not None:
        return f"{'less' if low is None else 'more'} than {_amount(whole, unit)}"
    return f"at {'most' if low is None else 'least'} {_amount(bound, unit)}"


def _amount(value: float, unit: str | None) -> str:
    rounded = _rounded(value) if value else value
    return format_number(rounded) if unit is None else format_quantity(rounded, unit)


def cells(product: Product, names: Sequence[str], concepts: Concepts) -> tuple[Cell | None, ...]:
    """What the product states under each attribute or concept name; None: not stated."""
    return tuple(_cell(product, name.removeprefix(PREFIX), concepts) for name in names)


def _cell(product: Product, name: str, concepts: Concepts) -> Cell | None:
    for stated in _statements(product, name, concepts):
        values = stated.values or product.attributes.get(stated.attribute, ())
        if values:
            note = " (unclear)" if stated.unclear else ""
            return Cell(format_values(values) + note, stated.attribute)
    return None
