"""What a model writes, read as it comes: text, calls within `<tool_call>`, and where to stop."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

OPEN, CLOSE = "<tool_call>", "</tool_call>"


@dataclass(frozen=True)
class Call:
    name: str
    arguments: str
    """JSON of an object."""


class Reader:
    """Fed with pieces of text; gives the text that is safe to show and each call once it is whole.

    A block that holds no call stays text, as it was written. The line breaks around calls are
    left out: a chat template brings them. `stopped`: one of `stops` came, and nothing counts
    after it."""

    def __init__(self, stops: Sequence[str] = (), calls: bool = True) -> None:
        self._marks = [*stops, *([OPEN] if calls else [])]
        self._stops = frozenset(stops)
        self._held = ""
        self._within: str | None = None
        """Inside a block: the blank before it."""
        self.stopped = False

    def feed(self, piece: str) -> Iterator[str | Call]:
        self._held += piece
        while not self.stopped:
            if self._within is not None:
                block, closed, rest = self._held.partition(CLOSE)
                if not closed:
                    return
                self._held = rest
                yield from self._read(block, closed)
            elif (found := self._mark()) is not None:
                yield from self._turned(*found)
            else:
                yield from self._shown()
                return

    def end(self) -> Iterator[str | Call]:
        """What was held back; a call that only lacks its end is one."""
        held, self._held = self._held, ""
        if self.stopped:
            return
        if self._within is not None:
            yield from self._read(held, "")
        elif held:
            yield held

    def _mark(self) -> tuple[int, str] | None:
        """The first of the marks that is there."""
        places = [(self._held.find(mark), mark) for mark in self._marks]
        return min((found for found in places if found[0] >= 0), default=None)

    def _turned(self, at: int, mark: str) -> Iterator[str]:
        before, self._held = self._held[:at], self._held[at + len(mark) :]
        if mark in self._stops:
            self.stopped, text = True, before
        else:
            text = before.rstrip()
            self._within = before[len(text) :]
        if text:
            yield text

    def _shown(self) -> Iterator[str]:
        """All but what may become a mark, and the blank that may come before a call."""
        part = max((_overlap(self._held, mark) for mark in self._marks), default=0)
        text = self._held[: len(self._held) - part].rstrip()
        self._held = self._held[len(text) :]
        if text:
            yield text

    def _read(self, block: str, close: str) -> Iterator[str | Call]:
        blank, self._within = self._within, None
        yield call_in(block) or f"{blank}{OPEN}{block}{close}"


def call_in(block: str) -> Call | None:
    """The call that the JSON states, or None where it states none."""
    try:
        written = json.loads(block)
    except (ValueError, RecursionError):
        return None
    if not isinstance(written, dict):
        return None
    fields = cast(dict[str, Any], written)
    name, arguments = fields.get("name"), fields.get("arguments", {})
    if not isinstance(name, str) or not isinstance(arguments, dict):
        return None
    return Call(name, json.dumps(arguments, ensure_ascii=False))


def _overlap(text: str, mark: str) -> int:
    """How many characters at the end of the text could begin the mark."""
    longest = min(len(text), len(mark) - 1)
    return next((n for n in range(longest, 0, -1) if text.endswith(mark[:n])), 0)
