"""What changed from one attempt to the next, by line and, within changed lines, by word."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

_AROUND = 1
"""Lines that are the same, shown on either side of a change."""
_MOST_PAIRS = 2_000_000
"""Above this many pairs to compare, a change is shown whole."""

_WORD = re.compile(r"""\s+|[^\s\[\](){}"',;:]+|.""")


@dataclass(frozen=True)
class Piece:
    kind: Literal["same", "gone", "new", "skipped"]
    text: str
    """Of skipped lines: how many."""


def changes(before: str, after: str) -> tuple[Piece, ...]:
    """In reading order; nothing where the two are the same."""
    if before == after:
        return ()
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    return tuple(_by_line(old, new))


def _by_line(old: list[str], new: list[str]) -> Iterator[Piece]:
    for kind, a, b, c, d in _opcodes(old, new):
        gone, come = "".join(old[a:b]), "".join(new[c:d])
        if kind == "equal":
            yield from _same(old[a:b], first=a == 0, last=b == len(old) and d == len(new))
        elif kind == "replace":
            yield from _by_word(gone, come)
        else:
            yield from _changed(gone, come)


def _same(lines: list[str], *, first: bool, last: bool) -> Iterator[Piece]:
    head = lines[: 0 if first else _AROUND]
    tail = lines[len(head) :][-_AROUND:] if not last else []
    skipped = len(lines) - len(head) - len(tail)
    if head:
        yield Piece("same", "".join(head))
    if skipped:
        yield Piece("skipped", str(skipped))
    if tail:
        yield Piece("same", "".join(tail))


def _by_word(before: str, after: str) -> Iterator[Piece]:
    old, new = _WORD.findall(before), _WORD.findall(after)
    for kind, a, b, c, d in _opcodes(old, new):
        if kind == "equal":
            yield Piece("same", "".join(old[a:b]))
        else:
            yield from _changed("".join(old[a:b]), "".join(new[c:d]))


def _changed(gone: str, come: str) -> Iterator[Piece]:
    if gone:
        yield Piece("gone", gone)
    if come:
        yield Piece("new", come)


def _opcodes(old: list[str], new: list[str]) -> Sequence[tuple[str, int, int, int, int]]:
    if len(old) * len(new) > _MOST_PAIRS:
        return [("rewritten", 0, len(old), 0, len(new))]
    return SequenceMatcher(None, old, new).get_opcodes()
