"""More and less than another, and as much."""

import re
from collections.abc import Iterator

from client.grounding.comparing import ALIKE, COMPARATIVES, PRICE, Adjective, Forms
from client.grounding.differences import LIMIT
from client.grounding.facts import ALSO, Facts, stem
from client.grounding.judging import Verdict, contradicted, not_found, supported
from client.grounding.measures import Measure, attributes, price
from client.grounding.numbers import Amount
from client.grounding.reading import Found, Reading
from client.grounding.relations import (
    alike,
    by_words,
    held_against,
    of_pairs,
    others_of,
    same_measure,
    topic,
    topics,
)
from client.grounding.scopes import BLANKS, Slot
from client.grounding.units import noun_of, per_unit

_AFTER_ADJECTIVE = re.compile(r"[\s-]*((?:[^\W_]+[\s-]+){0,3}?[^\W_]+)?")
_WORD = re.compile(r"[^\W_]+")
_EQUAL = re.compile(
    rf"\b(?:(?:matches|equals) (?:the |its )?[{BLANKS}]+['’]s (?P<matched>[a-z]+(?: [a-z]+)?)"
    r"|(?P<verb>costs?|weighs?|lasts?|holds?|runs?|plays?) as (?:much|long) as"
    r"|as (?P<adjective>\w+) as|(?:the )?same (?P<noun>(?!as\b)[\w ]+?) as"
    r"|(?:the )?same (?P<joint>(?!as\b|goes|is|for|way|time|thing)\w+(?: \w+)?)(?=\W*$|,|\.))\b",
    re.IGNORECASE,
)
_OUTDOES = re.compile(r"(?:out\w+|undercuts?|exceeds?)$", re.IGNORECASE)
_THE_ONE = re.compile(r"\bthe (?:slightly |clearly |much )?$", re.IGNORECASE)
_NONE = re.compile(r"\b(?:no|none|nothing|nobody)\b[^,;]*$", re.IGNORECASE)
_BESIDE = re.compile(
    rf"\s*(?:$|[,.:;)]|one\b|of (?:the|them|[{BLANKS}])|(?:choice|option|machine|set)\b)"
)
_ALL_OTHERS = re.compile(r"\b(?:others?|rest|any|all)\b", re.IGNORECASE)
_BEATS = re.compile(
    rf"\b(?P<verb>beats|outdoes|tops|outperforms) (?:the )?[{BLANKS}]+ (?:on|in|for|by) "
    r"(?P<what>[a-z]+(?: [a-z]+)?)",
    re.IGNORECASE,
)
_ATTRIBUTIVE = re.compile(r"\b(?:its|their|this|that|an?)\s+(?:\w+ )?$", re.IGNORECASE)
""" "its bigger sister" compares nothing."""
_LESS_IS_BETTER = frozenset({PRICE, *(stem(w) for w in "weight noise charging heating".split())})


def comparisons(reading: Reading) -> Iterator[Found]:
    for found, adjective in first_of(reading, COMPARATIVES):
        if claim := _comparison(reading, found, adjective):
            yield claim
    yield from _verbs(reading)
    yield from _equals(reading)


def _comparison(reading: Reading, found: re.Match[str], adjective: Adjective) -> Found | None:
    text, rest = reading.text, reading.text[found.end() :]
    than = re.match(r"(?:\s+[\w-]+){0,3}?\s+than\b", rest)
    end = found.end() + (than.end() if than else 0)
    if than and any(a.hedge and a.hedged < end <= a.start for a in reading.amounts):
        return None
    if not than and _ATTRIBUTIVE.search(text[: found.start()]):
        return None
    words = wanted(reading, adjective, found)
    if than and not words and not than[0][:-4].strip():
        words = _words_before(reading) or words
    slots = reading.clause.subject(found.start())
    others = _rivals(reading, found, than, slots)
    if than and reading.clause.compared and _NONE.search(text[: found.start()]):
        judged = reading.each(
            reading.clause.compared,
            most,
            reading,
            found.start(),
            words,
            adjective,
            1,
            False,
        )
    elif slots and others and words:
        judged = of_pairs(reading, slots, others, _more, reading, found.start(), words, adjective)
    elif slots and than and (limits := _limits_behind(reading, end)):
        before = [a for a in reading.amounts if a.end <= found.start()]
        judged = reading.each(slots, _against, limits, words, adjective.sign, before)
        reading.taken += [(a.start, a.end) for a in limits if 0 <= a.start - end < 25]
    else:
        return None
    return reading.found("comparison", found.start(), end, judged)


def _words_before(reading: Reading) -> frozenset[str]:
    """ "costs less than one, but more than the other": what the sentence compares."""
    for _, adjective in COMPARATIVES.within(reading.whole):
        if adjective.words:
            return adjective.words
    return frozenset()


def _rivals(
    reading: Reading, found: re.Match[str], than: re.Match[str] | None, slots: tuple[Slot, ...]
) -> tuple[Slot, ...]:
    """What a comparative is held against, where the words say that it is held against anything:
    "than", "the cheaper of the two", "this one lasts longer, but that one is cheaper"."""
    rest = reading.text[found.end() :]
    others = others_of(reading, slots, found.end())
    verb = _OUTDOES.match(found[0])
    the_one = _THE_ONE.search(reading.text[: found.start()]) and _BESIDE.match(rest)
    two = len(reading.clause.sentence) == 2 and re.match(
        r"\s*(?:$|[,.;)]|(?:and|into|too|as well)\b)", rest
    )
    if not (than or verb or the_one or two or reading.clause.compared):
        return ()
    rest_of_all = than and _ALL_OTHERS.search(rest[: than.end() + 25])
    if not others and (rest_of_all or (the_one and len(reading.group) == 2)):
        return tuple(s for s in reading.group if s not in slots)
    return others


def _limits_behind(reading: Reading, at: int) -> tuple[Amount, ...]:
    """What the question states: the one named behind "than", else any, for "than you asked"."""
    behind = next((a for a in reading.amounts if a.start >= at and a.start - at < 25), None)
    if behind:
        return (behind,) if reading.given.holds(behind) else ()
    asked = LIMIT.search(reading.text[at : at + 30])
    return reading.given.amounts if asked else ()


def _against(
    facts: Facts, limits: tuple[Amount, ...], words: frozenset[str], sign: int, before: list[Amount]
) -> Verdict:
    stated = [
        (m, limit)
        for limit in limits
        for m in _stated_like(facts, limit, words, before)
        if m.unit == limit.unit or (limit.unit == "" and m.unit == "money")
    ]
    if not stated:
        return not_found("", facts.alias)
    measure, limit = stated[0]
    if sign * (measure.low - limit.value) > 0:
        return supported(facts.alias)
    return contradicted(f"{measure.mark} is {measure.text}.", facts.alias, stated=measure.text)


def _stated_like(
    facts: Facts, limit: Amount, words: frozenset[str], before: list[Amount]
) -> list[Measure]:
    held = attributes(facts, limit.unit)
    same = [m for m in held for a in before if a.unit == m.unit and abs(m.low - a.value) <= a.slack]
    return same or by_words(facts, words) or (price(facts) if limit.unit == "money" else held)


def _verbs(reading: Reading) -> Iterator[Found]:
    """ "beats the other on battery life": better, so lower where lower is better."""
    for found in _BEATS.finditer(reading.text):
        slots = reading.clause.about(found.start())
        others = others_of(reading, slots, found.start("verb"))
        words = topic(found["what"])
        if not slots or not others or not reading.free(*found.span("verb")):
            continue
        better = Adjective(words, -1 if words & _LESS_IS_BETTER else 1)
        verdict = of_pairs(reading, slots, others, _more, reading, found.start(), words, better)
        yield reading.found("comparison", *found.span("verb"), verdict)


def first_of(reading: Reading, forms: Forms) -> Iterator[tuple[re.Match[str], Adjective]]:
    for found, adjective in forms.within(reading.text):
        if reading.free(*found.span()):
            yield found, adjective


def wanted(reading: Reading, adjective: Adjective, found: re.Match[str]) -> frozenset[str]:
    if adjective.words and not adjective.quick:
        return adjective.words
    following = _AFTER_ADJECTIVE.match(reading.text, found.end())
    phrase = (following[1] if following else None) or ""
    phrase = re.split(r"\b(?:than|of|in|among|and|with|here|one|for|that|by)\b", phrase)[0]
    if not phrase.strip() and reading.text[: found.start()].strip():
        phrase = " ".join(m[0] for m in list(_WORD.finditer(reading.text[: found.start()]))[-3:])
    words = topic(phrase) if phrase.strip() else frozenset[str]()
    if adjective.quick and not any(
        by_words(reading.ledger[slot[0]], words) for slot in reading.products
    ):
        return adjective.words
    return words


def _more(
    a: Facts, b: Facts, reading: Reading, at: int, words: frozenset[str], adjective: Adjective
) -> Verdict:
    noun = noun_of(reading.whole) if PRICE in words else None
    if noun:
        pairs = list(alike(per_unit(a, noun), per_unit(b, noun)))
    else:
        pairs = list(alike(by_words(a, words), by_words(b, words)))
    guessed = not pairs and not adjective.words
    if guessed:
        pairs = same_measure(reading, at, frozenset(), a, b)
    if not pairs:
        return not_found("Not both state it.", a.alias, b.alias)
    sign = adjective.sign_of(pairs[0][0].unit)
    x, y = pairs[0]
    higher, lower = (x, y) if sign > 0 else (y, x)
    if higher.low > lower.high and x.low != y.low:
        return supported(a.alias, b.alias)
    if guessed:
        return not_found("Say what is compared.", a.alias, b.alias)
    if higher.high <= lower.low or (x.low == x.high and y.low == y.high):
        return contradicted(f"{x.mark} is {x.text}, {y.mark} is {y.text}.", a.alias, b.alias)
    return not_found(f"{x.mark} is {x.text}, {y.mark} is {y.text}.", a.alias, b.alias)


def _equals(reading: Reading) -> Iterator[Found]:
    for found in _EQUAL.finditer(reading.text):
        slots = reading.clause.subject(found.start())
        words = _equal_words(found)
        if not slots or not words or not reading.free(*found.span()):
            continue
        negated = re.search(r"\b(?:not|n['’]t)\b[^.]{0,12}$", reading.text[: found.start()])
        start = negated.start() if negated else found.start()
        args = (_same, reading, found.start(), words, bool(negated))
        if found["joint"]:
            others = tuple(m.slot for m in reading.clause.mentions if m.start >= found.end())
            one, two = (slots, others) if others else (slots[:1], slots[1:])
            if not two:
                continue
            judged = of_pairs(reading, one, two, *args)
        else:
            judged = held_against(reading, slots, found.end(), *args)
        yield reading.found("comparison", start, found.end(), judged)


def _same(
    a: Facts, b: Facts, reading: Reading, at: int, words: frozenset[str], negated: bool
) -> Verdict:
    pairs = list(alike(by_words(a, words), by_words(b, words)))
    pairs = pairs or same_measure(reading, at, frozenset(), a, b)
    if not pairs:
        return not_found("Not both state it.", a.alias, b.alias)
    x, y = pairs[0]
    slack = 0.0 if x.unit in ("money", "stars") else max(x.slack, y.slack)
    if (abs(x.low - y.low) <= slack) is not negated:
        return supported(a.alias, b.alias)
    return contradicted(f"{x.mark} is {x.text}, {y.mark} is {y.text}.", a.alias, b.alias)


def _equal_words(found: re.Match[str]) -> frozenset[str]:
    if noun := found["noun"] or found["joint"] or found["matched"]:
        return topic(noun)
    if found["verb"]:
        verb = found["verb"].lower().rstrip("s")
        return {"cost": frozenset({PRICE}), "weigh": frozenset({stem("weight")})}.get(
            verb, frozenset(ALSO.get(stem(verb), ()))
        )
    return ALIKE.get(found["adjective"].lower(), frozenset())


def most(
    facts: Facts,
    reading: Reading,
    at: int,
    words: frozenset[str],
    adjective: Adjective,
    rank: int,
    negated: bool,
) -> Verdict:
    of = next((of for of in topics(reading, at, words) if of(facts)), None)
    own = of(facts) if of else []
    if not own or not of:
        return not_found(f"Nothing of {facts.alias} states it.", facts.alias)
    x = own[0]
    sign = adjective.sign_of(x.unit)
    pairs = [
        (pair[1], alias)
        for slot in reading.rivals()
        for alias in slot[:1]
        if alias != facts.alias
        for pair in list(alike([x], of(reading.ledger[alias])))[:1]
    ]
    ahead = [
        (m, a) for m, a in pairs if sign * (m.low - x.low) > 1e-9 and sign * (m.high - x.high) > 0
    ]
    aliases = (facts.alias, *(a for _, a in pairs))
    if not pairs:
        return not_found("No other states it.", facts.alias)
    if (len(ahead) == rank - 1) is not negated:
        return supported(*aliases)
    m, _ = (ahead or pairs)[0]
    return contradicted(f"{x.mark} is {x.text}, and {m.mark} is {m.text}.", *aliases)
