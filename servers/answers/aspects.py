"""What reviews praise and fault, read without a model.

A review is cut into clauses. A clause speaks of an aspect if it holds one of its words; it is
praise or fault by the words of opinion in it, turned round by a negation before them. A clause
without any such word goes by the review's stars, if they are clear. `aspects.toml` holds the
words; terms that the reviews of one product keep naming join them.
"""

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from servers.answers.hygiene import clean
from servers.language.words import STOP_WORDS, singular
from servers.records import Review

_TOKEN = re.compile(r"\d+(?:[.,/]\d+)+|[^\W_]+(?:['\-/][^\W_]+)*|[.!?;,:()\n|]+")
_CLAUSE_WORDS = frozenset({"but", "however", "although", "though", "except", "whereas", "yet"})
_NEGATIONS = frozenset(
    "not no never none isn't wasn't aren't weren't don't doesn't didn't won't wouldn't can't cannot"
    " couldn't shouldn't hasn't haven't hadn't without hardly barely nothing nor ain't isnt wasnt"
    " dont doesnt didnt wont cant".split()
)
_REACH = 3
"""Words between a negation and what it denies: "not a very good"."""
_NO_DENIAL = frozenset({"only", "just"})
"""After "not": "not only good, but cheap" praises twice."""
_ABSENCES = frozenset({"no", "without", "lack", "lacks", "lacking", "missing"})
_CLEAR_PRAISE, _CLEAR_FAULT = 4.5, 2.0
_AFTER_ALSO = frozenset({"good", "well", "as", "when", "because", "so", "he", "she"})
"""After a "too" that means also, or that praises."""
_SHORT_CLAUSE = 8
"""Words up to which a clause that names an aspect is about it: "nice rules and box"."""

_FEWEST_REVIEWS = 6
_FEWEST = 3
"""Reviews that must name a term which is not in the table."""
_DETERMINERS = frozenset("the its it's this these their his her my your our each every".split())
_NAMES_NOTHING = frozenset(
    "thing things product item items one ones time times day days week weeks month months year"
    " years lot bit way son daughter kid kids child children boy girl husband wife mum dad friend"
    " grandson granddaughter nephew niece birthday christmas present gift star stars review reviews"
    " amazon people everyone someone home house room family fact point end first second third set"
    " same other only right left best most more next last whole old new little big small great good"
    " nice perfect money work works use used thought rest start side top back front part parts kind"
    " hour hours minute minutes purchase order reason moment world case idea hand hands".split()
)


@dataclass(frozen=True)
class Mention:
    """`aspect` named in a review, and what the clause thinks of it (above 0: praise)."""

    aspect: str
    opinion: int


@dataclass
class AspectCount:
    name: str
    positive: list[str] = field(default_factory=list[str])
    """Ids of the reviews that praise it."""
    negative: list[str] = field(default_factory=list[str])

    @property
    def mentions(self) -> int:
        return len(self.positive) + len(self.negative)


@dataclass(frozen=True)
class _Entry:
    aspect: str | None
    opinion: int


_Phrases = Mapping[str, Sequence[tuple[tuple[str, ...], Sequence[_Entry]]]]
"""First word -> phrases that begin with it, longest first."""


def count_aspects(reviews: Sequence[Review], title: str = "") -> list[AspectCount]:
    """Aspects by how many reviews praise or fault them, most first. One review counts at most
    once on either side of an aspect. Words of the product's `title` are no aspects of it."""
    terms = frequent_terms(reviews) - {singular(word) for word in _TOKEN.findall(title.lower())}
    counts: dict[str, AspectCount] = {}
    for review in reviews:
        opinions: dict[str, set[bool]] = defaultdict(set)
        for mention in mentions(review, terms):
            if mention.opinion:
                opinions[mention.aspect].add(mention.opinion > 0)
        for aspect, sides in opinions.items():
            count = counts.setdefault(aspect, AspectCount(aspect))
            if True in sides:
                count.positive.append(review.id)
            if False in sides:
                count.negative.append(review.id)
    kept = [one for one in counts.values() if one.name not in terms or one.mentions >= _FEWEST]
    return sorted(kept, key=lambda one: (-one.mentions, one.name))


def related_words(query: str) -> list[str]:
    """The words by which shoppers speak of the aspects that `query` names: "noise" -> "quiet",
    "loud", "noisy", ... Empty where it names none."""
    aspects, _ = _table()
    clause = [word for words in _clauses(query) for word in words]
    named = {entry.aspect for _, _, entries in _matches(clause) for entry in entries}
    found = [
        text
        for name in aspects
        if name in named
        for kind in ("words", "praise", "fault")
        for text in aspects[name][kind]
    ]
    return list(dict.fromkeys(text for text in found if text.isalpha()))


def mentions(review: Review, terms: frozenset[str] = frozenset()) -> Iterator[Mention]:
    for clause in _clauses(clean(f"{review.title}\n{review.text}")):
        yield from _mentions_in(clause, review.rating, terms)


def _clauses(text: str) -> Iterator[list[str]]:
    clause: list[str] = []
    for token in _TOKEN.findall(text.lower().replace("’", "'")):
        if token[0] in ".!?;,:()\n|" or token in _CLAUSE_WORDS:
            if clause:
                yield clause
            clause = []
        else:
            clause.append(token)
    if clause:
        yield clause


def _mentions_in(
    clause: Sequence[str], rating: float | None, terms: frozenset[str]
) -> Iterator[Mention]:
    named: dict[str, int] = {}
    absent: dict[str, int] = {}
    general = 0
    for at, size, entries in _matches(clause):
        for entry in entries:
            opinion = entry.opinion * _direction(clause, at, size)
            if opinion > 0 and _is_excess(clause, at - 1):
                opinion = -opinion
            if entry.aspect is None:
                general += opinion
            else:
                named[entry.aspect] = named.get(entry.aspect, 0) + opinion
                if _ABSENCES.intersection(clause[max(0, at - 2) : at]):
                    absent[entry.aspect] = 1 if entry.aspect in _better_absent() else -1
    general -= _excesses(clause)
    for word in clause:
        if singular(word) in terms:
            named.setdefault(singular(word), 0)
    around = general or sum(named.values())  # "the pump rattles" is no praise of the pump
    for aspect, opinion in named.items():
        yield Mention(aspect, opinion or absent.get(aspect) or around or _prior(clause, rating))


def _excesses(clause: Sequence[str]) -> int:
    """ "too hot", "too stiff": a fault whatever the word is."""
    return sum(_direction(clause, at, 1) for at in range(len(clause)) if _is_excess(clause, at))


def _is_excess(clause: Sequence[str], at: int) -> bool:
    if at < 0 or clause[at] != "too" or at + 1 == len(clause):
        return False
    return clause[at + 1] not in _AFTER_ALSO and clause[at + 1] not in STOP_WORDS


def _prior(clause: Sequence[str], rating: float | None) -> int:
    """What the stars say of a clause without any word of opinion."""
    if rating is None or len(clause) > _SHORT_CLAUSE:
        return 0
    return (rating >= _CLEAR_PRAISE) - (rating <= _CLEAR_FAULT)


def _matches(clause: Sequence[str]) -> Iterator[tuple[int, int, Sequence[_Entry]]]:
    """Longest phrases first from left to right; no word is read twice."""
    phrases = _phrases()
    at = 0
    while at < len(clause):
        found = _match_at(clause, at, phrases)
        if found is not None:
            yield at, *found
            at += found[0]
        else:
            at += 1


def _match_at(
    clause: Sequence[str], at: int, phrases: _Phrases
) -> tuple[int, Sequence[_Entry]] | None:
    for phrase, entries in phrases.get(clause[at], ()):
        if tuple(clause[at : at + len(phrase)]) == phrase:
            return len(phrase), entries
    entries = _by_stem(clause[at])
    return (1, entries) if entries else None


@lru_cache(maxsize=50_000)
def _by_stem(word: str) -> Sequence[_Entry]:
    phrases = _phrases()
    for end in range(len(word), 2, -1):
        for _, entries in phrases.get(word[:end] + "*", ()):
            return entries
    return ()


def _direction(clause: Sequence[str], at: int, size: int) -> int:
    """-1 where a negation stands before the phrase (and is no part of it)."""
    before = clause[max(0, at - _REACH) : at]
    for place, word in enumerate(before):
        following = clause[max(0, at - _REACH) + place + 1 : at + size]
        if word in _NEGATIONS and not (following and following[0] in _NO_DENIAL):
            return -1
    return 1


def frequent_terms(reviews: Sequence[Review]) -> frozenset[str]:
    """Words that many reviews of a product use as the name of a thing ("the hinge", "its lid")
    and the table does not know."""
    if len(reviews) < _FEWEST_REVIEWS:
        return frozenset()
    named: Counter[str] = Counter()
    used: Counter[str] = Counter()
    for review in reviews:
        words = [word for clause in _clauses(clean(review.text)) for word in clause]
        pairs = pairwise(words)
        named.update({singular(word) for before, word in pairs if before in _DETERMINERS})
        used.update({singular(word) for word in words})
    known = _known_words()
    fewest = max(_FEWEST, len(reviews) // 12)
    return frozenset(
        word
        for word, count in named.most_common(40)
        if count >= fewest and 2 * count >= used[word] and _may_name(word, known)
    )


def _may_name(word: str, known: frozenset[str]) -> bool:
    names_nothing = word in _NAMES_NOTHING or word in STOP_WORDS or word in known
    return len(word) > 2 and word.isalpha() and not names_nothing and not word.endswith("ing")


# The table


@cache
def _table() -> tuple[dict[str, dict[str, Any]], dict[str, list[str]]]:
    raw = tomllib.loads(Path(__file__).with_name("aspects.toml").read_text(encoding="utf-8"))
    return raw["aspects"], raw["opinion"]


@cache
def _phrases() -> _Phrases:
    aspects, opinion = _table()
    entries: dict[tuple[str, ...], list[_Entry]] = defaultdict(list)

    def add(texts: Iterable[str], entry: _Entry) -> None:
        for text in texts:
            entries[tuple(text.split())].append(entry)

    add(opinion["praise"], _Entry(None, 1))
    add(opinion["fault"], _Entry(None, -1))
    add(opinion["neutral"], _Entry(None, 0))
    for name, words in aspects.items():
        add(words["words"], _Entry(name, 0))
        add(words["praise"], _Entry(name, 1))
        add(words["fault"], _Entry(name, -1))
    by_first: dict[str, list[tuple[tuple[str, ...], Sequence[_Entry]]]] = defaultdict(list)
    for phrase, found in entries.items():
        by_first[phrase[0]].append((phrase, found))
    return {first: sorted(some, key=lambda one: -len(one[0])) for first, some in by_first.items()}


@cache
def _better_absent() -> frozenset[str]:
    return frozenset(name for name, words in _table()[0].items() if "absent" in words)


@cache
def _known_words() -> frozenset[str]:
    aspects, opinion = _table()
    texts = [*opinion["praise"], *opinion["fault"]]
    for words in aspects.values():
        texts += [*words["words"], *words["praise"], *words["fault"]]
    return frozenset(singular(word) for text in texts for word in text.split())
