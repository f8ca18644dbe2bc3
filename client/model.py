"""A chat model behind any API that speaks OpenAI's chat completions."""

import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, cast

import openai
from openai.types.chat import ChatCompletion, ChatCompletionMessageFunctionToolCall

from client.errors import ModelFailed
from client.trajectory import Usage

Chat = list[dict[str, Any]]

UNREADABLE = "arguments_that_are_no_json_object"
"""The one argument of a call whose own arguments could not be read; no tool has it."""


@dataclass(frozen=True)
class Reply:
    text: str
    thought: str
    tool_calls: tuple[tuple[str, dict[str, object]], ...]
    usage: Usage


class ChatModel:
    """Reads OPENAI_BASE_URL and OPENAI_API_KEY; the client library retries what may pass.

    Raises ModelFailed where neither is set, and for every call that fails in the end. No text
    of it shows the key."""

    def __init__(self, name: str, retries: int = 3, timeout: float = 300.0) -> None:
        key, base = os.environ.get("OPENAI_API_KEY"), os.environ.get("OPENAI_BASE_URL")
        if not key and not base:
            raise ModelFailed(
                f"no model endpoint for {name!r}: set OPENAI_API_KEY, or OPENAI_BASE_URL for a"
                " server of your own; --model rules needs neither"
            )
        self.name = name
        self._key = key
        # A server of one's own often wants no key, and the library insists on one.
        self._client = openai.AsyncOpenAI(
            api_key=key or "none", base_url=base or None, max_retries=retries, timeout=timeout
        )

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
        self, chat: Chat, tools: Sequence[dict[str, Any]] = (), may_call: bool = True
    ) -> Reply:
        """One reply. `tools` are function tools; with `may_call` false the model must write."""
        offered: dict[str, Any] = (
            {"tools": list(tools), "tool_choice": "auto" if may_call else "none"} if tools else {}
        )
        started = time.monotonic()
        try:
            answer = cast(
                ChatCompletion,
                await self._client.chat.completions.create(
                    model=self.name, messages=cast(Any, chat), **offered
                ),
            )
        except openai.OpenAIError as error:
            raise ModelFailed(self._said(error)) from None
        return self._reply(answer, time.monotonic() - started)

    def _reply(self, answer: ChatCompletion, seconds: float) -> Reply:
        # A server that is not quite compatible may leave out what the type promises.
        if not cast(Any, answer).choices:
            raise ModelFailed(f"{self.name}: the endpoint answered without a choice")
        message = answer.choices[0].message
        calls = [
            (call.function.name, _arguments(call.function.arguments))
            for call in message.tool_calls or ()
            if isinstance(call, ChatCompletionMessageFunctionToolCall)
        ]
        thought, text = _apart(message.content or "")
        reasoning = (message.model_extra or {}).get("reasoning_content")
        return Reply(
            text=text,
            thought=str(reasoning or thought),
            tool_calls=tuple(calls),
            usage=Usage(
                input_tokens=answer.usage.prompt_tokens if answer.usage else 0,
                output_tokens=answer.usage.completion_tokens if answer.usage else 0,
                seconds=round(seconds, 3),
            ),
        )

    def _said(self, error: openai.OpenAIError) -> str:
        """For the person who runs it, without the key."""
        match error:
            case openai.AuthenticationError() | openai.PermissionDeniedError():
                said = "the endpoint refused the key; check OPENAI_API_KEY"
            case openai.NotFoundError():
                said = "the endpoint does not know this model; check the name and OPENAI_BASE_URL"
            case openai.APITimeoutError():
                said = "no answer in time"
            case openai.APIConnectionError():
                said = f"no connection to {self._client.base_url.host}; check OPENAI_BASE_URL"
            case openai.APIStatusError():
                said = f"the endpoint answered {error.status_code}: {error.message}"
            case _:
                said = str(error)
        text = f"{self.name}: {said}"
        return text.replace(self._key, "[key]") if self._key else text


def _arguments(text: str) -> dict[str, object]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        found = None
    return cast(dict[str, object], found) if isinstance(found, dict) else {UNREADABLE: text[:500]}


def _apart(content: str) -> tuple[str, str]:
    """(thought, text) of a model that thinks aloud between think tags."""
    head, end, text = content.partition("</think>")
    return (head.replace("<think>", "").strip(), text.strip()) if end else ("", content.strip())
