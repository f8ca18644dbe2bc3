"""Short passages of a text around the words that were searched for, as plain text."""

import re
from collections.abc import Iterable, Sequence

from servers.language.words import analyze

_PIECE = re.compile(r"\S+")
_LONGEST = 30_000
"""Characters of a text that are looked through."""


def fragments(text: str, words: Iterable[str], count: int = 2, width: int = 160) -> tuple[str, ...]:
    """Up to `count` passages of about `width` characters, those with most of the words first."""
    wanted = frozenset(words)
    found = _windows(text[:_LONGEST], wanted, width)
    best: list[tuple[int, int, int]] = []
    for hits, start, end in sorted(found, key=lambda each: (-each[0], each[1])):
        if len(best) < count and all(end <= one[1] or start >= one[2] for one in best):
            best.append((hits, start, end))
    return tuple(_cut(text, start, end) for _, start, end in best)


def _windows(text: str, wanted: frozenset[str], width: int) -> list[tuple[int, int, int]]:
    """(distinct words in it, start, end) of the passages that begin just before a word."""
    places = [
        (match.start(), match.end(), frozenset(analyze(match.group())) & wanted)
        for match in _PIECE.finditer(text)
    ]
    return [_window(places, at, width) for at, place in enumerate(places) if place[2]]


def _window(
    places: Sequence[tuple[int, int, frozenset[str]]], at: int, width: int
) -> tuple[int, int, int]:
    first = at
    while first > 0 and places[at][0] - places[first - 1][0] < width // 4:
        first -= 1
    start, end = places[first][0], places[at][1]
    held: set[str] = set()
    for _, stop, words in places[at:]:
        if stop - start > width and stop != end:
            break
        held |= words
        end = stop
    return len(held), start, min(end, start + 2 * width)


def _cut(text: str, start: int, end: int) -> str:
    passage = " ".join(text[start:end].split())
    return f"{'… ' if start else ''}{passage}{' …' if end < len(text) else ''}"
