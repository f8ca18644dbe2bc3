"""What a report states in plain words, found and held against the evidence of its run."""

import re
from collections.abc import Iterator
from functools import lru_cache

from client.grounding.bare import bare_numbers
from client.grounding.differences import differences
from client.grounding.facts import Facts, Ledger
from client.grounding.features import Features
from client.grounding.figures import figures
from client.grounding.judging import Verdict, not_found, supported
from client.grounding.limits import limits
from client.grounding.ranks import comparisons
from client.grounding.ratios import ranges, ratios
from client.grounding.reading import Found, Given, Reading
from client.grounding.remarks import remarks
from client.grounding.scopes import Clause, Scopes
from client.grounding.shares import shares
from client.grounding.sizes import sizes
from client.grounding.stars import starred_counts
from client.grounding.stock import Stock, brands
from client.grounding.sums import sums
from client.grounding.superlatives import superlatives
from client.grounding.tallies import tallies
from client.grounding.units import per_units
from client.markup import unmarked
from client.trajectory import Trajectory

_PRIVATE = re.compile(r"[\ue000-\uf8ff]")
"""Characters that scopes blank marks and names with: no text of others may hold them."""


def claims_in(run: Trajectory, markup: str) -> tuple[Found, ...]:
    """Every claim in plain words, in the order of the text."""
    markup = _PRIVATE.sub(" ", markup)
    ledger, given = Ledger(run), Given.by(run)
    features, stock = Features(ledger), Stock()
    found = [
        claim
        for clause in Scopes(run, markup).clauses()
        for claim in _of_clause(Reading(clause, ledger, given, markup), features, stock)
    ]
    return tuple(sorted(found, key=lambda claim: claim.start))


def _of_clause(reading: Reading, features: Features, stock: Stock) -> Iterator[Found]:
    if not (reading.clause.quotes or _WORD.search(reading.text)):
        return
    yield from _quotes(reading)
    yield from tallies(reading, lambda one: _of_one(one, features, stock))
    yield from _of_one(reading, features, stock)


def _of_one(reading: Reading, features: Features, stock: Stock) -> Iterator[Found]:
    yield from per_units(reading)
    yield from shares(reading)
    yield from starred_counts(reading)
    yield from remarks(reading)
    yield from sums(reading)
    yield from ratios(reading)
    yield from differences(reading)
    yield from limits(reading)
    yield from ranges(reading)
    yield from comparisons(reading)
    yield from superlatives(reading)
    yield from sizes(reading)
    yield from figures(reading)
    yield from bare_numbers(reading)
    yield from brands(reading)
    yield from stock.of(reading)
    yield from features.of(reading)


_WORD = re.compile(r"[^\W_]")


# Quotes


def _quotes(reading: Reading) -> Iterator[Found]:
    for quote in reading.clause.quotes:
        asked = _plain(quote.words).casefold() in " ".join(reading.given.texts).casefold()
        if not asked:
            verdict = _quoted(reading, reading.clause, quote.start, quote.words)
            yield reading.found("quote", quote.start, quote.end, verdict)


def _quoted(reading: Reading, clause: Clause, at: int, words: str) -> Verdict:
    ledger = reading.ledger
    slots = clause.about(at) or clause.sentence
    named = [alias for slot in slots for alias in slot]
    own = [ledger[a] for a in named] or [ledger[a] for a in ledger.evidence]
    own += [review for a in named for review in ledger.reviews_of(a)]
    holder = next((f for f in own if _holds(f, words)), None)
    if holder:
        return supported(holder.alias)
    other = next((a for a in ledger.evidence if _holds(ledger[a], words)), None)
    where = f"They stand in {other}." if other else 'Quote exactly, as [r1 "exact words"].'
    return not_found(f"“{words}”: these words are not in what is cited. {where}", *named)


def _holds(facts: Facts, words: str) -> bool:
    pieces = [_plain(piece) for piece in re.split(r"\s*(?:\.\.\.|…|\[…\])\s*", words)]
    texts = [_plain(text) for text in (*facts.texts, *(v.text for v in facts.values))]
    return any(
        all(piece in text or _lowered(piece) in _lowered_words(text) for piece in pieces if piece)
        for text in texts
    )


@lru_cache(maxsize=4096)
def _plain(words: str) -> str:
    text = unmarked(words).translate(str.maketrans("’‘“”", "''\"\""))
    return text.strip().rstrip(".,;")


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


@lru_cache(maxsize=4096)
def _lowered_words(text: str) -> str:
    """The case of a quote's first letter may be the sentence's that it stands in."""
    return re.sub(r"(?:^|(?<=[.!?] ))\w", lambda m: m[0].lower(), text)
