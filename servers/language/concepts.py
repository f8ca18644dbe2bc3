"""One meaning under many names: what a product states about HDMI, noise or paper size.

`concepts.toml` says, per concept, under which attributes catalogs state it and how each is read.
A reading yields a value or nothing. What is there but cannot be read safely (a "sound pressure" of
6.3) is unclear, which is neither met nor broken.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import translate
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from servers.index import BadSource
from servers.language.units import canonical_unit, convert, parse_quantity
from servers.language.values import format_value
from servers.language.words import analyze, normal
from servers.records import Product, Quantity, Value, Values

Kind = Literal["flag", "quantity", "words"]
Way = Literal["flag", "stated", "mentions", "all", "pick_no", "quantity", "pick", "words"]

YES = frozenset({"yes", "y", "true"})
NO = frozenset({"no", "n", "false", "none", "not supported", "not available", "without", "n/a"})
_HEDGES = frozenset({"optional", "not", "no", "without", "sold separately", "non"})
_LIST_SEPARATOR = re.compile(r"\s*[,;|\n]\s*|\s+/\s+|\\n")
_QUANTITY_IN_TEXT = re.compile(
    r"-?\d+(?:[.,]\d+)*\s?(?:[^\W\d_]+(?:\([^\W\d_]\))?(?:/[^\W_]+)?|\"|″|%|°C?)"
)
_LEADING_NUMBER = re.compile(r"\s*(\d+(?:\.\d+)?)(?!\S*[a-zA-Z])")


class Source(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    attribute: tuple[str, ...]
    read: Way
    words: tuple[str, ...] = ()
    pattern: str | None = None
    assume: str | None = None


class Concept(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    sources: tuple[Source, ...]
    aliases: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    """Words of a question that ask for a yes, but are no name of it."""
    unit: str | None = None
    range: Annotated[tuple[float, float] | None, Field()] = None


_Table = TypeAdapter(dict[str, Concept])


@dataclass(frozen=True)
class Derived:
    """What a product states about a concept, and under which of the catalog's own attributes."""

    values: Values
    attribute: str
    unclear: str | None = None
    """Why the stated value cannot be read; then `values` is empty."""


@dataclass(frozen=True)
class _Rule:
    concept: str
    rank: int
    source: Source


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What one source of a concept makes of one attribute; the same object each time it is seen
    again, as long as it is remembered: whoever keeps something about it may use it as a key."""

    concept: str
    rank: int
    derived: Derived


@dataclass
class Concepts:
    """The table, read. `derive` is what an index stores and `judging` asks."""

    table: Mapping[str, Concept]
    _names: dict[str, str] = field(default_factory=dict[str, str])
    _exact: dict[str, list[_Rule]] = field(default_factory=dict[str, list[_Rule]])
    _patterns: list[tuple[re.Pattern[str], _Rule]] = field(
        default_factory=list[tuple[re.Pattern[str], _Rule]]
    )
    _rules: dict[str, tuple[_Rule, ...]] = field(default_factory=dict[str, tuple[_Rule, ...]])
    _covering: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    _readings: dict[object, tuple[Reading, ...]] = field(
        default_factory=dict[object, "tuple[Reading, ...]"]
    )

    @classmethod
    def load(cls, extra: Path | None = None) -> "Concepts":
        """The table beside this module; concepts of `extra` (same form) replace or join it.

        Raises BadSource naming the file and what is wrong.
        """
        tables = [Path(__file__).with_name("concepts.toml"), *([extra] if extra else [])]
        merged: dict[str, Concept] = {}
        for path in tables:
            merged.update(_read_table(path))
        return cls(merged)

    def __post_init__(self) -> None:
        for name, concept in self.table.items():
            for alias in concept.aliases:
                self._names.setdefault(normal(alias), name)
        for name, concept in self.table.items():
            self._names[normal(name)] = name
            for rank, source in enumerate(concept.sources):
                rule = _Rule(name, rank, source)
                for text in source.attribute:
                    if "*" in text:
                        self._patterns.append((_pattern(text), rule))
                    else:
                        self._exact.setdefault(" ".join(analyze(text)), []).append(rule)

    def resolve(self, name: str) -> str | None:
        """The concept that goes by this name or alias."""
        return self._names.get(normal(name))

    def aliases(self) -> Mapping[str, tuple[str, ...]]:
        return {name: concept.aliases for name, concept in self.table.items()}

    def covering(self, attribute: str) -> Sequence[str]:
        """The concepts that read this attribute."""
        known = self._covering.get(attribute)
        if known is None:
            known = tuple(dict.fromkeys(rule.concept for rule in self._rules_for(attribute)))
            if len(self._covering) < 50_000:
                self._covering[attribute] = known
        return known

    def derive(self, product: Product) -> Mapping[str, Derived]:
        """All concepts that the product states something about."""
        return self._derive(product.attributes, None)

    def derive_one(self, product: Product, concept: str) -> Derived | None:
        return self._derive(product.attributes, concept).get(concept)

    def unclear(self, attribute: str, value: Value) -> str | None:
        """Why a figure stated under this attribute cannot be what it claims to be."""
        for rule in self._rules_for(attribute):
            concept = self.table[rule.concept]
            if rule.source.read == "quantity" and isinstance(value, Quantity):
                read = _quantity(value, rule.source, concept)
                if isinstance(read, str):
                    return read
        return None

    def _derive(self, attributes: Mapping[str, Values], only: str | None) -> dict[str, Derived]:
        readings = (
            reading
            for attribute, values in attributes.items()
            for reading in self.readings(attribute, values)
            if only is None or reading.concept == only
        )
        return {name: reading.derived for name, reading in chosen(readings).items()}

    def readings(self, attribute: str, values: Values) -> tuple[Reading, ...]:
        """Every reading of what is stated; products repeat one another, so it is kept."""
        rules = self._rules_for(attribute)
        if not rules:
            return ()
        key = (attribute, values, tuple(map(type, values)))  # since 1.0 == True
        readings = self._readings.get(key)
        if readings is None:
            found = [(rule, self._read(rule, attribute, values)) for rule in rules]
            readings = tuple(
                [Reading(rule.concept, rule.rank, read) for rule, read in found if read is not None]
            )
            if len(self._readings) < 100_000:
                self._readings[key] = readings
        return readings

    def _rules_for(self, attribute: str) -> tuple[_Rule, ...]:
        rules = self._rules.get(attribute)
        if rules is None:
            words = " ".join(analyze(attribute))
            matching = (rule for pattern, rule in self._patterns if pattern.match(words))
            named = (*self._exact.get(words, ()), *matching)
            found = {(rule.concept, rule.rank): rule for rule in named}
            rules = tuple(found[key] for key in sorted(found))
            if len(self._rules) < 50_000:
                self._rules[attribute] = rules
        return rules

    def _read(self, rule: _Rule, attribute: str, values: Values) -> Derived | None:
        concept = self.table[rule.concept]
        match rule.source.read:
            case "flag":
                read = _flag(values)
            case "stated":
                read = _stated(values)
            case "mentions":
                read = True if _mentions(values, rule.source.words) else None
            case "pick_no":
                read = False if _mentions(values, rule.source.words) else None
            case "all":
                read = True if _holds_all(values, rule.source.words) else None
            case "quantity":
                return _quantities(attribute, values, rule.source, concept)
            case "pick":
                return _distinct(attribute, _picked(values, rule.source.pattern or ""))
            case "words":
                measured = [value for value in values if isinstance(value, Quantity)]
                return _distinct(attribute, [*measured, *_listed(values)])
        return None if read is None else Derived((read,), attribute)


def _read_table(path: Path) -> dict[str, Concept]:
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise BadSource(f"{path}: cannot read the table of concepts: {problem}") from None
    groups: dict[str, list[str]] = raw.pop("groups", {})
    try:
        table = {
            name: _expanded(concept, groups)
            for name, concept in _Table.validate_python(raw).items()
        }
        for name, concept in table.items():
            _check(name, concept)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadSource(f"{path}: {where}: {first['msg']}") from None
    except ValueError as problem:
        raise BadSource(f"{path}: {problem}") from None
    return table


def _expanded(concept: Concept, groups: Mapping[str, Sequence[str]]) -> Concept:
    sources = tuple(
        source.model_copy(
            update={
                "attribute": tuple(
                    each
                    for name in source.attribute
                    for each in (groups.get(name[1:], ()) if name.startswith("@") else (name,))
                )
            }
        )
        for source in concept.sources
    )
    return concept.model_copy(update={"sources": sources})


def _check(name: str, concept: Concept) -> None:
    units = [concept.unit, *(source.assume for source in concept.sources)]
    for unit in units:
        if unit and canonical_unit(unit) is None:
            raise ValueError(f"{name}: unknown unit {unit!r}")
    for source in concept.sources:
        if source.read == "pick":
            re.compile(source.pattern or "")
        if source.read in ("mentions", "all", "pick_no") and not source.words:
            raise ValueError(f"{name}: a source that reads {source.read!r} needs `words`")


@cache
def _pattern(text: str) -> re.Pattern[str]:
    parts = [" ".join(analyze(part)) for part in text.split("*")]
    return re.compile(translate("*".join(parts)))


def chosen(readings: Iterable[Reading]) -> dict[str, Reading]:
    """For each concept the reading that counts: the first source's that is not unclear."""
    best: dict[str, Reading] = {}
    for reading in readings:
        known = best.get(reading.concept)
        if known is None:
            best[reading.concept] = reading
            continue
        if known.rank <= reading.rank and not known.derived.unclear:
            continue
        if known.derived.unclear or not reading.derived.unclear:
            best[reading.concept] = reading
    return best


# Readings


def truth(value: Value) -> bool | None:
    """Whether a value says yes or no; None where it says neither."""
    match value:
        case bool():
            return value
        case Quantity():
            return value.value > 0
        case int() | float():
            return value > 0
        case str():
            word = value.strip().casefold()
            return True if word in YES else False if word in NO else None


def _flag(values: Values) -> bool | None:
    said = [truth(value) for value in values]
    return True if True in said else False if False in said else None


def _stated(values: Values) -> bool | None:
    said = [True if truth(value) is None else truth(value) for value in values]
    return True if True in said else False if said else None


def contains(text: Sequence[str], words: Sequence[str]) -> int | None:
    """Where the words stand in the text, side by side."""
    size = len(words)
    for start in range(len(text) - size + 1):
        if text[start : start + size] == words:
            return start
    return None


def _mentions(values: Values, words: Sequence[str]) -> bool:
    for value in values:
        if not isinstance(value, str):
            continue
        for part in _LIST_SEPARATOR.split(value):
            text = analyze(part)
            found = any(contains(text, analyze(word)) is not None for word in words)
            if found and not _HEDGES.intersection(text):
                return True
    return False


def _holds_all(values: Values, words: Sequence[str]) -> bool:
    text = [word for value in values if isinstance(value, str) for word in analyze(value)]
    return all(word in text for word in words)


def _listed(values: Values) -> list[str]:
    texts = [value for value in values if isinstance(value, str)]
    parts = [part.strip() for text in texts for part in _LIST_SEPARATOR.split(text)]
    return [part for part in parts if part and part.casefold() not in YES | NO]


def _picked(values: Values, pattern: str) -> list[str]:
    texts = [value for value in values if isinstance(value, str)]
    return [match.group().upper() for text in texts for match in re.finditer(pattern, text, re.I)]


def _distinct(attribute: str, read: Iterable[Value]) -> Derived | None:
    distinct = tuple(dict.fromkeys(read))
    return Derived(distinct, attribute) if distinct else None


def _quantities(attribute: str, values: Values, source: Source, concept: Concept) -> Derived | None:
    read: list[Value] = []
    unclear: str | None = None
    for value in values:
        found = _quantity(value, source, concept)
        if isinstance(found, str):
            unclear = found
        elif found is not None:
            read.append(found)
    if read:
        return Derived(tuple(read), attribute)
    return Derived((), attribute, unclear) if unclear else None


def _quantity(value: Value, source: Source, concept: Concept) -> Value | str | None:
    """The quantity, or why the value is unclear, or None where it states none."""
    match value:
        case bool():
            return None
        case Quantity():
            return _plausible(value, concept)
        case int() | float():
            return _bare(float(value), source, concept)
        case str():
            return _quantity_in_text(value, source, concept)


def _bare(number: float, source: Source, concept: Concept) -> Value | str | None:
    if not concept.unit:
        low, high = concept.range or (float("-inf"), float("inf"))
        return number if low <= number <= high else f"{format_value(number)} is not possible"
    if source.assume is None:
        return f"{format_value(number)} without a unit"
    unit = canonical_unit(source.assume) or source.assume
    return _plausible(Quantity(value=number, unit=unit), concept)


def _plausible(quantity: Quantity, concept: Concept) -> Value | str | None:
    if not concept.unit:
        return quantity.value
    try:
        magnitude = convert(quantity.value, quantity.unit, concept.unit)
    except ValueError:
        return None
    low, high = concept.range or (float("-inf"), float("inf"))
    if low <= magnitude <= high:
        return quantity
    return f"{format_value(quantity)} is no possible figure"


def _quantity_in_text(text: str, source: Source, concept: Concept) -> Value | str | None:
    for match in _QUANTITY_IN_TEXT.finditer(text):
        quantity = parse_quantity(match.group())
        read = _plausible(quantity, concept) if quantity else None
        if isinstance(read, Quantity):
            return read
        if quantity and concept.unit:
            return read
    number = _LEADING_NUMBER.match(text)
    if number and (source.assume or not concept.unit):
        return _bare(float(number[1]), source, concept)
    return None
