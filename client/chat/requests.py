"""What a model is asked with, and without which parts where an endpoint refuses some."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import openai

from client.chat.endpoint import OPENAI
from client.chat.models import ModelSettings

Chat = list[dict[str, Any]]

CALLS_BY_SERVER = "tool_choice auto"
"""Left out where a server reads no tool calls itself: then they come as text."""

# In this order: an endpoint's words may fit several.
_NAMED_AS = {
    "response_format": r"response_format|json_schema|schema|structured|grammar|guided",
    "stream_options": r"stream_options|include_usage",
    "stream": r"stream(ing)?",
    "max_completion_tokens": r"max_completion_tokens",
    "max_tokens": r"max_tokens",
    "temperature": r"temperature",
    "tool_choice": r"tool[_ ]choice",
}
_OFTEN_UNKNOWN = ("response_format", "stream_options")


@dataclass(frozen=True)
class Asked:
    chat: Chat
    tools: Sequence[dict[str, Any]] = ()
    may_call: bool = True
    schema: dict[str, Any] | None = None
    max_tokens: int | None = None


def body_of(
    asked: Asked, model: str, url: str, settings: ModelSettings, without: frozenset[str]
) -> dict[str, Any]:
    body: dict[str, Any] = {**settings.extra_body, "model": model, "messages": asked.chat}
    body |= {"stream": True, "stream_options": {"include_usage": True}}
    if settings.temperature is not None:
        body["temperature"] = settings.temperature
    if limit := min(filter(None, (asked.max_tokens, settings.max_output_tokens)), default=None):
        body |= dict.fromkeys(_limits(url, without)[:1], limit)
    if asked.tools:
        by_server = asked.may_call and CALLS_BY_SERVER not in without
        body |= {"tools": list(asked.tools), "tool_choice": "auto" if by_server else "none"}
    if asked.schema is not None:
        schema = {"name": "answer", "schema": asked.schema}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    if "stream" in without:
        del body["stream_options"]
    return {name: value for name, value in body.items() if name not in without}


def _limits(url: str, without: frozenset[str]) -> list[str]:
    """OpenAI's newer models know only the long name, many servers only the short one."""
    names = ["max_tokens", "max_completion_tokens"]
    if urlsplit(url).hostname == urlsplit(OPENAI).hostname:
        names.reverse()
    return [name for name in names if name not in without]


def refused(error: Exception, body: dict[str, Any]) -> str | None:
    """The part of the body that the endpoint does not take, or None where it is not that."""
    if not isinstance(error, openai.APIStatusError) or error.status_code not in (400, 422):
        return None
    said = f"{error.param} {error.message}".lower()
    for name, words in _NAMED_AS.items():
        if name in body and re.search(rf"\b({words})\b", said):
            return CALLS_BY_SERVER if body.get(name) == "auto" else name
    return next((name for name in _OFTEN_UNKNOWN if name in body), None)
