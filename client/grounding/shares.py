"""How many of the owners: shares of stars, of verified reviews, of those who speak of something."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from client.grounding.comparing import LESS, MORE
from client.grounding.facts import Facts
from client.grounding.judging import Verdict, contradicted, not_found, supported
from client.grounding.numbers import Amount, hedge_before
from client.grounding.reading import Found, Reading
from client.grounding.remarks import aspects, sides
from client.grounding.scopes import Slot
from client.grounding.stars import STARS, star_set

_OF = re.compile(
    r"\s*(?:of|in|out of|from|/)\s*(?:the |its |all |every )?(?:[\ue000\ue001]+['’]s )?",
    re.IGNORECASE,
)
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
_OWNERS = re.compile(
    r"\b(?:owners?|buyers?|customers?|reviewers?|reviews?|people|users|shoppers|ratings?|remarks?"
    r"|opinions?|comments?|mentions?|complaints?|voices|gave|give|complain\w*|praise\w*|of them"
    r"|verdicts?|voters?|who)\b",
    re.IGNORECASE,
)
_VERIFIED = re.compile(r"\bverified\b|\bverification\b", re.IGNORECASE)
_COMPARES = re.compile(rf"\s*(?:{LESS}|{MORE})\b")
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


def _shares(reading: Reading) -> Iterator[_Share]:
    for amount in reading.amounts:
        if amount.unit == "%" and not _COMPARES.match(reading.text, amount.end):
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
    for found in STARS.finditer(reading.text):
        if found.start() >= share.end or found.end() <= share.start:
            stars = star_set(found)
            reading.taken.append(found.span())
            return stars
    if _ANOTHER_STAR.search(reading.text[share.end :]) and STARS.search(reading.whole):
        return frozenset({1})
    return frozenset()


_ANOTHER_STAR = re.compile(r"\b(?:one|a single(?: one)?)\W*$")
""" "and 5 % gave one", where stars were spoken of before."""


def _of_owners(reading: Reading, share: _Share, slots: tuple[Slot, ...]) -> bool:
    behind = re.split(r"[:;]", reading.text[share.end :])[0]
    near = f"{reading.text[: share.start]} {behind}"
    if _VERIFIED.search(reading.whole) or _OWNERS.search(near):
        return True
    stated = (reading.ledger[a] for slot in slots for a in slot)
    return any(aspects(facts, reading, len(reading.text)) for facts in stated)


def _judged(facts: Facts, reading: Reading, share: _Share, stars: frozenset[int]) -> Verdict:
    alias = facts.alias
    if stars:
        total = sum(facts.histogram.values())
        if not total:
            return not_found(f"No summary of reviews of {alias} was read.", alias)
        count = sum(n for star, n in facts.histogram.items() if star in stars)
        return _held(reading, share, facts, [(count, total)], "with these stars")
    if _VERIFIED.search(reading.text) or (
        _VERIFIED.search(reading.whole) and not aspects(facts, reading, share.start)
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
    spoken = aspects(facts, reading, share.start)
    pairs = [pair for good, bad in spoken for pair in sides(reading, share.end, good, bad)]
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
