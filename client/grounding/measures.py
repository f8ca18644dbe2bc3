"""The numbers of a product that words of a sentence speak of: its price, rating, an attribute."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from client.grounding.facts import ALSO, Facts, Value, stem
from client.grounding.numbers import Amount

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Measure:
    """One number that evidence states, as a range where it states one; `mark` renders it."""

    low: float
    high: float
    unit: str
    slack: float
    mark: str
    text: str
    words: frozenset[str] = frozenset()
    open: bool = False
    factor: float = 1.0


def price(facts: Facts) -> list[Measure]:
    if facts.price is None:
        return []
    mark = f"[{facts.alias}.price]"
    return [Measure(facts.price, facts.price, "money", 0.0, mark, f"{facts.price:.2f}")]


def ratings(facts: Facts) -> list[Measure]:
    mark = f"[{facts.alias}.rating]"
    return [Measure(r, r, "stars", 0.0, mark, f"{r:g}") for r in facts.ratings]


def counts(facts: Facts) -> list[Measure]:
    mark = f"[{facts.alias}.review_count]"
    return [Measure(n, n, "", 0.0, mark, f"{n:g}") for n in facts.counts]


def attributes(facts: Facts, unit: str) -> list[Measure]:
    """Of every attribute that states a number with this unit; "" is one without."""
    return [
        _measure(facts, value, amount)
        for value in facts.values
        for amount in value.amounts
        if amount.unit == unit
    ]


def _measure(facts: Facts, value: Value, amount: Amount) -> Measure:
    mark = f"[{facts.alias}.attributes.{value.name}]"
    upper = amount.value if amount.upper is None else amount.upper
    open_ = amount.hedge == "at least" or value.text.casefold().startswith("from ")
    return Measure(
        amount.value,
        upper,
        amount.unit,
        amount.slack,
        mark,
        value.text,
        value.words if amount.unit else value.words | value.counted,
        open_,
        amount.factor,
    )


Naming = Literal["own words", "other words", ""]


def named(measures: list[Measure], text: str, start: int, end: int) -> tuple[list[Measure], Naming]:
    """Those whose names stand nearest to a piece of the text, and whether by their own words or
    by others that mean the same; all where none does."""
    places, own = _places(text, start, end)
    near = [(min((places[w] for w in m.words if w in places), default=None), m) for m in measures]
    stated = [place for place, _ in near if place is not None]
    if not stated:
        return measures, ""
    meant = [m for place, m in near if place == min(stated)]
    return meant, "own words" if any(m.words & own for m in meant) else "other words"


def _places(text: str, start: int, end: int) -> tuple[dict[str, float], set[str]]:
    """How far the words of a text stand from a piece of it, by their stems (words that only may
    mean the stem half a step farther), and which stems it has itself."""
    places: dict[str, float] = {}
    own: set[str] = set()
    for match in _WORD.finditer(text.casefold()):
        far = start - match.end() if match.end() <= start else max(0, match.start() - end)
        word = stem(match[0])
        own.add(word)
        for one in (word, *ALSO.get(word, ())):
            places[one] = min(places.get(one, 10**6), far + (0.5 if one != word else 0))
    return places, own


def about(facts: Facts, words: Iterable[str]) -> list[Measure]:
    """Numbers of the attributes whose names hold the most of these stems."""
    wanted = set(words)
    wanted |= {name for word in wanted for name in ALSO.get(word, ())}
    direct = set(words)
    scored = [
        (len(value.words & wanted) + len(value.words & direct), value)
        for value in facts.values
        if value.amounts
    ]
    best = max((score for score, _ in scored), default=0)
    if not best:
        return []
    return [_measure(facts, value, value.amounts[0]) for score, value in scored if score == best]
