"""Twice, half, a third more, 20 % less: ratios of what two products state, and ranges over many."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import permutations

from client.grounding.comparing import LESS, MORE, QUICK
from client.grounding.differences import LIMIT
from client.grounding.facts import Facts
from client.grounding.judging import Verdict, contradicted, not_found, supported, verdict
from client.grounding.measures import Measure, attributes, price
from client.grounding.numbers import Amount, amounts_in, hedge_before
from client.grounding.reading import Found, Reading
from client.grounding.relations import held_against, measured, same_measure, topic
from client.grounding.remarks import first_to_second
from client.grounding.scopes import BLANKS, NAME, Slot

_PART = re.compile(
    r"\b(?:twice|double|triple|treble|thrice|half(?! an?\b)(?! of the (?:owners|reviews))"
    r"|(?:a|one) third(?! of the (?:\w+ )?(?:owners|reviews|buyers|reviewers|customers))"
    r"|two[- ]thirds|(?:a|one) quarter|three[- ]quarters|(?:a|one) fifth"
    r"|(?:a|one) tenth)\b",
    re.IGNORECASE,
)
_PARTS = {
    "twice": 2, "double": 2, "triple": 3, "treble": 3, "thrice": 3, "half": 0.5, "third": 1 / 3,
    "thirds": 2 / 3, "quarter": 0.25, "quarters": 0.75, "fifth": 0.2, "tenth": 0.1,
}  # fmt: skip
_TIMES = re.compile(r" ?(?:times|x|×|-?fold)(?!\w| ?\d)| to (?:one|1)\b")
_THEN = re.compile(rf"\s*(?:(?P<less>{LESS})|(?P<more>{MORE}|as much again)|(?P<half>as))\b")
_OF_ANOTHER = re.compile(
    rf"\s*(?:the\b|as\b|of\b|what\b|that\b|its\b|in\b|more\b|longer\b|{NAME}|[{BLANKS}])"
)
_OR = re.compile(r"[£$€\d.] ?\w{0,6}(?:, | \(|,? or |,? i\.e\. )$")
_ROUND = 0.05
"""A ratio told in a word is a twentieth of the whole exact."""


@dataclass(frozen=True)
class _Ratio:
    start: int
    end: int
    factor: float
    slack: float
    hedge: str
    way: int = 0
    """-1: so much less, 1: so much more, 0: so many times."""
    quick: bool = False
    guessed: bool = False
    """Of a percentage behind a difference: a claim only where it fits."""

    def holds(self, x: Measure, y: Measure) -> bool:
        way = self.way if not self.quick or x.unit == "time" else -self.way
        factor = 1 + way * self.factor if way else self.factor
        of = x.low / y.low if y.low else 0.0
        apart = way * (of - factor) if way else of - factor
        match self.hedge:
            case "below":
                return -0.1 * max(factor, self.factor) <= apart <= 1e-9
            case "over" | "above" | "at least":
                return apart >= -1e-9
            case "under" | "at most":
                return apart < 0
            case _:
                return abs(apart) <= self.slack + 1e-9


def ratios(reading: Reading) -> Iterator[Found]:
    for ratio in _ratios(reading):
        slots = reading.clause.about(ratio.start)
        others = [m for m in reading.clause.mentions if m.start >= ratio.end]
        rest = reading.text[ratio.end :]
        sided = others or reading.clause.sentence[1:] or LIMIT.search(rest) or " than" in rest
        if not slots or not reading.free(ratio.start, ratio.end):
            continue
        if judged := _of_remarks(reading, slots, ratio):
            yield reading.found("ratio", ratio.start, ratio.end, judged)
            continue
        if not sided and not ratio.guessed and not (ratio.way or re.match(r"\s*as \w+", rest)):
            continue
        judged = held_against(reading, slots, ratio.end, _judged, reading, ratio)
        if not judged.holds and LIMIT.search(rest[:40]):
            judged = reading.each(slots, _of_limit, reading, ratio)
        if not judged.holds and _of_said(reading, ratio):
            judged = supported(*(slot[0] for slot in slots))
        if ratio.guessed and not judged.holds:
            continue
        behind = _THEN.match(rest) if ratio.way else re.match(r"\s+(?:as \w+ as|as)\b", rest)
        end = ratio.end + (behind.end() if behind else 0)
        yield reading.found("ratio", ratio.start, end, judged)


def _ratios(reading: Reading) -> Iterator[_Ratio]:
    text = reading.text
    for amount in reading.amounts:
        begin = amount.hedged if amount.hedge else amount.start
        then = _THEN.match(text, amount.end)
        if amount.unit == "%" and then and not then["half"]:
            slack = 5 if amount.hedge == "near" else amount.slack
            yield _then(begin, amount.end, amount.value / 100, slack / 100, amount.hedge, then)
        elif amount.unit == "%" and _OR.search(text, 0, begin):
            slack = (5 if amount.hedge == "near" else amount.slack) / 100
            for way in (-1, 1):
                one = _Ratio(begin, amount.end, amount.value / 100, slack, amount.hedge, way)
                yield replace(one, guessed=True)
        elif amount.unit == "" and (times := _TIMES.match(text, amount.end)):
            if " to " not in times[0] and not _OF_ANOTHER.match(text, times.end()):
                continue
            slack = _ROUND * amount.value if amount.spelled else amount.slack
            yield _Ratio(begin, times.end(), amount.value, slack, amount.hedge)
    for found in _PART.finditer(text):
        hedge, begin = hedge_before(text, found.start())
        factor = _PARTS[re.split(r"[ -]", found[0].lower())[-1]]
        slack = _ROUND * max(1.0, factor)
        then = _THEN.match(text, found.end())
        if re.match(r"[- ]stars?\b| past\b", text[found.end() :]) or _in_amount(reading, found):
            continue
        if then and not then["half"]:
            yield _then(begin, found.end(), factor, slack, hedge, then)
        elif _OF_ANOTHER.match(text, found.end()):
            yield _Ratio(begin, found.end(), factor, slack, hedge)


def _of_remarks(reading: Reading, slots: tuple[Slot, ...], ratio: _Ratio) -> Verdict | None:
    """ "Complaints outnumber praise by three to one"."""
    facts = reading.ledger[slots[0][0]]
    of = first_to_second(facts, reading)
    if of is None:
        return None
    mark = f"[{facts.alias}]"
    times = Measure(of, of, "", 0.0, mark, f"{of:.2f}"), Measure(1, 1, "", 0.0, mark, "1")
    return verdict(ratio.holds(*times), f"It is {of:.2f} times.", facts.alias)


def _of_limit(facts: Facts, reading: Reading, ratio: _Ratio) -> Verdict:
    """ "20 % over your budget"."""
    for limit in reading.given.amounts:
        asked = Measure(limit.value, limit.value, limit.unit or "money", 0.0, "", limit.text)
        stated = price(facts) if asked.unit == "money" else attributes(facts, asked.unit)
        if any(ratio.holds(own, asked) for own in stated):
            return supported(facts.alias)
    return not_found("Say which limit is meant.", facts.alias)


def _of_said(reading: Reading, ratio: _Ratio) -> bool:
    """ "20 minutes are claimed, an owner needed 45, more than twice as long"."""
    said = [
        Measure(a.value, a.value, a.unit, 0.0, "", a.text)
        for a in amounts_in(reading.whole)
        if a.upper is None and a.unit not in ("", "%", "stars")
    ]
    pairs = [(x, y) for x, y in permutations(said, 2) if x.unit == y.unit and x.low != y.low]
    return len(pairs) == 2 and any(ratio.holds(x, y) for x, y in pairs)


def _then(
    start: int, end: int, factor: float, slack: float, hedge: str, then: re.Match[str]
) -> _Ratio:
    word = (then["less"] or then["more"]).lower()
    return _Ratio(start, end, factor, slack, hedge, -1 if then["less"] else 1, word in QUICK)


def _in_amount(reading: Reading, found: re.Match[str]) -> bool:
    return any(a.start < found.end() and found.start() < a.end for a in reading.amounts)


def _judged(a: Facts, b: Facts, reading: Reading, ratio: _Ratio) -> Verdict:
    pairs = same_measure(reading, ratio.start, topic(reading.text[ratio.end :]), a, b)
    if not pairs:
        return not_found("", a.alias, b.alias)
    if any(ratio.holds(x, y) for x, y in pairs):
        return supported(a.alias, b.alias)
    x, y = pairs[0]
    written = f"{x.low / y.low:.2f}" if y.low else "none"
    said = reading.text[ratio.start : ratio.end].strip()
    return contradicted(
        f"“{said}”: {x.mark} is {x.text}, {y.mark} is {y.text}: {written} times.",
        a.alias,
        b.alias,
    )


# Ranges over several products


def _ends(measure: Measure, amount: Amount) -> bool:
    """Whether one product states the range by itself."""
    return (measure.low, measure.high) == (amount.value, amount.upper)


def ranges(reading: Reading) -> Iterator[Found]:
    for amount in list(reading.left()):
        if amount.upper is None:
            continue
        slots = reading.slots(amount)
        led = [m for m in reading.clause.mentions if m.start < amount.start]
        # "Trays hold 100 to 250 sheets, the Lumen's 150": what is named later is one of them
        of_all = not led and any(m.written == "name" for m in reading.clause.mentions)
        if len(slots) == 1 and not of_all:
            continue
        slots = () if of_all else slots
        everything = slots or reading.group
        unit = "stars" if amount.unit == "" and amount.value % 1 and amount.upper <= 5 else ""
        words = topic(reading.text[: amount.start]) | topic(reading.text[amount.end :])
        if not slots and not of_all and not reading.clause_of_all():
            continue
        stated = [
            m
            for slot in everything
            for m in measured(
                reading.ledger[slot[0]], amount.unit or unit, words, reading.text, amount.start
            )[:1]
        ]
        aliases = tuple(slot[0] for slot in everything)
        if not stated:
            yield reading.found("range", amount.start, amount.end, not_found("", *aliases))
            continue
        if of_all and any(_ends(m, amount) for m in stated):
            continue
        low, high = min(m.low for m in stated), max(m.high for m in stated)
        right = abs(low - amount.value) <= max(amount.value - amount.low, 0.005) and abs(
            high - amount.upper
        ) <= max(amount.high - amount.upper, 0.005)
        ends = [m.text for m in stated if m.low == low] + [m.text for m in stated if m.high == high]
        message = f"“{amount.text}”: the values run from {ends[0]} to {ends[-1]}."
        judged = verdict(right, message, *aliases)
        yield reading.found("range", amount.start, amount.end, judged)
