"""Numbers as people write them in prose: digits and words, hedges, units, money and ranges.

An `Amount` says what evidence must lie within for the words to be true: "4.3" stands for what
rounds to it, "about 50 h" for what is near, "over 200" for more.
"""

import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from client.checks.quantities import LONG_UNITS, Quantity, known_unit, quantity

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
    " fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_WORDS = {word: float(n) for n, word in enumerate(_ONES)} | {
    word: float(10 * n) for n, word in enumerate(_TENS, 2)
}
_VAGUE = {"dozens": (24, 99), "a handful": (3, 7), "hundreds": (200, 999), "a couple": (2, 2)}
_ANY_WORD = "|".join((*_WORDS, "hundred", "thousand"))
_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+,\d{2}(?!\d)|\d+(?:\.\d+)?"
_NUMBER = re.compile(
    rf"(?<![\w.,])(?:(?P<digits>{_DIGITS})(?P<half>\s?½)?(?P<thousand>\s?k\b)?"
    rf"|(?P<dozen>half a dozen|a dozen)\b|(?P<vague>{'|'.join(_VAGUE)})(?= of\b)"
    rf"|(?P<words>(?:an? (?=hundred|thousand))?\b(?:{_ANY_WORD})(?:[- ](?:and )?(?:{_ANY_WORD}))*"
    rf"(?P<and_half>(?: and|-and)[- ]a[- ]half)?)\b)",
    re.IGNORECASE,
)
_CODES = "GBP|USD|EUR|CHF|CAD|AUD|SEK|NOK|DKK|PLN"
_MONEY_BEFORE = re.compile(rf"(?:(?P<sign>[£$€])|\b(?P<code>{_CODES}))\s?$")
_MONEY_AFTER = re.compile(
    rf"\s?(?:(?P<sign>[£€$])|(?P<code>{_CODES})\b"
    r"|[- ]?(?P<word>euros?|pounds?|dollars?|francs?|quid)\b)"
)
_CENTS = re.compile(r"p\b| ?(?:pence|cents?|centimes?)\b")
_WEIGHED = re.compile(r"weigh|heav|light", re.IGNORECASE)
_PERCENT = re.compile(r"\s?(?:%|per ?cent\b)")
_STARS = re.compile(
    r"\s*(?:★|/\s?(?:5|five)\b|out of (?:a possible )?(?:5|five)\b(?:\s+stars)?"
    r"|of (?:5|five)\b(?: stars)?(?! (?:\w+ )?(?:who|owners|buyers|reviewers|remarks|reviews|people"
    r"|customers|mentions|users))|[- ]?stars?\b)(?!\w)",
    re.IGNORECASE,
)
_LONG_UNIT = "|".join(re.escape(u) for u in sorted(LONG_UNITS, key=len, reverse=True))
_UNIT = re.compile(
    rf"[\s-]?(?:(?:extra|more|fewer) )?"
    rf"(?P<unit>(?:{_LONG_UNIT})(?![\w²³])|[A-Za-zµ″\"][A-Za-z()/µ²³]*)"
)
_LIKE_RATING = re.compile(
    r"\b(?:rated|rates|rating(?: (?:of|is|at))?:?|(?:score|rating|average) \("
    r"|scor(?:es?|ed|ing)(?: of)?|averag(?:es?|ing)(?: of)?|mean(?: of)?|marks? of)"
    r"(?: ?\b(?:it|at|of|an?|only|just|is|a solid|about|around|roughly|nearly|almost"
    r"|over|under|above|below|more|less|than|least|most))*"
    r"\s*$",
    re.IGNORECASE,
)
_HEDGES = (
    ("near", r"about|around|roughly|approximately|approx\.?|some|circa|ca\.|~|≈|more or less"),
    (
        "below",
        r"nearly|almost|just (?:under|below|shy of|short of)|(?:a (?:little|bit|shade|touch|few)"
        r"|slightly|a hair) (?:under|below|less than)|close to|shy of|not quite|getting on for"
        r"|barely|scarcely|hardly",
    ),
    (
        "above",
        r"(?:just|a (?:little|bit|shade|touch|hair|few)|slightly) (?:over|above|more than)|a good",
    ),
    (
        "at most",
        r"up to|at or (?:below|under)|at most|no more than|not more than|a maximum of|as much as"
        r"|max\.?",
    ),
    (
        "at least",
        r"at least|at or (?:above|over)|no less than|not less than|a minimum of|upwards of|from|≥",
    ),
    ("under", r"(?:well )?under|(?:well )?below|less than|fewer than|within|<"),
    ("over", r"(?:well )?over|above|more than|exceeding|exceeds|>"),
)
_HEDGE = re.compile(
    r"(?:(?<=\W)|^)(?:"
    + "|".join(f"(?P<h{n}>{words})" for n, (_, words) in enumerate(_HEDGES))
    + r")\s*(?:the |an? |only |just )?$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\s?(?P<plus>\+|or more\b|and (?:up|more)\b|plus\b)"
    r"|\s?(?P<most>or (?:less|fewer|under)\b)|\s?(?P<near>or so\b|ish\b)"
)
_PART = re.compile(
    r"\b(?:(?P<half>half) an? |(?P<part>(?:an? |one |two |three )?(?:quarters?|thirds?|tenths?"
    r"|fifths?|half))"
    r" (?:of )?an? |an? )(?P<unit>[a-z]+)(?P<more> and a (?P<rest>half|quarter))?\b",
    re.IGNORECASE,
)
_PARTS = {"half": 1 / 2, "third": 1 / 3, "quarter": 1 / 4, "fifth": 1 / 5, "tenth": 1 / 10}
_THEN_COMPARED = re.compile(
    r"\s*(?:more|less|longer|shorter|heavier|lighter|before|after|slower|faster|sooner|later|under"
    r"|over|above|below|wider|taller|narrower)\b"
)
_LASTING = re.compile(r"\b(?:for|within|lasts|after|by)\s+$")
_DATE = re.compile(r"\b(?:19|20)\d\d-[01]\d(?:-[0-3]\d)?\b")
_NEAR, _SHY = 0.05, 0.1


@dataclass(frozen=True)
class Amount:
    """A number as written, with its unit.

    `value`, `low` and `high` in the base unit of `unit`: "money", "stars", "%", "" for a bare
    number, else a dimension of `client.checks.quantities`. `start` and `end` hold the unit, not the
    hedge, which begins at `hedged`."""

    value: float
    low: float
    high: float
    unit: str
    start: int
    end: int
    text: str
    hedge: str = ""
    hedged: int = -1
    currency: str = ""
    spelled: bool = False
    slack: float = 0.0
    factor: float = 1.0
    upper: float | None = None
    """The other end of a range."""

    def holds(self, held: float, slack: float = 0.0) -> bool:
        margin = slack + 1e-9 * max(1.0, abs(held))
        if self.hedge in ("under", "over") and self.upper is None:
            return held < self.high if self.hedge == "under" else held > self.low
        return self.low - margin <= held <= self.high + margin


@lru_cache(maxsize=8192)
def amounts_in(text: str) -> tuple[Amount, ...]:
    """Every number in the text that is not part of a word, compound ones joined."""
    found = [one for match in _NUMBER.finditer(text) if (one := _amount(text, match))]
    parts = [part for match in _PART.finditer(text) if (part := _part(text, match))]
    parts = [p for p in parts if not any(a.start < p.start and p.end <= a.end for a in found)]
    spans = [(part.start, part.end) for part in parts]
    found = [a for a in found if not any(a.start < e and s < a.end for s, e in spans)] + parts
    found.sort(key=lambda amount: amount.start)
    # The 5 in "4.1 out of 5" is read already.
    ends = itertools.accumulate((a.end for a in found), max, initial=-1)
    found = [a for a, end in zip(found, ends, strict=False) if a.start >= end]
    return tuple(_ranged(text, _compounds(text, found)))


def _amount(text: str, match: re.Match[str]) -> Amount | None:
    if match["vague"]:
        return _vague(match)
    value, slack = _read(match)
    start, end = match.span()
    if _DATE.search(text[max(0, start - 8) : end + 6]):
        return None
    if re.match(r"[\w]", text[end : end + 1]) and not _UNIT.match(text, end):
        return None
    unit, currency, factor = "", "", 1.0
    before = _MONEY_BEFORE.search(text, max(0, start - 5), start)
    after = _MONEY_AFTER.match(text, end)
    if before:
        start, unit, currency = before.start(), "money", before["sign"] or before["code"]
    elif after and not ((after["word"] or "").startswith("pound") and _WEIGHED.search(text)):
        end, unit = after.end(), "money"
        currency = after["sign"] or after["code"] or after["word"]
    elif found := _CENTS.match(text, end):
        end, unit, factor = found.end(), "money", 0.01
    elif found := _PERCENT.match(text, end):
        end, unit = found.end(), "%"
    elif value <= 5 and (found := _STARS.match(text, end)):
        end, unit = found.end(), "stars"
    elif (found := _UNIT.match(text, end)) and (name := _unit(text, found)):
        measured = quantity(value, name)
        end = found.start("unit") + len(name)
        unit, factor = measured.dimension, measured.value / value if value else 1.0
    elif value <= 5 and _LIKE_RATING.search(text, 0, start):
        unit = "stars"
    hedge, hedged = _hedge(text, start, end)
    slack = 0.005 / factor if unit == "money" else slack
    low, high = _bounds(value * factor, slack * factor, hedge)
    return Amount(
        value=value * factor,
        low=low,
        high=high,
        unit=unit,
        start=start,
        end=end,
        text=text[start:end],
        hedge=hedge,
        hedged=hedged,
        currency=currency,
        spelled=match["digits"] is None,
        slack=slack * factor,
        factor=factor,
    )


def _vague(match: re.Match[str]) -> Amount:
    low, high = _VAGUE[match["vague"].lower()]
    return Amount(low, low, high, "", *match.span(), match[0], hedge="near", spelled=True)


def _part(text: str, match: re.Match[str]) -> Amount | None:
    """ "half a minute", "a quarter of a kilo", "a litre and a half"."""
    words = re.split(r"[ -]", (match["half"] or match["part"] or "").lower().strip())
    stars = match["unit"] in ("star", "point") and words[-1]
    known = stars or (known_unit(match["unit"]) and len(match["unit"]) > 2)
    one = _THEN_COMPARED.match(text, match.end()) or _LASTING.search(text, 0, match.start())
    if not known or not (words[-1] or match["more"] or one):
        return None
    many = {"two": 2, "three": 3}.get(words[0], 1)
    value = many * _PARTS[words[-1].rstrip("s")] if words[-1] else 1.0
    value += _PARTS[match["rest"].lower()] if match["rest"] else 0.0
    measured = Quantity(value, "stars", 0.0) if stars else quantity(value, match["unit"])
    hedge, hedged = _hedge(text, match.start(), match.end())
    slack = 0.05 if stars else _NEAR * measured.value if words[-1] else 0.0
    low, high = _bounds(measured.value, slack, hedge)
    return Amount(
        value=measured.value,
        low=low,
        high=high,
        unit=measured.dimension,
        start=match.start(),
        end=match.end(),
        text=match[0],
        hedge=hedge,
        hedged=hedged,
        spelled=True,
        slack=slack,
        factor=measured.value / value,
    )


def _read(match: re.Match[str]) -> tuple[float, float]:
    """(the number, half of its last digit)."""
    if written := match["digits"]:
        decimal_comma = re.fullmatch(r"\d+,\d{2}", written)
        plain = written.replace(",", "." if decimal_comma else "")
        decimals = len(plain.partition(".")[2])
        value = float(plain) + (0.5 if match["half"] else 0)
        if match["thousand"]:
            return value * 1000, 500 * 10.0**-decimals
        return value, 0.25 if match["half"] else 0.5 * 10.0**-decimals
    if dozen := match["dozen"]:
        return {"ha": 6.0, "a ": 12.0}[dozen.lower()[:2]], 0.5
    return _spelled(match["words"]), 0.25 if match["and_half"] else 0.5


def _spelled(words: str) -> float:
    total, part = 0.0, 0.0
    spoken = re.sub(r"[ -]and[ -]a[ -]half$", "", words.lower())
    for word in re.split(r"[ -]+", spoken):
        if word in ("hundred", "thousand"):
            part = max(part, 1) * (100 if word == "hundred" else 1000)
            if word == "thousand":
                total, part = total + part, 0.0
        else:
            part += _WORDS.get(word, 0.0)
    return total + part + (0.5 if len(spoken) != len(words) else 0)


def _unit(text: str, found: re.Match[str]) -> str | None:
    name = found["unit"].rstrip("-")
    while name and not known_unit(name) and name[-1] in ')/"':
        name = name[:-1]
    if not known_unit(name):
        return None
    # "5 in stock" is no length; "24 in" at the end of a phrase is one.
    following = text[found.end() : found.end() + 2].strip()
    if name == "in" and (following[:1].isalnum() or following[:1] == "\ue000"):
        return None
    if len(name) == 1 and name.isupper() and name not in "W":
        return None
    return name


def _hedge(text: str, start: int, end: int) -> tuple[str, int]:
    hedge, hedged = hedge_before(text, start)
    if hedge == "at least" and text[hedged:start].strip().lower() == "from":
        return "", start
    if hedge:
        return hedge, hedged
    if found := _AFTER.match(text, end):
        return ("at least" if found["plus"] else "at most" if found["most"] else "near"), start
    return "", start


def hedge_before(text: str, start: int) -> tuple[str, int]:
    """What softens a number that begins at an offset, and where that begins itself."""
    found = _HEDGE.search(text, max(0, start - 30), start)
    if not found:
        return "", start
    kind = next(n for n, _ in enumerate(_HEDGES) if found[f"h{n}"])
    return _HEDGES[kind][0], found.start()


def _bounds(value: float, slack: float, hedge: str) -> tuple[float, float]:
    match hedge:
        case "near":
            margin = value * _NEAR
            return value - margin, value + margin
        case "below":
            return value * (1 - _SHY), value
        case "above":
            return value, value * (1 + _SHY)
        case "at most":
            return 0.0, value
        case "under":
            return -math.inf, value
        case "at least" | "over":
            return value, math.inf
        case _:
            return value - slack, value + slack


def _compounds(text: str, amounts: list[Amount]) -> Iterator[Amount]:
    """ "1 h 30 min" and "5 ft 2 in" are one amount."""
    held: Amount | None = None
    for amount in amounts:
        if (
            held
            and held.unit == amount.unit != ""
            and held.factor > amount.factor
            and re.fullmatch(r"(?:,? and)? ?", text[held.end : amount.start])
        ):
            value = held.value + amount.value
            held = replace(
                held,
                value=value,
                low=value - amount.slack,
                high=value + amount.slack,
                end=amount.end,
                text=text[held.start : amount.end],
                slack=amount.slack,
            )
            continue
        if held:
            yield held
        held = amount
    if held:
        yield held


_TO = re.compile(r"\s?(?:–|—|-|to)\s?")
_BETWEEN = re.compile(r"\b(?:between|from|anywhere from)\s+(?:about |around )?$", re.IGNORECASE)


def _ranged(text: str, amounts: Iterator[Amount]) -> Iterator[Amount]:
    held: Amount | None = None
    for amount in amounts:
        if held and (joined := _joined(text, held, amount)):
            yield joined
            held = None
            continue
        if held:
            yield held
        held = amount
    if held:
        yield held


def _joined(text: str, low: Amount, high: Amount) -> Amount | None:
    """Two amounts that are the ends of one range."""
    between = text[low.end : high.start]
    opened = _BETWEEN.search(text, 0, low.start)
    if not (_TO.fullmatch(between) or (opened and between.strip() == "and")):
        return None
    if low.unit not in ("", high.unit) and not (high.unit == "" and low.unit == "money"):
        return None
    factor = high.factor if low.unit == "" else 1.0
    start = low.value * factor
    if start >= high.value:
        return None
    return replace(
        high,
        value=start,
        low=start - max(low.slack * factor, 1e-9),
        high=high.value + high.slack,
        upper=high.value,
        unit=high.unit or low.unit,
        currency=high.currency or low.currency,
        start=low.start,
        hedged=opened.start() if opened else low.start,
        hedge="",
        text=text[low.start : high.end],
    )
