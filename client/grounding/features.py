"""What a product is said to have, to lack or to be, in words that attributes of the run know."""

import re
from collections import Counter
from collections.abc import Iterator

from client.grounding.facts import WORDS, Ledger, Value, stem
from client.grounding.having import (
    EMPTY,
    NO_BEHIND,
    UNSURE,
    WORD,
    Feature,
    Token,
    alone_has_it,
    has_it,
    key,
    negation,
    places,
)
from client.grounding.judging import not_found
from client.grounding.reading import Found, Reading
from client.grounding.scopes import BLANKS
from client.grounding.things import of_families, unknown

_VAGUE = frozenset("keyboard port size speed cable number capacity qualit".split())
"""Stems too common in prose to stand for a feature by themselves."""
_HAS = re.compile(
    r"\b(?:has|have|had|with|includ\w+|comes?|featur\w+|offers?|supports?|built[- ]in|gets?|brings?"
    r"|is|are|can|both|equipped|provides?|carries|takes?|adds?|uses?|runs?|made|does|do|ships?"
    r"|boasts?"
    r"|sports|packs|fits?|works?|prints?|connects?|charges?|sealed|needs?|gives?|accepts?|of|in"
    r"|over"
    r"|via|through|goes|wears|holds|makes|lets|has got|own|and|as well|also|too|:)(?=\W)|^\W*$"
    r"|[:–(]\s*$",
    re.IGNORECASE,
)
_MADE_OF = re.compile(
    r"\b(?:of|in|is|are|an?|all|solid|from|with|runs?|has|have|uses?)\s+(?:\w+ )?$", re.IGNORECASE
)
_ONLY = re.compile(
    r"\b(?:the only (?:one|\w+)(?: of (?:them|the \w+))?(?: here)?(?: (?:that|which|with|to))?"
    r"|only one)"
    r"\s*(?:(?:has|have|is|does|comes with)\s*)?(?:an? )?$",
    re.IGNORECASE,
)
_COMES_WITH = re.compile(
    r"\b(?:comes? with|ships? with|includes?|is supplied with|bundles)\s+(?:an? |its own )?"
    r"(?P<thing>[^\W\d_][\w-]*(?: (?!and\b|or\b|of\b|for\b|in\b|on\b)[^\W_][\w-]*){1,2})",
    re.IGNORECASE,
)


_LISTED, _NEXT = re.compile(r"[,:|–—]\s*$"), re.compile(r"\s*(?:[,|;.]|$)")
"""Around a value that stands as one of a list."""
_HYPHENED = re.compile(r"[^\W_]+-[^\W_]+")
_LEAD = re.compile(r"\W*[^:]{3,60}:\**")
""" "**If you need a scanner:** the other has one"."""
_OF_ANOTHER = re.compile(r"\bthan (?:\w+ ){0,2}$")
_SHORTLY = 2
"""Clauses after which "has one" means something else."""


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
        self._shapes = {
            re.sub(r"\d+", r"\\d+", re.escape(f.value)): f.names
            for f in self._values
            if re.search(r"[A-Z][a-zA-Z]*\s?\d", f.value)
        }
        self._phrases = tuple(_phrases(values))
        self._last: Feature | None = None
        self._ago = 0

    def of(self, reading: Reading) -> Iterator[Found]:
        self._ago += 1
        if reading.clause.section in ("unverified",):
            return
        lead = _LEAD.match(reading.text)
        told = lead and UNSURE.search(lead[0])
        if told or UNSURE.search(reading.text):
            for feature, _ in self._places(reading):
                self._remember(feature)
        if lead and told:
            reading.taken.append(lead.span())
        if UNSURE.search(reading.text, lead.end() if lead and told else 0):
            return
        yield from self._brought(reading)
        yield from self._known(reading)
        yield from of_families(reading)
        yield from unknown(reading)

    def _brought(self, reading: Reading) -> Iterator[Found]:
        """ "comes with an HDMI cable": no port is meant."""
        for found in _COMES_WITH.finditer(reading.text):
            stems = tuple(s for w in WORD.findall(found["thing"]) if (s := stem(w)) not in EMPTY)
            known = {s for f in (*self._names, *self._values) for s in f.stems}
            slots = reading.clause.about(found.start())
            if slots and len(stems) > 1 and set(stems) & known and stems[-1] not in known:
                feature = Feature(stems, frozenset())
                judged = reading.each(slots, has_it, feature, True, found["thing"])
                yield reading.found("attribute", *found.span("thing"), judged)

    def _known(self, reading: Reading) -> Iterator[Found]:
        for feature, (start, end) in self._places(reading):
            if reading.free(start, end) and (claim := self._claim(reading, feature, start, end)):
                self._remember(feature)
                yield claim
        if self._last and self._ago <= _SHORTLY:
            yield from self._again(reading, self._last)

    def _remember(self, feature: Feature) -> None:
        self._last, self._ago = feature, 0

    def _places(self, reading: Reading) -> list[tuple[Feature, tuple[int, int]]]:
        tokens = [Token(stem(m[0]), m[0], m.start(), m.end()) for m in WORD.finditer(reading.text)]
        said = {token.stem for token in tokens}
        found = [
            (feature, span)
            for feature in (*self._values, *self._names)
            if not said.isdisjoint(feature.stems) or len(feature.stems) == 1
            for span in (*places(feature, tokens), *_joined(feature, reading.text))
        ]
        found += [
            (f, m.span()) for f, phrase in self._phrases for m in phrase.finditer(reading.text)
        ]
        return [*found, *self._shaped(reading)]

    def _shaped(self, reading: Reading) -> Iterator[tuple[Feature, tuple[int, int]]]:
        """Words shaped like a value ("IPX7", "Windows 10") that no product has."""
        for shape, names in self._shapes.items():
            for found in re.finditer(rf"\b{shape}\b", reading.text):
                stems = tuple(stem(w) for w in WORD.findall(found[0]))
                yield Feature(stems, names, found[0], True), found.span()

    def _again(self, reading: Reading, feature: Feature) -> Iterator[Found]:
        """ "the Basswerk has none", "and so has the Vexis": of what was spoken of before."""
        found = re.search(
            rf"(?P<no>\b(?:has|have) none|\blacks?(?=\W*$)|(?<=[{BLANKS}] )none(?=\W*$)"
            rf"|\bdoes(?:n['’]t| not)(?=\W*$)|(?:has|is)(?:n['’]t| not)(?=\W*$))"
            rf"|\b(?P<yes>(?:has|have) (?:some|one|it too)|so (?:has|have|is|are|does"
            rf"|do) (?:the )?[{BLANKS}]+"
            rf"|does(?: too)?(?=\W*$))",
            reading.text,
        )
        slots = reading.clause.about(found.start()) if found else ()
        if found and slots and reading.free(*found.span()):
            has = found["no"] is None
            judged = reading.each(slots, has_it, feature, has, found[0])
            yield reading.found("attribute" if has else "negation", *found.span(), judged)

    def _claim(self, reading: Reading, feature: Feature, start: int, end: int) -> Found | None:
        text = reading.text
        slots = reading.clause.about(start)
        if not slots:
            return None
        before, after = text[:start], text[end:]
        if _OF_ANOTHER.search(before):
            return None
        no = negation(before)
        behind = NO_BEHIND.search(after)
        lacks = bool(no) or bool(behind)
        if not lacks and not self._asserted(reading, feature, start, end):
            return None
        if (
            re.match(rf"\W*[{BLANKS}]", after)
            and not lacks
            and before.rstrip()[-1:] in ("", "-", "|")
        ):
            return None
        begin = no.start() if no else start
        if only := _ONLY.search(text[:begin]):
            judged = reading.each(slots, alone_has_it, reading, feature, not lacks, text[start:end])
            if judged.status == "contradicted" and re.match(r" (?:and|with)\b", after):
                judged = not_found("Say what only it has, one by one.", *judged.evidence)
            return reading.found("superlative", only.start(), end, judged)
        judged = reading.each(slots, has_it, feature, not lacks, text[start:end])
        end += behind.end() if behind else 0
        return reading.found("negation" if lacks else "attribute", begin, end, judged)

    def _asserted(self, reading: Reading, feature: Feature, start: int, end: int) -> bool:
        before, after = reading.text[:start], reading.text[end:]
        if feature.phrase or (feature.value and _LISTED.search(before) and _NEXT.match(after)):
            return True
        if re.match(
            r"\s*(?:is|are|was|were|feels?|looks?|sounds?|works?)\s+(?!included|built|on board)",
            after,
        ):
            return bool(feature.bold)
        if feature.value and not feature.bold:
            named = " ".join(feature.names)
            behind = WORD.findall(reading.text[end : end + 20])
            return bool(_MADE_OF.search(before)) or any(stem(word) in named for word in behind)
        if re.search(r"\b(?:is|are|has|have|can be)\b", reading.text[start:end]):
            return True
        if feature.value:
            return bool(_HAS.search(before)) or bool(re.search(rf"[{BLANKS}]\W*$", before))
        verb = re.search(
            rf"(?:[{BLANKS}]|,|\band|\balso|\bboth|\bit|\bthey|\bwhich|\bthat)\s*$", before
        )
        if verb and re.match(r"\w+s?\b", reading.text[start:end]):
            return True
        return bool(_HAS.search(before))


def _joined(feature: Feature, text: str) -> Iterator[tuple[int, int]]:
    """ "Wi-Fi" where the catalog writes wifi."""
    if len(feature.stems) == 1:
        for found in _HYPHENED.finditer(text):
            if stem(found[0].replace("-", "")) == feature.stems[0]:
                yield found.span()


# Reading attributes


def _phrases(values: list[Value]) -> Iterator[tuple[Feature, re.Pattern[str]]]:
    for name, said in WORDS["said_as"].items():
        stems = tuple(stem(w) for w in WORD.findall(name))
        keys = frozenset(key(v) for v in values if set(stems) <= v.words)
        if keys:
            pattern = re.compile(rf"\b(?:{'|'.join(said)})\b", re.IGNORECASE)
            yield Feature(stems, keys, phrase=True), pattern


def _name_features(values: list[Value]) -> tuple[Feature, ...]:
    by_name: dict[tuple[str, ...], set[str]] = {}
    for value in values:
        plain = re.match(r"(?:yes|no|true|false)\b", value.text.strip(), re.IGNORECASE)
        stems = tuple(s for w in WORD.findall(value.name) if (s := stem(w)) not in EMPTY)
        if stems and (plain or stems in by_name):
            by_name.setdefault(stems, set()).add(key(value))
    keys = {
        stems: keys | {key(v) for v in values if set(stems) <= v.words}
        for stems, keys in by_name.items()
    }
    in_names = Counter(s for stems in {v.words for v in values} for s in stems)
    return tuple(
        Feature(
            stems,
            frozenset(names),
            alone=frozenset(s for s in stems if in_names[s] == 1 and s not in _VAGUE and len(s) > 3)
            if len(stems) > 1
            else frozenset(),
        )
        for stems, names in sorted(keys.items(), key=lambda item: -len(item[0]))
    )


def _value_features(values: list[Value]) -> tuple[Feature, ...]:
    found: dict[tuple[str, ...], tuple[set[str], str]] = {}
    for value in values:
        if re.match(r"(?:yes|no|true|false)\b", value.text.strip(), re.IGNORECASE):
            continue
        for part in re.split(r"[,;/]|\band\b", value.text):
            words = list(WORD.findall(part))
            if not words or len(words) > 4 or (value.amounts and not re.search(r"[A-Z]", part)):
                continue
            if part.strip() and not re.fullmatch(r"[\d.\s]*", part):
                stems = tuple(stem(w) for w in words)
                found.setdefault(stems, (set(), part.strip()))[0].add(key(value))
    return tuple(
        Feature(stems, frozenset(names), text, bool(re.search(r"[A-Z\d]", text)))
        for stems, (names, text) in sorted(found.items(), key=lambda item: -len(item[0]))
    )
