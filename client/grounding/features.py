"""What a product is said to have, to lack, to be made of or to be: yes and no, words from lists,
stock and brand."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from client.grounding.facts import Facts, Ledger, Value, stem
from client.grounding.judging import Verdict, contradicted, not_found, supported, verdict
from client.grounding.reading import Found, Reading
from client.grounding.scopes import BLANKS

_WORD = re.compile(r"[^\W_]+(?:[.'’][^\W_]+)*")
_EMPTY = frozenset("the a an of for with and or to in on need level life type is by".split())
_VAGUE = frozenset("keyboard port size speed cable number capacity qualit".split())
"""Stems too common in prose to stand for a feature by themselves."""

_NO = re.compile(
    r"\b(?:no|not|without|lacks?|lacking|misses|missing|never|cannot|neither|nor|omits?|skips|minus"
    r"|none)\b|n['’]t\b|\bnon-$",
    re.IGNORECASE,
)
_NO_BEHIND = re.compile(
    r"^\W*(?:(?:is|are|was)(?: \w+)? (?:missing|absent|lacking|left out)|(?:is|are|does|do|has|have|can)"
    r"(?:n['’]t| not)\b|: no\b|-free\b|not included|(?:you )?will not find)",
    re.IGNORECASE,
)
_HAS = re.compile(
    r"\b(?:has|have|had|with|includ\w+|comes?|featur\w+|offers?|supports?|built[- ]in|gets?|brings?"
    r"|is|are|can|both|equipped|provides?|carries|takes?|adds?|uses?|runs?|made|does|do|ships?|boasts?"
    r"|sports|packs|fits?|works?|prints?|connects?|charges?|sealed|needs?|gives?|accepts?|of|in|over"
    r"|via|through|goes|wears|holds|makes|lets|has got|own|and|as well|also|too|:)(?=\W)|^\W*$|[:–(]\s*$",
    re.IGNORECASE,
)
_UNSURE = re.compile(
    r"\b(?:not (?:be )?(?:stated|given|say|said|mention\w*|verif\w*|clear|known|disclosed|found)"
    r"|unknown|could not|whether|unclear|no (?:figure|word|mention|statement|information)|nothing says"
    r"|does not say|if you|who(?:ever)? |should you|if |you(?:'d)? (?:need|want|ask\w*)|wanted|asked)\b",
    re.IGNORECASE,
)
_IN_STOCK = re.compile(
    r"(?P<no>\b(?:out of stock|sold out|unavailable|(?:not|n['’]t|no longer)(?: currently| yet)?"
    r"(?: in stock| available| to be had)|back-?ordered|cannot be (?:bought|ordered)|none (?:are )?left))"
    r"|(?P<yes>\b(?:in stock|available(?! (?:in|with|as|for|from|to|at|on|space))|can be (?:ordered|bought)"
    r"|ready to ship|on the shelf))",
    re.IGNORECASE,
)
_BRAND = re.compile(
    r"\b(?:(?:made|built|sold|manufactured|produced|designed) by|comes from|is from|brand(?: is)?:?|by)"
    r"\s+(?:the )?$",
    re.IGNORECASE,
)
_SOMETHING = re.compile(
    r"\b(?:(?P<no>has no|have no|without(?: an?)?|lacks?(?: an?| any)?|(?:does|do)(?:n['’]t| not)"
    r" (?:have|include|come with|offer|support)(?: an?| any)?|comes without(?: an?)?|with no)"
    r"|(?P<yes>(?:has|have|comes? with|includes?|ships? with|features|offers|supports|brings"
    r"|is equipped with|is made of|are made of|is supplied with|sports|boasts)(?: an?| its own)?))\s+"
    r"(?P<thing>(?:[^\W\d_][\w-]*)(?: (?!and\b|or\b|but\b|so\b|that\b|which\b|than\b|as\b|for\b|in\b|on\b"
    r"|to\b|at\b|with\b|from\b|by\b|is\b|are\b|if\b|because\b)[^\W_][\w-]*){0,2})",
    re.IGNORECASE,
)
_OPINION = re.compile(
    r"\b(?:good|great|nice|fine|fair|best|better|clear\w*|lot|more|most|less|enough|plenty|advantage"
    r"|edge|point|reputation|name|problem\w*|fans?|doubt|surprise\w*|trouble|fuss|idea|reason\w*|need"
    r"|hesitation|rival\w*|equal|other|one|none|some|it|them|you|your|the|this|that|any|long\w*|much"
    r"|weak\w*|strong\w*|sense|place|room|say|look|feel|feeling|character|charm|value|price|chance"
    r"|choice|limit|complaint\w*|question|review\w*|owner\w*|rating\w*|same|highest|lowest|largest"
    r"|smallest|only|just|many|few|everything|nothing|all|both|to|been|got|something|regret\w*|worries"
    r"|worry|catch|flaw\w*|downside\w*|compromise\w*|competition|half|twice|effort|fault|faults|use"
    r"|higher|lower|larger|smaller|bigger|longer|shorter|lighter|heavier|worse|two|three|four|five)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Feature:
    stems: tuple[str, ...]
    names: frozenset[str]
    """Of attributes, as stems joined, that this stands for; of a value those that hold it."""
    value: str = ""
    """Set where the words are one of an attribute's values."""
    bold: bool = False
    """Written with a capital or a digit, so that prose hardly holds it by chance."""
    alone: frozenset[str] = frozenset()
    """Stems that mean the feature without the others."""


@dataclass(frozen=True)
class _Token:
    stem: str
    text: str
    start: int
    end: int


class Features:
    """What the products of one run can have or be, as their attributes name it."""

    def __init__(self, ledger: Ledger) -> None:
        values = [
            value
            for alias, evidence in ledger.evidence.items()
            if evidence.kind == "product"
            for value in ledger[alias].values
        ]
        self._names = _name_features(values)
        self._values = _value_features(values)
        self._last: _Feature | None = None
        self._stock_before = False

    def of(self, reading: Reading) -> Iterator[Found]:
        yield from _brands(reading)
        yield from self._stock(reading)
        if _UNSURE.search(reading.text) or reading.clause.section in ("unverified",):
            return
        yield from self._known(reading)
        yield from _unknown(reading)

    def _stock(self, reading: Reading) -> Iterator[Found]:
        for found in _IN_STOCK.finditer(reading.text):
            slots = reading.clause.about(found.start())
            start = found.start()
            negated = re.search(
                r"(?:\bnot|n['’]t|\bno longer) (?:\w+ )?$", reading.text[: found.start()]
            )
            if negated:
                start = negated.start()
            in_stock = bool(found["yes"]) and not negated
            if slots and reading.free(start, found.end()) and not _UNSURE.search(reading.text):
                self._stock_before = True
                judged = reading.each(slots, lambda f: _stocked(f, in_stock))  # noqa: B023
                yield reading.found("stock", start, found.end(), judged)
                return
        told = re.search(r"\b(?:is|are)(?: not|n['’]t)\W*$", reading.text)
        slots = reading.clause.plain_subject
        if told and slots and self._stock_before:
            judged = reading.each(slots, lambda f: _stocked(f, False))
            yield reading.found("stock", *told.span(), judged)
        self._stock_before = False

    def _known(self, reading: Reading) -> Iterator[Found]:
        tokens = [
            _Token(stem(m[0]), m[0], m.start(), m.end()) for m in _WORD.finditer(reading.text)
        ]
        found_any = False
        for feature in (*self._values, *self._names):
            for start, end in _places(feature, tokens):
                if reading.free(start, end) and (
                    claim := self._claim(reading, feature, start, end)
                ):
                    found_any = True
                    self._last = feature
                    yield claim
        if not found_any and self._last:
            yield from self._again(reading, self._last)

    def _again(self, reading: Reading, feature: _Feature) -> Iterator[Found]:
        """ "the Basswerk has none", "and so has the Vexis": of what was spoken of before."""
        found = re.search(
            rf"\b(?P<no>(?:has|have) none|does(?:n['’]t| not)(?=\W*$)|(?:has|is)(?:n['’]t| not)(?=\W*$))"
            rf"|\b(?P<yes>(?:has|have) (?:some|one|it too)|so (?:has|have|is|are|does|do) (?:the )?[{BLANKS}]+"
            rf"|does(?: too)?(?=\W*$))",
            reading.text,
        )
        slots = reading.clause.plain_subject
        if found and slots and reading.free(*found.span()):
            has = found["no"] is None
            judged = reading.each(slots, lambda f: _judged(f, feature, has, found[0]))
            yield reading.found("attribute" if has else "negation", *found.span(), judged)

    def _claim(self, reading: Reading, feature: _Feature, start: int, end: int) -> Found | None:
        text = reading.text
        slots = reading.clause.about(start)
        if not slots:
            return None
        before, after = text[:start], text[end:]
        negation = _negation(before)
        lacks = bool(negation) or bool(_NO_BEHIND.search(after))
        if not lacks and not self._asserted(reading, feature, start, end):
            return None
        if (
            re.match(rf"\W*[{BLANKS}]", after)
            and not lacks
            and before.rstrip()[-1:] in ("", "-", "|")
        ):
            return None
        begin = negation.start() if negation else start
        judged = reading.each(slots, lambda f: _judged(f, feature, not lacks, text[start:end]))
        return reading.found("negation" if lacks else "attribute", begin, end, judged)

    def _asserted(self, reading: Reading, feature: _Feature, start: int, end: int) -> bool:
        before, after = reading.text[:start], reading.text[end:]
        if re.match(
            r"\s*(?:is|are|was|were|feels?|looks?|sounds?|works?)\s+(?!included|built|on board)",
            after,
        ):
            return bool(feature.bold)
        if feature.value and not feature.bold:
            near = before[-30:]
            return bool(
                re.search(r"\b(?:of|in|is|are|an?|all|solid|from|with|runs?)\s+(?:\w+ )?$", near)
            ) or any(
                stem(w) in " ".join(feature.names)
                for w in _WORD.findall(reading.text[end : end + 20])
            )
        if re.search(
            r"\b(?:" + "|".join(["need", "want", "look for", "expect"]) + r")s?\b[^,]*$", before
        ):
            return feature.bold
        if feature.value:
            return bool(_HAS.search(before)) or bool(re.search(rf"[{BLANKS}]\W*$", before))
        verb = re.search(
            rf"(?:[{BLANKS}]|,|\band|\balso|\bboth|\bit|\bthey|\bwhich|\bthat)\s*$", before
        )
        if verb and re.match(r"\w+s?\b", reading.text[start:end]):
            return True
        return bool(_HAS.search(before))


# What a claim comes to


def _judged(facts: Facts, feature: _Feature, has: bool, written: str) -> Verdict:
    own = [v for v in facts.values if _key(v) in feature.names]
    alias = facts.alias
    if feature.value:
        held: bool | None = None
        if any(_holds(v, feature) for v in facts.values):
            held = True
        elif own:
            held = False
    else:
        truths = [_truth(v) for v in own]
        held = any(truths) if truths else None
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


def _holds(value: Value, feature: _Feature) -> bool:
    stems = [stem(w) for w in _WORD.findall(value.text)]
    wanted = list(feature.stems)
    return any(stems[n : n + len(wanted)] == wanted for n in range(len(stems)))


def _in_prose(facts: Facts, feature: _Feature) -> bool | None:
    """What title, description and reviews' own words say; None where they do not speak of it."""
    tokens = [_Token(stem(m[0]), m[0], m.start(), m.end()) for m in _WORD.finditer(facts.prose)]
    for start, end in _places(feature, tokens, whole=True):
        sentence = re.split(r"[.!?\n]", facts.prose[:start])[-1]
        behind = facts.prose[end : end + 20]
        return not (_negation(sentence) or _NO_BEHIND.search(behind))
    return None


def _negation(before: str) -> re.Match[str] | None:
    """The last "no" that still governs what follows."""
    near = [m for m in _NO.finditer(before)]
    if not near:
        return None
    last = near[-1]
    between = before[last.end() :]
    words = _WORD.findall(between)
    if len(words) > 4 or re.search(r"[,;:.]\s|\b(?:but|only|just|and|because|so)\b", between):
        if not re.match(r"neither|nor", last[0], re.IGNORECASE):
            return None
    start = re.search(r"\w*$", before[: last.start()])
    return last if not start or last[0][:1] != "n" else _NO_WORD.search(before, start.start())


_NO_WORD = re.compile(r"\w*(?:n['’]t|no|not|none|never|nor|neither|non-)\b")


def _stocked(facts: Facts, in_stock: bool) -> Verdict:
    if facts.stock is None:
        return not_found(f"The stock of {facts.alias} is not stated.", facts.alias)
    said = "in stock" if facts.stock else "out of stock"
    message = f"{facts.alias} is {said}. Write [{facts.alias}.in_stock]."
    return verdict(facts.stock is in_stock, message, facts.alias, stated=said)


def _brands(reading: Reading) -> Iterator[Found]:
    for mention in reading.clause.mentions:
        before = reading.text[: mention.start]
        if mention.written != "name" or not _BRAND.search(before):
            continue
        slots = reading.clause.about(mention.start)
        brand = reading.ledger[mention.slot[0]].brand
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


def _unknown(reading: Reading) -> Iterator[Found]:
    """Things that no attribute knows: said to be there or not, they are not found, unless the
    product's own words speak of them."""
    for found in _SOMETHING.finditer(reading.text):
        thing = found["thing"]
        slots = reading.clause.about(found.start())
        if not slots or _OPINION.search(thing) or not reading.free(found.start(), found.end()):
            continue
        feature = _Feature(
            tuple(s for w in _WORD.findall(thing) if (s := stem(w)) not in _EMPTY), frozenset()
        )
        if not feature.stems:
            continue
        lacks = found["no"] is not None
        judged = reading.each(slots, lambda f: _judged(f, feature, not lacks, thing))  # noqa: B023
        start = found.start() if lacks else found.start("thing")
        yield reading.found("negation" if lacks else "attribute", start, found.end(), judged)


# Reading attributes


def _key(value: Value) -> str:
    return " ".join(sorted(value.words))


def _name_features(values: list[Value]) -> tuple[_Feature, ...]:
    by_name: dict[tuple[str, ...], set[str]] = {}
    for value in values:
        plain = re.match(r"(?:yes|no|true|false)\b", value.text.strip(), re.IGNORECASE)
        stems = tuple(s for w in _WORD.findall(value.name) if (s := stem(w)) not in _EMPTY)
        if stems and (plain or stems in by_name):
            by_name.setdefault(stems, set()).add(_key(value))
    keys = {
        stems: keys | {_key(v) for v in values if set(stems) <= v.words}
        for stems, keys in by_name.items()
    }
    in_names = Counter(s for stems in {v.words for v in values} for s in stems)
    return tuple(
        _Feature(
            stems,
            frozenset(names),
            alone=frozenset(s for s in stems if in_names[s] == 1 and s not in _VAGUE and len(s) > 3)
            if len(stems) > 1
            else frozenset(),
        )
        for stems, names in sorted(keys.items(), key=lambda item: -len(item[0]))
    )


def _value_features(values: list[Value]) -> tuple[_Feature, ...]:
    found: dict[tuple[str, ...], tuple[set[str], str]] = {}
    for value in values:
        if re.match(r"(?:yes|no|true|false)\b", value.text.strip(), re.IGNORECASE):
            continue
        for part in re.split(r"[,;/]|\band\b", value.text):
            words = [w for w in _WORD.findall(part)]
            if not words or len(words) > 4 or (value.amounts and not re.search(r"[A-Z]", part)):
                continue
            if part.strip() and not re.fullmatch(r"[\d.\s]*", part):
                stems = tuple(stem(w) for w in words)
                found.setdefault(stems, (set(), part.strip()))[0].add(_key(value))
    return tuple(
        _Feature(stems, frozenset(names), text, bool(re.search(r"[A-Z\d]", text)))
        for stems, (names, text) in sorted(found.items(), key=lambda item: -len(item[0]))
    )


def _places(
    feature: _Feature, tokens: list[_Token], *, whole: bool = False
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
