"""What is said to keep to, or to break, a number that the question asks for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from client.checks.constraints import meets
from client.checks.quantities import quantity
from client.grounding.facts import ALSO, Facts, stem
from client.grounding.judging import Verdict, contradicted, not_found, supported, verdict
from client.grounding.measures import Measure, attributes, price, ratings
from client.grounding.numbers import Amount, amounts_in
from client.grounding.reading import ASKING, Found, Reading
from client.trajectory import Constraint, Need

_NOUN = (
    r"(?:[a-z]+ )?(?:limit|budget|ceiling|maximum|minimum|cap|price range|requirement|target"
    r"|threshold"
    r"|spending limit|upper bound)"
)
_CUE = re.compile(
    r"\b(?:(?P<below>under|below|within|inside|beneath|less than|no more than|at most|short of"
    r"|misses"
    r"|fails|falls below)"
    r"|(?P<above>over|above|beyond|past|exceeds?|breaks?|tops|more than|outside|overshoots?|bursts"
    r"|blows)"
    r"|(?P<kept>meets?|reach(?:es)?|clears?|satisf(?:y|ies)|fits?|keeps? to|stays? within|respects?"
    r"|fulfils|hits|matches|at least))"
    rf"\s+(?:just |exactly )?(?:the |your |my |this |that )?(?:(?P<noun>{_NOUN})\b|(?=[£$€]?\d"
    rf"|[a-z]+))",
    re.IGNORECASE,
)

_NO = re.compile(
    r"(?:\b(?:not|never|cannot)|\w+n['’]t)(?: (?:quite|stay|come|keep|lie))?\s*$", re.IGNORECASE
)


@dataclass(frozen=True)
class _Limit:
    need: Need
    asked: Constraint


def limits(reading: Reading) -> Iterator[Found]:
    yield from _against_that(reading)
    for found in _CUE.finditer(reading.text):
        if claim := _claim(reading, found):
            yield claim


_THAT = re.compile(
    r"\b(?:well |just |far )?(?:(?P<less>under|below|short of)|(?P<more>over|above|beyond)) "
    r"(?:that|this)(?: line| mark| figure)?(?=\W*(?:$|[:;,(\[]))",
    re.IGNORECASE,
)


def _against_that(reading: Reading) -> Iterator[Found]:
    """ "rated over 4; the other stays below that": the last number before it."""
    for found in _THAT.finditer(reading.text):
        at = max(0, reading.whole.find(reading.text)) + found.start()
        before = [a for a in amounts_in(reading.whole) if a.end <= at and a.unit not in ("", "%")]
        slots = reading.clause.about(found.start())
        if slots and before:
            sign = -1 if found["less"] else 1
            judged = reading.each(slots, _to_that, before[-1], sign)
            yield reading.found("comparison", *found.span(), judged)


def _to_that(facts: Facts, that: Amount, sign: int) -> Verdict:
    kinds = {"money": price, "stars": ratings}
    stated = kinds[that.unit](facts) if that.unit in kinds else attributes(facts, that.unit)
    if any(sign * (m.low - that.value) > 0 for m in stated):
        return supported(facts.alias)
    if len(stated) != 1:
        return not_found(f"Say which value of {facts.alias} is meant.", facts.alias)
    return contradicted(f"{stated[0].mark} is {stated[0].text}.", facts.alias)


def _claim(reading: Reading, found: re.Match[str]) -> Found | None:
    slots = reading.clause.about(found.start())
    amount = _amount(reading, found.end())
    noun = found["noun"] or ("" if amount else _behind(reading, found))
    limit = _limit(reading, noun or None, amount)
    end = found.end() + (0 if found["noun"] else len(noun))
    end = amount.end if amount and not noun else end
    since = max((m.end for m in reading.clause.mentions if m.end <= found.start()), default=0)
    if ASKING.search(reading.text, since, found.start()):
        return None
    if not slots or limit is None or not reading.free(found.start(), end):
        return None
    no = _NO.search(reading.text[: found.start()])
    judged = reading.each(slots, _judged, limit, found, amount, negated=no is not None)
    return reading.found("comparison", no.start() if no else found.start(), end, judged)


def _behind(reading: Reading, found: re.Match[str]) -> str:
    """ "meets your water column": the words behind "your"."""
    words = re.match(r"[a-z]+(?: [a-z]+)?", reading.text[found.end() :])
    return words[0] if words and re.search(r"\b(?:your|the) $", found[0]) else ""


def _amount(reading: Reading, at: int) -> Amount | None:
    """The number of the question that stands right behind."""
    near = (a for a in reading.amounts if 0 <= a.start - at <= 6 and reading.given.holds(a))
    return next(near, None)


def _limit(reading: Reading, noun: str | None, amount: Amount | None) -> _Limit | None:
    known = [
        _Limit(need, need.constraint)
        for need in reading.given.needs
        if need.constraint and need.constraint.op in ("at most", "at least", "between")
    ]
    if noun is None:
        same = (limit for limit in known if amount and _is(limit.asked, amount))
        return next(same, None)
    words = {stem(word) for word in noun.casefold().split()}
    words |= {name for word in words for name in ALSO.get(word, ())}
    named = [x for x in known if words & {stem(w) for w in re.findall(r"\w+", x.asked.field)}]
    priced = [x for x in known if x.asked.field == "price"]
    least = [x for x in known if x.asked.op == "at least"]
    if named:
        return named[0]
    if "minimum" in noun.casefold():
        return least[0] if len(least) == 1 else None
    if not re.search(_NOUN, noun, re.IGNORECASE):
        return None
    plain = len(noun.split()) == 1 or {"price", "spend"} & words
    return priced[0] if priced and plain else None


def _is(asked: Constraint, amount: Amount) -> bool:
    if not isinstance(asked.value, int | float) or isinstance(asked.value, bool):
        return False
    money = amount.unit == "money" or amount.unit == ""
    if asked.field == "price":
        return money and abs(asked.value - amount.value) < 1e-6
    return abs(asked.value * amount.factor - amount.value) < 1e-6 and amount.unit != "money"


def _judged(
    facts: Facts, limit: _Limit, found: re.Match[str], amount: Amount | None, *, negated: bool
) -> Verdict:
    held = meets(facts.evidence, limit.asked)
    stated = _stated(facts, limit.asked)
    if held is None or not stated:
        return not_found(f"Nothing of {facts.alias} states it.", facts.alias)
    bound = amount.value if amount else _bound(limit.asked)
    kept = _kept(found, bound, stated.low, held)
    message = f"“{found[0]}”: {stated.mark} is {stated.text}, and asked is: {limit.need.text}."
    return verdict(kept is not negated, message, facts.alias, stated=stated.text)


def _bound(asked: Constraint) -> float:
    value = asked.value if isinstance(asked.value, int | float) else 0.0
    return quantity(value, None if asked.field == "price" else asked.unit).value


def _kept(found: re.Match[str], bound: float, value: float, held: bool) -> bool:
    """Whether the value stands to the limit as the words say."""
    cue = found[0].casefold()
    if found["kept"] or cue.startswith(("within", "inside", "outside")):
        return held is not cue.startswith("outside")
    if cue.startswith(("misses", "fails")):
        return not held
    if cue.startswith(("at most", "no more")):
        return value <= bound
    return value > bound if found["above"] else value < bound


def _stated(facts: Facts, asked: Constraint) -> Measure | None:
    if asked.field == "price":
        return next(iter(price(facts)), None)
    name = {stem(w) for w in re.findall(r"\w+", asked.field.removeprefix("attributes."))}
    units = {a.unit for v in facts.values for a in v.amounts}
    found = [m for unit in units for m in attributes(facts, unit) if name & m.words]
    return max(found, key=lambda m: len(name & m.words), default=None)
