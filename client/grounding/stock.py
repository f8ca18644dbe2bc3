"""Whether it can be bought, and who makes it."""

import re
from collections.abc import Iterator

from client.grounding.facts import Facts
from client.grounding.having import UNSURE
from client.grounding.judging import Verdict, contradicted, not_found, supported, verdict
from client.grounding.reading import Found, Reading
from client.grounding.scopes import BLANKS, Mention

_IN_STOCK = re.compile(
    r"(?P<no>\b(?:out of stock|sold out|unavailable|(?:not|n['’]t|no longer)(?: currently| yet)?"
    r"(?: in stock| available| to be had)|back-?ordered|cannot be (?:bought|ordered)"
    r"|none (?:are )?left))"
    r"|(?P<yes>\b(?:in stock|available(?! (?:in|with|as|for|from|to|at|on|space))"
    r"|can be (?:ordered|bought)"
    r"|ready to ship|on the shelf))",
    re.IGNORECASE,
)

_BRAND = re.compile(
    r"\b(?:(?:made|built|sold|manufactured|produced|designed) by|comes from|is from"
    r"|brand(?: is)?:?|by)"
    r"\s+(?:the )?$",
    re.IGNORECASE,
)


class Stock:
    """Remembers whether stock was spoken of, for "and the other is not"."""

    def __init__(self) -> None:
        self._stock_before = False

    def of(self, reading: Reading) -> Iterator[Found]:
        said = False
        for found in _IN_STOCK.finditer(reading.text):
            slots = reading.clause.about(found.start())
            start = found.start()
            negated = re.search(
                r"(?:\bnot|n['’]t|\bno longer) (?:\w+ )?$", reading.text[: found.start()]
            )
            if negated:
                start = negated.start()
            in_stock = bool(found["yes"]) and not negated
            if slots and reading.free(start, found.end()) and not UNSURE.search(reading.text):
                self._stock_before = said = True
                judged = reading.each(slots, _stocked, in_stock)
                yield reading.found("stock", start, found.end(), judged)
        told = re.search(r"\b(?:is|are)(?: not|n['’]t)\W*$", reading.text)
        slots = reading.clause.about(told.start()) if told else ()
        if told and slots and self._stock_before and reading.free(*told.span()):
            said = True
            judged = reading.each(slots, _stocked, False)
            yield reading.found("stock", *told.span(), judged)
        self._stock_before = said


def _stocked(facts: Facts, in_stock: bool) -> Verdict:
    if facts.stock is None:
        return not_found(f"The stock of {facts.alias} is not stated.", facts.alias)
    said = "in stock" if facts.stock else "out of stock"
    message = f"{facts.alias} is {said}. Write [{facts.alias}.in_stock]."
    return verdict(facts.stock is in_stock, message, facts.alias, stated=said)


_IS_A = re.compile(rf"\b(?:is|are)(?: an?)? $|[{BLANKS}] an? $")


def _names_the_brand(reading: Reading, mention: Mention, brand: str | None) -> bool:
    """ "made by Printano", "is a Printano", "is Talaro's"."""
    if mention.written != "name" or not brand:
        return False
    before = reading.text[: mention.start]
    start = reading.clause.start + mention.start
    written = reading.markup[start : start + mention.end - mention.start]
    whole = written.casefold() == brand.casefold()
    return bool(_BRAND.search(before) or (whole and _IS_A.search(before)))


def brands(reading: Reading) -> Iterator[Found]:
    for mention in reading.clause.mentions:
        brand = reading.ledger[mention.slot[0]].brand
        if not _names_the_brand(reading, mention, brand):
            continue
        slots = reading.clause.about(mention.start)
        if not slots or not brand or not reading.free(mention.start, mention.end):
            continue

        def judge(facts: Facts, brand: str = brand) -> Verdict:
            if not facts.brand:
                return not_found("", facts.alias)
            if facts.brand.casefold() == brand.casefold():
                return supported(facts.alias)
            return contradicted(
                f"{facts.alias} is by {facts.brand}. Write [{facts.alias}.brand].",
                facts.alias,
                stated=facts.brand,
            )

        yield reading.found("brand", mention.start, mention.end, reading.each(slots, judge))
