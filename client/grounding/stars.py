"""Stars that owners gave: which a clause speaks of, and how many gave them."""

import re
from collections.abc import Iterator

from client.grounding.facts import Facts
from client.grounding.figures import REVIEWS
from client.grounding.judging import Verdict, contradicted, not_found, supported
from client.grounding.numbers import Amount, amounts_in
from client.grounding.reading import Found, Reading

_STAR_WORD = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_STAR = r"(?:one|two|three|four|five|[1-5])"
STARS = re.compile(
    rf"(?<![\d.½])\b(?:(?P<least>at least |no less than )?(?P<a>{_STAR})"
    rf"(?:(?: stars?)?\s*(?:or|and|to|–|-)\s*(?P<b>{_STAR}|more|better|above|fewer|less|below))?"
    rf"[- ]stars?(?P<more> (?:or|and) (?:more|better|above|fewer|less|below|up))?|(?P<top>full"
    rf"|top) "
    r"(?:marks?|score|stars|rating)|the (?P<full>full|maximum)|(?P<single>single) star)\b",
    re.IGNORECASE,
)


_OF_ALL = re.compile(r"\bof (?:the |its |all )*$", re.IGNORECASE)


def starred_counts(reading: Reading) -> Iterator[Found]:
    """Numbers of owners who gave some stars."""
    yield from _starred_reviews(reading)
    yield from _nobody(reading)
    for amount in list(reading.left("")):
        if _OF_ALL.search(reading.text[: amount.start]):
            continue
        slots = reading.slots(amount)
        if slots and (stars := _stars_at(reading, amount)):
            noun = REVIEWS.match(reading.text, amount.end)
            judged = reading.each(slots, _starred, amount, stars)
            yield reading.found("count", amount.start, noun.end() if noun else amount.end, judged)


def star_set(found: re.Match[str]) -> frozenset[int]:
    if found["single"]:
        return frozenset({1})
    if not found["a"]:
        return frozenset({5})
    first = _star(found["a"])
    beyond = f"{found['b'] or ''} {found['more'] or ''} {found['least'] or ''}".lower()
    if re.search(r"more|better|above|up|least", beyond):
        return frozenset(range(first, 6))
    if re.search(r"fewer|less|below", beyond):
        return frozenset(range(1, first + 1))
    return frozenset({first, _star(found["b"])} if found["b"] else {first})


def _star(word: str) -> int:
    return _STAR_WORD.get(word.lower()) or int(word)


_STAR_REVIEWS = re.compile(
    rf"(?:\b(?P<n>no|\d+|{_STAR}) )?\b(?P<star>{_STAR})[- ]star (?:reviews?|ratings?)\b",
    re.IGNORECASE,
)


def _starred_reviews(reading: Reading) -> Iterator[Found]:
    """ "50 five-star reviews"; without a number it is no claim."""
    for found in _STAR_REVIEWS.finditer(reading.text):
        slots = reading.clause.about(found.start())
        many = amounts_in((found["n"] or "").replace("no", "0"))
        if not reading.free(*found.span()):
            continue
        reading.taken.append(found.span())
        if slots and many:
            stars = frozenset({_star(found["star"])})
            judged = reading.each(slots, _starred, many[0], stars)
            yield reading.found("count", *found.span(), judged)


_NOBODY = re.compile(r"\b(?:nobody|no one|no owner|no buyer|no reviewer|none)\b", re.IGNORECASE)
_GAVE = re.compile(r"\b(?:gave|gives?|awarded|left|leaves?)\b", re.IGNORECASE)


def _nobody(reading: Reading) -> Iterator[Found]:
    """ "Nobody gave it one star". The stars that owners gave are no rating of the product."""
    if not _NOBODY.search(reading.text):
        return
    for found in STARS.finditer(reading.text):
        before = reading.text[: found.start()]
        none = _NOBODY.search(before)
        slots = reading.clause.about(found.start())
        if _GAVE.search(before) and reading.free(*found.span()) and none and slots:
            zero = Amount(0, 0, 0, "", none.start(), none.end(), none[0])
            reading.taken.append(found.span())
            stars = star_set(found)
            judged = reading.each(slots, _starred, zero, stars)
            yield reading.found("count", *none.span(), judged)


def _stars_at(reading: Reading, amount: Amount) -> frozenset[int]:
    for found in STARS.finditer(reading.text):
        given = re.fullmatch(r"\s*(?:by |from |\()", reading.text[found.end() : amount.start])
        if given:
            reading.taken.append(found.span())
            return star_set(found)
        if found.start() >= amount.end:
            near = reading.text[amount.end : found.start()]
            if re.search(r"gave|give|award|left|with|^\s*$|^\s*(?:of|were|are) ", near):
                reading.taken.append(found.span())
                return star_set(found)
    return frozenset()


def _starred(facts: Facts, amount: Amount, stars: frozenset[int]) -> Verdict:
    if not facts.histogram:
        return not_found(f"No summary of reviews of {facts.alias} was read.", facts.alias)
    held = sum(n for star, n in facts.histogram.items() if star in stars)
    if amount.holds(held):
        return supported(facts.alias)
    return contradicted(
        f"“{amount.text}”: of {facts.alias} it is {held}.", facts.alias, stated=str(held)
    )
