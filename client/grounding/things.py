"""Things that no attribute of a run knows: a case, a colour, what it is made of."""

import re
from collections.abc import Iterator

from client.grounding.facts import Facts, stem
from client.grounding.having import EMPTY, WORD, Feature, has_it
from client.grounding.judging import Verdict, contradicted, not_found, supported
from client.grounding.reading import Found, Reading

_SOMETHING = re.compile(
    r"\b(?:(?P<no>has no|have no|without(?: an?)?|lacks?(?: an?| any)?|(?:does|do)(?:n['’]t| not)"
    r" (?:have|include|come with|offer|support)(?: an?| any)?|comes without(?: an?)?|with no)"
    r"|(?P<yes>(?:has|have|comes? with|includes?|ships? with|features|offers|supports|brings"
    r"|is equipped with|is made of|are made of|is supplied with|sports|boasts)(?: an?"
    r"| its own)?))\s+"
    r"(?P<thing>(?:[^\W\d_][\w-]*)(?: (?!and\b|or\b|but\b|so\b|that\b|which\b|than\b|as\b|for\b"
    r"|in\b|on\b"
    r"|to\b|at\b|with\b|from\b|by\b|is\b|are\b|if\b|because\b)[^\W_][\w-]*){0,2})",
    re.IGNORECASE,
)
_OPINION = re.compile(
    r"\b(?:good|great|nice|fine|fair|best|better|clear\w*|lot|more|most|less|enough|plenty"
    r"|advantage"
    r"|edge|point|reputation|name|problem\w*|fans?|doubt|surprise\w*|trouble|fuss|idea|reason\w*"
    r"|need"
    r"|hesitation|rival\w*|equal|other|one|none|some|it|them|you|your|mine|yours|the|this|that"
    r"|any|long\w*|much"
    r"|weak\w*|strong\w*|sense|place|room|say|look|feel|feeling|character|charm|value|price|chance"
    r"|choice|limit|complaint\w*|question|review\w*|owner\w*|rating\w*|same|highest|lowest|largest"
    r"|smallest|only|just|many|few|everything|nothing|all|both|to|been|got|something|regret\w*"
    r"|worries"
    r"|worry|catch|flaw\w*|downside\w*|compromise\w*|competition|half|twice|effort|fault|faults|use"
    r"|higher|lower|larger|smaller|bigger|longer|shorter|lighter|heavier|worse|two|three|four"
    r"|five)\b",
    re.IGNORECASE,
)
_FAMILIES = (
    (
        "black white silver grey gray red blue green rose pink gold yellow orange brown beige"
        " anthracite sand purple violet turquoise cream navy bronze copper",
        "comes? in|in|is|an?|are",
        True,
    ),
    ("Windows Linux macOS Android ChromeOS iOS", "runs?|run|with|has|on", True),
    (
        "aluminium aluminum steel plastic wood wooden leather glass ceramic bamboo silicone rubber"
        " cotton wool titanium carbon metal magnesium",
        "is|are|of|from|an?",
        False,
    ),
)
"""Words of which a product states one or few, those that say so before them, and whether another
one of them contradicts."""


def of_families(reading: Reading) -> Iterator[Found]:
    for words, saying, exclusive in _FAMILIES:
        either = words.replace(" ", "|")
        for found in re.finditer(
            rf"\b(?:{saying}) (?P<word>{either})\b", reading.text, re.IGNORECASE
        ):
            slots = reading.clause.about(found.start())
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
