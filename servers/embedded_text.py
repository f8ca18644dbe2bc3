"""Words as engine queries: which records the words match, and how well.

A product matches when it holds at least n - n // 3 of the n content words (both of two, two of
three, three of four), in its main text or its attributes; where no product does, one word less is
asked for, down to one. Reviews and pages match by any word.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import tantivy

from servers.embedded_engine import any_of, unscored
from servers.records import Kind
from servers.words import STOP_WORDS, analyze

_MOST_WORDS = 48
"""Of a text; what stands after them (a pasted page) does not decide what is searched."""

_ATTRIBUTES_WEIGHT = 0.02
_PHRASE_WEIGHT = 0.5


def searchable(text: str) -> list[str]:
    """The distinct words to search for; stop words only where there are no others."""
    found = list(dict.fromkeys(analyze(text[:20_000])))
    content = [word for word in found if word not in STOP_WORDS]
    return (content or found)[:_MOST_WORDS]


@dataclass(frozen=True)
class WordQueries:
    kind: Kind
    schema: tantivy.Schema

    def matching(
        self, words: Sequence[str], covered: frozenset[str], exists: Callable[[tantivy.Query], bool]
    ) -> tantivy.Query:
        """`covered` words are answered by a filter and need not stand in the text."""
        needed = [word for word in words if word not in covered]
        if not needed:
            return tantivy.Query.all_query() if words else tantivy.Query.empty_query()
        clauses = [self._anywhere(word) for word in needed]
        if self.kind != "product":
            return any_of(clauses)
        for at_least in range(len(clauses) - len(clauses) // 3, 1, -1):
            query = any_of(clauses, at_least)
            if exists(query):
                return query
        return any_of(clauses)

    def _term(self, field: str, word: str) -> tantivy.Query:
        return tantivy.Query.term_query(self.schema, field, word)

    def _anywhere(self, word: str) -> tantivy.Query:
        if self.kind != "product":
            return self._term("text", word)
        return any_of([self._term("text", word), self._term("attribute_text", word)])

    def scored(self, words: Sequence[str], matching: tantivy.Query) -> tantivy.Query:
        clauses = [(tantivy.Occur.Must, unscored(matching))]
        scores = [self._term("text", word) for word in words]
        if self.kind == "product":
            scores += [
                tantivy.Query.boost_query(self._term("attribute_text", word), _ATTRIBUTES_WEIGHT)
                for word in words
            ]
        if len(words) > 1:
            phrase = tantivy.Query.phrase_query(self.schema, "text", list(words), 1)
            scores.append(tantivy.Query.boost_query(phrase, _PHRASE_WEIGHT))
        clauses += [(tantivy.Occur.Should, score) for score in scores]
        return tantivy.Query.boolean_query(clauses)
