"""Tells what a model thinks aloud from what it says, where both come as one text."""

import re
from collections.abc import Iterator
from typing import Literal

Kind = Literal["thought", "text", "again"]
"""`again`: all text so far was thought."""

_TAG = re.compile(r"<(/?)think(?:ing)?>|\[(/?)THINK\]")
_TAGS = ("<think>", "</think>", "<thinking>", "</thinking>", "[THINK]", "[/THINK]")
_BEGINNINGS = {tag[:end] for tag in _TAGS for end in range(1, len(tag))}
_LONGEST = max(len(beginning) for beginning in _BEGINNINGS)


class Thinking:
    """Fed the content in pieces cut anywhere, gives it back as (kind, piece).

    A thought opens at the start of a line. Chat templates may write the opening tag themselves:
    then the first closing tag says that all before it was thought."""

    def __init__(self) -> None:
        self._kind: Literal["thought", "text"] = "text"
        self._held = ""
        self._tagged = False
        self._line_is_blank = True

    def feed(self, piece: str) -> Iterator[tuple[Kind, str]]:
        content = self._held + piece
        at = 0
        for tag in _TAG.finditer(content):
            yield from self._said(content[at : tag.start()])
            yield from self._turned(tag[0])
            at = tag.end()
        rest = content[at:]
        whole = len(rest) - _beginning(rest)
        self._held = rest[whole:]
        yield from self._said(rest[:whole])

    def end(self) -> Iterator[tuple[Kind, str]]:
        """What was held back because it could have become a tag."""
        held, self._held = self._held, ""
        yield from self._said(held)

    def _said(self, piece: str) -> Iterator[tuple[Kind, str]]:
        if not piece:
            return
        _, newline, last = piece.rpartition("\n")
        self._line_is_blank = not last.strip() and (bool(newline) or self._line_is_blank)
        yield self._kind, piece

    def _turned(self, tag: str) -> Iterator[tuple[Kind, str]]:
        closes = "/" in tag
        if not closes and self._kind == "text" and not self._line_is_blank:
            yield from self._said(tag)  # The text speaks of the tag.
            return
        if closes and not self._tagged:
            yield "again", ""
        self._kind = "text" if closes else "thought"
        self._tagged = self._line_is_blank = True


def _beginning(text: str) -> int:
    """How many characters at the end could be the beginning of a tag."""
    longest = min(_LONGEST, len(text))
    return next((n for n in range(longest, 0, -1) if text[-n:] in _BEGINNINGS), 0)
