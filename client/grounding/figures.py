"""Single values in prose: prices, ratings, numbers of reviews, attributes with or without units."""

import re
from collections.abc import Callable, Iterator
from itertools import combinations

from client.grounding.comparing import LESS, MORE
from client.grounding.facts import ALSO, Facts, stem
from client.grounding.judging import NOT_FOUND, Verdict, contradicted, not_found, supported
from client.grounding.measures import Measure, Naming, attributes, named, price, ratings
from client.grounding.numbers import Amount
from client.grounding.reading import Found, Kind, Reading
from client.markup import value_of

_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
REVIEWS = re.compile(
    r"\s*(?:\w+[- ])?(?P<noun>(?:customer |owner |user |buyer |verified )?"
    r"(?:reviews?|ratings?|owners?|buyers?|customers?|reviewers?|people|users|shoppers|opinions"
    r"|verdicts))\b",
    re.IGNORECASE,
)
_MOST = 0.125
_PER = re.compile(r"\b(?:per|each|apiece)\b", re.IGNORECASE)
_AN_END = re.compile(r"\b(?:from|to|most|least|maximum|minimum|up|best|worst)\b")
""" "20 hours at most" of 1.5 to 20."""
_IF = re.compile(r"\b(?:unless|if|whether|should|in case)\b[^,;]*$", re.IGNORECASE)
TOGETHER = re.compile(r"\b(?:together|combined|in total|altogether|between them)\b")
_COMPARES = re.compile(
    rf"\b(?:{LESS}|{MORE}|gains?|loses?|saves?|saving|difference|together|both)\b", re.IGNORECASE
)
_FAR, _VERY_FAR = 2.0, 20.0


def figures(reading: Reading) -> Iterator[Found]:
    for amount in list(reading.left()):
        slots = reading.slots(amount)
        if amount.unit == "" or not slots or not reading.free(amount.start, amount.end):
            continue
        kind, judge = _KINDS.get(amount.unit, ("attribute", _quantity))
        verdict = reading.each(slots, judge, reading, amount)
        if verdict.status == "contradicted":
            verdict = _sure(reading, amount, verdict, judge)
        yield reading.found(
            kind if amount.upper is None else "range", amount.start, amount.end, verdict
        )


def _sure(
    reading: Reading,
    amount: Amount,
    judged: Verdict,
    judge: Callable[[Facts, Reading, Amount], Verdict],
) -> Verdict:
    """A contradiction strikes words out: it stands where nothing else can be meant."""
    clause = reading.clause
    if clause.mentions and not any(m.start < amount.start for m in clause.mentions):
        for slot in (*clause.inherited, *clause.sentence, *clause.group[:1]):
            other = reading.each((slot,), judge, reading, amount)
            if other.holds:
                return other
        first = min(m.start for m in clause.mentions)
        between = (a.unit for a in reading.amounts if amount.end <= a.start < first)
        if amount.unit in between:
            return not_found(f"“{amount.text}”: say of which product.", *judged.evidence)
    if _IF.search(reading.text, 0, amount.start):
        return not_found(f"“{amount.text}”: say of which product.", *judged.evidence)
    if TOGETHER.search(reading.whole):
        return not_found("Name what is added.", *judged.evidence)
    if _PER.search(reading.text):
        return not_found("State the whole value, not one per unit.", *judged.evidence)
    if not amount.hedge and _COMPARES.search(reading.text) and _derived(reading, amount):
        return not_found(f"“{amount.text}”: say what is held against what.", *judged.evidence)
    return judged


def _derived(reading: Reading, amount: Amount) -> bool:
    """Whether two products of the run are so far apart, or cost so much together."""
    stated = [
        [
            m.low
            for m in (price(facts) if amount.unit == "money" else attributes(facts, amount.unit))
        ]
        for facts in (reading.ledger[slot[0]] for slot in reading.products)
    ]
    pairs = [(x, y) for one, other in combinations(stated, 2) for x in one for y in other]
    return any(
        amount.holds(abs(x - y)) or (amount.unit == "money" and amount.holds(x + y))
        for x, y in pairs
    )


def differs(amount: Amount, measures: list[Measure], facts: Facts, what: str) -> Verdict:
    stated = ", ".join(dict.fromkeys(m.text for m in measures))
    if what == "price":
        stated = value_of(facts.evidence, what) or stated
    return contradicted(
        f"“{amount.text}”: the {what} of {facts.alias} is {stated}. Write {measures[0].mark}.",
        facts.alias,
        stated=stated,
    )


def matches(amount: Amount, measure: Measure) -> bool:
    """Whether the evidence's number is what the words say, to the digits written."""
    slack = measure.slack if amount.factor != measure.factor else 0.0
    if amount.upper is not None:
        return (
            abs(amount.value - measure.low) <= amount.value - amount.low + slack
            and abs(amount.upper - measure.high) <= amount.high - amount.upper + slack
        )
    if measure.low != measure.high:
        return _of_range(amount, measure, slack)
    if measure.open and amount.hedge == "at least":
        return abs(amount.value - measure.low) <= amount.slack + slack
    if amount.hedge:
        return amount.holds(measure.low)
    # "1 TB" is no name for 512 GB, whatever it rounds to.
    written = min(amount.slack, _MOST * amount.value)
    apart = abs(amount.value - measure.low)
    return apart <= max(written, slack) + 1e-9 * max(1.0, measure.low)


def _of_range(amount: Amount, measure: Measure, slack: float) -> bool:
    match amount.hedge:
        case "at most" | "below":
            return abs(amount.value - measure.high) <= amount.slack + slack
        case "at least":
            return abs(amount.value - measure.low) <= amount.slack + slack
        case "under":
            return measure.high < amount.value
        case "over":
            return measure.low > amount.value
        case _:
            return False


def _price(facts: Facts, reading: Reading, amount: Amount) -> Verdict:
    stated = [m for one in reading.ledger.sources(facts.alias) for m in price(one)]
    if any(matches(amount, m) for m in stated) or said(facts, reading, amount):
        return supported(facts.alias)
    if facts.evidence.kind != "product":
        return page(facts, reading, amount)
    return differs(amount, stated, facts, "price") if stated else not_found("", facts.alias)


def rating(facts: Facts, reading: Reading, amount: Amount) -> Verdict:
    stated = ratings(facts)
    if not stated and facts.evidence.kind == "review":
        stated = [m for one in reading.ledger.sources(facts.alias) for m in ratings(one)]
    if any(matches(amount, m) for m in stated):
        return supported(facts.alias)
    return differs(amount, stated, facts, "rating") if stated else not_found("", facts.alias)


_KINDS: dict[str, tuple[Kind, Callable[[Facts, Reading, Amount], Verdict]]] = {
    "money": ("price", _price),
    "stars": ("rating", rating),
}


def _quantity(facts: Facts, reading: Reading, amount: Amount) -> Verdict:
    around = f"{reading.clause.context} {reading.text}"
    shift = len(reading.clause.context) + 1
    elsewhere = NOT_FOUND
    if facts.evidence.kind != "product":
        if said(facts, reading, amount):
            return supported(facts.alias)
        elsewhere = page(facts, reading, amount)
        if not facts.product or facts.product not in reading.ledger:
            return elsewhere
    candidates = [
        m for one in reading.ledger.sources(facts.alias) for m in attributes(one, amount.unit)
    ]
    if facts.evidence.kind != "product" and amount.hedge:
        candidates = []
    meant, naming = named(candidates, around, shift + amount.start, shift + amount.end)
    if any(
        matches(amount, m) for m in (meant if naming == "own words" or amount.hedge else candidates)
    ):
        return supported(facts.alias)
    ends = any(m.low < m.high and amount.value in (m.low, m.high) for m in meant)
    ends = ends and amount.upper is None
    if said(facts, reading, amount) or (ends and _AN_END.search(reading.text)):
        return supported(facts.alias)
    if elsewhere.status == "contradicted":
        return elsewhere
    if not meant or not _may_mean(reading, amount, meant, naming):
        return not_found(f"“{amount.text}”: nothing of {facts.alias} states it.", facts.alias)
    name = meant[0].mark.rpartition("attributes.")[2].rstrip("]")
    return differs(amount, meant, facts, name)


def _may_mean(reading: Reading, amount: Amount, meant: list[Measure], naming: Naming) -> bool:
    """Whether a wrong number may well be meant for one of these."""
    if naming == "own words":
        return True
    several = len({m.mark for m in meant}) > 1
    far = _FAR if several and not naming else _VERY_FAR
    near = any(m.low / far <= amount.value <= m.high * far for m in meant)
    return near and (bool(naming) or not _speaks_of_other(reading, amount))


def _speaks_of_other(reading: Reading, amount: Amount) -> bool:
    """Whether the words name an attribute that other products state and this one does not."""
    words = {stem(m[0]) for m in _WORD.finditer(reading.text)}
    words |= {name for word in words for name in ALSO.get(word, ())}
    return any(
        measure.words & words
        for alias, evidence in reading.ledger.evidence.items()
        if evidence.kind == "product"
        for measure in attributes(reading.ledger[alias], amount.unit)
    )


def page(facts: Facts, reading: Reading, amount: Amount) -> Verdict:
    """A page or review that speaks of the same measure states another figure."""
    noun = noun_behind(reading.text, amount)
    alike = [
        one
        for one in facts.said
        if one.unit == amount.unit
        and (amount.unit or (noun and noun == noun_behind(facts.prose, one)))
    ]
    if not alike:
        return not_found(f"“{amount.text}” does not stand in {facts.alias}.", facts.alias)
    stated = ", ".join(one.text for one in alike[:3])
    message = f"“{amount.text}”: {facts.alias} says {stated}."
    return contradicted(message, facts.alias, stated=stated)


def noun_behind(text: str, amount: Amount) -> str:
    """The stem of what a number counts."""
    found = _WORD.match(text, amount.end + 1)
    return stem(found[0]) if found and text[amount.end] == " " else ""


def said(facts: Facts, reading: Reading, amount: Amount) -> bool:
    """Whether its own words hold the figure, or those of the product a review is about."""
    return any(
        said.unit == amount.unit
        and (
            amount.upper == said.upper and abs(amount.value - said.value) < 1e-6
            if amount.upper is not None or said.upper is not None
            else amount.holds(said.value)
        )
        for one in reading.ledger.sources(facts.alias)
        for said in one.said
    )
