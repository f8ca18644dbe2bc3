"""Numbers without a unit: of reviews, ratings, and what an attribute counts."""

import re
from collections.abc import Iterator
from dataclasses import replace

from client.grounding.facts import ALSO, Facts, stem
from client.grounding.figures import (
    REVIEWS,
    TOGETHER,
    differs,
    matches,
    noun_behind,
    page,
    rating,
    said,
)
from client.grounding.judging import Verdict, not_found, supported
from client.grounding.measures import Measure, attributes, counts
from client.grounding.numbers import Amount
from client.grounding.reading import Found, Reading
from client.grounding.scopes import BLANKS, Slot

_AND_ANOTHER = re.compile(r"(?:\s*(?:and|or|to|against)\s*[\d,]+)?")
_LABEL = re.compile(r"\W*([^\W\d][\w -]{2,30}):")
_NOT_COUNTED = re.compile(
    r"\s*(?:of (?:them|these|those|the)|products?|models?|options?|picks?|items?|choices?"
    r"|candidates?|variants?|needs?|kettles?|others?|more\b|ways?|things?|reasons?|points?"
    r"|drawbacks?|caveats?|steps?|sources?|pages?|alternatives?)\b|\s*$|\s*[.):\]]",
    re.IGNORECASE,
)
_COUNTING = re.compile(
    r"\b(?:has|have|with|offers?|includes?|comes?|holds?|packs?|brings|contains?|needs?|of|makes?"
    r"|brews?)\s+(?:only |just |a set of )?$",
    re.IGNORECASE,
)
_ALONE = re.compile(
    r"\s*(?:$|[,;:|).]|[–—-] |to \d|against \d|and\b|from\b|by\b|over\b|out\b|\(\d)"
)
_REVIEWED = re.compile(
    r"\b(?:reviewed|rated|based on|averaged (?:over|across)|\d\.\d\d? from)\s+"
    r"(?:by |some |about |over |only |just |a mere )*$",
    re.IGNORECASE,
)
_BRACKETED = re.compile(
    r"(?:reviews?|stars?|/\s?5|out of 5|of 5|\d\.\d\d?|\ue000)\s*\((?:from )?#\)$"
)
"""A number in brackets behind a rating, with # for the number."""
_AVERAGED = re.compile(r"(?:\d|stars?) over (?:all |its )?$")
""" "4.3 over 213 reviews" is no hedge."""
_FEW = 10
""" "Two owners" are some of those who reviewed it."""
_YEAR = re.compile(r"(?:19|20)\d\d")
_DECIMAL = re.compile(r"[1-5]\.\d\d?")
_OWNED = re.compile(r"['’]s\s*$")
_LIKE_A_RATING = re.compile(rf"(?:rat|scor|star|averag|mark)|[|,:(–—{BLANKS}][\s'’s]*$")
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


def bare_numbers(reading: Reading) -> Iterator[Found]:
    for amount in list(reading.left("")):
        if not reading.slots(amount) or not reading.free(amount.start, amount.end):
            continue
        if claim := _bare(reading, amount):
            yield claim


def _bare(reading: Reading, amount: Amount) -> Found | None:
    text, slots = reading.text, reading.slots(amount)
    if found := _reviews_behind(text, amount.end):
        few = amount.spelled and amount.value < _FEW and "review" not in found[0]
        end = found.end() if found.start() == amount.end else amount.end
        return None if few or amount.text.lower() == "one" else _of_reviews(reading, amount, end)
    if not amount.spelled and _YEAR.fullmatch(amount.text) and not _counted(reading, amount):
        return None
    bracketed = f"{text[: amount.start]}#{text[amount.end : amount.end + 1]}"
    if _REVIEWED.search(text, 0, amount.start) or _BRACKETED.search(bracketed):
        return _of_reviews(reading, amount, amount.end)
    if any(reading.ledger[a].evidence.kind != "product" for slot in slots for a in slot):
        return _in_a_text(reading, amount, slots)
    return _of_product(reading, amount, slots)


def _of_reviews(reading: Reading, amount: Amount, end: int) -> Found:
    judged = reading.each(reading.slots(amount), _count, reading, amount)
    return reading.found("count", amount.start, end, judged)


def _in_a_text(reading: Reading, amount: Amount, slots: tuple[Slot, ...]) -> Found | None:
    """What a page or review states; a small number in a word only beside a word of its own."""
    nouns = _beside(reading, amount) | _label(reading)
    own = (m[0] for s in slots for a in s for m in _WORD.finditer(reading.ledger[a].prose))
    spoken = not nouns.isdisjoint(stem(word) for word in own)
    if amount.spelled and not amount.hedge and not (spoken and amount.value > 1):
        return None
    judged = reading.each(slots, _number, reading, amount, nouns)
    return reading.found("attribute", amount.start, amount.end, judged)


def _of_product(reading: Reading, amount: Amount, slots: tuple[Slot, ...]) -> Found | None:
    nouns = _beside(reading, amount) | _label(reading)
    meant = [m for slot in slots for a in slot for m in _alike(reading, a, nouns)]
    decimal = _DECIMAL.fullmatch(amount.text)
    if not meant and decimal:
        words = frozenset(stem(m[0]) for m in _WORD.finditer(reading.whole))
        meant = [m for slot in slots for a in slot for m in _alike(reading, a, words)]
        nouns = words if meant else nouns
    owned = _OWNED.search(reading.text, 0, amount.start) is not None
    if not meant and decimal and (owned or _ALONE.match(reading.text, amount.end)):
        return _of_stars(reading, amount, slots, owned)
    if not meant and _known_to_others(reading, amount):
        nothing = not_found(f"“{amount.text}”: it states no number of these.", *slots[0])
        return reading.found("attribute", amount.start, amount.end, nothing)
    counted = _counted(reading, amount) and not _NOT_COUNTED.match(reading.text, amount.end)
    if not meant and not counted:
        return None
    judged = reading.each(slots, _number, reading, amount, nouns)
    if len(slots) > 1 and TOGETHER.search(reading.whole):
        judged = _added(amount, meant, judged)
    return reading.found("attribute", amount.start, amount.end, judged)


def _of_stars(
    reading: Reading, amount: Amount, slots: tuple[Slot, ...], owned: bool
) -> Found | None:
    """A decimal that looks like a rating; where it is none, only what surely means one."""
    judged = reading.each(slots, rating, reading, amount)
    like = len(amount.text) > 3 or _LIKE_A_RATING.search(reading.text, 0, amount.start)
    if judged.holds or (like and not owned):
        return reading.found("rating", amount.start, amount.end, judged)
    return None


def _reviews_behind(text: str, at: int) -> re.Match[str] | None:
    """ "164 and 117 reviews": of both numbers."""
    another = _AND_ANOTHER.match(text, at)
    return REVIEWS.match(text, another.end() if another else at)


def _added(amount: Amount, meant: list[Measure], judged: Verdict) -> Verdict:
    """ "together they have 61 pieces"."""
    if amount.holds(sum(m.low for m in meant)):
        return supported(*judged.evidence)
    return not_found("Name what is added.", *judged.evidence)


def _counted(reading: Reading, amount: Amount) -> bool:
    return bool(_COUNTING.search(reading.text[: amount.start]))


def _beside(reading: Reading, amount: Amount) -> frozenset[str]:
    """Stems of the two words before the number and of the three after it."""
    before = [m[0] for m in _WORD.finditer(reading.text[: amount.start])][-2:]
    after = [m[0] for m in _WORD.finditer(reading.text[amount.end :])][:3]
    words = {stem(word) for word in (*before, *after)}
    near = {stem(word) for word in (*before[-1:], *after[:1])}
    return frozenset(words | {name for word in near for name in ALSO.get(word, ())})


def _label(reading: Reading) -> frozenset[str]:
    """What stands before the colon of "**Vestibules:** two"."""
    found = _LABEL.match(reading.whole)
    return frozenset(stem(m[0]) for m in _WORD.finditer(found[1])) if found else frozenset()


def _known_to_others(reading: Reading, amount: Amount) -> bool:
    """Whether the word behind names what other products state a number of."""
    noun = noun_behind(reading.text, amount)
    return bool(noun) and any(
        noun in m.words
        for slot in reading.products
        for m in attributes(reading.ledger[slot[0]], "")
    )


def _alike(reading: Reading, alias: str, nouns: frozenset[str]) -> list[Measure]:
    return [
        m for one in reading.ledger.sources(alias) for m in attributes(one, "") if m.words & nouns
    ]


def _number(facts: Facts, reading: Reading, amount: Amount, nouns: frozenset[str]) -> Verdict:
    meant = _alike(reading, facts.alias, nouns)
    if any(matches(amount, m) for m in meant) or said(facts, reading, amount):
        return supported(facts.alias)
    if meant:
        return differs(amount, meant, facts, meant[0].mark.rpartition("attributes.")[2][:-1])
    if facts.evidence.kind != "product":
        return page(facts, reading, amount)
    return not_found(f"“{amount.text}”: nothing of {facts.alias} states it.", facts.alias)


def _count(facts: Facts, reading: Reading, amount: Amount) -> Verdict:
    stated = [m for one in reading.ledger.sources(facts.alias) for m in counts(one)]
    if _AVERAGED.search(reading.text, 0, amount.start):
        amount = replace(amount, hedge="")
    if any(matches(amount, m) for m in stated):
        return supported(facts.alias)
    return (
        differs(amount, stated, facts, "number of reviews")
        if stated
        else not_found("", facts.alias)
    )
