"""Whether a product has a feature, as its attributes and its own words state it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from client.grounding.facts import Facts, Value, stem
from client.grounding.judging import Verdict, contradicted, not_found, verdict
from client.grounding.reading import Reading

WORD = re.compile(r"[^\W_]+(?:[.'’][^\W_]+)*")


UNSURE = re.compile(
    r"\b(?:not (?:be )?(?:stated|given|say|said|mention\w*|verif\w*|clear|known|disclosed|found)"
    r"|unknown|could not|whether|unclear|no (?:figure|word|mention|statement|information)"
    r"|nothing says"
    r"|does not say|if you|who(?:ever)? |should you|if |you(?:'d)? (?:need|want|ask\w*)|wanted"
    r"|asked)\b",
    re.IGNORECASE,
)
EMPTY = frozenset("the a an of for with and or to in on need level life type is by".split())


NO = re.compile(
    r"\b(?:no|not|without|lacks?|lacking|misses|missing|never|cannot|neither|nor|omits?|skips|minus"
    r"|none)\b|n['’]t\b|\bnon-$",
    re.IGNORECASE,
)


NO_BEHIND = re.compile(
    r"^\W*(?:(?:is|are|was)(?: \w+)? (?:missing|absent|lacking|left out)|(?:is|are|does|do|has"
    r"|have|can)"
    r"(?:n['’]t| not)\b|: no\b|-free\b|not included|(?:you )?will not find)",
    re.IGNORECASE,
)


_NO_WORD = re.compile(r"\w*(?:n['’]t|no|not|none|never|nor|neither|non-)\b")


@dataclass(frozen=True)
class Feature:
    stems: tuple[str, ...]
    names: frozenset[str]
    """Of attributes, as stems joined, that this stands for; of a value those that hold it."""
    value: str = ""
    """Set where the words are one of an attribute's values."""
    bold: bool = False
    """Written with a capital or a digit, so that prose hardly holds it by chance."""
    phrase: bool = False
    """Said by words that state it, as words.toml lists them."""
    alone: frozenset[str] = frozenset()
    """Stems that mean the feature without the others."""


@dataclass(frozen=True)
class Token:
    stem: str
    text: str
    start: int
    end: int


def alone_has_it(
    facts: Facts, reading: Reading, feature: Feature, has: bool, written: str
) -> Verdict:
    """It is so of this one and, as far as they say, of none of the others."""
    own = has_it(facts, feature, has, written)
    if not own.holds:
        return own
    for slot in reading.rivals():
        other = reading.ledger[slot[0]]
        if other.alias != facts.alias and has_it(other, feature, has, written).holds:
            return contradicted(f"It is so of {other.alias}, too.", facts.alias, other.alias)
    return own


def has_it(facts: Facts, feature: Feature, has: bool, written: str) -> Verdict:
    own = [v for v in facts.values if key(v) in feature.names]
    alias = facts.alias
    if feature.value:
        held: bool | None = None
        if any(_holds(v, feature) for v in facts.values):
            held = True
        elif own:
            held = False
        elif named := [v for v in facts.values if set(feature.stems) <= v.words]:
            held = any(_truth(v) for v in named)
    else:
        truths = [_truth(v) for v in own]
        held = any(truths) if truths else None
        if not feature.names and any(_holds(v, feature) for v in facts.values):
            held = True
    if held is None:
        held = _in_prose(facts, feature)
    stated = own[0] if own else next((v for v in facts.values if _holds(v, feature)), None)
    if held is None:
        return not_found(f"“{written}”: nothing of {alias} states it.", alias)
    if stated is None:
        return verdict(held is has, f"“{written}”: the words of {alias} say otherwise.", alias)
    mark = f"[{alias}.attributes.{stated.name}]"
    message = f"“{written}”: the {stated.name} of {alias} is {stated.text}. Write {mark}."
    return verdict(held is has, message, alias, stated=f"{stated.name}: {stated.text}")


def _truth(value: Value) -> bool:
    return not re.match(r"(?:no|false|none|0)\b", value.text.strip(), re.IGNORECASE)


def _holds(value: Value, feature: Feature) -> bool:
    stems = [stem(w) for w in WORD.findall(value.text)]
    wanted = list(feature.stems)
    return any(stems[n : n + len(wanted)] == wanted for n in range(len(stems)))


def _in_prose(facts: Facts, feature: Feature) -> bool | None:
    """What title, description and reviews' own words say; None where they do not speak of it."""
    tokens = [Token(stem(m[0]), m[0], m.start(), m.end()) for m in WORD.finditer(facts.prose)]
    for start, end in places(feature, tokens, whole=True):
        sentence = re.split(r"[.!?\n]", facts.prose[:start])[-1]
        behind = facts.prose[end : end + 20]
        return not (negation(sentence) or NO_BEHIND.search(behind))
    return None


def negation(before: str) -> re.Match[str] | None:
    """The last "no" that still governs what follows."""
    near = list(NO.finditer(before))
    if not near:
        return None
    last = near[-1]
    between = before[last.end() :].lstrip(": ")
    words = WORD.findall(between)
    ended = re.search(r"[,;:.]\s|\b(?:but|only|just|and|because|so)\b", between)
    both = re.match(r"neither|nor", last[0], re.IGNORECASE)
    if (len(words) > 4 or ended) and not both:
        return None
    start = re.search(r"\w*$", before[: last.start()])
    return last if not start or last[0][:1] != "n" else _NO_WORD.search(before, start.start())


def key(value: Value) -> str:
    return " ".join(sorted(value.words))


def places(
    feature: Feature, tokens: list[Token], *, whole: bool = False
) -> Iterator[tuple[int, int]]:
    """Where the words stand: a value's in order, a name's close together in any."""
    wanted = feature.stems
    if feature.value:
        for n in range(len(tokens) - len(wanted) + 1):
            window = tokens[n : n + len(wanted)]
            if tuple(t.stem for t in window) == wanted:
                yield window[0].start, window[-1].end
        return
    span = len(wanted) + (2 if len(wanted) > 1 else 0)
    n = 0
    while n < len(tokens):
        if tokens[n].stem in wanted:
            window = tokens[n : n + span]
            held = {t.stem for t in window}
            if held >= set(wanted):
                last = max(i for i, t in enumerate(window) if t.stem in wanted)
                yield window[0].start, window[last].end
                n += last + 1
                continue
            if not whole and tokens[n].stem in feature.alone:
                yield tokens[n].start, tokens[n].end
        n += 1
