"""How text becomes words: the same for indexing, queries, filters and types.

What is kept whole (10.1, 1,000, 802.11, startech.com) and what is split (24" and 500GB into
number and unit) must agree between a catalog and a question, so every part uses these functions.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

_INCHES = re.compile(r"(?<=\d)\s?(?:\"|”|″|′′|'')")
_GLUED_UNIT = re.compile(  # a digit first, so that the search skips to the next digit
    r"(\d(?<!\w\d)(?<!\d[.,]\d)\d*(?:[.,]\d+)*)(inch(?:es)?|in|mm|cm|m|km|ft|kg|g|mg|lbs?|oz|ml|cl|l|"
    r"kb|mb|gb|tb|khz|mhz|ghz|hz|w|kw|va|kva|v|mah|wh|db|ppm|dpi|mbps|gbps|rpm|fps)(?![\w])"
)
_WORD = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+(?:[.'’][^\W_]+)*")
_POSSESSIVE = re.compile(r"['’]s?$")
_VARIANT_SPELLINGS = {
    "color": "colour",
    "colored": "coloured",
    "gray": "grey",
    "fiber": "fibre",
    "meter": "metre",
    "center": "centre",
    "aluminum": "aluminium",
    "jewelry": "jewellery",
    "in": "inch",
    "inche": "inch",
    "centimetre": "cm",
    "millimetre": "mm",
    "foot": "ft",
    "feet": "ft",
    "litre": "l",
    "liter": "l",
    "gigabyte": "gb",
    "terabyte": "tb",
    "megabyte": "mb",
    "watt": "w",
    "kilogram": "kg",
    "kilo": "kg",
}
_UNIT_AFTER_NUMBER_ONLY = {"in", "foot", "feet", "centre"}
_NO_PLURAL = frozenset(
    {
        "lens",
        "canvas",
        "chess",
        "gas",
        "bus",
        "plus",
        "news",
        "series",
        "wireless",
        "glass",
        "always",
        "atlas",
        "christmas",
        "yes",
        "this",
        "its",
        "has",
        "was",
        "us",
        "as",
        "is",
        "does",
        "bias",
        "brass",
        "dress",
        "cross",
        "iris",
        "tennis",
        "basis",
        "chassis",
        "kansas",
        "texas",
    }
)
_IRREGULAR = {
    "knives": "knife",
    "shelves": "shelf",
    "leaves": "leaf",
    "scarves": "scarf",
    "mice": "mouse",
    "children": "child",
    "men": "man",
    "women": "woman",
    "batteries": "battery",
    "movies": "movie",
    "cookies": "cookie",
    "headsets": "headset",
    "lenses": "lens",
    "canvases": "canvas",
    "gases": "gas",
    "buses": "bus",
    "axes": "axe",
    "shoes": "shoe",
    "toes": "toe",
    "canoes": "canoe",
    "caches": "cache",
    "headaches": "headache",
}

STOP_WORDS = frozenset(
    "a an and are as at be but by for from has have i if into is it its me my of on or our please "
    "so some than that the their them then there these they this to want was we what which who "
    "will with would you your need needs looking find show buy get any can do does should must "
    "good best".split()
)
"""Words of a question that name nothing in a catalog."""


@lru_cache(maxsize=100_000)
def singular(word: str) -> str:
    """Plural endings only: "batteries" -> "battery"; derived words are left alone."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or not word.endswith("s") or word in _NO_PLURAL:
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zzes")):
        return word[:-2]
    if word.endswith(("ss", "us", "is")):
        return word
    return word[:-1]


def _fold(text: str) -> str:
    if text.isascii():  # nothing to normalize, and far faster
        return text.lower()
    return unicodedata.normalize("NFKC", text).casefold()


def analyze(text: str) -> list[str]:
    """The words of `text` in order: folded, singular, in one spelling; stop words stay."""
    # A catalog says the same short things again and again.
    return list(_short(text)) if len(text) <= _SHORT else _analyzed(text)


def analyze_lines(lines: Sequence[str]) -> list[str]:
    """As `analyze` of the lines joined, where a line that was met before costs nothing."""
    words: list[str] = []
    before = "."
    for line in filter(None, lines):
        found = analyze(line)
        if _may_end_number(before, words) and _may_be_unit(line, found):
            return analyze("\n".join(lines))
        words += found
        before = line
    return words


def _may_end_number(line: str, words: Sequence[str]) -> bool:
    return not line[-1].isascii() or line[-1].isdigit() or bool(words and words[-1][0].isdigit())


def _may_be_unit(line: str, words: Sequence[str]) -> bool:
    plain = line[0].isascii() and line[0].isalnum()
    return not plain or not _UNIT_AFTER_NUMBER_ONLY.isdisjoint(words[:1])


_SHORT = 120


@lru_cache(maxsize=100_000)
def _short(text: str) -> tuple[str, ...]:
    return tuple(_analyzed(text))


def _analyzed(text: str) -> list[str]:
    folded = _fold(text)
    if not text.isascii() or '"' in text or "''" in text:
        folded = _INCHES.sub(" inch ", folded)
    if _GLUED_UNIT.search(folded):  # a substitution costs more than a search that finds nothing
        folded = _GLUED_UNIT.sub(r"\1 \2", folded)
    words: list[str] = []
    for raw in _WORD.findall(folded):
        word, after_number = _forms(raw)
        if word is not after_number and words and words[-1][0].isdigit():
            word = after_number
        if word:
            words.append(word)
    return words


@lru_cache(maxsize=100_000)
def _forms(raw: str) -> tuple[str, str]:
    """The word anywhere, and behind a number ("in" is an inch there)."""
    bare = raw if raw.isalnum() else _POSSESSIVE.sub("", raw)
    word = singular(bare)
    unit = _VARIANT_SPELLINGS.get(word, word)
    return (word if word in _UNIT_AFTER_NUMBER_ONLY else unit), unit


def content_words(text: str) -> list[str]:
    return [word for word in analyze(text) if word not in STOP_WORDS]


@lru_cache(maxsize=50_000)
def normal(name: str) -> str:
    """The form under which names are equal: "Wi-Fi" = "wifi", "Colours" = "color"."""
    return "".join(analyze(name))
