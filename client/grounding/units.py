"""Values per litre, per head, per square metre: computed, never held against the plain value."""

import re
from collections.abc import Iterator

from client.checks.quantities import known_unit, quantity
from client.grounding.facts import ALSO, Facts, stem
from client.grounding.judging import Verdict, contradicted, not_found, supported
from client.grounding.measures import Measure, attributes, price
from client.grounding.numbers import Amount
from client.grounding.reading import Found, Reading

_NOUN = r"(?P<noun>(?:square |cubic )?[a-z]+)"
_BEHIND = re.compile(
    rf"\s*(?:(?:per|for each|for every|/)\s*{_NOUN}|each\b(?! other)|a head\b|apiece\b)",
    re.IGNORECASE,
)
_A = re.compile(rf" an? {_NOUN}\b", re.IGNORECASE)
_BEFORE = re.compile(rf"\b(?:per|for each|for every) {_NOUN}", re.IGNORECASE)


def per_units(reading: Reading) -> Iterator[Found]:
    over = _BEFORE.search(reading.whole)
    for amount in list(reading.left()):
        if amount.unit in ("", "%", "stars"):
            continue
        behind = _BEHIND.match(reading.text, amount.end)
        if amount.unit == "money":
            behind = behind or _A.match(reading.text, amount.end)
        at = behind or (over if amount.unit == "money" else None)
        slots = reading.slots(amount)
        if not at or not slots:
            continue
        noun = at.groupdict().get("noun")
        verdict = reading.each(slots, _judged, amount, noun)
        if verdict.status == "not found" and not _known(noun):
            continue
        end = behind.end() if behind else amount.end
        yield reading.found("ratio", amount.start, end, verdict)


def per_unit(facts: Facts, noun: str | None, unit: str = "money") -> list[Measure]:
    """What the product states with this unit, over every number that the noun may mean."""
    whole = price(facts) if unit == "money" else attributes(facts, unit)
    return [
        Measure(w.low / p.low * factor, w.low / p.low * factor, unit, 0.0, w.mark,
                f"{w.text} / {p.text}", w.words | p.words)
        for w in whole
        for p, factor in _parts(facts, noun)
        if p.low
    ]  # fmt: skip


def noun_of(text: str) -> str | None:
    """What "per" stands before in a sentence."""
    found = _BEFORE.search(text)
    return found["noun"] if found else None


def _parts(facts: Facts, noun: str | None) -> Iterator[tuple[Measure, float]]:
    if noun is None:
        yield from ((m, 1.0) for m in attributes(facts, "") if m.low > 1)
    elif _known(noun):
        one = quantity(1, noun)
        yield from ((m, one.value) for m in attributes(facts, one.dimension))
    else:
        words = {stem(noun), *ALSO.get(stem(noun), ())}
        yield from ((m, 1.0) for m in attributes(facts, "") if m.words & words)


def _known(noun: str | None) -> bool:
    return noun is not None and known_unit(noun)


def _judged(facts: Facts, amount: Amount, noun: str | None) -> Verdict:
    stated = per_unit(facts, noun, amount.unit)
    if any(amount.holds(m.low) for m in stated) or any(
        said.unit == amount.unit and amount.holds(said.value) for said in facts.said
    ):
        return supported(facts.alias)
    if len(stated) != 1:
        return not_found(f"“{amount.text}”: say what it is computed from.", facts.alias)
    base = stated[0].low / amount.factor
    message = f"“{amount.text}”: {stated[0].text} is {base:.2f}."
    return contradicted(message, facts.alias, stated=f"{base:.2f}")
