"""What a search asks for and how much each part of it weighs, the same in every engine.

An engine turns this into queries of its own; a weight that is changed here is changed in all.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from servers.index import Between, Filter, Query
from servers.language.understanding import Term, Understanding, Vocabularies, understand
from servers.language.words import STOP_WORDS, analyze

ATTRIBUTES = 0.02
PHRASE = 0.5
EVERY_TERM = 4.0
NO_OTHER_TYPE = 12.0
ASKED_TYPE = 2.0

_MOST_WORDS = 48
"""Of a text; what stands after them (a pasted page) does not decide what is searched."""
_TEXTS_KEPT = 16
_TYPES_KEPT = 500

Types = tuple[str, ...]


def searchable(text: str) -> list[str]:
    """The distinct words to search for; stop words only where there are no others."""
    found = list(dict.fromkeys(analyze(text[:20_000])))
    content = [word for word in found if word not in STOP_WORDS]
    return (content or found)[:_MOST_WORDS]


@dataclass(frozen=True)
class Asked:
    """The words of a query, grouped into the things they ask for, with the types it means."""

    words: tuple[str, ...]
    terms: tuple[Term, ...]
    covered: frozenset[str] = frozenset()
    """Words that a filter of the query says."""
    types: tuple[str, ...] = ()
    """Types of this catalog that are what was asked for."""
    possible_types: tuple[str, ...] = ()
    """Where a type was asked for: the types of this catalog that are not surely something else."""
    naming: frozenset[str] = frozenset()
    """Words that name the type: a product of the type need not spell them."""

    @property
    def needed(self) -> tuple[Term, ...]:
        return tuple(term for term in self.terms if not self.covered.issuperset(term.words))


@dataclass(frozen=True)
class Questions:
    """Reads questions against one state of a catalog, and keeps the last ones: the lists beside
    the matches are searched for the same text at the same time."""

    known: Vocabularies
    types: Callable[[], Iterable[str]]
    """Those that the catalog has."""
    _understood: dict[str, Understanding] = field(default_factory=dict[str, Understanding])
    _types: dict[str, tuple[Types, Types]] = field(default_factory=dict[str, tuple[Types, Types]])

    def asked(self, query: Query) -> Asked:
        """A question is understood where products are searched; elsewhere it is its words."""
        words = tuple(searchable(query.text))
        plain = tuple(Term((word,)) for word in words)
        if query.kind != "product":
            return Asked(words, plain)
        read = self.understood(query.text)
        fields = {asked.field for asked in query.filters}
        said = [
            analyze(one.words)
            for one in read.suggestions
            if one.filter.field in fields or _is_bound(one.filter)
        ]
        types, possible = self._types_for(read.type) if read.type else ((), ())
        kind = (read.type or "").split()
        covered = frozenset(word for words in said for word in words)
        if "type" in fields:
            covered |= frozenset(kind)
        naming = frozenset(kind) if types else frozenset[str]()
        return Asked(words, read.terms or plain, covered, types, possible, naming)

    def understood(self, text: str) -> Understanding:
        found = self._understood.get(text)
        if found is None:
            found = understand(text, self.known)
            if len(self._understood) >= _TEXTS_KEPT:
                self._understood.clear()
            self._understood[text] = found
        return found

    def _types_for(self, asked: str) -> tuple[Types, Types]:
        """The catalog's types that are what was asked for, and with them those that may be."""
        found = self._types.get(asked)
        if found is None:
            said = {kind: self.known.types.is_a(kind, asked) for kind in self.types()}
            same = tuple(kind for kind in said if said[kind])
            possible = tuple(kind for kind in said if said[kind] is not False)
            found = (same, possible) if same else ((), ())
            if len(self._types) >= _TYPES_KEPT:
                self._types.clear()
            self._types[asked] = found
        return found


def _is_bound(asked: Filter) -> bool:
    """ "at least 5 m" stands in no text that says how long a thing is."""
    return isinstance(asked, Between) and (asked.low is None or asked.high is None)
