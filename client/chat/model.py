"""A chat model behind any API that speaks OpenAI's chat completions."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NoReturn

import httpx2
import openai

from client.chat.calls import UNREADABLE as UNREADABLE
from client.chat.calls import Call, calls_in, whole
from client.chat.endpoint import connected, endpoint_of, headers, said_of
from client.chat.models import ModelSettings, settings_of
from client.chat.requests import Asked, body_of, refused
from client.chat.requests import Chat as Chat
from client.chat.retries import LONGEST_WAIT, BrokenOff, Told, may_pass, wait_after
from client.chat.streaming import LONGEST, Answer, Say
from client.errors import ModelFailed
from client.trajectory import Usage

_CHARACTERS_PER_TOKEN = 4
_LONGEST_ERROR = 600
_SHORTEST_KEY = 8
"""Shorter ones are placeholders for servers that ask for any; "x" stands in many words."""


@dataclass(frozen=True)
class Reply:
    text: str
    thought: str
    tool_calls: tuple[Call, ...]
    """Arguments that could not be read stand under UNREADABLE."""
    usage: Usage
    cut_off: bool = False
    """The model stopped at its length limit; a call or a thought may lack its end."""


class ChatModel:
    """One model of one endpoint; any number of calls may run at once.

    `on_text(kind, piece)` hears an answer as it comes: kind is "thought", "text", or "again"
    where what was said so far is void. Raises ModelFailed where no endpoint is set, and for
    every call that fails in the end. No text of it shows the key."""

    def __init__(
        self,
        name: str,
        settings: ModelSettings | None = None,
        on_text: Say | None = None,
        *,
        retries: int = 4,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.name = name
        self._settings = settings or settings_of(name)
        self.context_tokens = self._settings.context_tokens
        self._say: Say = on_text or (lambda kind, piece: None)
        self._retries = retries
        self._pause = pause
        self._endpoint = endpoint_of(name, self._settings)
        self._client = connected(self._endpoint)
        self._without: frozenset[str] = frozenset()

    async def __aenter__(self) -> "ChatModel":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.close()

    async def complete(
        self,
        chat: Chat,
        tools: Sequence[dict[str, Any]] = (),
        may_call: bool = True,
        schema: dict[str, Any] | None = None,
        max_tokens: int | None = None,
    ) -> Reply:
        """One reply. `tools` are function tools; with `may_call` false the model must write.

        The text follows the JSON schema where the endpoint can see to that: validate it."""
        asked = Asked(chat, tools, may_call, schema, max_tokens)
        started = time.monotonic()
        answer, tries = await self._answered(asked)
        return self._reply(asked, answer, tries, time.monotonic() - started)

    async def _answered(self, asked: Asked) -> tuple[Answer, int]:
        """The first answer that came whole, and how many requests that took."""
        without, tries, failed = self._without, 0, 0
        while True:
            tries += 1
            body = body_of(asked, self.name, self._endpoint.url, self._settings, without)
            try:
                answer = await self._streamed(body)
            except (openai.APIError, BrokenOff, Told) as error:
                if part := refused(error, body):
                    without |= {part}
                    continue
                failed += 1
                await self._wait(error, failed)
                self._say("again", "")
            else:
                self._without = without
                return answer, tries

    async def _wait(self, error: Exception, failed: int) -> None:
        """Until the next try. Raises ModelFailed where there is none."""
        said = said_of(error, self._endpoint)
        if not may_pass(error):
            self._fail(said)
        if failed > self._retries:
            self._fail(f"{said} (after {failed} tries)" if failed > 1 else said)
        seconds = wait_after(error, failed)
        if seconds > LONGEST_WAIT:
            self._fail(
                f"{said}; it asks to be tried again in {seconds:,.0f} seconds, which is too long"
            )
        await self._pause(seconds)

    async def _streamed(self, body: dict[str, Any]) -> Answer:
        answer = Answer(self._say)
        try:
            async with asyncio.timeout(self._settings.first_token_seconds) as patience:
                stream = await self._client.post(
                    "/chat/completions",
                    body=body,
                    cast_to=object,
                    options={
                        "headers": headers(self._endpoint),
                        "security": {"bearer_auth": True},
                        "stream_mode": "events",
                    },
                    stream=True,
                    stream_cls=openai.AsyncStream[Any],
                )
                async with stream:
                    await self._read(stream, answer, patience)
        except TimeoutError:
            raise BrokenOff("the endpoint fell silent") from None
        except httpx2.HTTPError:
            raise BrokenOff("the connection broke off within the answer") from None
        answer.end()
        return answer

    async def _read(
        self, stream: openai.AsyncStream[Any], answer: Answer, patience: asyncio.Timeout
    ) -> None:
        form = stream.response.headers.get("content-type", "")
        if "html" in form:
            where = self._endpoint.set_by
            self._fail(
                f"the endpoint answered with a web page; check {where}: it often ends in /v1"
            )
        if "json" in form:
            answer.add(await _whole(stream.response))
            if answer.finish is None:
                raise BrokenOff("the endpoint answered without a choice")
            return
        while answer.size <= LONGEST:
            chunk = await _next(stream)
            if chunk is None:
                break
            answer.add(chunk)
            patience.reschedule(asyncio.get_running_loop().time() + self._settings.stall_seconds)
        else:
            answer.finish = "length"
        if answer.finish is None:
            raise BrokenOff("the answer stopped before its end")

    def _reply(self, asked: Asked, answer: Answer, tries: int, seconds: float) -> Reply:
        text, thought, calls = answer.text, answer.thought, answer.tool_calls
        if answer.finish == "content_filter":
            self._fail("the endpoint's content filter stopped the answer")
        if answer.refusal and not text:
            self._fail(f"the model refused: {answer.refusal}")
        may_call = bool(asked.tools) and asked.may_call
        if may_call and not calls:
            text, calls = calls_in(text)
        if may_call and not calls and not text:
            # Some models call before they close their thought.
            thought, calls = calls_in(thought)
        return Reply(
            text=text,
            thought=thought,
            tool_calls=calls if may_call else (),
            usage=self._usage(asked, answer, tries, seconds),
            cut_off=answer.finish == "length",
        )

    def _usage(self, asked: Asked, answer: Answer, tries: int, seconds: float) -> Usage:
        read, written = answer.usage or (_tokens(asked), answer.size // _CHARACTERS_PER_TOKEN)
        return Usage(
            input_tokens=read,
            output_tokens=written,
            cost=self._settings.cost(read, written),
            currency=self._settings.currency or "",
            seconds=round(seconds, 3),
            model=self.name,
            tries=tries,
            estimated=answer.usage is None,
        )

    def _fail(self, said: str) -> NoReturn:
        """For the person who runs it, without the key."""
        text = whole(f"{self.name}: {said}")
        key = self._endpoint.key
        if len(key) >= _SHORTEST_KEY:
            text = text.replace(key, "[key]")
        raise ModelFailed(text[:_LONGEST_ERROR]) from None


async def _next(stream: openai.AsyncStream[Any]) -> Any:
    """The next chunk, or None after the last."""
    try:
        return await anext(stream, None)
    except openai.APIConnectionError:
        raise BrokenOff("the connection broke off within the answer") from None
    except (ValueError, RecursionError):
        raise BrokenOff("what the endpoint sent cannot be read") from None


async def _whole(response: httpx2.Response) -> Any:
    """A completion that was not streamed."""
    try:
        return json.loads(await response.aread())
    except (ValueError, RecursionError):
        raise BrokenOff("what the endpoint sent cannot be read") from None


def _tokens(asked: Asked) -> int:
    sent = json.dumps([asked.chat, list(asked.tools)], ensure_ascii=False)
    return len(sent) // _CHARACTERS_PER_TOKEN
