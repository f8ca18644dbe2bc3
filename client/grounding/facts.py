"""What one piece of evidence states, read once: numbers with units, yes and no, words."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any, cast

from client.aliases import an_object, objects
from client.checks.constraints import normal
from client.grounding.numbers import Amount, amounts_in
from client.markup import unmarked
from client.trajectory import Evidence, Trajectory

_SUFFIX = re.compile(
    r"(?:ability|able|ible|ation|al|ments?|ings?|ions?|ness|less|ed|er|ly|ie|y|es)$"
)
_WORD = re.compile(r"[^\W_]+")


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    word = normal(word)
    cut = _SUFFIX.sub("", word)
    cut = cut if len(cut) >= 3 else word
    if len(cut) > 3 and cut[-1] == cut[-2] and cut[-1] not in "s":
        cut = cut[:-1]
    return cut[:-1] if len(cut) > 4 and cut.endswith("e") else cut


@lru_cache(maxsize=8192)
def stems(text: str) -> frozenset[str]:
    return frozenset(stem(m[0]) for m in _WORD.finditer(text.casefold()))


WORDS: dict[str, Any] = tomllib.loads(
    files("client.grounding").joinpath("words.toml").read_text("utf-8")
)
ALSO: dict[str, frozenset[str]] = {}
"""For a stem of prose the stems in names of attributes that it may mean."""
for _name, _words in WORDS["also"].items():
    for _word in _words.split():
        ALSO[stem(_word)] = ALSO.get(stem(_word), frozenset()) | {stem(_name)}


@dataclass(frozen=True)
class Value:
    """One attribute: its name as a mark takes it, and what it states."""

    name: str
    text: str
    words: frozenset[str]

    @cached_property
    def amounts(self) -> tuple[Amount, ...]:
        return amounts_in(self.text)

    @cached_property
    def truth(self) -> bool | None:
        """Yes or no; a count of something says whether there is any."""
        text = self.text.casefold().strip()
        if text in ("yes", "true", "no", "false"):
            return text in ("yes", "true")
        if re.fullmatch(r"\d+", text):
            return int(text) > 0
        return None

    @cached_property
    def counted(self) -> frozenset[str]:
        """What a number without a unit counts: "250 sheets"."""
        return stems(self.text)

    @property
    def plain(self) -> bool:
        return self.text.casefold().strip() in ("yes", "true", "no", "false")

    @cached_property
    def parts(self) -> frozenset[str]:
        return frozenset(normal(part) for part in re.split(r"[,;/]", self.text) if part.strip())


@dataclass(frozen=True)
class Facts:
    evidence: Evidence
    beside: tuple[str, ...] = ()
    """What searches said of it as a near miss."""

    @property
    def alias(self) -> str:
        return self.evidence.alias

    @property
    def _fields(self) -> dict[str, Any]:
        return self.evidence.fields

    @property
    def price(self) -> float | None:
        return _number(self._fields.get("price"))

    @property
    def currency(self) -> str | None:
        return self._fields.get("currency")

    @property
    def rating(self) -> float | None:
        return _number(self._fields.get("rating"))

    @property
    def stock(self) -> bool | None:
        held = self._fields.get("in_stock")
        return held if isinstance(held, bool) else None

    @property
    def brand(self) -> str | None:
        return self._fields.get("brand")

    @property
    def summary(self) -> dict[str, Any]:
        return an_object(self._fields.get("review_summary"))

    @property
    def product(self) -> str | None:
        """Of a review: the product it is about."""
        return self._fields.get("product_id")

    @cached_property
    def ratings(self) -> tuple[float, ...]:
        return _numbers(self._fields.get("rating"), self.summary.get("mean"))

    @cached_property
    def counts(self) -> tuple[float, ...]:
        return _numbers(self._fields.get("review_count"), self.summary.get("count"))

    @cached_property
    def histogram(self) -> dict[int, int]:
        held = an_object(self.summary.get("histogram"))
        return {int(star): int(n) for star, n in held.items() if str(star).isdigit()}

    @cached_property
    def aspects(self) -> tuple[tuple[tuple[str, ...], int, int], ...]:
        """(stems of its name, spoken well of, complained of)"""
        return tuple(
            (
                tuple(stem(m[0]) for m in _WORD.finditer(str(a.get("name")).casefold())),
                int(a.get("positive") or 0),
                int(a.get("negative") or 0),
            )
            for a in objects(self.summary.get("aspects"))
        )

    @cached_property
    def values(self) -> tuple[Value, ...]:
        return tuple(
            Value(
                name=str(entry.get("attribute") or entry.get("name")),
                text=str(entry.get("value")),
                words=stems(f"{entry.get('name') or ''} {entry.get('attribute') or ''}"),
            )
            for entry in objects(self._fields.get("attributes"))
            if entry.get("value") not in (None, "")
        )

    @cached_property
    def texts(self) -> tuple[str, ...]:
        return (
            tuple(
                text
                for key, value in self._fields.items()
                if key
                not in ("attributes", "url", "review_summary", "group", "as_of", "product_id")
                for text in strings(value)
            )
            + self.beside
        )

    @cached_property
    def prose(self) -> str:
        return "\n".join(self.texts)

    @cached_property
    def said(self) -> tuple[Amount, ...]:
        """Amounts that its texts hold; a bare number in a title is part of a name, and an amount
        of money there says nothing where the price is stated."""
        title = unmarked(str(self._fields.get("title") or ""))
        mute = {"", "money"} if self.price is not None else {""}
        named = [a.text for a in amounts_in(title) if a.unit in mute]
        return tuple(
            a
            for a in amounts_in(self.prose)
            if a.unit not in mute or a.text not in named or a.start > len(title)
        )


class Ledger:
    """The facts of a run, each read when first asked for."""

    def __init__(self, run: Trajectory) -> None:
        self.evidence = run.evidence
        self._read: dict[str, Facts] = {}
        self._beside: dict[str, list[str]] = {}
        for observation in run.observations:
            for entry in objects((observation.result or {}).get("near_misses")):
                alias = str(an_object(entry.get("product")).get("id"))
                self._beside.setdefault(alias, []).extend(strings(entry.get("violates")))

    def __getitem__(self, alias: str) -> Facts:
        if alias not in self._read:
            beside = tuple(self._beside.get(alias, ()))
            self._read[alias] = Facts(self.evidence[alias], beside)
        return self._read[alias]

    def __contains__(self, alias: str) -> bool:
        return alias in self.evidence

    def sources(self, alias: str) -> tuple[Facts, ...]:
        """What may bear out a claim on it: of a review its product, too."""
        own = self[alias]
        return (own, self[own.product]) if own.product in self.evidence else (own,)

    def reviews_of(self, alias: str) -> Iterator[Facts]:
        for other, evidence in self.evidence.items():
            if evidence.kind == "review" and evidence.fields.get("product_id") == alias:
                yield self[other]


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield unmarked(value)
    elif isinstance(value, list):
        for part in cast(list[Any], value):
            yield from strings(part)
    elif isinstance(value, dict):
        for part in cast(dict[str, Any], value).values():
            yield from strings(part)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and value is not True else None


def _numbers(*values: Any) -> tuple[float, ...]:
    found = (_number(value) for value in values)
    return tuple(dict.fromkeys(value for value in found if value is not None))
