"""A model of one's own behind OpenAI's chat completions: as much of them as a research run asks.

What the template does not know of a chat is left out; a thought stays in the text, as `<think>`.
"""

import json
import os
import socket
import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from finetune.answers import Answer, Desk, Model
from finetune.calls import Call
from finetune.errors import FinetuneError
from finetune.requests import Refused, request_in

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def serve(model: Model, host: str, port: int) -> None:
    """Until interrupted. Says on stdout where it answers, once it does."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else error
        raise FinetuneError(
            f"cannot listen on {host} port {port}: {why}; choose another --port"
        ) from error
    shown = f"[{host}]" if family == socket.AF_INET6 else host
    url = f"http://{shown}:{listening.getsockname()[1]}/v1"
    config = uvicorn.Config(
        build_app(model, host),
        log_level="warning",
        timeout_graceful_shutdown=1,
        server_header=False,
        ws="none",
    )
    with listening:
        print(f"serving {model.name} at {url}", flush=True)
        uvicorn.Server(config).run([listening])


def build_app(model: Model, host: str = "127.0.0.1") -> Starlette:
    """The API at /v1. On loopback no web page gets at it through a name of its own."""
    desk = Desk(model)

    async def models(request: Request) -> Response:
        return JSONResponse({"object": "list", "data": [_described(model)]})

    async def completions(request: Request) -> Response:
        asked, tools = request_in(await request.body())
        if asked.model != model.name:
            raise Refused(
                f"there is no model {asked.model!r} here; this server has {model.name!r}",
                status=404,
                param="model",
                code="model_not_found",
            )
        answer = await desk.take(asked, tools)
        if asked.stream:
            return StreamingResponse(_events(desk, answer), media_type="text/event-stream")
        return JSONResponse(await _whole(desk, answer, request))

    hosts = [*_LOOPBACK, "[::1]"] if host in _LOOPBACK else ["*"]
    return Starlette(
        routes=[
            Route("/v1/models", models),
            Route("/v1/chat/completions", completions, methods=["POST"]),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=hosts)],
        exception_handlers={Refused: _refused, HTTPException: _unknown},
    )


# Answers


async def _whole(desk: Desk, answer: Answer, request: Request) -> dict[str, Any]:
    text: list[str] = []
    calls: list[dict[str, Any]] = []
    async with aclosing(desk.write(answer)) as pieces:
        async for piece in pieces:
            if isinstance(piece, Call):
                calls.append(_call(piece))
            else:
                text.append(piece)
            if await request.is_disconnected():
                break
    message: dict[str, Any] = {"role": "assistant", "content": "".join(text) or None}
    if calls:
        message["tool_calls"] = calls
    choice = {"index": 0, "message": message, "finish_reason": answer.finish}
    body = _body("chat.completion", desk.model.name)
    return {**body, "choices": [choice], "usage": answer.usage}


async def _events(desk: Desk, answer: Answer) -> AsyncGenerator[str]:
    body = _body("chat.completion.chunk", desk.model.name)

    def event(delta: dict[str, Any], finish: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return _event({**body, "choices": [choice]})

    try:
        calls = 0
        async with aclosing(desk.write(answer)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Call):
                    yield event({"tool_calls": [{"index": calls, **_call(piece)}]})
                    calls += 1
                else:
                    # An empty one says that the model is at work.
                    yield event({"role": "assistant", "content": piece})
        yield event({}, answer.finish)
        options = answer.asked.stream_options
        if options and options.include_usage:
            yield _event({**body, "choices": [], "usage": answer.usage})
    except Refused as error:
        yield _event(error.body)
    yield "data: [DONE]\n\n"


def _body(kind: str, model: str) -> dict[str, Any]:
    id = f"chatcmpl-{uuid.uuid4().hex}"
    return {"id": id, "object": kind, "created": int(time.time()), "model": model}


def _event(data: dict[str, Any]) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"


def _call(call: Call) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": f"call_{uuid.uuid4().hex[:24]}", "type": "function", "function": function}


def _described(model: Model) -> dict[str, Any]:
    return {
        "id": model.name,
        "object": "model",
        "created": 0,
        "owned_by": "productresearch",
        "max_model_len": model.context_tokens,
    }


# Errors


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return JSONResponse(error.body, error.status)


def _unknown(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path = f"{request.method} {request.url.path}"
    known = "this server has GET /v1/models and POST /v1/chat/completions"
    return _refused(request, Refused(f"{path}: {error.detail}; {known}", status=error.status_code))
