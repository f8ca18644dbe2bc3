"""One model for many askers: each waits for its turn, and one that leaves stops its answer."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from finetune.calls import Call, Reader
from finetune.requests import ChatRequest, Refused

_T = TypeVar("_T")


class Model(Protocol):
    """What is served. One thread asks it, one thing after the other."""

    name: str
    context_tokens: int

    def prompt(
        self, turns: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]], begun: str = ""
    ) -> list[int]:
        """The tokens of a chat, up to where the answer begins with `begun`."""
        ...

    def generate(
        self, prompt: Sequence[int], limit: int, temperature: float = 0.0, seed: int | None = None
    ) -> Generator[str]:
        """A piece of text for each token, "" where it shows nothing yet; at most `limit`."""
        ...


@dataclass
class Answer:
    """What is to be written, and how far that has come."""

    asked: ChatRequest
    prompt: list[int]
    limit: int
    """Tokens; whoever asks may want fewer than there is room for."""
    tokens: int = 0
    calls: int = 0
    stopped: bool = False
    """At one of the texts that the request named."""

    @property
    def finish(self) -> str:
        if self.tokens >= self.limit and not self.stopped:
            return "length"
        return "tool_calls" if self.calls else "stop"

    @property
    def usage(self) -> dict[str, int]:
        read, written = len(self.prompt), self.tokens
        return {
            "prompt_tokens": read,
            "completion_tokens": written,
            "total_tokens": read + written,
        }


class Desk:
    def __init__(self, model: Model) -> None:
        self.model = model
        self._turn = asyncio.Lock()
        # One thread: what a request that left has begun ends before the next one's begins.
        self._thread = ThreadPoolExecutor(1)

    async def take(self, asked: ChatRequest, tools: Sequence[dict[str, Any]]) -> Answer:
        """Raises Refused where the chat leaves no room for an answer, and where the model fails."""
        prompt = await self._run(lambda: self.model.prompt(asked.turns, tools, asked.begun))
        window = self.model.context_tokens
        room = window - len(prompt)
        if room < 1:
            raise Refused(
                f"the messages and tools take {len(prompt)} tokens, and the context window of"
                f" {self.model.name} holds {window}, the answer included; send fewer",
                param="messages",
                code="context_length_exceeded",
            )
        return Answer(asked, prompt, min(asked.limit or room, room))

    async def write(self, answer: Answer) -> AsyncGenerator[str | Call]:
        """Text and calls as they come, and "" for a token that shows nothing yet. Raises Refused
        where the model fails."""
        asked, reader = answer.asked, Reader(answer.asked.stops, answer.asked.may_call)
        async with self._turn:
            made = self.model.generate(
                answer.prompt, answer.limit, asked.temperature or 0.0, asked.seed
            )
            try:
                for piece in reader.feed(asked.begun):
                    yield piece
                while (token := await self._run(lambda: next(made, None))) is not None:
                    answer.tokens += 1
                    for piece in _or_nothing(reader.feed(token)):
                        answer.calls += isinstance(piece, Call)
                        yield piece
                    if reader.stopped:
                        answer.stopped = True
                        break
            finally:
                self._thread.submit(made.close)
        for piece in reader.end():
            answer.calls += isinstance(piece, Call)
            yield piece

    async def _run(self, work: Callable[[], _T]) -> _T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except Exception as error:
            said = " ".join(str(error).split())[:300]
            told = f"the model failed ({type(error).__name__}: {said})"
            raise Refused(told, status=500) from error


def _or_nothing(pieces: Iterable[str | Call]) -> list[str | Call]:
    return list(pieces) or [""]
