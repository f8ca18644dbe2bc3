"""Sums of prices and of reviews, and the price of several."""

import re
from collections.abc import Iterator

from client.grounding.facts import Facts
from client.grounding.figures import REVIEWS
from client.grounding.judging import Verdict, contradicted, not_found, supported, verdict
from client.grounding.numbers import Amount
from client.grounding.reading import Found, Reading
from client.grounding.scopes import Slot

SUM = re.compile(
    r"\b(?:together|combined|in total|altogether|total\w*|in all|add(?:s|ing)? up|sum\w*"
    r"|buying both"
    r"|plus|comes? to|pair of|both for|the pair|for the lot|side by side|for both|all told"
    r"|for the two|as a set"
    r"|and add)\b",
    re.IGNORECASE,
)
_APART = re.compile(
    r"\s*(?:more|less|cheaper|dearer|over|under|above|below|short)\b", re.IGNORECASE
)
_BOTH = re.compile(r"\b(?:together|combined|in total|altogether|between them)\b", re.IGNORECASE)


def sums(reading: Reading) -> Iterator[Found]:
    clause = reading.clause
    cue = SUM.search(reading.whole)
    yield from _together(reading)
    for amount in list(reading.left("money")):
        if re.search(r"\bper\b", reading.text, re.IGNORECASE):
            continue
        if _APART.match(reading.text, amount.end):
            continue
        many = times_named(reading, amount)
        slots = clause.about(amount.start)
        every = (
            slots if len(slots) > 1 else tuple(m.slot for m in clause.mentions) or clause.sentence
        )
        if many and every:
            slot, times = many
            judged = reading.each((slot,), _times, times, amount)
        elif cue and len(every) > 1:
            judged = _sum(reading, every, amount)
        elif cue and re.search(r"\b(?:both|two|pair)\b", reading.whole):
            judged = _sum(reading, reading.group, amount)
        elif cue and every and not reading.each(every, _times, 1, amount).holds:
            judged = not_found("Name both, so that the sum can be checked.", *every[0])
        else:
            continue
        yield reading.found("sum", amount.start, amount.end, judged)


def _together(reading: Reading) -> Iterator[Found]:
    """ "together they have 638 reviews"."""
    for amount in list(reading.left("")):
        counted = REVIEWS.match(reading.text, amount.end)
        slots = reading.clause.about(amount.start)
        if not counted or len(slots) < 2 or not _BOTH.search(reading.whole):
            continue
        stated = [reading.ledger[slot[0]].counts for slot in slots]
        aliases = tuple(slot[0] for slot in slots)
        held = sum(counts[0] for counts in stated if counts)
        message = f"“{amount.text}”: together it is {held:g}."
        judged = verdict(amount.holds(held), message, *aliases) if all(stated) else not_found()
        yield reading.found("sum", amount.start, counted.end(), judged)


def times_named(reading: Reading, amount: Amount) -> tuple[Slot, int] | None:
    """ "Two of the Pulse", "three [p4]": the product and how many of it."""
    for mention in reading.clause.mentions:
        if mention.start > amount.start:
            continue
        found = re.search(
            r"\b(two|three|four|five|six|\d|a pair)(?: (?:pairs?|pieces|units|sets|boxes))?"
            r"(?: of)?(?: the| these)?[\s*_]*$",
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
