"""One answer of a model, put together from the pieces in which it arrives."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from client.chat.calls import UNNAMED, Call, arguments_of, whole
from client.chat.thinking import Thinking

Say = Callable[[str, str], None]
"""(kind, piece): kind is "thought", "text", or "again" where what was said so far is void."""

LONGEST = 2_000_000
"""Characters after which an answer that does not end is cut off."""


class BrokenOff(Exception):
    """The answer stopped before its end, or what came cannot be read."""


class Told(Exception):
    """An error that the endpoint sent in place of an answer, or within it."""

    def __init__(self, error: Any) -> None:
        said = _object(error)
        super().__init__(_string(said.get("message")) or str(error))
        code = str(said.get("code"))
        self.status = int(code) if code.isdecimal() else 500


@dataclass
class _Written:
    """A tool call as far as it has arrived."""

    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list[str])


class Answer:
    """Takes the chunks of a stream, or a whole completion as if it were one chunk."""

    def __init__(self, say: Say) -> None:
        self.finish: str | None = None
        self.usage: tuple[int, int] | None = None
        """(input, output) tokens, where the endpoint counts them."""
        self.refusal = ""
        self.size = 0
        self._say = say
        self._thinking = Thinking()
        self._reasoning: list[str] = []
        self._thought: list[str] = []
        self._text: list[str] = []
        self._calls: list[_Written] = []
        self._by_index: dict[int, _Written] = {}

    def add(self, chunk: Any) -> None:
        """Ignores what it does not know. Raises BrokenOff and Told."""
        if not isinstance(chunk, dict):
            raise BrokenOff("the endpoint sent what is no JSON object")
        known = _object(chunk)
        if error := known.get("error"):
            raise Told(error)
        self._count(_object(known.get("usage")))
        for choice in _objects(known.get("choices")):
            if message := _object(choice.get("message")):
                calls = enumerate(_objects(message.get("tool_calls")))
                self._said({**message, "tool_calls": [{"index": n, **call} for n, call in calls]})
                self.finish = "stop"
            self._said(_object(choice.get("delta")))
            self.finish = _string(choice.get("finish_reason")) or self.finish

    def end(self) -> None:
        for kind, piece in self._thinking.end():
            self._content(kind, piece)

    @property
    def text(self) -> str:
        return whole("".join(self._text)).strip()

    @property
    def thought(self) -> str:
        parts = ("".join(self._reasoning).strip(), "".join(self._thought).strip())
        return whole("\n\n".join(part for part in parts if part))

    @property
    def tool_calls(self) -> tuple[Call, ...]:
        return tuple(
            (whole(call.name) or UNNAMED, arguments_of(whole("".join(call.arguments))))
            for call in self._calls
        )

    def _count(self, usage: dict[str, Any]) -> None:
        counts = usage.get("prompt_tokens"), usage.get("completion_tokens")
        if isinstance(counts[0], int) and isinstance(counts[1], int):
            self.usage = counts[0], counts[1]

    def _said(self, said: dict[str, Any]) -> None:
        for piece in _reasoned(said):
            self.size += len(piece)
            self._reasoning.append(piece)
            self._say("thought", whole(piece))
        for kind, piece in _parts(said.get("content")):
            self.size += len(piece)
            for told in self._thinking.feed(piece) if kind == "text" else [(kind, piece)]:
                self._content(*told)
        self.refusal += _string(said.get("refusal"))
        for call in _objects(said.get("tool_calls")):
            self._call(call)

    def _content(self, kind: str, piece: str) -> None:
        if kind == "again":
            self._thought, self._text = self._thought + self._text, []
            self._say("again", "")
            self._say("thought", whole("".join(self._reasoning + self._thought)))
            return
        (self._thought if kind == "thought" else self._text).append(piece)
        self._say(kind, whole(piece))

    def _call(self, piece: dict[str, Any]) -> None:
        function = _object(piece.get("function"))
        name = _string(function.get("name"))
        call = self._written(piece.get("index"), _string(piece.get("id")), name)
        call.name = call.name or name
        arguments = function.get("arguments")
        text = arguments if isinstance(arguments, str) else json.dumps(arguments or {})
        if arguments is not None:
            self.size += len(text)
            call.arguments.append(text)

    def _written(self, index: Any, id: str, name: str) -> _Written:
        """The call that a piece goes on with, or a new one."""
        if isinstance(index, int):
            known = self._by_index.get(index)
            # Some servers give each whole call of a turn the same index.
            if known and name and id and known.id not in ("", id):
                known = None
        elif id:
            known = next((call for call in self._calls if call.id == id), None)
        else:
            known = self._calls[-1] if self._calls and not name else None
        if known is None:
            known = _Written(id)
            self._calls.append(known)
            if isinstance(index, int):
                self._by_index[index] = known
        return known


def _reasoned(said: dict[str, Any]) -> Iterator[str]:
    """From the first field that holds any: some servers send the same under several names."""
    for name in ("reasoning_content", "reasoning"):
        if piece := _string(said.get(name)):
            yield piece
            return
    for detail in _objects(said.get("reasoning_details")):
        yield _string(detail.get("text")) or _string(detail.get("summary"))


def _parts(content: Any) -> Iterator[tuple[str, str]]:
    """(kind, piece) of content that is text, or a list of parts."""
    if isinstance(content, str):
        yield "text", content
    for part in _objects(content):
        if part.get("type") == "thinking":
            inner = part.get("thinking")
            yield (
                "thought",
                inner if isinstance(inner, str) else "".join(piece for _, piece in _parts(inner)),
            )
        else:
            yield "text", _string(part.get("text"))


def _object(value: Any) -> dict[str, Any]:
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [_object(one) for one in cast(list[Any], value)] if isinstance(value, list) else []


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
