"""Which products a text names without a mark: by brand and words of their titles."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from client.checks.constraints import normal
from client.trajectory import Evidence

_TOKEN = re.compile(r"[^\W_]+(?:[-.][^\W_]+)*")
_COMMON = frozenset("the a an my our all one two first best great good new in on for it".split())
"""Words that begin some brands' names and most sentences."""
_NEAR_THE_BRAND = 5
"""Tokens of a title among which its model's name is looked for."""


@dataclass(frozen=True)
class Name:
    start: int
    end: int
    aliases: tuple[str, ...]
    """All products that the words may mean."""
    plural: bool = False
    """ "the two Auvidos": each of them."""


@dataclass(frozen=True)
class _Token:
    word: str
    text: str
    start: int
    end: int


class Names:
    """The titles of what a run observed; `known` are words that name features, not products."""

    def __init__(self, products: Iterable[Evidence], known: Iterable[str]) -> None:
        self._titles = {p.alias: _tokens(str(p.fields.get("title") or "")) for p in products}
        self._brands = {
            p.alias: [t.word for t in _tokens(str(p.fields.get("brand") or ""))] for p in products
        }
        self._places: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for alias, title in self._titles.items():
            for place, token in enumerate(title):
                self._places[token.word].append((alias, place))
        self._known = {normal(word) for word in known}
        self._leading = self._leading_words() | self._telling_words()
        self._brand_words = {b[0] for b in self._brands.values() if b and b[0] not in _COMMON}
        for alias, brand in self._brands.items():
            if brand and brand[0] not in {t.word for t in self._titles[alias]}:
                self._places[brand[0]].append((alias, -1))

    def _leading_words(self) -> set[str]:
        """Words that stand early in titles and look like the name of a model."""
        return {
            token.word
            for title in self._titles.values()
            for token in title[:_NEAR_THE_BRAND]
            if token.word not in _COMMON
            and normal(token.word) not in self._known
            and _like_a_name(token.text)
        }

    def _telling_words(self) -> set[str]:
        """What tells apart two whose titles begin alike: "DW" and "MFP"."""
        return {
            token.word
            for title in self._titles.values()
            for other in self._titles.values()
            if [t.word for t in title[:2]] == [t.word for t in other[:2]]
            for token in title[2:_NEAR_THE_BRAND]
            if token.text[0].isupper()
            and token.word not in {t.word for t in other}
            and normal(token.word) not in self._known
        }

    def within(self, text: str) -> Iterator[Name]:
        tokens = _tokens(text)
        at = 0
        while at < len(tokens):
            length, aliases = self._longest(tokens, at)
            if aliases and self._names(tokens[at : at + length]):
                last = tokens[at + length - 1]
                plural = length == 1 and last.word not in self._places
                meant = self._plainest(tokens[at : at + length], aliases)
                yield Name(tokens[at].start, last.end, meant, plural)
                at += length
            else:
                at += 1

    def _longest(self, tokens: list[_Token], at: int) -> tuple[int, tuple[str, ...]]:
        best, found = 0, dict[str, None]()
        word = tokens[at].word
        for alias, place in self._places.get(word) or self._places.get(word.rstrip("s"), ()):
            length = 1 if place < 0 else self._common(tokens, at, alias, place)
            if length > best:
                best, found = length, {}
            if length == best:
                found[alias] = None
        return best, tuple(found)

    def _plainest(self, run: list[_Token], aliases: tuple[str, ...]) -> tuple[str, ...]:
        """ "Drift 4" is not the Drift 4 Shield where there is a plain one."""
        words = {token.word for token in run}
        plain = [a for a in aliases if (own := self._model(a)) and own <= words]
        return (plain[0],) if len(plain) == 1 else aliases

    def _model(self, alias: str) -> set[str]:
        early = {token.word for token in self._titles[alias][:_NEAR_THE_BRAND]}
        return (early & self._leading) - self._brand_words

    def _common(self, tokens: list[_Token], at: int, alias: str, place: int) -> int:
        title = self._titles[alias]
        length = 1
        while (
            at + length < len(tokens)
            and place + length < len(title)
            and tokens[at + length].word == title[place + length].word
        ):
            length += 1
        return length

    def _names(self, run: list[_Token]) -> bool:
        """Whether the words name a product: a brand, or a model as titles write it."""
        for token in run:
            capital = token.text[0].isupper() or any(c.isdigit() for c in token.text)
            words = {token.word, token.word.rstrip("s")}
            if capital and words & self._brand_words:
                return True
            if capital and words & self._leading and not token.word.isdigit():
                return True
        new = any(normal(token.word) not in self._known for token in run)
        number = len(run) > 1 and any(token.word[0].isdigit() for token in run)
        return new and number and any(token.text[0].isupper() for token in run)


def _tokens(text: str) -> list[_Token]:
    return [_Token(m[0].casefold(), m[0], m.start(), m.end()) for m in _TOKEN.finditer(text)]


def _like_a_name(text: str) -> bool:
    if any(c.isdigit() for c in text):
        return any(c.isalpha() for c in text) and not re.fullmatch(r"\d+\D{1,3}", text)
    return text[0].isupper() and not (text.isupper() and len(text) <= 5)
