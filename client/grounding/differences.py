"""Differences between products, or from what the question asks."""

import re
from collections.abc import Callable, Iterator

from client.grounding.comparing import LESS, MORE, QUICK, SUPERLATIVES
from client.grounding.facts import Facts, stem
from client.grounding.figures import REVIEWS
from client.grounding.judging import Verdict, contradicted, not_found, supported
from client.grounding.measures import Measure, attributes
from client.grounding.numbers import Amount, amounts_in
from client.grounding.reading import Found, Reading
from client.grounding.relations import alike, held_against, measured, of_pairs, topic
from client.grounding.scopes import BLANKS, Slot
from client.grounding.sums import SUM, times_named

_APART = (
    "to spare|left over|left|stays? in|remains?|apart|(?:of )?difference|gap|between them"
    "|to be (?:exact|precise)|of (?:your|the) (?:budget|limit|allowance)"
)
_NO_NOUN = (
    "is are was which and or to for in at with on of by but while that across among after per from"
    " than about around cost costs weigh weighs last lasts it they"
).replace(" ", "|")
_SOFT = r"(?:a |the )?(?:little |bit |whole |full )?"
_AFTER = re.compile(
    # "12 more", "12 reviews more", "3 cm too short"
    rf"\s*(?:(?!(?:{_NO_NOUN})\b)[a-z]+ )?{_SOFT}"
    r"(?:too (?P<under>short|small|few|little|light|narrow|low|slow)|(?P<beyond>too [a-z]+)"
    rf"|(?P<less>{LESS})|(?P<more>{MORE})|(?P<apart>{_APART}))\b",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"\b(?:(?P<less>saves?(?: you)?|saving(?: you)?|loses|gives up)"
    r"|(?P<more>adds|premium of|surcharge of|another|an extra)"
    r"|(?P<apart>(?:difference|gap|spread)\b[^.;]*?(?: of| is| comes to| amounts to| are)"
    r"|between [^.;]*? (?:lie|are|is)|(?:you|one) (?:lose|gain|pay)s? is|leaves?(?: you)?|spare"
    r"|(?P<by>by)))\s*$",
    re.IGNORECASE,
)
_WAYS = re.compile(
    rf"\b(?:(?P<less>undercuts?|falls|trails?|miss(?:es)?|stays|{LESS})"
    rf"|(?P<more>exceeds?|breaks?|tops?|overshoots?|out[a-z]+|leads?|expensive|{MORE})"
    r"|(?P<apart>differs?|differ|beats?|wins?))\b",
    re.IGNORECASE,
)
_YOU = "ask|want|need|set|allow|would|named|gave|said|wish|have|spend|had"
LIMIT = re.compile(
    r"\b(?:limit|budget|ceiling|maximum|minimum|ask\w*|want\w*|need\w*|require\w*|cap|target"
    rf"|your (?=[£$€\d]|\w+ (?:euros|pounds|dollars|francs))|you (?:{_YOU})|spare|allow\w*"
    r"|question|wish|brief|mark)\b",
    re.IGNORECASE,
)
_GOES_ON = re.compile(rf"(?:[^.;{BLANKS}]{{0,30}}?(?:,|\band\b)(?: and)?(?: the)? ?[{BLANKS}]* ?)")
_TIME_WORDS = frozenset(stem(w) for w in "charging heating start brewing".split())


def differences(reading: Reading) -> Iterator[Found]:
    for amount in list(reading.left()):
        after = _AFTER.match(reading.text, amount.end)
        before = _BEFORE.search(
            reading.text[: amount.hedged if amount.hedged >= 0 else amount.start]
        )
        if after and not before and _only_hedges(reading, after, amount):
            after = None
        cue = before or after
        counted = amount.unit == "" and REVIEWS.match(reading.text, amount.end)
        more = r"\b(?:more|fewer|less)\b"
        if counted and not re.search(more, reading.text[amount.end : counted.end() + 6]):
            continue
        if amount.text.casefold() == "one" and not counted:
            continue
        extra = re.search(r"[\w½] (?:extra|more|(?P<less>fewer)) ", amount.text)
        if (cue is None and not extra) or amount.unit == "%" or amount.upper is not None:
            continue
        sign = (-1 if extra["less"] else 1) if extra else _sign(reading, before, after, amount)
        if sign is None:
            continue
        end = after.end() if after else amount.end
        slots = reading.behind(end) or reading.clause.subject(amount.start)
        if not slots:
            continue
        if before and not before["by"]:
            reading.taken.append(before.span())
        for other in reading.amounts:
            if 0 <= other.start - end <= 20 and reading.given.holds(other):
                reading.taken.append((other.start, other.end))
        judged = _difference(reading, amount, slots, sign, end)
        yield reading.found("difference", amount.start, end, judged)
        yield from _listed(reading, end, sign)


def _listed(reading: Reading, end: int, sign: int) -> Iterator[Found]:
    """ "£20 below your limit, and the Murmur £5.50": what follows a difference and fits, too."""
    for amount in list(reading.left()):
        between = reading.text[end : amount.start]
        if amount.start < end or amount.unit in ("", "%") or not _GOES_ON.fullmatch(between):
            continue
        slots = reading.clause.subject(amount.start)
        judged = _difference(reading, amount, slots, sign, amount.end) if slots else not_found()
        if judged.holds:
            yield reading.found("difference", amount.start, amount.end, judged)
            end = amount.end


def _sign(
    reading: Reading, before: re.Match[str] | None, after: re.Match[str] | None, amount: Amount
) -> int | None:
    """1 for more, -1 for less, 0 where the words say no way; None for a "by" of something else."""
    if before and before["by"]:
        return _way(reading.text[: before.start()])
    if before:
        return -1 if before["less"] else 1 if before["more"] else 0
    if after is None or after["apart"]:
        return 0
    sign = -1 if after["less"] or after["under"] else 1
    quick = (after["less"] or after["more"] or "").lower() in QUICK and amount.unit != "time"
    return -sign if quick else sign


def _way(text: str) -> int | None:
    """What the last word that compares says: "outlasts it by", "the lightest, by"."""
    said = [(m.start(), -1 if m["less"] else 1 if m["more"] else 0) for m in _WAYS.finditer(text)]
    said += [(m.start(), adjective.sign) for m, adjective in SUPERLATIVES.within(text)]
    return max(said)[1] if said else None


def _total(reading: Reading, amount: Amount, slots: tuple[Slot, ...]) -> Measure | None:
    """The sum that a difference is said of: "together £153.95, £3.95 over"."""
    if amount.unit != "money":
        return None
    many = times_named(reading, amount)
    if many:
        value = reading.ledger[many[0][0]].price
        held = None if value is None else value * many[1]
    elif len(slots) > 1 and SUM.search(reading.whole):
        prices = [p for s in slots if (p := reading.ledger[s[0]].price) is not None]
        held = sum(prices) if len(prices) == len(slots) else None
    else:
        return None
    if held is None:
        return None
    return Measure(held, held, "money", 0.0, "the sum", f"{held:.2f}")


def _only_hedges(reading: Reading, after: re.Match[str], amount: Amount) -> bool:
    """ "350 or more", "at £40 over two years", "90 W over USB-C" differ from nothing."""
    word = after[after.lastgroup or 0].lower()
    rest = reading.text[after.end() : after.end() + 40]
    if _OF_REVIEWS.match(rest):
        return True
    if word in ("above", "off", "before", "behind"):
        return not (LIMIT.search(rest) or reading.clause.mentions)
    return word in ("under", "below", "over", "beyond") and not _NEAR_LIMIT.match(rest)


_OF_A_LIMIT = re.compile(
    r"\b(?:under|over|above|below|short|too \w+|by \S+(?: \S+)?|spare|left|beyond)\s*$",
    re.IGNORECASE,
)
_OF_REVIEWS = re.compile(r"\s*[\d,.]+ (?:\w+ )?(?:reviews|ratings|owners|buyers|people|customers)")
_NEAR_LIMIT = re.compile(
    rf"\s*(?:$|[,.;:)!]|by\b|it\b|what|that\b"
    rf"|(?:the |your |my |our )?(?:\w+ ){{0,2}}?(?:limit|budget|ceiling|maximum|minimum|cap"
    rf"|target|mark|wish|price)|(?:the |your |a )?[£$€]?\d"
    rf"|the [{BLANKS}]"
    rf"|[{BLANKS}]|(?:the |your )?\w+ (?:euros|pounds|dollars|hours|litres|pieces)|asked|wanted"
    rf"|allowed)",
    re.IGNORECASE,
)


def _difference(
    reading: Reading, amount: Amount, slots: tuple[Slot, ...], sign: int, end: int
) -> Verdict:
    text = reading.text
    rest = text[amount.end :]

    total = _total(reading, amount, slots)
    if total:
        slots = slots[:1]

    def of(facts: Facts) -> list[Measure]:
        if total and (facts.alias,) in (slots[0], slots[0][:1]):
            return [total]
        return measured(facts, amount.unit, topic(rest), text, amount.end)

    def judge(a: Facts, b: Facts) -> Verdict:
        judged = _held(amount, sign, list(alike(of(a), of(b))), a, b)
        every = list(alike(attributes(a, amount.unit), attributes(b, amount.unit)))
        if judged.status == "contradicted" and len(every) > 1:
            # Another attribute may be meant than the one whose name stands near.
            return judged if not _held(amount, sign, every, a, b).holds else not_found()
        return judged

    limits = _limits(reading, amount)
    named = [m.start for m in reading.clause.mentions if m.start >= amount.end and m.compared]
    later = [a.start for a in reading.amounts if a.start > end]
    asked = LIMIT.search(text, amount.end, min((*named, *later), default=len(text)))
    if sign == 0 and len(slots) == 2:
        return of_pairs(reading, slots[:1], slots[1:], judge)
    of_limit = not_found()
    if limits and not named:
        sure = bool(asked or _OF_A_LIMIT.search(text[:end]))
        of_limit = reading.each(slots, _from_limit, of, limits, amount, sign, sure)
        if asked or of_limit.holds:
            return of_limit
    held = held_against(reading, slots, amount.end, judge)
    if not held.holds and (said := _from_said(reading, amount, slots, of)):
        return said
    return of_limit if of_limit.status == "contradicted" and not held.holds else held


def _from_said(
    reading: Reading, amount: Amount, slots: tuple[Slot, ...], of: Callable[[Facts], list[Measure]]
) -> Verdict | None:
    """ "weighed 2.31 kg, 160 g more than the maker states": from another figure of the sentence,
    which is judged by itself."""
    for other in amounts_in(reading.whole):
        if other.unit == amount.unit and other.upper is None and other.text != amount.text:
            for alias in (alias for slot in slots for alias in slot):
                for facts in reading.ledger.sources(alias):
                    if any(amount.holds(abs(other.value - m.low)) for m in of(facts)):
                        return supported(facts.alias)
    return None


def _held(
    amount: Amount, sign: int, pairs: list[tuple[Measure, Measure]], a: Facts, b: Facts
) -> Verdict:
    if not pairs:
        return not_found(f"“{amount.text}”: not both state it.", a.alias, b.alias)
    for x, y in pairs:
        apart = x.low - y.low
        if amount.holds(abs(apart) if sign == 0 else sign * apart) or (
            x.unit == "time" and sign and amount.holds(-sign * apart) and x.words & _TIME_WORDS
        ):
            return supported(a.alias, b.alias)
    x, y = pairs[0]
    return contradicted(
        f"“{amount.text}”: {x.mark} is {x.text} and {y.mark} is {y.text}, so they are"
        f" {_written(abs(x.low - y.low), amount)} apart.",
        a.alias,
        b.alias,
    )


def _written(base: float, amount: Amount) -> str:
    number = (
        f"{base / amount.factor:.2f}" if amount.unit == "money" else f"{base / amount.factor:g}"
    )
    unit = re.sub(r"^[\d.,\s]+", "", amount.text)
    return (
        f"{number} {unit}".strip() if amount.text[:1] not in "£$€" else f"{amount.text[0]}{number}"
    )


def _limits(reading: Reading, amount: Amount) -> tuple[float, ...]:
    """What the question states in the same unit; a bare number may be meant in any."""
    return tuple(
        one.value * (1 if one.unit == amount.unit else amount.factor)
        for one in reading.given.amounts
        if one.unit in (amount.unit, "") or amount.unit == ""
    )


def _from_limit(
    facts: Facts,
    of: Callable[[Facts], list[Measure]],
    limits: tuple[float, ...],
    amount: Amount,
    sign: int,
    sure: bool,
) -> Verdict:
    """`sure`: it is the limit, not something unnamed, that it is held against."""
    stated = of(facts)
    if any(said.unit == amount.unit and amount.holds(said.value) for said in facts.said):
        return supported(facts.alias)
    if not stated:
        return not_found("", facts.alias)
    for measure in stated:
        for limit in limits:
            apart = measure.low - limit
            scale = amount.value and amount.factor
            if amount.holds(abs(apart) if sign == 0 else sign * apart) and scale:
                return supported(facts.alias)
    if not sure:
        return not_found("Say what it is held against.", facts.alias)
    near = min(limits, key=lambda limit: abs(stated[0].low - limit))
    return contradicted(
        f"“{amount.text}”: {stated[0].mark} is {stated[0].text}, which is"
        f" {_written(abs(stated[0].low - near), amount)} from what is asked.",
        facts.alias,
    )
