"""A request for a chat completion, as OpenAI's API has it: what of it is understood here."""

import json
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from finetune.calls import OPEN


class Refused(Exception):
    """A request that gets an error in OpenAI's form. `param`: the field that is at fault."""

    def __init__(
        self, message: str, *, status: int = 400, param: str | None = None, code: str | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.param, self.code = status, param, code

    @property
    def body(self) -> dict[str, Any]:
        kind = "invalid_request_error" if self.status < 500 else "server_error"
        told = {"message": str(self), "type": kind, "param": self.param, "code": self.code}
        return {"error": told}


class _Part(BaseModel):
    type: Literal["text"]
    text: str


class _CalledFunction(BaseModel):
    name: str
    arguments: str


class _Called(BaseModel):
    function: _CalledFunction


class _Message(BaseModel):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[_Part] | None = None
    reasoning_content: str | None = None
    tool_calls: list[_Called] | None = None

    @property
    def turn(self) -> dict[str, Any]:
        """As chat templates read it."""
        parts = self.content if isinstance(self.content, list) else []
        text = self.content if isinstance(self.content, str) else "".join(p.text for p in parts)
        role = "system" if self.role == "developer" else self.role
        turn: dict[str, Any] = {"role": role, "content": text}
        if self.reasoning_content:
            turn["reasoning_content"] = self.reasoning_content
        if self.tool_calls:
            calls = [{"type": "function", **called.model_dump()} for called in self.tool_calls]
            turn["tool_calls"] = calls
        return turn


class _Function(BaseModel):
    name: Annotated[str, Field(min_length=1)]


class _Tool(BaseModel):
    type: Literal["function"]
    function: _Function


class _StreamOptions(BaseModel):
    include_usage: bool = False


class ChatRequest(BaseModel):
    """What is not named here is ignored, as servers of other people's models do."""

    model_config = ConfigDict(strict=True)

    model: str
    messages: Annotated[list[_Message], Field(min_length=1)]
    tools: list[_Tool] | None = None
    tool_choice: Literal["auto", "none", "required"] | _Tool | None = None
    stream: bool = False
    stream_options: _StreamOptions | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    seed: int | None = None
    stop: str | list[str] | None = None
    n: Literal[1] | None = None
    response_format: dict[str, Any] | None = None

    @property
    def turns(self) -> list[dict[str, Any]]:
        return [message.turn for message in self.messages]

    @property
    def may_call(self) -> bool:
        return bool(self.tools) and self.tool_choice != "none"

    @property
    def begun(self) -> str:
        """What the answer begins with where it must be a call."""
        match self.tool_choice if self.tools else None:
            case "required":
                return f'{OPEN}\n{{"name": "'
            case _Tool(function=function):
                return f'{OPEN}\n{{"name": {json.dumps(function.name)}, "arguments": '
            case _:
                return ""

    @property
    def stops(self) -> list[str]:
        stops = [self.stop] if isinstance(self.stop, str) else self.stop or []
        return [stop for stop in stops if stop]

    @property
    def limit(self) -> int | None:
        return self.max_completion_tokens or self.max_tokens


def request_in(body: bytes) -> tuple[ChatRequest, list[dict[str, Any]]]:
    """The request, and its tools as they were written. Raises Refused."""
    try:
        written = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused("the body is no JSON") from None
    try:
        asked = ChatRequest.model_validate(written)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"]) or "the body"
        raise Refused(f"{where}: {fault['msg']}", param=where) from None
    if (asked.response_format or {}).get("type", "text") != "text":
        raise Refused(
            "response_format: this server gives plain text only; ask without it",
            param="response_format",
        )
    return asked, cast(list[dict[str, Any]], written.get("tools") or [])
