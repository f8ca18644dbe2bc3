"""How many of the owners: shares of stars, of verified reviews, of those who speak of something."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from client.grounding.facts import Facts, stem
from client.grounding.figures import REVIEWS
from client.grounding.judging import Verdict, contradicted, not_found, supported
from client.grounding.numbers import Amount, amounts_in, hedge_before
from client.grounding.reading import Found, Reading
from client.grounding.scopes import Slot

_OF = re.compile(r"\s*(?:of|in|out of|from|/)\s*(?:the |its |all |every )?", re.IGNORECASE)
_FRACTION = re.compile(
    r"\b(?:(?P<exact>(?:a |one )?(?P<half>half)|(?:a |one[- ])third|two[- ]thirds"
    r"|(?:a |one[- ])quarter|three[- ]quarters|(?:a |one[- ])fifth|(?:two|three|four)[- ]fifths"
    r"|(?:a |one[- ])tenth|nine[- ]tenths)"
    r"|(?P<all>(?<=nearly )all|(?<=almost )all)"
    r"|(?P<most>(?<!at )(?<!the )(?:most|a majority|the majority|more than half|over half)))\b"
    r"(?=\s+(?:of\s+)?(?:the\s+|its\s+|their\s+|all\s+)?(?:\S+\s+){0,3}?"
    r"(?:owners|buyers|customers|reviewers|reviews|people|ratings|them|users|remarks|those)\b)",
    re.IGNORECASE,
)
_PARTS = {
    "half": 1 / 2, "third": 1 / 3, "thirds": 2 / 3, "quarter": 1 / 4, "quarters": 3 / 4,
    "fifth": 1 / 5, "tenth": 1 / 10, "tenths": 9 / 10,
}  # fmt: skip
_STAR_WORD = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_STAR = r"(?:one|two|three|four|five|[1-5])"
_STARS = re.compile(
    rf"(?<![\d.½])\b(?:(?P<least>at least |no less than )?(?P<a>{_STAR})"
    rf"(?:(?: stars?)?\s*(?:or|and|to|–|-)\s*(?P<b>{_STAR}|more|better|above|fewer|less|below))?"
    rf"[- ]stars?(?P<more> (?:or|and) (?:more|better|above|fewer|less|below|up))?|(?P<top>full"
    rf"|top) "
    r"(?:marks?|score|stars|rating)|the (?P<full>full|maximum)|(?P<single>single) star)\b",
    re.IGNORECASE,
)
_OWNERS = re.compile(
    r"\b(?:owners?|buyers?|customers?|reviewers?|reviews?|people|users|shoppers|ratings?|remarks?"
    r"|opinions?|comments?|mentions?|complaints?|voices|gave|give|complain\w*|praise\w*|of them"
    r"|verdicts?|voters?|who)\b",
    re.IGNORECASE,
)
_GOOD = re.compile(
    r"\b(?:prais\w+|lik(?:e|ed)|lov(?:e|ed)|positive\w*|favou?r\w*|happy|well|good|pleased|plus"
    r"|satisfied|kind|warm\w*|approv\w+|enjoy\w*|commend\w*|compliment\w*|for the|glad"
    r"|applaud\w*|for(?=\W*$))\b",
    re.IGNORECASE,
)
_BAD = re.compile(
    r"\b(?:complain\w*|criticis\w*|critical\w*|negative\w*|dislik\w*|unhappy|against|bad(?:ly)?"
    r"|grumbl\w*|moan\w*|fault\w*|broke\w*|fail\w*|annoy\w*|problem\w*|trouble\w*|disappoint\w*"
    r"|worr\w*|unfavou?r\w*|gripe\w*|mind|report\w*|blam\w*|ill|poor\w*|weak\w*|unkind)\b",
    re.IGNORECASE,
)
_REMARKS = re.compile(
    r"\s*(?:kind |unkind |good |bad |happy |positive |negative |favourable )?(?:words|remarks?"
    r"|comments?"
    r"|mentions?|complaints?|voices|times)\b",
    re.IGNORECASE,
)
_VERIFIED = re.compile(r"\bverified\b|\bverification\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
_ROUND = 0.05
"""A share told by a word or a simple fraction is a twentieth of the whole exact."""


@dataclass(frozen=True)
class _Share:
    start: int
    end: int
    low: float
    high: float
    part: float | None = None
    whole: float | None = None
    """Set where both numbers are meant as counts."""


def shares(reading: Reading) -> Iterator[Found]:
    for share in _shares(reading):
        slots = reading.clause.about(share.start) or reading.clause.sentence
        stars = _stars(reading, share)
        if not slots or not reading.free(share.start, share.end):
            continue
        if not stars and not _of_owners(reading, share, slots):
            continue
        verdict = reading.each(slots, _judged, reading, share, stars)
        kind = "count" if share.whole is not None and not stars else "share"
        yield reading.found(kind, share.start, share.end, verdict)
    yield from _counts(reading)


def _shares(reading: Reading) -> Iterator[_Share]:
    for amount in reading.amounts:
        if amount.unit == "%":
            yield _Share(amount.start, amount.end, amount.low / 100, amount.high / 100)
    for part, whole in zip(reading.amounts, reading.amounts[1:], strict=False):
        between = reading.text[part.end : whole.start]
        if (
            part.unit == whole.unit == ""
            and _OF.fullmatch(between)
            and not part.value % 1
            and part.value <= whole.value
        ):
            yield _part_of(part, whole)
        if part.unit == "stars" and part.value <= 5 and re.search(r"\bof\b", part.text):
            yield from ()
    for amount in reading.amounts:
        if amount.unit == "stars" and re.fullmatch(r"\d+ of 5", amount.text):
            yield _Share(amount.start, amount.end, 0, 0, amount.value, 5)
    for found in _FRACTION.finditer(reading.text):
        if found["most"]:
            yield _Share(found.start(), found.end(), 0.5, 1.0)
            continue
        share = 1.0 if found["all"] else _fraction(found["exact"])
        hedge, start = hedge_before(reading.text, found.start())
        low = share if hedge in ("over", "above", "at least") else share - _ROUND
        high = share if hedge in ("under", "below", "at most") else share + _ROUND
        low = low - _ROUND if hedge == "below" else 0.0 if hedge in ("under", "at most") else low
        yield _Share(start, found.end(), low, 1.0 if hedge in ("over", "at least") else high)


def _part_of(part: Amount, whole: Amount) -> _Share:
    share = part.value / whole.value
    if whole.value <= 10 and (part.spelled or whole.spelled):
        low, high = share - _ROUND, share + _ROUND
        if part.hedge == "over":
            low = share
        return _Share(part.start, whole.end, low, high)
    return _Share(part.start, whole.end, share, share, part.value, whole.value)


def _fraction(words: str) -> float:
    last = re.split(r"[ -]", words.lower())[-1]
    many = {"two": 2, "three": 3, "four": 4}.get(re.split(r"[ -]", words.lower())[0], 1)
    return many / 5 if last == "fifths" else _PARTS[last]


def _stars(reading: Reading, share: _Share) -> frozenset[int]:
    """Which stars the clause speaks of, outside the share itself."""
    for found in _STARS.finditer(reading.text):
        if found.start() >= share.end or found.end() <= share.start:
            stars = _star_set(found)
            reading.taken.append(found.span())
            return stars
    if _ANOTHER_STAR.search(reading.text[share.end :]) and _STARS.search(reading.whole):
        return frozenset({1})
    return frozenset()


_ANOTHER_STAR = re.compile(r"\b(?:one|a single(?: one)?)\W*$")
""" "and 5 % gave one", where stars were spoken of before."""


def _star_set(found: re.Match[str]) -> frozenset[int]:
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


def _of_owners(reading: Reading, share: _Share, slots: tuple[Slot, ...]) -> bool:
    behind = re.split(r"[:;]", reading.text[share.end :])[0]
    near = f"{reading.text[: share.start]} {behind}"
    if _VERIFIED.search(reading.whole) or _OWNERS.search(near):
        return True
    stated = (reading.ledger[a] for slot in slots for a in slot)
    return any(_aspects(facts, reading, len(reading.text)) for facts in stated)


def _judged(facts: Facts, reading: Reading, share: _Share, stars: frozenset[int]) -> Verdict:
    alias = facts.alias
    if stars:
        total = sum(facts.histogram.values())
        if not total:
            return not_found(f"No summary of reviews of {alias} was read.", alias)
        count = sum(n for star, n in facts.histogram.items() if star in stars)
        return _held(reading, share, facts, [(count, total)], "with these stars")
    if _VERIFIED.search(reading.text) or (
        _VERIFIED.search(reading.whole) and not _aspects(facts, reading, share.start)
    ):
        held = facts.summary.get("verified_share")
        if held is None:
            return not_found("", alias)
        if re.search(r"\b(?:not|isn['’]t|aren['’]t)\b[^.]*verified|unverified", reading.text):
            held = 1 - held
        if share.low - 1e-9 <= held <= share.high + 1e-9:
            return supported(alias)
        return contradicted(
            f"The share of verified reviews of {alias} is {held:.0%}.", alias, stated=f"{held:.0%}"
        )
    spoken = _aspects(facts, reading, share.start)
    pairs = [pair for good, bad in spoken for pair in _sides(reading, share.end, good, bad)]
    if pairs:
        return _held(reading, share, facts, pairs, "who speak of it so")
    if share.whole == 5 and share.part is not None:
        held = [r for one in reading.ledger.sources(alias) for r in one.ratings]
        if any(abs(share.part - r) <= 0.5 for r in held):
            return supported(alias)
        if held:
            return contradicted(f"The rating of {alias} is {held[0]:g}.", alias)
    if share.whole is None and _in_page(facts, share):
        return supported(alias)
    return not_found("", alias)


def _in_page(facts: Facts, share: _Share) -> bool:
    return any(
        said.unit == "%"
        and share.low <= said.value / 100 <= share.high
        and (said.upper is None or said.upper / 100 <= share.high)
        for said in facts.said
    )


def _held(
    reading: Reading, share: _Share, facts: Facts, pairs: list[tuple[int, int]], what: str
) -> Verdict:
    for count, total in pairs:
        if share.whole is not None:
            fits = count == share.part and (total == share.whole or not share.whole)
        else:
            fits = total > 0 and share.low - 1e-9 <= count / total <= share.high + 1e-9
        if fits:
            return supported(facts.alias)
    stated = ", ".join(f"{count} of {total}" for count, total in pairs)
    message = f"Of {facts.alias} it is {stated} {what}."
    return contradicted(message, facts.alias, stated=stated)


def _aspects(facts: Facts, reading: Reading, at: int) -> list[tuple[int, int]]:
    """(good, bad) of the aspect that is named nearest before an offset, else behind it."""
    if not facts.aspects:
        return []
    near = _near(facts, reading.text, at) or _near(facts, reading.whole, len(reading.whole))
    return [min(near)[1]] if near else []


def _near(facts: Facts, text: str, at: int) -> list[tuple[int, tuple[int, int]]]:
    found = [(stem(m[0]), m.start(), m.end()) for m in _WORD.finditer(text)]
    return [
        (_far(start, end, at) + (0 if whole else 2000), (good, bad))
        for name, good, bad in facts.aspects
        for start, end, whole in _named(name, found)
    ]


def _named(
    name: tuple[str, ...], words: list[tuple[str, int, int]]
) -> Iterator[tuple[int, int, bool]]:
    """Where a name stands whole, or only one word of it."""
    for n, (word, start, end) in enumerate(words):
        window = words[n : n + len(name)]
        if tuple(w for w, _, _ in window) == name:
            yield start, window[-1][2], True
        elif word in name:
            yield start, end, False


def _far(start: int, end: int, at: int) -> int:
    return at - end if end <= at else 1000 + start - at


def _sides(reading: Reading, at: int, good: int, bad: int) -> Iterator[tuple[int, int]]:
    """Which side is meant: what is said up to the next number, else in the whole clause."""
    following = [a.start for a in reading.amounts if a.start > at]
    local = reading.text[at : min(following, default=len(reading.text))]
    local = re.split(r"[,;:]| and (?=[\w ]*$)", local)[0]
    text = local if _GOOD.search(local) or _BAD.search(local) else reading.text
    praised, blamed = _GOOD.search(text), _BAD.search(text)
    if praised or not blamed:
        yield good, good + bad
    if blamed or not praised:
        yield bad, good + bad


# Numbers of owners who say something


def _counts(reading: Reading) -> Iterator[Found]:
    yield from _starred_reviews(reading)
    yield from _nobody(reading)
    for amount in list(reading.left("")):
        noun = _REMARKS.match(reading.text, amount.end) or REVIEWS.match(reading.text, amount.end)
        slots = reading.slots(amount)
        if not slots:
            continue
        stars = _stars_at(reading, amount)
        spoken = [
            pair
            for slot in slots
            for alias in slot
            for pair in _aspects(reading.ledger[alias], reading, amount.end)
        ]
        phrase = re.split(r"[,;:.]", reading.text[amount.end :])[0]
        saying = _GOOD.search(phrase) or _BAD.search(phrase)
        one_owner = amount.spelled and amount.value == 1
        to = re.match(r"\s*(?:\w+\s)?(?:to|against)\b", reading.text[amount.end :])
        if stars:
            verdict = reading.each(slots, _starred, amount, stars)
        elif not one_owner and ((spoken and (noun or saying or to)) or (noun and saying)):
            verdict = reading.each(slots, _spoken, reading, amount)
        else:
            continue
        end = noun.end() if noun else amount.end
        yield reading.found("count", amount.start, end, verdict)


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
    for found in _STARS.finditer(reading.text):
        before = reading.text[: found.start()]
        none = _NOBODY.search(before)
        slots = reading.clause.about(found.start())
        if _GAVE.search(before) and reading.free(*found.span()) and none and slots:
            zero = Amount(0, 0, 0, "", none.start(), none.end(), none[0])
            reading.taken.append(found.span())
            stars = _star_set(found)
            judged = reading.each(slots, _starred, zero, stars)
            yield reading.found("count", *none.span(), judged)


def _stars_at(reading: Reading, amount: Amount) -> frozenset[int]:
    for found in _STARS.finditer(reading.text):
        given = re.fullmatch(r"\s*(?:by|from) ", reading.text[found.end() : amount.start])
        if given and reading.free(*found.span()):
            reading.taken.append(found.span())
            return _star_set(found)
        if found.start() >= amount.end and reading.free(*found.span()):
            near = reading.text[amount.end : found.start()]
            if re.search(r"gave|give|award|left|with|^\s*$|^\s*(?:of|were|are) ", near):
                reading.taken.append(found.span())
                return _star_set(found)
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


def _spoken(facts: Facts, reading: Reading, amount: Amount) -> Verdict:
    pairs = [
        p
        for g, b in _aspects(facts, reading, amount.end)
        for p in _sides(reading, amount.end, g, b)
    ]
    held = [count for count, _ in pairs] + [total for _, total in pairs]
    if any(amount.holds(count) for count in held):
        return supported(facts.alias)
    if not pairs:
        return not_found("", facts.alias)
    return contradicted(
        f"“{amount.text}”: of {facts.alias} it is {pairs[0][0]}.",
        facts.alias,
        stated=str(pairs[0][0]),
    )
