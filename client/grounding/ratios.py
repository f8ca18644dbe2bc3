"""Twice, half, a third more, 20 % less: ratios of what two products state, and ranges over many."""

import re
from collections.abc import Iterator

from client.grounding.adjectives import LESS, MORE
from client.grounding.differences import LIMIT
from client.grounding.facts import Facts
from client.grounding.judging import Verdict, contradicted, not_found, supported
from client.grounding.numbers import Amount
from client.grounding.reading import Found, Reading
from client.grounding.relations import measured, of_pairs, others_of, same_measure, topic
from client.grounding.scopes import NAME

_TIMES = re.compile(
    r"\b(?:(?P<word>twice|double|triple|treble|thrice|half(?! an?\b)(?! of the (?:owners|reviews))"
    r"|(?:a|one) third(?! of the)|two[- ]thirds|(?:a|one) quarter|three[- ]quarters|(?:a|one) fifth"
    r"|(?:a|one) tenth|four times|three times|five times|ten times)"
    r"|(?P<number>\d+(?:\.\d+)?) ?(?:times|x|×|-?fold))(?!\w)",
    re.IGNORECASE,
)
_THEN = re.compile(rf"\s*(?:(?P<less>{LESS})|(?P<more>{MORE}))\b")
_FACTORS = {
    "twice": 2, "double": 2, "triple": 3, "treble": 3, "thrice": 3, "half": 0.5, "third": 1 / 3,
    "thirds": 2 / 3, "quarter": 0.25, "quarters": 0.75, "fifth": 0.2, "tenth": 0.1,
}  # fmt: skip
_TIMES_WORD = {"two": 2, "three": 3, "four": 4, "five": 5, "ten": 10}


def ratios(reading: Reading) -> Iterator[Found]:
    yield from _percents(reading)
    for found in _TIMES.finditer(reading.text):
        within = any(
            a.unit and a.start < found.end() and found.start() < a.end for a in reading.amounts
        )
        if not reading.free(*found.span()) or (within and found["word"]):
            continue
        slots = reading.clause.about(found.start())
        others = others_of(reading, slots, found.end())
        rest = reading.text[found.end() :]
        if (
            not slots
            or not (others or LIMIT.search(rest))
            or re.match(r"[- ]stars?\b| past\b", rest)
        ):
            continue
        if not re.match(
            rf"\s*(?:the|as|of|what|that|{LESS}|{MORE}|again|{NAME}|[\ue000]|its|in)", rest
        ):
            continue
        factor, slack = _factor(found)
        less = re.match(rf"\s*(?:{LESS})\b", rest)
        more = re.match(rf"\s*(?:{MORE}|as much again)\b", rest)
        if found["word"] and factor < 1 and (less or more):
            factor = 1 - factor if less else 1 + factor
        hedge = _hedge_before(reading.text[: found.start()])
        verdict = of_pairs(
            reading,
            slots,
            others,
            _ratio,
            reading,
            found,
            factor,
            slack,
            hedge,
        )
        softened = _HEDGED.search(reading.text[: found.start()])
        start = softened.start() if softened else found.start()
        alike = re.match(r"\s+(?:as \w+ as|as)\b", rest)
        end = found.end() + (alike.end() if alike else 0)
        yield reading.found("ratio", start, end, verdict)


def _factor(found: re.Match[str]) -> tuple[float, float]:
    if found["number"]:
        digits = len(found["number"].partition(".")[2])
        return float(found["number"]), 0.5 * 10.0**-digits
    words = re.split(r"[ -]", found["word"].lower())
    if words[-1] == "times":
        return _TIMES_WORD[words[0]], 0.05 * _TIMES_WORD[words[0]]
    factor = _FACTORS[words[-1]]
    return factor, 0.05 * max(1.0, factor)


_HEDGED = re.compile(
    r"\b(?:(?P<below>nearly|almost|just under|not quite|close to)|(?P<under>less than|under)"
    r"|(?P<over>more than|over|well over|a good|above)|about|around|roughly|some)\s+$",
    re.IGNORECASE,
)


def _hedge_before(text: str) -> str:
    found = _HEDGED.search(text)
    return found.lastgroup or "" if found else ""


def _ratio(
    a: Facts,
    b: Facts,
    reading: Reading,
    found: re.Match[str],
    factor: float,
    slack: float,
    hedge: str,
) -> Verdict:
    pairs = same_measure(reading, found.start(), topic(reading.text[found.end() :]), a, b)
    if not pairs:
        return not_found("", a.alias, b.alias)
    for x, y in pairs:
        ratio = x.low / y.low if y.low else 0.0
        if _ratio_holds(ratio, factor, slack, hedge):
            return supported(a.alias, b.alias)
    x, y = pairs[0]
    ratio = f"{x.low / y.low:.2f}" if y.low else "none"
    return contradicted(
        f"“{found[0]}”: {x.mark} is {x.text}, {y.mark} is {y.text}: {ratio} times.",
        a.alias,
        b.alias,
    )


def _ratio_holds(ratio: float, factor: float, slack: float, hedge: str) -> bool:
    match hedge:
        case "below":
            return factor * 0.9 <= ratio <= factor + 1e-9
        case "over":
            return ratio >= factor - 1e-9
        case "under":
            return ratio < factor
        case _:
            return abs(ratio - factor) <= slack + 1e-9


def _percents(reading: Reading) -> Iterator[Found]:
    for amount in list(reading.left("%")):
        after = _THEN.match(reading.text, amount.end)
        slots = reading.slots(amount)
        others = others_of(reading, slots, amount.end)
        if not after or not slots or not others:
            continue
        reading.taken.append(after.span())
        sign = -1 if after["less"] else 1
        judged = of_pairs(reading, slots, others, _percent, reading, amount, sign)
        yield reading.found("ratio", amount.start, amount.end, judged)


def _percent(a: Facts, b: Facts, reading: Reading, amount: Amount, sign: int) -> Verdict:
    words = topic(reading.text[amount.end :])
    pairs = same_measure(reading, amount.start, words, a, b)
    if not pairs:
        return not_found("", a.alias, b.alias)
    x, y = pairs[0]
    apart = sign * 100 * (x.low / y.low - 1) if y.low else 0.0
    if amount.holds(apart):
        return supported(a.alias, b.alias)
    message = f"“{amount.text}”: {x.mark} is {x.text}, {y.mark} is {y.text}: {apart:.0f} %."
    return contradicted(message, a.alias, b.alias)


# Ranges over several products


def ranges(reading: Reading) -> Iterator[Found]:
    for amount in list(reading.left()):
        if amount.upper is None:
            continue
        slots = reading.slots(amount)
        if len(slots) == 1:
            continue
        everything = slots or reading.group
        words = topic(reading.text[: amount.start]) | topic(reading.text[amount.end :])
        if not slots and not reading.clause_of_all():
            continue
        stated = [
            m
            for slot in everything
            for m in measured(
                reading.ledger[slot[0]], amount.unit, words, reading.text, amount.start
            )[:1]
        ]
        aliases = tuple(slot[0] for slot in everything)
        if not stated:
            yield reading.found("range", amount.start, amount.end, not_found("", *aliases))
            continue
        low, high = min(m.low for m in stated), max(m.high for m in stated)
        right = abs(low - amount.value) <= max(amount.value - amount.low, 0.005) and abs(
            high - amount.upper
        ) <= max(amount.high - amount.upper, 0.005)
        ends = [m.text for m in stated if m.low == low] + [m.text for m in stated if m.high == high]
        message = f"“{amount.text}”: the values run from {ends[0]} to {ends[-1]}."
        verdict = supported(*aliases) if right else contradicted(message, *aliases)
        yield reading.found("range", amount.start, amount.end, verdict)
