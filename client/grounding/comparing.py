"""Words that compare, as comparing.toml lists them: what they measure, and which way."""

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from client.grounding.facts import stem

PRICE, RATING, COUNT = "price", "rating", "count"
_READ: dict[str, Any] = tomllib.loads(
    files("client.grounding").joinpath("comparing.toml").read_text("utf-8")
)


def _topic(words: list[str]) -> frozenset[str]:
    return frozenset(w if w in (PRICE, RATING, COUNT) else stem(w) for w in words)


@dataclass(frozen=True)
class Adjective:
    words: frozenset[str]
    """What it measures, as `relations.by_words` takes it; none where the sentence says it."""
    sign: int
    quick: bool = False
    """Of a time less is more."""

    def sign_of(self, unit: str) -> int:
        return -self.sign if self.quick and unit == "time" else self.sign


_MAY_COMPARE = re.compile(
    r"(?:er|est|out\w+|undercuts?|exceeds?)\b|more|less|most|least|wors|rat(?:ed|ing)|highe"
    r"|lowe",
    re.IGNORECASE,
)
"""No form of the table stands where none of these does: a quick look before the slow one."""


class Forms:
    """One side of the table as one pattern: what of it stands in a text, from left to right."""

    def __init__(self, more: str, less: str) -> None:
        self._known: list[Adjective] = []
        pieces: list[str] = []
        for entry in _READ["compared"]:
            for side, sign in ((more, 1), (less, -1)):
                if forms := entry.get(side):
                    pieces.append(f"(?P<f{len(self._known)}>{'|'.join(forms)})")
                    quick = entry.get("quick", False)
                    self._known.append(Adjective(_topic(entry["of"]), sign, quick))
        joined = "|".join(pieces).replace("~", r"(?:\w+ )?")
        self._pattern = re.compile(rf"\b(?:{joined})\b", re.IGNORECASE)
        self.within = lru_cache(maxsize=4096)(self._within)

    def _within(self, text: str) -> tuple[tuple[re.Match[str], Adjective], ...]:
        if not _MAY_COMPARE.search(text):
            return ()
        return tuple(
            (found, self._known[int((found.lastgroup or "f0")[1:])])
            for found in self._pattern.finditer(text)
        )


COMPARATIVES = Forms("more", "less")
SUPERLATIVES = Forms("most", "least")


def _beside_a_number(side: str, quick: str) -> str:
    words = [
        form
        for entry in _READ["compared"]
        for form in entry.get(quick if entry.get("quick") else side, ())
        if form.isalpha()
    ]
    return "|".join(sorted({*words, *_READ["apart"][side]}, key=len, reverse=True))


LESS = _beside_a_number("less", "more")
MORE = _beside_a_number("more", "less")
"""Behind a number: "3 kg lighter". Quick words are read as of a time."""
QUICK = frozenset(w for e in _READ["compared"] if e.get("quick") for w in (*e["more"], *e["less"]))
ALIKE = {adjective: _topic([name]) for name, words in _READ["alike"].items() for adjective in words}
"""What is the same of two that are "as heavy as" each other."""
