"""What becomes a facet, and how counted values are put into one: the same in every engine."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from servers.index import FacetValue
from servers.language.units import convert, to_base


class Shown(NamedTuple):
    """An attribute that becomes a facet."""

    key: str
    name: str
    stated: int
    without: str | None
    """The filter that its values are counted without."""


class Forms(NamedTuple):
    """In which forms the catalog states an attribute."""

    texts: bool
    units: tuple[str | None, ...]
    """Of numbers; None: without one."""


class Numbers(NamedTuple):
    unit: str | None
    times: int
    low: float
    high: float


def listed(counted: Iterable[tuple[str, int]], most: int | None = None) -> tuple[FacetValue, ...]:
    """Most frequent first, then by name."""
    ordered = sorted(counted, key=lambda each: (-each[1], each[0]))[:most]
    return tuple(FacetValue(value, count) for value, count in ordered)


def span(numbers: Sequence[Numbers]) -> tuple[float | None, float | None, str | None]:
    """Lowest and highest of the dimension that most values have, in its most used unit."""
    if not numbers:
        return None, None, None
    by_dimension: dict[str | None, list[Numbers]] = {}
    for each in numbers:
        dimension = to_base(each.low, each.unit)[0] if each.unit else None
        by_dimension.setdefault(dimension, []).append(each)
    alike = max(by_dimension.values(), key=lambda each: sum(one.times for one in each))
    unit = max(alike, key=lambda each: (each.times, each.unit or "")).unit
    ends = [_in_unit(end, each.unit, unit) for each in alike for end in (each.low, each.high)]
    return min(ends), max(ends), unit


def _in_unit(value: float, own: str | None, unit: str | None) -> float:
    return value if own == unit or own is None or unit is None else convert(value, own, unit)
