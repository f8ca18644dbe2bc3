"""A scripted server that speaks OpenAI's chat completions over real HTTP on loopback."""

import asyncio
import json
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal

Request = dict[str, Any]


@dataclass(frozen=True)
class Failure:
    """An HTTP error instead of a reply; 429 and 5xx are tried again."""

    status: int
    message: str = "scripted failure"
    headers: Mapping[str, str] = field(default_factory=lambda: {"retry-after-ms": "1"})
    code: str | None = None


@dataclass(frozen=True)
class Said:
    """A reply with more to it than text or calls."""

    text: str = ""
    calls: Sequence[tuple[str, Any]] = ()
    """Arguments given as text go out as they are, also when they are no JSON."""
    thought: str = ""
    thought_in: Literal["reasoning_content", "reasoning", "reasoning_details"] = "reasoning_content"
    finish: str | None = "stop"
    usage: tuple[int, int] | None = (100, 20)
    refusal: str | None = None
    cut: int = 8
    """Characters in a chunk of the stream."""
    bytes_at_once: int | None = None
    """How the stream goes over the line; None: chunk by chunk."""
    stops: Literal["disconnect", "stall", "silence"] | None = None
    """What happens in place of the finish; at a silence nothing at all is sent."""
    streams: bool = True
    """False: answers whole, whatever was asked."""


@dataclass(frozen=True)
class Raw:
    """Sent as the body as it is; the connection is closed after it."""

    body: str
    content_type: str = "text/event-stream"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass
class ScriptedModel:
    """Plays `replies` in order and keeps what it was asked; past the last it repeats that.

    A reply is text, a list of (tool, arguments) calls, Said, Raw, a Failure, or a function of
    the request that gives one of these."""

    replies: Sequence[Any]
    latency: float = 0.0
    """Seconds before each answer."""
    requests: list[Request] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    """Authorization headers."""
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""
    faults: list[Exception] = field(default_factory=list)
    """Of the script itself; raised at the end."""

    def reply_to(self, request: Request) -> Any:
        reply = self.replies[min(len(self.requests), len(self.replies) - 1)]
        self.requests.append(request)
        return reply(request) if isinstance(reply, Callable) else reply


@contextmanager
def scripted_model(*replies: Any, latency: float = 0.0) -> Generator[ScriptedModel]:
    """The server runs until the block ends; give `url` as OPENAI_BASE_URL."""
    model = ScriptedModel(replies, latency)
    started, loop = threading.Event(), asyncio.new_event_loop()
    stopped = asyncio.Event()

    async def serve() -> None:
        connections: set[asyncio.Task[None]] = set()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task
            connections.add(task)
            try:
                with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                    while await _answered(model, reader, writer):
                        pass
            except Exception as fault:
                model.faults.append(fault)
            finally:
                connections.discard(task)
                writer.close()

        server = await asyncio.start_server(connected, "127.0.0.1", 0, backlog=1024)
        model.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        started.set()
        await stopped.wait()
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    started.wait()
    try:
        yield model
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join()
        loop.close()
    if model.faults:
        raise model.faults[0]


async def _answered(
    model: ScriptedModel, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bool:
    """Answers one request; whether the connection stays open for another."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    lines = [line.partition(":") for line in head.splitlines()[1:] if line]
    headers = {name.lower(): value.strip() for name, _, value in lines}
    request = json.loads(await reader.readexactly(int(headers["content-length"])))
    model.headers.append(headers)
    model.keys.append(headers.get("authorization"))
    reply = model.reply_to(request)
    await asyncio.sleep(model.latency)
    match reply:
        case Failure():
            error = {"message": reply.message, "code": reply.code}
            _send(writer, json.dumps({"error": error}), reply.status, reply.headers)
        case Raw():
            form = {"content-type": reply.content_type, "connection": "close"}
            _start(writer, reply.status, {**form, **reply.headers})
            writer.write(reply.body.encode())
            await writer.drain()
            return False
        case _:
            said = said_by(reply)
            if not (request.get("stream") and said.streams):
                _send(writer, json.dumps(completion(said)))
                return True
            return await _streamed(writer, request, said)
    return True


async def _streamed(writer: asyncio.StreamWriter, request: Request, said: Said) -> bool:
    if said.stops == "silence":
        await asyncio.Event().wait()
    _start(writer, 200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"})
    with_usage = bool(request.get("stream_options"))
    events = [_event(json.dumps(chunk, ensure_ascii=False)) for chunk in chunks(said, with_usage)]
    if not said.stops:
        events.append(_event("[DONE]"))
    if size := said.bytes_at_once:
        body = b"".join(events)
        events = [body[at : at + size] for at in range(0, len(body), size)]
    for event in events:
        writer.write(b"%x\r\n%s\r\n" % (len(event), event))
        await writer.drain()
    if said.stops == "stall":
        await asyncio.Event().wait()
    if not said.stops:
        writer.write(b"0\r\n\r\n")
        await writer.drain()
    return not said.stops


def _event(data: str) -> bytes:
    return f"data: {data}\n\n".encode()


def _send(
    writer: asyncio.StreamWriter, body: str, status: int = 200, headers: Mapping[str, str] = {}
) -> None:
    payload = body.encode()
    length = {"content-type": "application/json", "content-length": str(len(payload))}
    _start(writer, status, {**length, **headers})
    writer.write(payload)


def _start(writer: asyncio.StreamWriter, status: int, headers: Mapping[str, str]) -> None:
    lines = [f"HTTP/1.1 {status} Scripted", *(f"{name}: {headers[name]}" for name in headers)]
    writer.write("\r\n".join([*lines, "", ""]).encode())


def said_by(reply: Any) -> Said:
    match reply:
        case Said():
            return reply
        case str():
            return Said(reply)
        case _:
            return Said(calls=reply)


def completion(said: Said) -> dict[str, Any]:
    """The body of an answer that is not streamed."""
    message: dict[str, Any] = {"role": "assistant", "content": said.text or None}
    if said.calls:
        message["tool_calls"] = [_call(n, call) for n, call in enumerate(said.calls)]
    if said.thought:
        message |= _thought(said, said.thought)
    if said.refusal:
        message["refusal"] = said.refusal
    choice = {"index": 0, "finish_reason": said.finish, "message": message}
    return {**_body("chat.completion", [choice]), "usage": _usage(said)}


def chunks(said: Said, with_usage: bool = True) -> Generator[dict[str, Any]]:
    """The same answer as the chunks of a stream, up to where it stops."""
    yield _delta({"role": "assistant", "content": ""})
    for piece in _pieces(said.thought, said.cut):
        yield _delta(_thought(said, piece))
    for piece in _pieces(said.text, said.cut):
        yield _delta({"content": piece})
    if said.refusal:
        yield _delta({"refusal": said.refusal})
    for n, call in enumerate(said.calls):
        whole = _call(n, call)
        arguments = whole["function"]["arguments"]
        whole["function"] = {**whole["function"], "arguments": ""}
        yield _delta({"tool_calls": [{"index": n, **whole}]})
        for piece in _pieces(arguments, said.cut):
            yield _delta({"tool_calls": [{"index": n, "function": {"arguments": piece}}]})
    if said.stops:
        return
    yield _delta({}, said.finish)
    if with_usage and said.usage:
        yield {**_body("chat.completion.chunk", []), "usage": _usage(said)}


def _delta(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return _body("chat.completion.chunk", [choice])


def _body(kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": "x", "object": kind, "created": 0, "model": "scripted", "choices": choices}


def _call(n: int, call: tuple[str, Any]) -> dict[str, Any]:
    name, arguments = call
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {"id": f"call_{n}", "type": "function", "function": {"name": name, "arguments": text}}


def _thought(said: Said, piece: str) -> dict[str, Any]:
    if said.thought_in == "reasoning_details":
        return {"reasoning_details": [{"type": "reasoning.text", "text": piece}]}
    return {said.thought_in: piece}


def _usage(said: Said) -> dict[str, int] | None:
    if said.usage is None:
        return None
    read, written = said.usage
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def _pieces(text: str, cut: int) -> list[str]:
    return [text[at : at + cut] for at in range(0, len(text), cut)]
