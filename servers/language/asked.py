"""Attribute filters as a caller writes them, to and from `index.Filter`.

true, false, 31, "24 in", ">= 2 m", "20..25 in", "A3", ["A3", "A4"]. A caller without a schema
in hand is told the forms, not just "invalid".
"""

import math
import re
from collections.abc import Mapping, Sequence

from servers.index import AnyOf, BadQuery, Between, Filter, Is
from servers.language.units import format_number, format_quantity, parse_quantity

Asked = bool | float | str | Sequence[str]

FORMS = (
    'true, false, a number, "24 in", ">= 2 m", "20..25 in", "A3", or any of a list: ["A3", "A4"]'
)
PREFIX = "attributes."

_COMPARED = re.compile(
    r"(?P<how>>=|=>|<=|=<|≥|≤|>|<|=|at least|at most|min\.?|max\.?|up to|over|above|under|below)"
    r"\s*(?P<rest>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_RANGE = re.compile(
    r"(?P<low>-?\d+(?:\.\d+)?)\s*(?P<unit>[^\d\s.–-][^\d]{0,20}?)?\s*(?:\.\.\.?|…|–|-|\bto\b)\s*"
    r"(?P<high>\d+(?:\.\d+)?)(?P<tail>\D.{0,20})?",
    re.DOTALL,
)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_AT_LEAST = frozenset({">=", "=>", "≥", "at least", "min", "min."})
_AT_MOST = frozenset({"<=", "=<", "≤", "at most", "max", "max.", "up to"})
_ABOVE = frozenset({">", "over", "above"})
_TRUTHS = {"true": True, "yes": True, "false": False, "no": False}


def attribute_filters(asked: Mapping[str, Asked]) -> tuple[Filter, ...]:
    """Raises BadQuery naming the attribute whose value has no known form."""
    return tuple(attribute_filter(name, value) for name, value in asked.items())


def attribute_filter(name: str, asked: Asked) -> Filter:
    field = PREFIX + name.strip().removeprefix(PREFIX)
    match asked:
        case bool():
            return Is(field, asked)
        case int() | float():
            if not math.isfinite(asked):
                raise BadQuery(f"attributes[{name!r}] must be a finite number; give {FORMS}.")
            return Between(field, float(asked), float(asked))
        case str():
            return _from_text(field, name, asked.strip())
        case _:
            return _from_choices(field, name, asked)


def _from_choices(field: str, name: str, asked: Sequence[str]) -> Filter:
    choices = tuple(choice.strip() for choice in asked if choice.strip())
    if not choices:
        raise BadQuery(f"attributes[{name!r}] is an empty list; give {FORMS}.")
    if len(choices) == 1:
        return _from_text(field, name, choices[0])
    if compared := next((choice for choice in choices if choice[0] in "<>=≤≥"), None):
        raise BadQuery(
            f"attributes[{name!r}]: {compared!r} is a bound, and a list takes values only;"
            ' give one bound, or a range such as "24..27 in".'
        )
    return AnyOf(field, choices)


def _from_text(field: str, name: str, text: str) -> Filter:
    if not text:
        raise BadQuery(f"attributes[{name!r}] is empty; give {FORMS}, or leave it out.")
    if text.lower() in _TRUTHS:
        return Is(field, _TRUTHS[text.lower()])
    if compared := _COMPARED.fullmatch(text):
        return _from_comparison(field, name, compared["how"].lower(), compared["rest"])
    if ranged := _RANGE.fullmatch(text):
        found = _from_range(field, name, ranged)
        if found is not None:
            return found
    exact = _equal(field, text)
    return exact if exact is not None else AnyOf(field, (text,))


def _from_comparison(field: str, name: str, how: str, rest: str) -> Filter:
    number = _number_and_unit(rest)
    if number is None:
        if how == "=":
            return AnyOf(field, (rest,))
        if how[0].isalpha():  # "under desk" is a value, not a comparison
            return AnyOf(field, (f"{how} {rest}",))
        raise BadQuery(
            f"attributes[{name!r}]: {rest!r} is no number with a known unit to compare with;"
            f" give {FORMS}."
        )
    value, unit = number
    if how == "=":
        return _equal(field, rest) or Between(field, value, value, unit)
    if how in _AT_LEAST:
        return Between(field, low=value, unit=unit)
    if how in _AT_MOST:
        return Between(field, high=value, unit=unit)
    if how in _ABOVE:
        return Between(field, low=value + _beyond(value), unit=unit)
    return Between(field, high=value - _beyond(value), unit=unit)


def _from_range(field: str, name: str, ranged: re.Match[str]) -> Filter | None:
    """None where the text only looks like a range ("2-in-1", "802-3 at")."""
    low, high = float(ranged["low"]), float(ranged["high"])
    unit_text = (ranged["tail"] or ranged["unit"] or "").strip()
    unit = None
    if unit_text:
        read = parse_quantity(f"1 {unit_text}")
        if read is None:
            return None
        unit = read.unit
    if low > high:
        raise BadQuery(
            f"attributes[{name!r}]: the range {ranged.group()!r} runs from high to low; swap them."
        )
    return Between(field, low, high, unit)


def amounts(asked: AnyOf) -> tuple[Between, ...]:
    """ "16 GB" or "32 GB" as ranges; () where any of the choices is a word."""
    ranges = [_equal(asked.field, choice) for choice in asked.values]
    found = tuple(each for each in ranges if each is not None)
    return found if len(found) == len(ranges) else ()


def _equal(field: str, text: str) -> Between | None:
    """A quantity means what rounds to it as written: "24 in" is 23.5 up to 24.5 in."""
    number = _number_and_unit(text)
    if number is None:
        return None
    value, unit = number
    plain = re.match(r"-?\d+(?:\.(\d+))?(?![\d/⁄,])", text)
    if unit is None or plain is None:
        return Between(field, value, value, unit)
    half = 0.5 * 10 ** -len(plain[1] or "")
    low, high = round(value - half, 9), round(value + half, 9)
    return Between(field, low, high - _beyond(high), unit)


def _beyond(value: float) -> float:
    """Further than the tolerance with which figures are compared: the bound itself is out."""
    return 4e-9 * max(1.0, abs(value))


def beyond_which(bound: float) -> float | None:
    """24.0 where the bound came from "> 24" or "< 24"; None where the bound itself is in."""
    whole = float(f"{bound:.7g}")
    return whole if 0 < abs(bound - whole) <= 2 * _beyond(whole) else None


def _number_and_unit(text: str) -> tuple[float, str | None] | None:
    if _NUMBER.fullmatch(text):
        return float(text), None
    quantity = parse_quantity(text)
    return None if quantity is None else (quantity.value, quantity.unit)


def as_parameter(suggested: Filter) -> tuple[str, bool | float | str | list[str]]:
    """(parameter, value) to pass to `search_catalog` for a filter: the way back."""
    match suggested:
        case Is(field, value):
            return field, value
        case AnyOf(field, values):
            return field, values[0] if len(values) == 1 else list(values)
        case Between(field="price" | "rating", low=low, high=high):
            if high is None:
                return f"{suggested.field}_min", low or 0.0
            return f"{suggested.field}_max", high
        case Between(field, low, high, unit):
            return field, _in_words(low, high, unit)


def _in_words(low: float | None, high: float | None, unit: str | None) -> float | str:
    if low is None or high is None:
        bound = low if high is None else high
        sign, whole = ">=" if high is None else "<=", beyond_which(bound or 0.0)
        if whole is not None:
            sign, bound = sign[0], whole
        return f"{sign} {_written(bound or 0.0, unit)}"
    if low == high:
        return low if unit is None else format_quantity(low, unit)
    rounded = _that_rounds_to(low, high) if unit else None
    if rounded is not None:
        return format_quantity(rounded, unit or "")
    return f"{format_number(low)}..{_written(high, unit)}"


def as_written(asked: Between) -> float | None:
    """24.0 of "24 in", which stands for a range around it; None where a range was asked for."""
    if asked.low is None or asked.high is None or not asked.unit:
        return None
    return _that_rounds_to(asked.low, asked.high)


def _that_rounds_to(low: float, high: float) -> float | None:
    """24.0 for [23.5, 24.5): the quantity as it was written, if the range came from one."""
    for decimals in range(4):
        half = 0.5 * 10**-decimals
        value = round(low + half, decimals)
        if abs(value - half - low) < 1e-9 and 0 <= value + half - high < 2 * _beyond(high):
            return value
    return None


def _written(value: float, unit: str | None) -> str:
    return format_number(value) if unit is None else format_quantity(value, unit)
