"""How many of the products share something: "three of the four weigh less than 4 kg"."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from client.grounding.judging import Verdict, contradicted, not_found, supported
from client.grounding.reading import Found, Reading
from client.grounding.scopes import BLANKS, Slot

_NUMBERS = {"none": 0, "neither": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_NUMBER = r"one|two|three|four|five|six|[1-9]"
_TALLY = re.compile(
    rf"(?<![\w.,])(?:(?:only |just )?(?P<part>{_NUMBER}|none|neither)"
    rf" of (?:(?:them|the|these|those|all)\b|(?={_NUMBER}))"
    rf"(?: ?(?P<whole>{_NUMBER}))?(?: (?:here|seen|listed))?"
    rf"|all (?P<all>{_NUMBER})(?= (?:that|which|with|who)\b)"
    rf"|(?:all|everything|every one) but (?:the )?(?P<but>[{BLANKS}]+))(?= [a-z])",
    re.IGNORECASE,
)


def tallies(reading: Reading, read: Callable[[Reading], Iterator[Found]]) -> Iterator[Found]:
    """`read` finds what is said of one of them."""
    for found in _TALLY.finditer(reading.text):
        meant = _group(reading, found)
        if not meant or not reading.free(*found.span()):
            continue
        said = {slot: tuple(read(_of_one(reading, slot, found))) for slot in meant}
        everything = [one for claims in said.values() for one in claims]
        if not everything:
            continue
        start = found.start() + reading.clause.start
        end = max(one.end for one in everything)
        if found["but"] or found["all"]:
            start = min(one.start for one in everything)
        verdict = _judged(reading, found, said)
        kind = everything[0].kind if found["but"] or found["all"] else "count"
        yield reading.found(kind, start - reading.clause.start, end - reading.clause.start, verdict)


def _group(reading: Reading, found: re.Match[str]) -> tuple[Slot, ...]:
    """All that a number of them is said of; none where that is not sure."""
    many = _number(found["whole"]) if found["whole"] else None
    for group in (reading.products, reading.clause.group):
        if many == len(group) or (many is None and group):
            return group
    return ()


def _of_one(reading: Reading, slot: Slot, found: re.Match[str]) -> Reading:
    """The clause as if it were said of this one alone."""
    text = reading.text
    blank = " " * (found.end() - found.start())
    mentions = tuple(m for m in reading.clause.mentions if m.start >= found.end() and m.compared)
    clause = replace(
        reading.clause,
        text=text[: found.start()] + blank + text[found.end() :],
        mentions=mentions,
        inherited=(slot,),
        sentence=(slot,),
    )
    return Reading(clause, reading.ledger, reading.given, reading.markup)


def _judged(reading: Reading, found: re.Match[str], said: dict[Slot, tuple[Found, ...]]) -> Verdict:
    aliases = tuple(slot[0] for slot in said)
    worst = {slot: _worst(claims) for slot, claims in said.items()}
    so = [slot for slot, status in worst.items() if status == "supported"]
    unknown = [slot for slot, status in worst.items() if status == "not found"]
    others = len(said) - len(so) - len(unknown)
    if found["but"]:
        left = {m.slot for m in reading.clause.mentions if m.start == found.start("but")}
        right = not set(so) & left and others + len(unknown) == len(left)
    elif found["all"]:
        right = len(so) == _number(found["all"]) and not others
    else:
        wanted = _number(found["part"])
        right = len(so) == wanted
        if not right and len(so) < wanted <= len(so) + len(unknown):
            return not_found("Not all of them state it.", *aliases)
    if right:
        return supported(*aliases)
    those = ", ".join(slot[0] for slot in so) or "none"
    return contradicted(f"It is so of {those}.", *aliases, stated=those)


def _worst(claims: tuple[Found, ...]) -> str:
    statuses = {one.status for one in claims}
    for status in ("contradicted", "not found", "supported"):
        if status in statuses:
            return status
    return "not found"


def _number(word: str) -> int:
    return int(word) if word.isdigit() else _NUMBERS[word.lower()]
