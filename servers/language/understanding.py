"""What a search means, read against what this catalog holds.

Words are matched, longest first, with brands, concepts and the values that products of the asked
type state; a number with a unit goes to the attribute that such products state most in it.
Money is left alone: a shop's price filter is the caller's business.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from servers.index import AnyOf, BadQuery, Between, Filter, Is, Suggestion
from servers.language.asked import PREFIX, as_parameter, attribute_filter
from servers.language.catalog_statistics import CatalogStatistics
from servers.language.concepts import Concepts
from servers.language.phrasing import (
    AFTER,
    ARTICLES,
    BOUNDS,
    NEGATIONS,
    NEVER_TOO_MANY,
    PAIRED_NEGATIONS,
    ROOM,
    SPELLED_OUT,
    TOWARDS,
    USUAL,
    Phrase,
    unit_named,
)
from servers.language.producttypes import TypeModel
from servers.language.synonyms import alternatives, canonical, names
from servers.language.titles import JOINING
from servers.language.units import dimension_of
from servers.language.words import STOP_WORDS, analyze
from servers.records import Quantity

_AGE = "minimum age"
_FEW_PRODUCTS = 50
_MAX_WORDS = 60
"""A longer query is text pasted by mistake; its first words say what is meant."""


@dataclass(frozen=True)
class Term:
    """One thing that was asked for, in every wording: each alternative is a run of words."""

    words: Phrase
    alternatives: tuple[Phrase, ...] = ()


@dataclass(frozen=True)
class Understanding:
    text: str
    words: Phrase
    """Analyzed, without stop words, in order."""
    type: str | None = None
    """The kind of thing asked for, as named."""
    terms: tuple[Term, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    brands: tuple[str, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()


@dataclass
class Vocabularies:
    """Everything a query is read against; made once per snapshot."""

    statistics: CatalogStatistics
    types: TypeModel
    concepts: Concepts
    brands: Mapping[Phrase, str] = field(default_factory=dict[Phrase, str])
    flags: Mapping[Phrase, tuple[str, ...]] = field(default_factory=dict[Phrase, tuple[str, ...]])
    """How people ask for what is a yes or a no: concepts, and the catalog's own attributes."""

    def __post_init__(self) -> None:
        self.brands = {
            tuple(analyze(brand)): brand
            for brand, _ in reversed(self.statistics.brands.most_common())
        }
        own = {
            tuple(analyze(name)): name
            for name, count in reversed(self.statistics.flags.most_common())
            if 2 * count > self.statistics.names[""][name]
        }
        concepts = {
            tuple(analyze(said)): name
            for name, concept in self.concepts.table.items()
            if concept.kind == "flag"
            for said in (*concept.says, *concept.aliases, name)
        }
        self.flags = {
            said: tuple(one[said] for one in (concepts, own) if said in one)
            for said in own | concepts
        }


def understand(text: str, known: Vocabularies) -> Understanding:
    for written, said in SPELLED_OUT:
        text = written.sub(said, text)
    words = tuple(analyze(text))[:_MAX_WORDS]
    reading = _Reading(text, words, known)
    content = tuple(word for word in words if word not in STOP_WORDS)
    return Understanding(
        text=text,
        words=content,
        type=reading.type,
        terms=_terms(content, known.statistics),
        phrases=tuple(content[at : at + 2] for at in range(len(content) - 1)),
        quantities=tuple(reading.quantities),
        brands=tuple(reading.brands),
        suggestions=tuple(reading.suggestions),
    )


def suggest(text: str, known: Vocabularies) -> list[Suggestion]:
    """Filters that the words of `text` name, from what this catalog states, in their order."""
    return list(understand(text, known).suggestions)


def _terms(words: Phrase, statistics: CatalogStatistics) -> tuple[Term, ...]:
    """Words with their synonyms; "note book" and "notebook" are one term."""
    terms: list[Term] = []
    at = 0
    while at < len(words):
        size = next((size for size in (3, 2) if words[at : at + size] in alternatives()), 1)
        own = words[at : at + size]
        others = list(alternatives().get(own, ()))
        if size == 1 and at + 1 < len(words):
            joined = words[at] + words[at + 1]
            if words[at].isalpha() and statistics.words[joined] >= 2:
                terms.append(Term(words[at : at + 2], ((joined,),)))
                at += 2
                continue
        if size == 1:
            others += _split(own[0], statistics)
        terms.append(Term(own, tuple(others)))
        at += size
    return tuple(terms)


def _split(word: str, statistics: CatalogStatistics) -> list[Phrase]:
    if not word.isalpha() or len(word) < 6 or statistics.words[word] > 5:
        return []
    cuts = ((word[:at], word[at:]) for at in range(3, len(word) - 2))
    counts = statistics.words
    known = [cut for cut in cuts if min(counts[part] for part in cut) >= 5]
    return [max(known, key=lambda cut: min(counts[part] for part in cut))] if known else []


class _Reading:
    """One pass over the words of a query; each word is used once."""

    def __init__(self, text: str, words: Phrase, known: Vocabularies) -> None:
        self.words, self.known = words, known
        self.used = [False] * len(words)
        self.quantities: list[Quantity] = []
        self.brands: list[str] = []
        self.found: list[tuple[int, int, Suggestion]] = []
        self._capitalised = {
            word for token in re.findall(r"\b[A-Z][\w.&-]*", text) for word in analyze(token)
        }
        self._spellings = _spelled(text, words)
        self.type = self._read_type()
        self._ages()
        self._numbers()
        self._counts()
        for read in (self._flag, self._brand, self._value):
            self._longest_first(read)
        self.suggestions = self._joined()

    # The kind of thing

    def _read_type(self) -> str | None:
        span = self.known.types.find(self.words)
        if span is None or self._denied(span[0]):
            return None
        if (turned := self._turned(*span)) is not None:
            return turned
        other = self._other_type(*span)
        start, end = self._general(*span)
        self._use(start, end)
        named = self.words[start:end]
        if self._kinds_of(named):
            kinds = (canonical(self.words[other : start - 1]),) if other is not None else ()
            asked = tuple(" ".join(kind) for kind in (*kinds, canonical(named)))
            self._add(start if other is None else other, end, AnyOf("type", asked))
        return " ".join(named)

    def _turned(self, start: int, end: int) -> str | None:
        """ "charger for a laptop" is a laptop charger, where that is the name of another kind."""
        at = end + 1 + (self.words[end + 1 : end + 2] in ARTICLES)
        whose = self.words[at : at + 1]
        named = (*whose, *self.words[start:end])
        kind = canonical(named)
        if self.words[end : end + 1] != ("for",) or named not in names():
            return None
        if not self._kinds_of(named) or kind[-1:] == canonical(named[1:])[-1:]:
            return None
        self._add(start, at + 1, AnyOf("type", (" ".join(kind),)))
        return " ".join(named)

    def _other_type(self, start: int, end: int) -> int | None:
        """Where the first begins of "helicopter or quadcopter"; "laser or inkjet printer" and
        "laptop or phone case" are one kind of thing."""
        before = start - 1
        if self.words[max(0, before) : start] != ("or",):
            return None
        found = self.known.types.find(self.words[:before])
        if found is None or found[1] != before or not self._kinds_of(self.words[found[0] : before]):
            return None
        shared = (*self.words[found[0] : before], self.words[end - 1])
        if end - start > 1 and self.known.types.find(shared) == (0, len(shared)):
            return None
        return found[0]

    def _general(self, start: int, end: int) -> tuple[int, int]:
        """ "laser printer" -> "printer", where "laser" is what printers state as a value."""
        if self.words[end - 1] in JOINING and self._kinds_of(self.words[start:end]):
            return start, end
        while start < end - 1:
            rest = self.words[start + 1 : end]
            if self.known.types.find(rest) != (0, len(rest)):
                break
            if not self._values_of(self.words[start : start + 1], rest, least=3):
                break
            start += 1
        return start, end

    @cached_property
    def _kinds(self) -> list[str]:
        """The types of this catalog that are what was asked for; "" (all) where none is."""
        return self._kinds_of(tuple((self.type or "").split())) or [""]

    def _kinds_of(self, asked: Phrase) -> list[str]:
        name = " ".join(asked)
        types = self.known.types
        return (
            [kind for kind in self.known.statistics.products if kind and types.is_a(kind, name)]
            if asked
            else []
        )

    def _products(self) -> int:
        return sum(self.known.statistics.products[kind] for kind in self._kinds)

    def _stating(self, name: str) -> int:
        """How many products of the asked type state it."""
        return sum(self.known.statistics.names[kind][name] for kind in self._kinds)

    def _enough(self, of_many: float) -> float:
        """How many products must state a thing: of few, one says enough."""
        return of_many if self._products() > _FEW_PRODUCTS else 1

    # Bookkeeping

    def _use(self, start: int, end: int) -> None:
        self.used[start:end] = [True] * (end - start)

    def _add(self, start: int, end: int, wanted: Filter) -> None:
        self._use(start, end)
        said = " ".join(dict.fromkeys(self._spellings[start:end]))
        self.found.append((start, end, Suggestion(said, wanted)))

    def _joined(self) -> list[Suggestion]:
        """In their order; "black or grey" is one filter that either meets."""
        joined: list[tuple[int, int, Suggestion]] = []
        for start, end, one in sorted(self.found, key=lambda each: each[0]):
            before = joined[-1] if joined else None
            if before and self.words[before[1] : start] == ("or",):
                either = _either(before[2].filter, one.filter)
                if either is not None:
                    said = " ".join(dict.fromkeys(self._spellings[before[0] : end]))
                    joined[-1] = (before[0], end, Suggestion(said, either))
                    continue
            joined.append((start, end, one))
        return [one for _, _, one in joined]

    def _longest_first(self, read: Callable[[int, int], bool]) -> None:
        for size in range(4, 0, -1):
            for start in range(len(self.words) - size + 1):
                if not any(self.used[start : start + size]):
                    read(start, start + size)

    def _denial(self, start: int) -> int:
        """Where a denial before `start` begins ("without a"); `start` where there is none."""
        before = start - (self.words[max(0, start - 1) : start] in ARTICLES)
        if self.words[max(0, before - 2) : before] in PAIRED_NEGATIONS:
            return before - 2
        denied = before > 0 and self.words[before - 1] in NEGATIONS
        return before - 1 if denied else start

    def _denied(self, start: int) -> bool:
        return self._denial(start) < start

    # Numbers with units

    def _ages(self) -> None:
        """ "for a 6 year old", "ages 3+", "6-year-old": what is sold from that age on."""
        for at, word in enumerate(self.words):
            if not word.isdigit() or self.used[at] or int(word) > 99:
                continue
            after = self.words[at + 1 : at + 3]
            before = self.words[at - 1] if at else ""
            if after[:1] == ("year",) and after[1:] == ("old",):
                start, end = at, at + 3
                if low := self._lower_end(at):  # "5-7 year olds" may all play with it
                    start, word = self._from(at, at, low), low
                elif others := self._other_choices(at):
                    start, word = at - 1 - len(others), min(others, key=int)
            elif before in ("age", "aged"):
                start, end = at - 1, at + (2 if after[:1] == ("year",) else 1)
            else:
                continue
            self._use(start, end)
            if self.known.statistics.names[""][_AGE]:
                at_most = Between(PREFIX + _AGE, None, float(word), "years")
                self._add(start, end, at_most)

    def _numbers(self) -> None:
        at = 0
        while at < len(self.words):
            at = self._number(at) or at + 1

    def _number(self, at: int) -> int | None:
        words = self.words
        if self.used[at] or not words[at][0].isdigit() or at + 1 >= len(words):
            return None
        unit = unit_named(words[at + 1])
        if unit is None or self.used[at + 1] or words[at + 1 : at + 3] == ("inch", "1"):
            return None
        try:
            value = float(words[at].replace(",", ""))
        except ValueError:
            return None
        start, sign = self._bound(at)
        after = at + 2
        if not sign and (behind := self._bound_behind(at)):
            after, sign = behind
        low = self._lower_end(at)
        others = () if sign or low else self._other_choices(at)
        self.quantities.append(Quantity(value=value, unit=unit))
        self._use(at, after)
        start = at - 1 - len(others) if others else self._from(at, start, low)
        if (named := self._measured(unit, at, start)) is not None:
            name, start, until = named
            amount = f"{low}..{words[at]} {unit}" if low else f"{sign}{words[at]} {unit}"
            if others:
                amount = [_amount(number, unit) for number in (*others, words[at])]
            try:
                wanted = attribute_filter(name, amount)
            except BadQuery:
                return after
            if isinstance(wanted, Between) and wanted.high and name in ROOM:
                wanted = replace(wanted, high=round(wanted.high + ROOM[name], 6))
            self._add(start, max(until, after), wanted)
        return after

    def _from(self, at: int, start: int, low: str | None) -> int:
        return start if low is None else at - (1 if self.words[at - 1] == low else 2)

    def _lower_end(self, at: int) -> str | None:
        """ "20" of "20 to 30 l"."""
        token = self._spellings[at]
        if at and token == self._spellings[at - 1] and re.search(r"\d[-–]\d", token):
            return self.words[at - 1] if self._is_number(at - 1) else None
        if at < 2 or self.words[at - 1] not in ("to", "and") or self.used[at - 2]:
            return None
        return self.words[at - 2] if self._is_number(at - 2) else None

    def _other_choices(self, at: int) -> Phrase:
        """("16", "32") before "64" in "16, 32 or 64 GB"."""
        if self.words[max(0, at - 1) : at] != ("or",):
            return ()
        first = at - 1
        while first and self._is_number(first - 1):
            first -= 1
        return self.words[first : at - 1]

    def _is_number(self, at: int) -> bool:
        return not self.used[at] and self.words[at].replace(".", "", 1).isdigit()

    def _bound_behind(self, at: int) -> tuple[int, str] | None:
        """ "8 GB or more", "24 inches and up", "8GB+": (end, sign)."""
        said = self.words[at + 2 : at + 4]
        if len(said) == 2 and said[0] in ("or", "and") and said[1] in AFTER:
            return at + 4, AFTER[said[1]]
        return (at + 2, ">= ") if self._spellings[at + 1].endswith("+") else None

    def _counts(self) -> None:
        """ "1000 pieces", "at least 4 ports", "for 2 players": a number of things that the
        products of the type count."""
        for at, word in enumerate(self.words):
            if self.used[at] or not word.replace(",", "").isdigit():
                continue
            for size in (3, 2, 1):
                said = self.words[at + 1 : at + 1 + size]
                name = self.known.concepts.resolve(" ".join(said)) if len(said) == size else None
                if name and not any(self.used[at + 1 : at + 1 + size]) and self._counted(name):
                    unit = self.known.concepts.table[name].unit or ""
                    start, amount = self._count(at, unit)
                    if name in NEVER_TOO_MANY and amount == word:
                        amount = f">= {word}"
                    self._add(start, at + 1 + size, attribute_filter(name, amount))
                    break

    def _count(self, at: int, unit: str) -> tuple[int, str | Sequence[str]]:
        """Where "at least 500", "500" or "250 or 500" begins, and what to filter by."""
        start, sign = self._bound(at)
        others = () if sign else self._other_choices(at)
        if others:
            choices = (*others, self.words[at])
            return at - 1 - len(others), [_amount(number, unit) for number in choices]
        return start, f"{sign}{_amount(self.words[at], unit)}"

    def _counted(self, name: str) -> bool:
        countable = self.known.concepts.table[name].unit in (None, "", "pages")
        return (
            countable
            and self.known.concepts.table[name].kind == "quantity"
            and self._stating(name) >= self._enough(2)
        )

    def _bound(self, at: int) -> tuple[int, str]:
        for size in (3, 2, 1):
            said = self.words[max(0, at - size) : at]
            if len(said) == size and said in BOUNDS:
                return at - size, BOUNDS[said]
        return at, ""

    def _measured(self, unit: str, at: int, start: int) -> tuple[str, int, int] | None:
        """(attribute of this dimension, start, end): the one named behind or before the figure,
        else the one that products of the type state most."""
        able = self._able(unit)
        for size in (3, 2, 1):
            said = self.words[at + 2 : at + 2 + size]
            name = self._named(said, able) if len(said) == size else None
            if name and not any(self.used[at + 2 : at + 2 + size]):
                return name, start, at + 2 + size
        before = start - (self.words[start - 1 : start] == ("of",))
        for size in (3, 2, 1):
            said = self.words[max(0, before - size) : before]
            name = self._named(said, able) if len(said) == size else None
            if name and not any(self.used[before - size : before]):
                return name, before - size, at + 2
        name = self._most_stated(unit, able)
        return (name, start, at + 2) if name else None

    def _able(self, unit: str) -> dict[str, int]:
        """What products of the type state in this unit, or at least in its dimension."""
        dimension = dimension_of(unit)
        stated = {
            name: self._stating(name)
            for name, counts in self.known.statistics.dimensions.items()
            if dimension and counts[dimension] > 0.2 * counts.total()
        }
        able = {name: count for name, count in stated.items() if count >= self._enough(2)}
        units = self.known.statistics.units
        return {name: count for name, count in able.items() if units[name][unit]} or able

    def _named(self, said: Phrase, able: Mapping[str, int]) -> str | None:
        concept = self.known.concepts.resolve(" ".join(said))
        if concept in able:
            return concept
        return next((name for name in able if tuple(analyze(name)) == said), None)

    def _most_stated(self, unit: str, able: Mapping[str, int]) -> str | None:
        if not able:
            return None
        most = max(able, key=lambda name: (able[name], name))
        for name in USUAL.get(dimension_of(unit) or "", ()):
            if able.get(name, 0) >= 0.3 * able[most]:
                return name
        return most if able[most] >= 0.3 * self._products() else None

    # Words

    def _flag(self, start: int, end: int) -> bool:
        """A concept that is yes or no, where products of the type state it."""
        names = self.known.flags.get(self.words[start:end], ())
        least = self._enough(max(2, 0.01 * self._products()))
        name = next((one for one in names if self._stating(one) >= least), None)
        if name is None:
            return False
        begins = self._denial(start)
        self._add(begins, end, Is(PREFIX + name, begins == start))
        return True

    def _brand(self, start: int, end: int) -> bool:
        words = self.words[start:end]
        brand = self.known.brands.get(words)
        before = start - (self.words[max(0, start - 1) : start] in ARTICLES)
        if brand is None or (before and self.words[before - 1] in TOWARDS):
            return False
        common = len(words) == 1 and (words[0] in STOP_WORDS or self._common(words[0], brand))
        if common and words[0] not in self._capitalised:
            return False
        self.brands.append(brand)
        if not self._denied(start):
            self._add(start, end, AnyOf("brand", (brand,)))
        return True

    def _common(self, word: str, brand: str) -> bool:
        """Whether the word is used for more than the brand ("Orange", "Unique")."""
        statistics = self.known.statistics
        elsewhere = statistics.words[word] - statistics.brands[brand]
        return elsewhere > 0.5 * statistics.brands[brand] or word in statistics.values

    def _value(self, start: int, end: int) -> bool:
        words = self.words[start:end]
        if self._denied(start) or all(word in STOP_WORDS for word in words):
            return False
        names = self._values_of(words, tuple((self.type or "").split()))
        if not names:
            return False
        name = names[0]
        spelling = self.known.statistics.spellings.get(" ".join(words), " ".join(words))
        self._add(start, end, AnyOf(PREFIX + name, (spelling,)))
        return True

    def _values_of(self, words: Phrase, kind: Phrase, least: int = 2) -> list[str]:
        """Under which attributes products of the kind state these words as a value, the most
        frequent first; one that nearly every product states differently is no choice of theirs."""
        counts = self.known.statistics.values.get(" ".join(words))
        if not counts:
            return []
        totals: dict[str, int] = {}
        kinds = self._kinds_of(kind) if kind else []
        if kinds:
            for name in (name for name in counts if "\t" not in name):
                totals[name] = sum(counts[f"{name}\t{each}"] for each in kinds)
        else:
            totals = {name: count for name, count in counts.items() if "\t" not in name}
        concepts = self.known.concepts.table
        totals = {
            name: count * (3 if name in concepts else 1)
            for name, count in totals.items()
            if count >= (least if self.known.statistics.products[""] > _FEW_PRODUCTS else 1)
        }
        return sorted(totals, key=lambda name: (-totals[name], name))


def _either(one: Filter, other: Filter) -> Filter | None:
    """What meets one of both, where one filter can say so."""
    match one, other:
        case (AnyOf(), AnyOf()) if one.field == other.field:
            return AnyOf(one.field, (*one.values, *other.values))
        case (
            Between(low=float(), high=float()),
            Between(low=float(), high=float()),
        ) if one.field == other.field:
            amounts = (as_parameter(one)[1], as_parameter(other)[1])
            return AnyOf(one.field, tuple(map(str, amounts)))
        case (AnyOf(), Between(low=float(), high=float())) if one.field == other.field:
            return AnyOf(one.field, (*one.values, str(as_parameter(other)[1])))
        case (Is(), Is()):  # no filter says either; what meets the first meets it
            return one
        case _:
            return None


def _amount(number: str, unit: str) -> str:
    return f"{number.replace(',', '')} {unit}".strip()


def _spelled(text: str, words: Phrase) -> Sequence[str]:
    """For each analyzed word the token it was written in: "wi" and "fi" -> "Wi-Fi"."""
    spelled: list[str] = []
    for token in text.split():
        spelled += [token.strip(".,;:!?()")] * len(analyze(token))
    return spelled if len(spelled) >= len(words) else words
