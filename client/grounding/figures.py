"""Single values in prose: prices, ratings, numbers of reviews, attributes with or without units."""

import re
from collections.abc import Callable, Iterator
from itertools import combinations

from client.grounding.comparing import LESS, MORE
from client.grounding.facts import ALSO, Facts, stem
from client.grounding.judging import NOT_FOUND, Verdict, contradicted, not_found, supported
from client.grounding.measures import Measure, Naming, attributes, counts, named, price, ratings
from client.grounding.numbers import Amount, amounts_in
from client.grounding.reading import Found, Kind, Reading
from client.grounding.scopes import BLANKS
from client.markup import value_of

_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
REVIEWS = re.compile(
    r"\s*(?:\w+[- ])?(?P<noun>(?:customer |owner |user |buyer |verified )?"
    r"(?:reviews?|ratings?|owners?|buyers?|customers?|reviewers?|people|users|shoppers|opinions"
    r"|verdicts))\b",
    re.IGNORECASE,
)
_AND_ANOTHER = re.compile(r"(?:\s*(?:and|or|to|against)\s*[\d,]+)?")
_LABEL = re.compile(r"\W*([^\W\d][\w -]{2,30}):")
_NOT_COUNTED = re.compile(
    r"\s*(?:of (?:them|these|those|the)|products?|models?|options?|picks?|items?|choices?"
    r"|candidates?|variants?|needs?|kettles?|others?|more\b|ways?|things?|reasons?|points?"
    r"|drawbacks?|caveats?|steps?|sources?|pages?|alternatives?)\b|\s*$|\s*[.):\]]",
    re.IGNORECASE,
)
_NAMED_SIZES = {
    "4k": "3840x2160", "uhd": "3840x2160", "qhd": "2560x1440", "wqhd": "2560x1440",
    "fullhd": "1920x1080", "fhd": "1920x1080",
}  # fmt: skip
_DIMENSIONS = re.compile(
    r"(?<![\w.:])\d+:\d+(?![\w:])|\b(?:4K|UHD|W?QHD|[Ff]ull HD|FHD)\b"
    r"|(?<![\w.])\d+(?:[.,]\d+)?(?:\s?(?:mm|cm|in|m|px))?(?:\s?[x×]\s?\d+(?:[.,]\d+)?"
    r"(?:\s?(?:mm|cm|in|m|px|pixels)\b)?){1,2}"
)
_COUNTING = re.compile(
    r"\b(?:has|have|with|offers?|includes?|comes?|holds?|packs?|brings|contains?|needs?|of|makes?"
    r"|brews?)\s+(?:only |just |a set of )?$",
    re.IGNORECASE,
)
_ALONE = re.compile(
    r"\s*(?:$|[,;:|).]|[–—-] |to \d|against \d|and\b|from\b|by\b|over\b|out\b|\(\d)"
)
_MOST = 0.125
_REVIEWED = re.compile(
    r"\b(?:reviewed|rated|based on|averaged (?:over|across)|\d\.\d\d? from)\s+"
    r"(?:by |some |about |over |only |just |a mere )*$",
    re.IGNORECASE,
)
_BRACKETED = re.compile(
    r"(?:reviews?|stars?|/\s?5|out of 5|of 5|\d\.\d\d?|\ue000)\s*\((?:from )?#\)$"
)
"""A number in brackets behind a rating, with # for the number."""
_PER = re.compile(r"\b(?:per|each|apiece)\b", re.IGNORECASE)
_SIDE = re.compile(r"\d+(?:\.\d+)?")
_LIKE_A_RATING = re.compile(rf"(?:rat|scor|star|averag|mark)|[|,:(–—{BLANKS}][\s'’s]*$")
_COMPARES = re.compile(
    rf"\b(?:{LESS}|{MORE}|gains?|loses?|saves?|saving|difference|together|both)\b", re.IGNORECASE
)
_FAR, _VERY_FAR = 2.0, 20.0
_YEAR = re.compile(r"(?:19|20)\d\d")


def figures(reading: Reading) -> Iterator[Found]:
    yield from _dimensions(reading)
    for amount in list(reading.left()):
        slots = reading.slots(amount)
        if not slots or not reading.free(amount.start, amount.end):
            continue
        if amount.unit == "":
            yield from _bare(reading, amount)
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
    if any(matches(amount, m) for m in stated) or _said(facts, reading, amount):
        return supported(facts.alias)
    if facts.evidence.kind != "product":
        return _page(facts, reading, amount)
    return differs(amount, stated, facts, "price") if stated else not_found("", facts.alias)


def _rating(facts: Facts, reading: Reading, amount: Amount) -> Verdict:
    stated = ratings(facts)
    if not stated and facts.evidence.kind == "review":
        stated = [m for one in reading.ledger.sources(facts.alias) for m in ratings(one)]
    if any(matches(amount, m) for m in stated):
        return supported(facts.alias)
    return differs(amount, stated, facts, "rating") if stated else not_found("", facts.alias)


_KINDS: dict[str, tuple[Kind, Callable[[Facts, Reading, Amount], Verdict]]] = {
    "money": ("price", _price),
    "stars": ("rating", _rating),
}


def _quantity(facts: Facts, reading: Reading, amount: Amount) -> Verdict:
    around = f"{reading.clause.context} {reading.text}"
    shift = len(reading.clause.context) + 1
    elsewhere = NOT_FOUND
    if facts.evidence.kind != "product":
        if _said(facts, reading, amount):
            return supported(facts.alias)
        elsewhere = _page(facts, reading, amount)
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
    if _said(facts, reading, amount):
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


def _page(facts: Facts, reading: Reading, amount: Amount) -> Verdict:
    """A page or review that speaks of the same measure states another figure."""
    noun = _noun(reading.text, amount)
    alike = [
        one
        for one in facts.said
        if one.unit == amount.unit and (amount.unit or (noun and noun == _noun(facts.prose, one)))
    ]
    if not alike:
        return not_found(f"“{amount.text}” does not stand in {facts.alias}.", facts.alias)
    stated = ", ".join(one.text for one in alike[:3])
    message = f"“{amount.text}”: {facts.alias} says {stated}."
    return contradicted(message, facts.alias, stated=stated)


def _noun(text: str, amount: Amount) -> str:
    """The stem of what a number counts."""
    found = _WORD.match(text, amount.end + 1)
    return stem(found[0]) if found and text[amount.end] == " " else ""


def _said(facts: Facts, reading: Reading, amount: Amount) -> bool:
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


# Without a unit


def _bare(reading: Reading, amount: Amount) -> Iterator[Found]:
    if found := _reviews_behind(reading.text, amount.end):
        if not (amount.spelled and amount.value == 1):
            verdict = reading.each(reading.slots(amount), _count, reading, amount)
            end = found.end() if found.start() == amount.end else amount.end
            yield reading.found("count", amount.start, end, verdict)
        return
    if not amount.spelled and _YEAR.fullmatch(amount.text) and not _counted(reading, amount):
        return
    if _REVIEWED.search(reading.text[: amount.start]) or _BRACKETED.search(
        f"{reading.text[: amount.start]}#{reading.text[amount.end : amount.end + 1]}"
    ):
        verdict = reading.each(reading.slots(amount), _count, reading, amount)
        yield reading.found("count", amount.start, amount.end, verdict)
        return
    nouns = _beside(reading, amount) | _label(reading)
    slots = reading.slots(amount)
    if any(reading.ledger[a].evidence.kind != "product" for slot in slots for a in slot):
        spoken = nouns & frozenset(
            stem(m[0]) for s in slots for a in s for m in _WORD.finditer(reading.ledger[a].prose)
        )
        if not amount.spelled or amount.hedge or (spoken and amount.value > 1):
            verdict = reading.each(slots, _number, reading, amount, nouns)
            yield reading.found("attribute", amount.start, amount.end, verdict)
        return
    meant = [m for slot in slots for a in slot for m in _alike(reading, a, nouns)]
    decimal = re.fullmatch(r"[1-5]\.\d\d?", amount.text)
    if not meant and decimal:
        words = frozenset(stem(m[0]) for m in _WORD.finditer(reading.whole))
        meant = [m for slot in slots for a in slot for m in _alike(reading, a, words)]
        nouns = words if meant else nouns
    owned = re.search(r"['’]s\s*$", reading.text[: amount.start])
    if not meant and decimal and (owned or _ALONE.match(reading.text, amount.end)):
        verdict = reading.each(slots, _rating, reading, amount)
        before = reading.text[: amount.start]
        if not verdict.holds and not (
            (len(amount.text) > 3 or _LIKE_A_RATING.search(before)) and not owned
        ):
            return
        yield reading.found("rating", amount.start, amount.end, verdict)
        return
    if not meant and _known_to_others(reading, amount):
        nothing = not_found(f"“{amount.text}”: it states no number of these.", *slots[0])
        yield reading.found("attribute", amount.start, amount.end, nothing)
        return
    if not meant and (
        _NOT_COUNTED.match(reading.text, amount.end) or not _counted(reading, amount)
    ):
        return
    verdict = reading.each(slots, _number, reading, amount, nouns)
    yield reading.found("attribute", amount.start, amount.end, verdict)


def _reviews_behind(text: str, at: int) -> re.Match[str] | None:
    """ "164 and 117 reviews": of both numbers."""
    another = _AND_ANOTHER.match(text, at)
    return REVIEWS.match(text, another.end() if another else at)


def _counted(reading: Reading, amount: Amount) -> bool:
    return bool(_COUNTING.search(reading.text[: amount.start]))


def _beside(reading: Reading, amount: Amount) -> frozenset[str]:
    """Stems of the two words before the number and of the three after it."""
    before = [m[0] for m in _WORD.finditer(reading.text[: amount.start])][-2:]
    after = [m[0] for m in _WORD.finditer(reading.text[amount.end :])][:3]
    words = {stem(word) for word in (*before, *after)}
    near = {stem(word) for word in (*before[-1:], *after[:1])}
    return frozenset(words | {name for word in near for name in ALSO.get(word, ())})


def _label(reading: Reading) -> frozenset[str]:
    """What stands before the colon of "**Vestibules:** two"."""
    found = _LABEL.match(reading.whole)
    return frozenset(stem(m[0]) for m in _WORD.finditer(found[1])) if found else frozenset()


def _known_to_others(reading: Reading, amount: Amount) -> bool:
    """Whether the word behind names what other products state a number of."""
    noun = _noun(reading.text, amount)
    return bool(noun) and any(
        noun in m.words
        for slot in reading.products
        for m in attributes(reading.ledger[slot[0]], "")
    )


def _alike(reading: Reading, alias: str, nouns: frozenset[str]) -> list[Measure]:
    return [
        m for one in reading.ledger.sources(alias) for m in attributes(one, "") if m.words & nouns
    ]


def _number(facts: Facts, reading: Reading, amount: Amount, nouns: frozenset[str]) -> Verdict:
    meant = _alike(reading, facts.alias, nouns)
    if any(matches(amount, m) for m in meant) or _said(facts, reading, amount):
        return supported(facts.alias)
    if meant:
        return differs(amount, meant, facts, meant[0].mark.rpartition("attributes.")[2][:-1])
    if facts.evidence.kind != "product":
        return _page(facts, reading, amount)
    return not_found(f"“{amount.text}”: nothing of {facts.alias} states it.", facts.alias)


def _count(facts: Facts, reading: Reading, amount: Amount) -> Verdict:
    stated = [m for one in reading.ledger.sources(facts.alias) for m in counts(one)]
    if any(matches(amount, m) for m in stated):
        return supported(facts.alias)
    return (
        differs(amount, stated, facts, "number of reviews")
        if stated
        else not_found("", facts.alias)
    )


def _dimensions(reading: Reading) -> Iterator[Found]:
    for found in _DIMENSIONS.finditer(reading.text):
        slots = reading.behind(found.end()) or reading.clause.about(found.start())
        if slots and reading.free(*found.span()):
            yield reading.found("attribute", *found.span(), reading.each(slots, _of_size, found[0]))


def _of_size(facts: Facts, text: str) -> Verdict:
    written, colon = _squeezed(text), ":" in text
    held = [v for v in facts.values if (m := _DIMENSIONS.search(v.text)) and (":" in m[0]) is colon]
    if any(written in _squeezed(v.text) for v in held) or written in _squeezed(facts.prose):
        return supported(facts.alias)
    if not held and _sides_stated(facts, text):
        return supported(facts.alias)
    if not held:
        return not_found(f"“{text}”: nothing of {facts.alias} states it.", facts.alias)
    value = held[0]
    return contradicted(
        f"“{text}”: the {value.name} of {facts.alias} is {value.text}. Write"
        f" [{facts.alias}.attributes.{value.name}].",
        facts.alias,
        stated=value.text,
    )


def _sides_stated(facts: Facts, text: str) -> bool:
    """Whether width, height and depth are stated one by one as they are written in one."""
    unit = re.search(r"(?:mm|cm|in|m)\b\s*$", text)
    sides = (
        amounts_in(" and ".join(f"{m[0]} {unit[0]}" for m in _SIDE.finditer(text))) if unit else ()
    )
    held = attributes(facts, "length")
    return bool(sides) and all(any(matches(side, m) for m in held) for side in sides)


def _squeezed(text: str) -> str:
    plain = re.sub(r"\s|px|pixels", "", text.replace("×", "x").casefold())
    return _NAMED_SIZES.get(plain, plain)
