"""Words as engine queries: which records the words match, and how well.

A product matches when it holds at least n - n // 3 of the n things asked for (both of two, two of
three, three of four), each as a word, a synonym or a compound written apart or as one, in its
main text or its attributes; where no product does, one thing less is asked for, down to one.
What a filter of the query or the product's type already says need not stand in the text.
Reviews and pages match by any word.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import tantivy

from servers.embedded.engine import SHOULD, Query, all_of, any_of, one_of, unscored, without
from servers.engines.ranking import (
    ASKED_TYPE,
    ATTRIBUTES,
    EVERY_TERM,
    NO_OTHER_TYPE,
    PHRASE,
    Asked,
)
from servers.language.understanding import Term
from servers.records import Kind


@dataclass(frozen=True)
class WordQueries:
    kind: Kind
    schema: tantivy.Schema

    def matching(self, asked: Asked, exists: Callable[[Query], bool]) -> Query:
        if not asked.needed:
            return Query.all_query() if asked.terms else Query.empty_query()
        clauses = [self._held(term, asked) for term in asked.needed]
        if self.kind == "product":
            for at_least in range(len(clauses) - len(clauses) // 3, 1, -1):
                query = any_of(clauses, at_least)
                if exists(query):
                    return query
        return any_of(clauses)

    def of_no_other_type(self, asked: Asked, query: Query) -> Query:
        return all_of(query, self._no_other_type(asked)) if asked.possible_types else query

    def _no_other_type(self, asked: Asked) -> Query:
        """The types that may be meant are few; to leave out all others costs ten times as much."""
        untyped = without(Query.all_query(), Query.exists_query("type"))
        return any_of([self._types(asked.possible_types), untyped])

    def _types(self, names: Sequence[str]) -> Query:
        return one_of(self.schema, "type", names)

    def _held(self, term: Term, asked: Asked) -> Query:
        anywhere = self._anywhere(term)
        if not asked.naming.issuperset(term.words):
            return anywhere
        return any_of([anywhere, self._types(asked.types)])

    def _anywhere(self, term: Term) -> Query:
        fields = ("text", "attribute_text") if self.kind == "product" else ("text",)
        wordings = (term.words, *term.alternatives)
        return any_of([self._run(field, words) for field in fields for words in wordings])

    def _run(self, field: str, words: Sequence[str]) -> Query:
        if len(words) == 1:  # a phrase of one word would be a panic
            return Query.term_query(self.schema, field, words[0])
        return Query.phrase_query(self.schema, field, list(words))

    def scored(self, asked: Asked, matching: Query) -> Query:
        scores = [self._run("text", (word,)) for word in asked.words]
        pairs = zip(asked.words, asked.words[1:], strict=False)
        scores += [self._boosted("text", pair, PHRASE) for pair in pairs]
        if self.kind == "product":
            scores += [self._boosted("attribute_text", (word,), ATTRIBUTES) for word in asked.words]
            scores += self._tiers(asked)
        return Query.boolean_query(
            [(tantivy.Occur.Must, unscored(matching)), *((SHOULD, score) for score in scores)]
        )

    def _tiers(self, asked: Asked) -> list[Query]:
        every = all_of(*(self._held(term, asked) for term in asked.terms))
        tiers = [Query.const_score_query(every, EVERY_TERM)]
        if asked.possible_types:
            tiers.append(Query.const_score_query(self._no_other_type(asked), NO_OTHER_TYPE))
        if asked.types:
            tiers.append(Query.const_score_query(self._types(asked.types), ASKED_TYPE))
        return tiers

    def _boosted(self, field: str, words: Sequence[str], weight: float) -> Query:
        return Query.boost_query(self._run(field, words), weight)
