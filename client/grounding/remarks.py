"""What owners praise and complain of, counted by aspect as a summary of reviews does."""

import re
from collections.abc import Iterator
from functools import lru_cache

from client.grounding.facts import WORDS, Facts, stem
from client.grounding.figures import REVIEWS
from client.grounding.judging import Verdict, contradicted, not_found, verdict
from client.grounding.numbers import Amount
from client.grounding.reading import Found, Reading
from client.grounding.scopes import Slot

GOOD, BAD = (
    re.compile(rf"\b(?:{'|'.join(WORDS['owners'][side])})", re.IGNORECASE)
    for side in ("praise", "blame")
)
_REMARKS = re.compile(
    r"\s*(?:kind |unkind |good |bad |happy |positive |negative |favourable )?(?:words|remarks?"
    r"|comments?"
    r"|mentions?|complaints?|voices|times(?! as\b))\b",
    re.IGNORECASE,
)
_TO = re.compile(r"\s*(?:\w+\s)?(?:to|against)\b")
_MORE_THAN = re.compile(
    r"\b(?:more|far more|fewer|less)\b(?P<one>[^.;]*?)\bthan\b(?P<two>[^.;]*)", re.IGNORECASE
)
_NEXT_WORDS = re.compile(r"(?: ?[^\W_]+){0,4}")
_WORD = re.compile(r"[^\W_]+")


def remarks(reading: Reading) -> Iterator[Found]:
    yield from _more_of_one_side(reading)
    for amount in list(reading.left("")):
        slots = reading.slots(amount) or _spoken_of(reading)
        if not slots or (amount.spelled and amount.value == 1):
            continue
        noun = _REMARKS.match(reading.text, amount.end) or REVIEWS.match(reading.text, amount.end)
        facts = [reading.ledger[alias] for slot in slots for alias in slot]
        spoken = any(aspects(one, reading, amount.end) for one in facts)
        if re.search(r"\bthe $", reading.text[: amount.start]):
            continue
        behind = _NEXT_WORDS.match(reading.text, amount.end)
        saying = behind and (GOOD.search(behind[0]) or BAD.search(behind[0]))
        clause = re.split(r"[:;]", reading.text[amount.end :])[0] + reading.text[: amount.start]
        if noun and not _REMARKS.match(reading.text, amount.end):
            noun = noun if GOOD.search(clause) or BAD.search(clause) else None
        sided = noun or saying or amount.upper or _TO.match(reading.text, amount.end)
        if (spoken and sided) or (noun and saying):
            judged = reading.each(slots, _counted, reading, amount)
            end = noun.end() if noun else amount.end
            yield reading.found("count", amount.start, end, judged)


def _spoken_of(reading: Reading) -> tuple[Slot, ...]:
    """The one product whose owners speak of what the clause names."""
    held = [
        slot
        for slot in reading.products
        if _near(reading.ledger[slot[0]], reading.text, len(reading.text))
    ]
    return tuple(held) if len(held) == 1 else ()


def _counted(facts: Facts, reading: Reading, amount: Amount) -> Verdict:
    spoken = aspects(facts, reading, amount.end)
    if amount.upper is not None:
        both = {amount.value, amount.upper}
        held = any({float(good), float(bad)} == both for good, bad in spoken)
        return verdict(held, f"“{amount.text}”: it is {spoken}.", facts.alias)
    pairs = [pair for good, bad in spoken for pair in sides(reading, amount.end, good, bad)]
    if any(amount.holds(count) for pair in pairs for count in pair):
        return verdict(True, "", facts.alias)
    if not pairs:
        return not_found("", facts.alias)
    stated = str(pairs[0][0])
    return contradicted(
        f"“{amount.text}”: of {facts.alias} it is {stated}.", facts.alias, stated=stated
    )


def _more_of_one_side(reading: Reading) -> Iterator[Found]:
    """ "More owners complain than rejoice"."""
    for found in _MORE_THAN.finditer(reading.text):
        named = GOOD.search(found["one"]) or BAD.search(found["one"])
        one, two = _side(found["one"]), _side(found["two"])
        slots = reading.clause.about(found.start()) or reading.clause.sentence
        if not named or not two or one == two or not slots:
            continue
        less = re.match("fewer|less", found[0], re.IGNORECASE)
        judged = reading.each(slots, _outnumbers, reading, (one == "good") is not bool(less))
        end = found.start("one") + named.end()
        yield reading.found("comparison", found.start(), end, judged)


def _side(words: str) -> str:
    return "good" if GOOD.search(words) else "bad" if BAD.search(words) else ""


def _outnumbers(facts: Facts, reading: Reading, well: bool) -> Verdict:
    spoken = aspects(facts, reading, len(reading.text))
    if not spoken:
        return not_found("", facts.alias)
    good, bad = spoken[0]
    return verdict((good > bad) is well, f"{good} speak well of it, {bad} complain.", facts.alias)


def first_to_second(facts: Facts, reading: Reading) -> float | None:
    """How many times as often as the side named last the one named first is spoken, where the
    clause names both: "praised fifteen times as often as it is criticised"."""
    praised, blamed = GOOD.search(reading.text), BAD.search(reading.text)
    spoken = aspects(facts, reading, len(reading.text))
    if not praised or not blamed or not spoken:
        return None
    good, bad = spoken[0]
    first, second = (good, bad) if praised.start() < blamed.start() else (bad, good)
    return first / second if second else None


def aspects(facts: Facts, reading: Reading, at: int) -> list[tuple[int, int]]:
    """(good, bad) of the aspect that is named nearest before an offset, else behind it, else in
    the sentence around."""
    if not facts.aspects:
        return []
    around = max(0, reading.whole.find(reading.text)) + at
    near = _near(facts, reading.text, at) or _near(facts, reading.whole, around)
    return [min(near)[1]] if near else []


@lru_cache(maxsize=4096)
def _stemmed(text: str) -> tuple[list[tuple[str, int, int]], frozenset[str]]:
    found = [(stem(m[0]), m.start(), m.end()) for m in _WORD.finditer(text)]
    return found, frozenset(word for word, _, _ in found)


def _near(facts: Facts, text: str, at: int) -> list[tuple[int, tuple[int, int]]]:
    found, stems = _stemmed(text)
    return [
        (_far(start, end, at) + (0 if whole else 2000), (good, bad))
        for name, good, bad in facts.aspects
        if not stems.isdisjoint(name)
        for start, end, whole in _named(name, found)
    ]


def _named(
    name: tuple[str, ...], words: list[tuple[str, int, int]]
) -> Iterator[tuple[int, int, bool]]:
    """Where a name stands whole, or only one word of it."""
    for n, (word, start, end) in enumerate(words):
        window = words[n : n + len(name)]
        if tuple(w for w, _, _ in window) == name:
            yield start, window[-1][2], True
        elif word in name:
            yield start, end, False


def _far(start: int, end: int, at: int) -> int:
    return at - end if end <= at else 1000 + start - at


def sides(reading: Reading, at: int, good: int, bad: int) -> Iterator[tuple[int, int]]:
    """Which side is meant: what is said up to the next number, else in the whole clause."""
    following = [a.start for a in reading.amounts if a.start > at]
    local = reading.text[at : min(following, default=len(reading.text))]
    local = re.split(r"[,;:]| and (?=[\w ]*$)", local)[0]
    text = local if GOOD.search(local) or BAD.search(local) else reading.text
    praised, blamed = GOOD.search(text), BAD.search(text)
    if praised or not blamed:
        yield good, good + bad
    if blamed or not praised:
        yield bad, good + bad
