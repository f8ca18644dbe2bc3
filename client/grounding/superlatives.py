"""The most and the least of all."""

import re
from collections.abc import Iterator

from client.grounding.comparing import SUPERLATIVES, Adjective
from client.grounding.judging import not_found
from client.grounding.ranks import first_of, most, wanted
from client.grounding.reading import Found, Reading
from client.grounding.relations import by_words
from client.grounding.scopes import Slot

_JOINING = r"(?!(?:of|in|at|with|and|but|here|overall|by|on|for|among|that|which|is|has|from)\b)"
_OF_A_KIND = re.compile(
    rf" {_JOINING}[a-z-]+ {_JOINING}[a-z]+| (?:one )?(?:with|that|which|under|below|above)\b"
)
""" "the cheapest complete set": perhaps not of all."""
_OF_SOME = re.compile(
    r"\b(?:of|among|between) (?:the|those|these|all) (?:\w+ )?"
    r"(?:with|that|which|under|below|over)\b",
    re.IGNORECASE,
)
""" "of the three with noise cancelling" """
_IS = re.compile(r"(?: one| of (?:them|all|the \w+))?(?: is|,|:)? (?:the )?")


_ARTICLE = re.compile(r"\b(?:the|its|(?:second|third)[- ])\s*(?:of them )?$", re.IGNORECASE)
_NOT = re.compile(r"\b(?:not|n['’]t|no longer|hardly)\b[^,.]{0,20}$")
_NTH = re.compile(r"\b(second|third)[- ]?(?:the )?$")
_OF_OWNERS = re.compile(r"\s*of (?:the )?(?:owners|reviews|buyers)")
""" "most of the owners" is a share."""


def superlatives(reading: Reading) -> Iterator[Found]:
    for found, adjective in first_of(reading, SUPERLATIVES):
        if claim := _superlative(reading, found, adjective):
            yield claim


def _superlative(reading: Reading, found: re.Match[str], adjective: Adjective) -> Found | None:
    text, before = reading.text, reading.text[: found.start()]
    article = _ARTICLE.search(before)
    if re.search(r"\b(?:at|owners?)\s*$", before) or _OF_OWNERS.match(text, found.end()):
        return None
    words = wanted(reading, adjective, found)
    slots = _is_named(reading, found.end()) or reading.clause.about(found.start())
    known = any(by_words(reading.ledger[a], words) for s in reading.group for a in s)
    if not slots or (words and not known) or not (adjective.words or article):
        return None
    rank, negated = _rank(text, found), _NOT.search(before) is not None
    judged = reading.each(slots, most, reading, found.start(), words, adjective, rank, negated)
    of_some = _OF_A_KIND.match(text, found.end()) or _OF_SOME.search(reading.whole)
    if judged.status == "contradicted" and of_some:
        judged = not_found("Say of which ones it is the first.", *judged.evidence)
    start = article.start() if article else found.start()
    return reading.found("superlative", start, found.end(), judged)


def _rank(text: str, found: re.Match[str]) -> int:
    """ "the second lightest", "the lightest but one"."""
    if re.match(r" (?:but|save) one\b", text[found.end() :]):
        return 2
    nth = _NTH.search(text, 0, found.start())
    return {"second": 2, "third": 3}[nth[1]] if nth else 1


def _is_named(reading: Reading, at: int) -> tuple[Slot, ...]:
    """ "the dearest is the Vox 790": what stands right behind."""
    for mention in reading.clause.mentions:
        if mention.start >= at and _IS.fullmatch(reading.text[at : mention.start]):
            return (mention.slot,)
    return ()
