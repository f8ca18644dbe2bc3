"""Things that no attribute of a run knows: a case, a colour, what it is made of."""

import re
from collections.abc import Iterator

from client.grounding.facts import WORDS, Facts, stem
from client.grounding.having import EMPTY, WORD, Feature, has_it
from client.grounding.judging import Verdict, contradicted, not_found, supported
from client.grounding.reading import Found, Reading

_NEXT_WORD = (
    r"(?: (?!(?:and|or|but|so|that|which|than|as|for|in|on|to|at|with|from|by|is|are|if|because)\b)"
    r"[^\W_][\w-]*)"
)
_SOMETHING = re.compile(
    r"\b(?:(?P<no>has no|have no|without(?: an?)?|lacks?(?: an?| any)?|(?:does|do)(?:n['’]t| not)"
    r" (?:have|include|come with|offer|support)(?: an?| any)?|comes without(?: an?)?|with no)"
    r"|(?P<yes>(?:has|have|features|offers|brings|sports|boasts)(?: an?| its own)"
    r"|(?:comes? with|includes?|ships? with|supports|is equipped with|(?:is|are) made of"
    r"|is supplied with)(?: an?| its own)?))\s+"
    rf"(?P<thing>[^\W\d_][\w-]*{_NEXT_WORD}{{0,2}})",
    re.IGNORECASE,
)
_OPINION = re.compile(rf"\b(?:{'|'.join(WORDS['opinions'].split())})\b", re.IGNORECASE)
"""Words of praise and blame, and those that end no name of a thing."""


def of_families(reading: Reading) -> Iterator[Found]:
    for family in WORDS["family"]:
        words, saying, exclusive = family["words"], family["said"], family["exclusive"]
        either = words.replace(" ", "|")
        for found in re.finditer(
            rf"\b(?:{saying}) (?P<word>{either})\b", reading.text, re.IGNORECASE
        ):
            slots = reading.behind(found.end()) or reading.clause.about(found.start())
            if slots and reading.free(*found.span("word")):
                judged = reading.each(
                    slots,
                    _one_of,
                    found["word"],
                    words.split(),
                    exclusive,
                )
                yield reading.found("attribute", *found.span("word"), judged)


def _one_of(facts: Facts, word: str, words: list[str], exclusive: bool) -> Verdict:
    stated = "\n".join((facts.prose, *(v.text for v in facts.values)))
    if re.search(rf"\b{word}\b", stated, re.IGNORECASE):
        return supported(facts.alias)
    title = str(facts.evidence.fields.get("title") or "")
    sure = "\n".join((title, *(v.text for v in facts.values)))
    held = [w for w in words if re.search(rf"\b{w}\b", sure, re.IGNORECASE)]
    if not held or not exclusive:
        return not_found(f"“{word}”: nothing of {facts.alias} states it.", facts.alias)
    return contradicted(f"{facts.alias} is {held[0]}.", facts.alias, stated=held[0])


def unknown(reading: Reading) -> Iterator[Found]:
    """Things that no attribute knows: said to be there or not, they are not found, unless the
    product's own words speak of them."""
    for found in _SOMETHING.finditer(reading.text):
        thing = found["thing"]
        slots = reading.clause.about(found.start())
        if not slots or _OPINION.search(thing) or not reading.free(found.start(), found.end()):
            continue
        feature = Feature(
            tuple(s for w in WORD.findall(thing) if (s := stem(w)) not in EMPTY), frozenset()
        )
        if not feature.stems:
            continue
        lacks = found["no"] is not None
        judged = reading.each(slots, has_it, feature, not lacks, thing)
        start = found.start() if lacks else found.start("thing")
        yield reading.found("negation" if lacks else "attribute", start, found.end(), judged)
