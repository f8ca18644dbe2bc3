"""How shoppers say figures, bounds and denials, as analyzed words."""

import re
from collections.abc import Mapping

from servers.language.units import canonical_unit
from servers.language.words import analyze

Phrase = tuple[str, ...]

_SPOKEN_UNITS = {
    "gb": "GB", "tb": "TB", "mb": "MB", "hz": "Hz", "mhz": "MHz", "ghz": "GHz", "w": "W",
    "mah": "mAh", "metre": "m", "db": "dB(A)",
}  # fmt: skip
BOUNDS: Mapping[Phrase, str] = {
    tuple(analyze(words)): sign
    for sign, all_words in {
        ">= ": ("at least", "minimum", "min", "from", "not under", "no less than"),
        "<= ": ("at most", "maximum", "max", "up to", "no more than", "not over", "within"),
        "> ": (
            "over",
            "above",
            "more than",
            "longer than",
            "larger than",
            "bigger than",
            "heavier than",
            "wider than",
            "taller than",
            "faster than",
        ),
        "< ": (
            "under",
            "below",
            "less than",
            "shorter than",
            "smaller than",
            "lighter than",
            "quieter than",
            "thinner than",
            "narrower than",
        ),
    }.items()
    for words in all_words
}
AFTER: Mapping[str, str] = {
    **dict.fromkeys(("more", "larger", "bigger", "longer", "over", "above", "higher", "up"), ">= "),
    **dict.fromkeys(("less", "smaller", "shorter", "lighter", "under", "below", "lower"), "<= "),
}
USUAL: Mapping[str, tuple[str, ...]] = {
    "length": ("display size", "cable length"),
    "information": ("memory", "storage"),
    "mass": ("weight",),
    "sound level": ("noise",),
    "power": ("power",),
}
"""What people mean by a bare figure of a dimension, where the type's products state it."""
ROOM: Mapping[str, float] = {"screen size compatibility": 1.5}
"""By how much more, in its unit, a thing may hold than what is put into it."""
NEVER_TOO_MANY = frozenset({"ethernet ports"})
"""Who asks for four of them takes five."""
TOWARDS = frozenset({"for", "compatible", "with", "fit", "to"})
NEGATIONS = frozenset("without no not non isn't doesn't don't neither nor except excluding".split())
PAIRED_NEGATIONS = (("anything", "but"), ("other", "than"), ("except", "for"))
ARTICLES = tuple((word,) for word in "a an any the my our your have want need".split())
SPELLED_OUT: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?:>=|=>|≥)\s*(?=\d)"), " at least "),
    (re.compile(r"(?:<=|=<|≤)\s*(?=\d)"), " at most "),
    (re.compile(r">\s*(?=\d)"), " over "),
    (re.compile(r"<\s*(?=\d)"), " under "),
    (re.compile(r"(?<=\d)[- ]?yrs?\b", re.IGNORECASE), " year"),
    (re.compile(r"(?<=\d)[- ]?(?:y/o|yo)\b", re.IGNORECASE), " year old"),
    (re.compile(r"\bpages (?:per|a|/) ?min(?:ute)?\b|\bpages/min\b", re.IGNORECASE), "ppm"),
)
"""What `analyze` would lose."""


def unit_named(word: str) -> str | None:
    """The unit that a word behind a number names; "pounds" are money as often as weight."""
    if word in ("pound", "year", "piece", "page", "people", "person", "pixel", "k"):
        return None
    return _SPOKEN_UNITS.get(word) or canonical_unit(word)
