"""The part of a text that answers a question: a stretch of it, word for word."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from servers.language.words import content_words

_SENTENCE_END = re.compile(r"(?:[.!?]+[\"')\]]*(?=\s|[A-Z])|\n+)\s*")
_HEADING = re.compile(r"^(#{1,6})[ \t]+(.+?)[ \t]*#*$", re.MULTILINE)
_LONGEST_SENTENCE = 400


@dataclass(frozen=True)
class Section:
    """Paragraphs under one heading path ("Routers > Criteria"), in order."""

    heading: str | None
    paragraphs: tuple[str, ...]


def sentences(text: str) -> list[tuple[int, int]]:
    """(start, end) of each sentence, spaces around it left out; long ones are cut at a space."""
    spans: list[tuple[int, int]] = []
    start = 0
    for end, after in [
        *((m.end(), m.end()) for m in _SENTENCE_END.finditer(text)),
        (len(text),) * 2,
    ]:
        spans += _trimmed(text, start, end)
        start = after
    return spans


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    while end - start > _LONGEST_SENTENCE:
        cut = text.rfind(" ", start + 1, start + _LONGEST_SENTENCE)
        cut = cut if cut > start else start + _LONGEST_SENTENCE
        yield start, cut
        start = cut
        while start < end and text[start].isspace():
            start += 1
    if start < end:
        yield start, end


def best_passage(text: str, query: str, longest: int) -> str:
    """The stretch of whole sentences, at most `longest` characters, that holds most of the
    query's words; the opening where it holds none. Always a substring of `text`."""
    if len(text) <= longest:
        return text
    spans = sentences(text)
    wanted = set(content_words(query))
    held = [wanted.intersection(content_words(text[start:end])) for start, end in spans]
    best, best_score = (0, 0), (-1, -1, 0)
    for first in range(len(spans)):
        words: Counter[str] = Counter()
        for last in range(first, len(spans)):
            if spans[last][1] - spans[first][0] > longest and last > first:
                break
            words.update(held[last])
            score = (len(words), words.total(), -first)
            if score > best_score or (score == best_score and first == best[0]):
                best, best_score = (first, last), score
    if best_score[0] <= 0:
        return _opening(text, spans, longest)
    return text[spans[best[0]][0] : _grown(spans, best, longest)][:longest].rstrip()


def _grown(spans: Sequence[tuple[int, int]], best: tuple[int, int], longest: int) -> int:
    """What follows belongs to the answer as long as there is room."""
    first, last = best
    while last + 1 < len(spans) and spans[last + 1][1] - spans[first][0] <= longest:
        last += 1
    return spans[last][1]


def _opening(text: str, spans: Sequence[tuple[int, int]], longest: int) -> str:
    fitting = [end for _, end in spans if end - spans[0][0] <= longest]
    return text[spans[0][0] : fitting[-1] if fitting else longest].rstrip()


def sections(markdown: str) -> list[Section]:
    """A page cut at its headings. Paragraphs are substrings of the page."""
    found: list[Section] = []
    path: list[tuple[int, str]] = []
    start = 0
    marks = [(m.start(), m.end(), len(m[1]), m[2]) for m in _HEADING.finditer(markdown)]
    for begin, end, level, title in [*marks, (len(markdown), len(markdown), 0, "")]:
        paragraphs = _paragraphs(markdown[start:begin])
        if paragraphs:
            heading = " > ".join(one for _, one in path) or None
            found.append(Section(heading, paragraphs))
        path = [*(one for one in path if one[0] < level), (level, title.strip())]
        start = end
    return found


def _paragraphs(text: str) -> tuple[str, ...]:
    parts = (part.strip("\n").rstrip() for part in re.split(r"\n[ \t]*\n", text))
    return tuple(part for part in parts if part.strip())


def relevance(texts: Sequence[str], query: str) -> list[float]:
    """How much each text speaks to the query: words that few of the texts hold count most."""
    wanted = frozenset(content_words(query))
    held = [Counter(word for word in content_words(text) if word in wanted) for text in texts]
    texts_with = Counter(word for words in held for word in words)
    weight = {word: math.log(1 + len(texts) / count) for word, count in texts_with.items()}
    return [
        sum(weight[word] * (1 + min(count - 1, 3) / 10) for word, count in words.items())
        for words in held
    ]
