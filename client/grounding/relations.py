"""What a report says of products held against each other: differences, sums, ratios, more and
less, most and least. Each is computed again from the evidence."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from client.grounding.facts import Facts, stem
from client.grounding.figures import REVIEWS
from client.grounding.judging import Verdict, contradicted, not_found, of_slot, supported
from client.grounding.measures import Measure, about, attributes, counts, named, price, ratings
from client.grounding.numbers import Amount
from client.grounding.reading import Found, Reading
from client.grounding.scopes import NAME, Slot

_LESS = (
    r"cheaper|less|lighter|shorter|under|below|lower|fewer|smaller|quieter|narrower|thinner"
    r"|slimmer|short of|short\b|faster|sooner|quicker|before|earlier|off|worse|dimmer|behind|saved"
    r"|shallower|cooler|slower"
)
_MORE = (
    r"more|dearer|pricier|heavier|longer|over|above|higher|larger|bigger|taller|wider|thicker"
    r"|louder|extra|better|further|brighter|deeper|beyond|on top|later|ahead|greater|stronger"
)
_APART = r"apart|(?:of )?difference|gap|between them"
_AFTER = re.compile(
    r"\s*(?:(?!(?:is|are|was|which|and|or|to|for|in|at|with|on|of|by|but|while|that)\b)[a-z]+ )?"
    r"(?:a |the )?(?:little |bit |whole |full )?"
    rf"(?:(?P<less>{_LESS})|(?P<more>{_MORE})|(?P<apart>{_APART}))\b",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"\b(?:(?P<less>saves?(?: you)?|saving(?: you)?|under by|undercuts [^.]*? by|falls short by"
    r"|short (?:of [^.]*? )?by|(?:cheaper|lighter|shorter|quieter|smaller|lower|fewer|narrower|thinner)"
    r"(?: than [^.]*?)? by|trails [^.]*? by|misses [^.]*? by|beats [^.]*? by|below [^.]*? by)"
    r"|(?P<more>over by|above [^.]*? by|exceeds [^.]*? by|adds|premium of|surcharge of"
    r"|outlasts [^.]*? by|outweighs [^.]*? by"
    r"|(?:dearer|longer|heavier|higher|louder|larger|taller|wider|more|over|above|bigger)"
    r"(?: than [^.]*?)? by|another|an extra|exceeds [^.]*? by|leads? [^.]*? by)"
    r"|(?P<apart>difference (?:of|is|comes to|in [^.]*? is)|gap (?:of|is)|differ(?:s)? by|leaves?(?: you)?"
    r"|spare))\s*$",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"\b(?:limit|budget|ceiling|maximum|minimum|ask\w*|want\w*|need\w*|require\w*|cap|target|your"
    r"|you|spare|allow\w*|question|wish|brief|mark)\b",
    re.IGNORECASE,
)
_SUM = re.compile(
    r"\b(?:together|combined|in total|altogether|total\w*|in all|add(?:s|ing)? up|sum\w*|buying both"
    r"|plus|pair of|both for|the pair|the lot|for both|all told|for the two|as a set|and add)\b",
    re.IGNORECASE,
)
_TIMES = re.compile(
    r"\b(?:(?P<word>twice|double|triple|treble|thrice|half(?! an?\b)(?! of the (?:owners|reviews))"
    r"|(?:a|one) third(?! of the)|two[- ]thirds|(?:a|one) quarter|three[- ]quarters|(?:a|one) fifth"
    r"|(?:a|one) tenth|four times|three times|five times|ten times)"
    r"|(?P<number>\d+(?:\.\d+)?) ?(?:times|x|×|-?fold))(?!\w)",
    re.IGNORECASE,
)
_FACTORS = {
    "twice": 2, "double": 2, "triple": 3, "treble": 3, "thrice": 3, "half": 0.5, "third": 1 / 3,
    "thirds": 2 / 3, "quarter": 0.25, "quarters": 0.75, "fifth": 0.2, "tenth": 0.1,
}  # fmt: skip
_TIMES_WORD = {"two": 2, "three": 3, "four": 4, "five": 5, "ten": 10}
_PRICE = re.compile(r"pric|cheap|expens|cost|dear|money|afford|pay|spend|budget", re.IGNORECASE)
_RATING = re.compile(r"\brat(?:ed|ing|es)\b|stars?\b|scor|liked|mark", re.IGNORECASE)
_COUNT = re.compile(r"review|ratings\b|owner|buyer|customer|opinion", re.IGNORECASE)


PRICE, RATING, COUNT = "price", "rating", "count"


@dataclass(frozen=True)
class _Adjective:
    pattern: re.Pattern[str]
    words: frozenset[str]
    sign: int


def _adjective(forms: str, words: str, sign: int) -> _Adjective:
    return _Adjective(
        re.compile(rf"\b(?:{forms})\b", re.IGNORECASE),
        frozenset(w if w in (PRICE, RATING, COUNT) else stem(w) for w in words.split()),
        sign,
    )


_COMPARATIVES = (
    _adjective(r"better[- ]rated|rated (?:better|higher)|(?:higher|better) rat(?:ed|ing)|higher[- ]rated"
               r"|scores? (?:higher|better)|better liked", RATING, 1),
    _adjective(r"worse[- ]rated|rated (?:worse|lower)|(?:lower|worse) rat(?:ed|ing)|lower[- ]rated"
               r"|scores? (?:lower|worse)", RATING, -1),
    _adjective(r"cheaper|less expensive|costs? less|lower[- ]priced|lower price|less costly", PRICE, -1),
    _adjective(r"dearer|pricier|more expensive|costs? more|higher price|costlier", PRICE, 1),
    _adjective(r"more (?:\w+ )?(?:reviews|ratings|owners|opinions)|more often reviewed", COUNT, 1),
    _adjective(r"fewer (?:\w+ )?(?:reviews|ratings|owners|opinions)", COUNT, -1),
    _adjective(r"lighter|weighs? less", "weight", -1),
    _adjective(r"heavier|weighs? more", "weight", 1),
    _adjective(r"quieter|less noisy|less loud|makes? less noise", "noise", -1),
    _adjective(r"louder|noisier|more noisy", "noise", 1),
    _adjective(r"(?:lasts?|runs?|plays?|burns?|keeps? going|goes on|shines?|endures?) longer"
               r"|longer[- ]lasting", "life burn", 1),
    _adjective(r"(?:lasts?|runs?|plays?|burns?) (?:shorter|less)", "life burn", -1),
    _adjective(r"charges? (?:faster|quicker|more quickly)|(?:faster|quicker) to charge"
               r"|faster charging", "charging", -1),
    _adjective(r"charges? (?:slower|more slowly)", "charging", 1),
    _adjective(r"(?:heats?(?: up)?|ready|warms?(?: up)?) (?:faster|quicker|sooner|more quickly)"
               r"|(?:faster|quicker) (?:to heat|heating)", "heating", -1),
    _adjective(r"wider", "width", 1), _adjective(r"narrower", "width", -1),
    _adjective(r"taller", "height", 1), _adjective(r"lower", "height", -1),
    _adjective(r"thicker", "thickness", 1), _adjective(r"thinner|slimmer", "thickness", -1),
    _adjective(r"deeper", "depth", 1), _adjective(r"shallower", "depth", -1),
    _adjective(r"brighter", "brightness illuminance flux", 1),
    _adjective(r"dimmer|less bright", "brightness illuminance flux", -1),
    _adjective(r"sharper|more pixels", "resolution", 1),
    _adjective(r"more powerful|stronger", "power pressure", 1),
    _adjective(r"less powerful|weaker", "power pressure", -1),
    _adjective(r"better sealed|better protected", "protection resistance", 1),
    _adjective(r"larger|bigger|roomier|greater|higher|longer|more|faster|quicker", "", 1),
    _adjective(r"smaller|lower|shorter|less|fewer|slower", "", -1),
)  # fmt: skip
_SUPERLATIVES = (
    _adjective(r"(?:best|highest|top)[- ]rated|(?:best|highest|top) (?:rating|score|marks)"
               r"|rated (?:best|highest)|best liked", RATING, 1),
    _adjective(r"(?:worst|lowest)[- ]rated|(?:worst|lowest) (?:rating|score)|rated (?:worst|lowest)",
               RATING, -1),
    _adjective(r"cheapest|least expensive|lowest[- ]priced|lowest price|most affordable"
               r"|costs? (?:the )?least|least costly", PRICE, -1),
    _adjective(r"dearest|priciest|most expensive|highest price|costs? (?:the )?most|costliest",
               PRICE, 1),
    _adjective(r"(?:most|more often|most often|most widely) (?:reviewed|rated)"
               r"|most (?:\w+ )?(?:reviews|ratings|opinions)", COUNT, 1),
    _adjective(r"(?:least) reviewed|fewest (?:\w+ )?(?:reviews|ratings|opinions)", COUNT, -1),
    _adjective(r"lightest|weighs? (?:the )?least", "weight", -1),
    _adjective(r"heaviest|weighs? (?:the )?most", "weight", 1),
    _adjective(r"quietest|least noisy", "noise", -1), _adjective(r"loudest|noisiest", "noise", 1),
    _adjective(r"(?:lasts?|runs?|plays?|burns?) (?:the )?longest|longest[- ]lasting"
               r"|most enduring", "life burn", 1),
    _adjective(r"(?:lasts?|runs?|plays?|burns?) (?:the )?shortest", "life burn", -1),
    _adjective(r"charges? (?:the )?fastest|(?:fastest|quickest) (?:to charge|charging)", "charging", -1),
    _adjective(r"(?:heats?(?: up)?|ready|warms? up) (?:the )?(?:fastest|quickest|soonest|first)"
               r"|(?:fastest|quickest) to (?:heat|be ready)", "heating", -1),
    _adjective(r"widest", "width", 1), _adjective(r"narrowest", "width", -1),
    _adjective(r"tallest", "height", 1), _adjective(r"thickest", "thickness", 1),
    _adjective(r"thinnest|slimmest", "thickness", -1), _adjective(r"deepest", "depth", 1),
    _adjective(r"brightest", "brightness illuminance flux", 1),
    _adjective(r"dimmest", "brightness illuminance flux", -1),
    _adjective(r"sharpest|most pixels", "resolution", 1),
    _adjective(r"most powerful|strongest", "power pressure", 1),
    _adjective(r"least powerful|weakest", "power pressure", -1),
    _adjective(r"best (?:sealed|protected)", "protection resistance", 1),
    _adjective(r"largest|biggest|greatest|highest|longest|most|fastest|quickest", "", 1),
    _adjective(r"smallest|lowest|shortest|least|fewest|slowest", "", -1),
)  # fmt: skip
_TIME_WORDS = frozenset(stem(w) for w in "charging heating start brewing".split())
_AFTER_ADJECTIVE = re.compile(r"[\s-]*((?:[^\W_]+[\s-]+){0,3}?[^\W_]+)?")
_WORD = re.compile(r"[^\W_]+")
_EQUAL = re.compile(
    r"\b(?:as (?P<adjective>\w+) as|(?:the )?same (?P<noun>[\w ]+?) as)\b", re.IGNORECASE
)


def relations(reading: Reading) -> Iterator[Found]:
    yield from _sums(reading)
    yield from _ratios(reading)
    yield from _differences(reading)
    yield from _ranges(reading)
    yield from _comparisons(reading)
    yield from _superlatives(reading)


# What is measured


def _measured(facts: Facts, unit: str, words: frozenset[str], text: str, at: int) -> list[Measure]:
    """The numbers of one product that an amount with this unit, beside these words, is about."""
    if unit == "money":
        return price(facts)
    if unit == "stars":
        return ratings(facts)
    if unit == "" and _PRICE.search(text):
        return price(facts)
    if unit == "" and _COUNT.search(text[at : at + 30]):
        return counts(facts)
    if unit == "" and RATING in words:
        return ratings(facts)
    meant, _ = named(attributes(facts, unit), text, at)
    return meant


def _by_words(facts: Facts, words: frozenset[str]) -> list[Measure]:
    if PRICE in words:
        return price(facts)
    if RATING in words:
        return ratings(facts)[:1]
    if COUNT in words:
        return counts(facts)[:1]
    return about(facts, words) or _protection(facts, words)


def _protection(facts: Facts, words: frozenset[str]) -> list[Measure]:
    """ "IPX6" as 6."""
    for value in facts.values:
        found = re.fullmatch(r"IP[X\d](\d)", value.text)
        if found and value.words & words:
            n = float(found[1])
            mark = f"[{facts.alias}.attributes.{value.name}]"
            return [Measure(n, n, "", 0.0, mark, value.text, value.words)]
    return []


def _topic(text: str) -> frozenset[str]:
    """What a phrase measures, as words that `_by_words` takes."""
    if _PRICE.search(text):
        return frozenset({PRICE})
    if _COUNT.search(text):
        return frozenset({COUNT})
    if _RATING.search(text):
        return frozenset({RATING})
    return frozenset(stem(m[0]) for m in _WORD.finditer(text.casefold()))


def _topics(
    reading: Reading, at: int, words: frozenset[str]
) -> Iterator[Callable[[Facts], list[Measure]]]:
    """Ways to tell what is measured: by these words, by the amount before, by the sentence."""
    if words:
        yield lambda facts: _by_words(facts, words)
    before = [a for a in reading.amounts if a.end <= at and a.unit not in ("%",)]
    if before:
        last = before[-1]
        yield lambda facts: _measured(
            facts, last.unit, frozenset(), reading.text, last.end if last.unit == "" else last.start
        )
    everything = _topic(reading.whole)
    yield lambda facts: _by_words(facts, everything)


def _same_measure(
    reading: Reading, at: int, words: frozenset[str], a: Facts, b: Facts
) -> list[tuple[Measure, Measure]]:
    for of in _topics(reading, at, words):
        if pairs := list(_alike(of(a), of(b))):
            return pairs
    return []


def _alike(one: list[Measure], other: list[Measure]) -> Iterator[tuple[Measure, Measure]]:
    """Pairs of the same unit, of the same attribute where there is such a pair."""
    pairs = [(a, b) for a in one for b in other if a.unit == b.unit]
    same = [(a, b) for a, b in pairs if a.words & b.words or not a.words]
    yield from same or pairs


def _pairs(
    reading: Reading,
    slots: tuple[Slot, ...],
    others: tuple[Slot, ...],
    judge: Callable[[Facts, Facts], Verdict],
) -> Verdict:
    """It must hold of each subject against each other."""
    judged = [
        of_slot(a, lambda x: of_slot(b, lambda y: judge(reading.ledger[x], reading.ledger[y])))  # noqa: B023
        for a in slots
        for b in others
        if not set(a) & set(b)
    ]
    worst = [v for s in ("contradicted", "not found", "supported") for v in judged if v.status == s]
    return worst[0] if worst else not_found()


def _others(reading: Reading, slots: tuple[Slot, ...], at: int) -> tuple[Slot, ...]:
    """What the subject is held against: named behind "than", else the rest of the sentence."""
    clause = reading.clause
    behind = tuple(
        m.slot
        for m in clause.mentions
        if m.start >= at and m.slot not in slots and m.slot[0][0] == "p"
    )
    if behind:
        return behind
    named = tuple(slot for slot in clause.compared if slot not in slots)
    if named:
        return named
    return tuple(s for s in clause.sentence if not any(set(s) & set(one) for one in slots))


# Differences


def _differences(reading: Reading) -> Iterator[Found]:
    for amount in list(reading.left()):
        after = _AFTER.match(reading.text, amount.end)
        before = _BEFORE.search(
            reading.text[: amount.hedged if amount.hedged >= 0 else amount.start]
        )
        if after and not before and _only_hedges(reading, after, amount):
            after = None
        cue = before or after
        counted = amount.unit == "" and REVIEWS.match(reading.text, amount.end)
        if counted and not re.search(r"\b(?:more|fewer|less)\b", counted[0]):
            continue
        if cue is None or amount.unit == "%" or amount.upper is not None:
            continue
        sign = -1 if cue["less"] else 1 if cue["more"] else 0
        slots = reading.clause.about(amount.start)
        if not slots:
            continue
        end = after.end() if after else amount.end
        yield reading.found(
            "difference", amount.start, end, _difference(reading, amount, slots, sign, end)
        )


def _total(reading: Reading, amount: Amount, slots: tuple[Slot, ...]) -> Measure | None:
    """The sum that a difference is said of: "together £153.95, £3.95 over"."""
    if amount.unit != "money":
        return None
    many = _many(reading, amount)
    if many:
        value = reading.ledger[many[0][0]].price
        held = None if value is None else value * many[1]
    elif len(slots) > 1 and _SUM.search(reading.whole):
        prices = [p for s in slots if (p := reading.ledger[s[0]].price) is not None]
        held = sum(prices) if len(prices) == len(slots) else None
    else:
        return None
    if held is None:
        return None
    return Measure(held, held, "money", 0.0, "the sum", f"{held:.2f}")


def _only_hedges(reading: Reading, after: re.Match[str], amount: Amount) -> bool:
    """ "350 or more", "at £40 over two years" differ from nothing."""
    word = after[after.lastgroup or 0].lower()
    rest = reading.text[after.end() : after.end() + 40]
    if re.search(
        r"\b(?:and|or|to|for|in|at|with|on|of|by)\b",
        reading.text[amount.end : after.start(after.lastgroup or 0)],
    ):
        return True
    if word in (
        "over",
        "under",
        "above",
        "below",
        "before",
        "off",
        "behind",
        "beyond",
        "more",
        "less",
    ):
        if re.match(r"\s*(?:\d|[£$€])", rest) and not re.match(r"\s*[£$€]?\d", rest):
            return True
        if word in ("above", "off", "before", "behind") and not (
            _LIMIT.search(rest) or reading.clause.mentions
        ):
            return True
    if word in ("under", "below", "over", "above"):
        return bool(re.match(r"\s*(?:the ground|load|way|night|time)\b", rest))
    return False


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
        return _measured(facts, amount.unit, _topic(rest), text, amount.end)

    limits = _limits(reading, amount)
    named = [m.start for m in reading.clause.mentions if m.start >= amount.end and m.compared]
    asked = _LIMIT.search(text, amount.end, min(named, default=len(text)))
    others = _others(reading, slots, amount.end)
    if limits and (asked or not others):
        return reading.each(slots, lambda f: _from_limit(f, of(f), limits, amount, sign))
    if sign == 0 and len(slots) == 2:
        slots, others = slots[:1], slots[1:]
    if not others and reading.clause.inherited and reading.clause.inherited != slots:
        others = reading.clause.inherited
    if not others:
        return not_found("Say what it is held against.", *slots[0])

    def judge(a: Facts, b: Facts) -> Verdict:
        pairs = list(_alike(of(a), of(b)))
        return _held(amount, sign, pairs, a, b)

    return _pairs(reading, slots, others, judge)


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
    facts: Facts, stated: list[Measure], limits: tuple[float, ...], amount: Amount, sign: int
) -> Verdict:
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
    near = min(limits, key=lambda limit: abs(stated[0].low - limit))
    return contradicted(
        f"“{amount.text}”: {stated[0].mark} is {stated[0].text}, which is"
        f" {_written(abs(stated[0].low - near), amount)} from what is asked.",
        facts.alias,
    )


# Sums


def _sums(reading: Reading) -> Iterator[Found]:
    clause = reading.clause
    cue = _SUM.search(reading.whole)
    for amount in list(reading.left("money")):
        if _AFTER.match(reading.text, amount.end) and re.match(
            r"\s*(?:more|less|cheaper|dearer|over|under|above|below|short)",
            reading.text[amount.end :],
        ):
            continue
        many = _many(reading, amount)
        slots = clause.about(amount.start)
        every = (
            slots if len(slots) > 1 else tuple(m.slot for m in clause.mentions) or clause.sentence
        )
        if many and every:
            slot, times = many
            verdict = reading.each((slot,), lambda f: _times(f, times, amount))  # noqa: B023
        elif cue and (len(every) > 1 or re.search(r"\b(?:both|two|pair)\b", reading.whole)):
            every = every if len(every) > 1 else clause.group
            verdict = _sum(reading, every, amount)
        else:
            continue
        yield reading.found("sum", amount.start, amount.end, verdict)


def _many(reading: Reading, amount: Amount) -> tuple[Slot, int] | None:
    """ "Two of the Pulse", "three [p4]": the product and how many of it."""
    for mention in reading.clause.mentions:
        if mention.start > amount.start:
            continue
        found = re.search(
            r"\b(two|three|four|five|six|\d|a pair)(?: of)?(?: the| these)?[\s*_]*$",
            reading.text[: mention.start],
            re.IGNORECASE,
        )
        if found:
            word = found[1].lower()
            times = {"two": 2, "a pair": 2, "three": 3, "four": 4, "five": 5, "six": 6}
            return mention.slot, times.get(word) or int(word)
    return None


def _times(facts: Facts, times: int, amount: Amount) -> Verdict:
    if facts.price is None:
        return not_found("", facts.alias)
    if amount.holds(times * facts.price):
        return supported(facts.alias)
    total = f"{times * facts.price:.2f}"
    return contradicted(f"“{amount.text}”: {times} × {facts.price:.2f} is {total}.", facts.alias)


def _sum(reading: Reading, slots: tuple[Slot, ...], amount: Amount) -> Verdict:
    products = [reading.ledger[slot[0]] for slot in slots]
    prices = [f.price for f in products if f.price is not None]
    aliases = tuple(f.alias for f in products)
    if len(prices) < len(products) or len(prices) < 2:
        return not_found("", *aliases)
    if amount.holds(sum(prices)):
        return supported(*aliases)
    added = " + ".join(f"{p:.2f}" for p in prices)
    return contradicted(f"“{amount.text}”: {added} is {sum(prices):.2f}.", *aliases)


# Ratios


def _ratios(reading: Reading) -> Iterator[Found]:
    yield from _percents(reading)
    for found in _TIMES.finditer(reading.text):
        if not reading.free(*found.span()):
            continue
        slots = reading.clause.about(found.start())
        others = _others(reading, slots, found.end())
        rest = reading.text[found.end() :]
        if (
            not slots
            or not (others or _LIMIT.search(rest))
            or re.match(r"[- ]stars?\b| past\b", rest)
        ):
            continue
        if not re.match(
            rf"\s*(?:the|as|of|what|that|{_LESS}|{_MORE}|again|{NAME}|[\ue000]|its|in)", rest
        ):
            continue
        factor, slack = _factor(found)
        less = re.match(rf"\s*(?:{_LESS})\b", rest)
        more = re.match(rf"\s*(?:{_MORE}|as much again)\b", rest)
        if found["word"] and factor < 1 and (less or more):
            factor = 1 - factor if less else 1 + factor
        hedge = _hedge_before(reading.text[: found.start()])
        verdict = _pairs(
            reading,
            slots,
            others,
            lambda a, b: _ratio(reading, found, factor, slack, hedge, a, b),  # noqa: B023
        )
        softened = _HEDGED.search(reading.text[: found.start()])
        start = softened.start() if softened else found.start()
        yield reading.found("ratio", start, found.end(), verdict)


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
    r"\b(?:(?P<below>nearly|almost|just under|not quite|close to|less than|under)"
    r"|(?P<over>more than|over|well over|a good|above)|about|around|roughly|some)\s+$",
    re.IGNORECASE,
)


def _hedge_before(text: str) -> str:
    found = _HEDGED.search(text)
    return found.lastgroup or "" if found else ""


def _ratio(
    reading: Reading,
    found: re.Match[str],
    factor: float,
    slack: float,
    hedge: str,
    a: Facts,
    b: Facts,
) -> Verdict:
    pairs = _same_measure(reading, found.start(), _topic(reading.text[found.end() :]), a, b)
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
        case _:
            return abs(ratio - factor) <= slack + 1e-9


def _percents(reading: Reading) -> Iterator[Found]:
    for amount in list(reading.left("%")):
        after = re.match(
            rf"\s*(?:(?P<less>{_LESS})|(?P<more>{_MORE}))\b", reading.text[amount.end :]
        )
        slots = reading.slots(amount)
        others = _others(reading, slots, amount.end)
        if not after or not slots or not others:
            continue
        sign = -1 if after["less"] else 1

        def judge(a: Facts, b: Facts, sign: int = sign, amount: Amount = amount) -> Verdict:
            words = _topic(reading.text[amount.end :])
            pairs = _same_measure(reading, amount.start, words, a, b)
            if not pairs:
                return not_found("", a.alias, b.alias)
            x, y = pairs[0]
            apart = sign * 100 * (x.low / y.low - 1) if y.low else 0.0
            if amount.holds(apart):
                return supported(a.alias, b.alias)
            message = f"“{amount.text}”: {x.mark} is {x.text}, {y.mark} is {y.text}: {apart:.0f} %."
            return contradicted(message, a.alias, b.alias)

        yield reading.found(
            "ratio", amount.start, amount.end, _pairs(reading, slots, others, judge)
        )


# Ranges over several products


def _ranges(reading: Reading) -> Iterator[Found]:
    for amount in list(reading.left()):
        if amount.upper is None:
            continue
        slots = reading.slots(amount)
        if len(slots) == 1:
            continue
        everything = slots or reading.group
        words = _topic(reading.text[: amount.start]) | _topic(reading.text[amount.end :])
        if not slots and not reading.clause_of_all():
            continue
        stated = [
            m
            for slot in everything
            for m in _measured(
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


# More and less


def _comparisons(reading: Reading) -> Iterator[Found]:
    for found, adjective in _first_of(reading, _COMPARATIVES):
        rest = reading.text[found.end() :]
        than = re.match(r"(?:\s+[\w-]+){0,3}?\s+than\b", rest)
        beside = re.match(r"\s+(?:one|of the (?:two|pair)|choice|option|machine|set)\b", rest)
        slots = reading.clause.about(found.start())
        others = _others(reading, slots, found.end())
        if not slots or not (than or beside):
            continue
        words = _wanted(reading, adjective, found)
        if (
            than
            and re.search(r"\b(?:others?|rest|any|all)\b", rest[: than.end() + 25])
            and not others
        ):
            others = tuple(s for s in reading.group if s not in slots)
        limit = _limit_behind(reading, found.end() + than.end()) if than and not others else None
        if limit:
            verdict = reading.each(
                slots,
                lambda f: _against(
                    f,
                    limit,
                    words,
                    adjective.sign,
                    [a for a in reading.amounts if a.end <= found.start()],
                ),
            )
        elif others and words:
            verdict = _pairs(
                reading, slots, others, lambda a, b: _more(a, b, words, adjective.sign)
            )
        else:
            continue
        end = found.end() + (than.end() if than else 0)
        yield reading.found("comparison", found.start(), end, verdict)
    yield from _equals(reading)


def _limit_behind(reading: Reading, at: int) -> Amount | None:
    behind = (a for a in reading.amounts if a.start >= at and a.start - at < 25)
    found = next(behind, None)
    return found if found and reading.given.holds(found) else None


def _against(
    facts: Facts, limit: Amount, words: frozenset[str], sign: int, before: list[Amount]
) -> Verdict:
    stated = [m for m in _by_words(facts, words) if m.unit == limit.unit]
    stated = [
        m
        for a in before
        if a.unit == limit.unit
        for m in attributes(facts, a.unit)
        if abs(m.low - a.value) <= a.slack
    ] or stated
    stated = stated or (price(facts) if limit.unit == "money" else attributes(facts, limit.unit))
    if not stated:
        return not_found("", facts.alias)
    if sign * (stated[0].low - limit.value) > 0:
        return supported(facts.alias)
    return contradicted(f"{stated[0].mark} is {stated[0].text}.", facts.alias)


def _first_of(
    reading: Reading, adjectives: tuple[_Adjective, ...]
) -> Iterator[tuple[re.Match[str], _Adjective]]:
    """Each place once, by the adjective that says the most of it."""
    seen: list[tuple[int, int]] = []
    for adjective in adjectives:
        for found in adjective.pattern.finditer(reading.text):
            start, end = found.span()
            if reading.free(start, end) and not any(start < e and s < end for s, e in seen):
                seen.append((start, end))
                yield found, adjective


def _wanted(reading: Reading, adjective: _Adjective, found: re.Match[str]) -> frozenset[str]:
    if adjective.words:
        return adjective.words
    following = _AFTER_ADJECTIVE.match(reading.text, found.end())
    phrase = (following[1] if following else None) or ""
    phrase = re.split(r"\b(?:than|of|in|among|and|with|here|one|for|that|by)\b", phrase)[0]
    if not phrase.strip() and reading.text[: found.start()].strip():
        phrase = " ".join(m[0] for m in list(_WORD.finditer(reading.text[: found.start()]))[-3:])
    return _topic(phrase) if phrase.strip() else frozenset()


def _more(a: Facts, b: Facts, words: frozenset[str], sign: int) -> Verdict:
    pairs = list(_alike(_by_words(a, words), _by_words(b, words)))
    if not pairs:
        return not_found("Not both state it.", a.alias, b.alias)
    x, y = pairs[0]
    higher, lower = (x, y) if sign > 0 else (y, x)
    if higher.low > lower.high and not (x.low == y.low):
        return supported(a.alias, b.alias)
    if higher.high <= lower.low or (x.low == x.high and y.low == y.high):
        return contradicted(f"{x.mark} is {x.text}, {y.mark} is {y.text}.", a.alias, b.alias)
    return not_found(f"{x.mark} is {x.text}, {y.mark} is {y.text}.", a.alias, b.alias)


def _equals(reading: Reading) -> Iterator[Found]:
    for found in _EQUAL.finditer(reading.text):
        slots = reading.clause.about(found.start())
        others = tuple(m.slot for m in reading.clause.mentions if m.start >= found.end())
        if not slots or not others or not reading.free(*found.span()):
            continue
        words = _topic(found["noun"]) if found["noun"] else _adjective_words(found["adjective"])
        negated = re.search(r"\b(?:not|n['’]t)\b[^.]{0,12}$", reading.text[: found.start()])

        def judge(
            a: Facts, b: Facts, words: frozenset[str] = words, negated: bool = bool(negated)
        ) -> Verdict:
            pairs = list(_alike(_by_words(a, words), _by_words(b, words)))
            if not pairs:
                return not_found("Not both state it.", a.alias, b.alias)
            x, y = pairs[0]
            same = abs(x.low - y.low) <= max(x.slack, y.slack) * (x.unit not in ("money", "stars"))
            if (x.low == y.low or same) is not negated:
                return supported(a.alias, b.alias)
            return contradicted(f"{x.mark} is {x.text}, {y.mark} is {y.text}.", a.alias, b.alias)

        if words:
            yield reading.found("comparison", *found.span(), _pairs(reading, slots, others, judge))


def _adjective_words(adjective: str) -> frozenset[str]:
    known = {
        "cheap": PRICE, "expensive": PRICE, "dear": PRICE, "heavy": "weight", "light": "weight",
        "loud": "noise", "quiet": "noise", "wide": "width", "tall": "height", "high": "height",
        "bright": "bright", "long": "length", "deep": "depth", "thickness": "thickness",
    }  # fmt: skip
    word = known.get(adjective.lower())
    return frozenset({word}) if word else frozenset()


# Most and least


def _superlatives(reading: Reading) -> Iterator[Found]:
    for found, adjective in _first_of(reading, _SUPERLATIVES):
        text = reading.text
        before = text[: found.start()]
        article = re.search(
            r"\b(?:the|its|second[- ]|third[- ])\s*(?:of them )?$", before, re.IGNORECASE
        )
        if not adjective.words and not article:
            continue
        if re.search(r"\b(?:at|owners?)\s*$", before) or re.match(
            r"\s*(?:of (?:the )?(?:owners|reviews|buyers))", text[found.end() :]
        ):
            continue
        words = _wanted(reading, adjective, found)
        slots = reading.clause.about(found.start())
        if not slots:
            continue
        rank = 2 if re.search(r"second[- ]?(?:the )?$", before) else 1
        negated = bool(re.search(r"\b(?:not|n['’]t|no longer|hardly)\b[^,.]{0,20}$", before))
        verdict = reading.each(
            slots,
            lambda f: _most(reading, found.start(), f, words, adjective.sign, rank, negated),  # noqa: B023
        )
        start = article.start() if article else found.start()
        yield reading.found("superlative", start, found.end(), verdict)


def _most(
    reading: Reading,
    at: int,
    facts: Facts,
    words: frozenset[str],
    sign: int,
    rank: int,
    negated: bool,
) -> Verdict:
    of = next((of for of in _topics(reading, at, words) if of(facts)), None)
    own = of(facts) if of else []
    if not own or not of:
        return not_found(f"Nothing of {facts.alias} states it.", facts.alias)
    x = own[0]
    pairs = [
        (pair[1], alias)
        for slot in reading.rivals()
        for alias in slot[:1]
        if alias != facts.alias
        for pair in list(_alike([x], of(reading.ledger[alias])))[:1]
    ]
    ahead = [
        (m, a) for m, a in pairs if sign * (m.low - x.low) > 1e-9 and sign * (m.high - x.high) > 0
    ]
    aliases = (facts.alias, *(a for _, a in pairs))
    if not pairs:
        return not_found("No other states it.", facts.alias)
    if (len(ahead) == rank - 1) is not negated:
        return supported(*aliases)
    m, alias = (ahead or pairs)[0]
    return contradicted(f"{x.mark} is {x.text}, and {m.mark} is {m.text}.", *aliases)
