"""A scripted server that speaks OpenAI's chat completions over real HTTP on loopback."""

import json
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Request = dict[str, Any]


@dataclass(frozen=True)
class Failure:
    """An HTTP error instead of a reply; 429 and 5xx are tried again by the client library."""

    status: int
    message: str = "scripted failure"


@dataclass
class ScriptedModel:
    """Plays `replies` in order and keeps what it was asked; past the last it repeats that.

    A reply is text, a list of (tool, arguments) calls, a Failure, or a function of the request
    that gives one of these."""

    replies: Sequence[Any]
    requests: list[Request] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    url: str = ""

    def reply_to(self, request: Request) -> Any:
        reply = self.replies[min(len(self.requests), len(self.replies) - 1)]
        self.requests.append(request)
        return reply(request) if isinstance(reply, Callable) else reply


@contextmanager
def scripted_model(*replies: Any) -> Generator[ScriptedModel]:
    """The server runs until the block ends; give `url` as OPENAI_BASE_URL."""
    model = ScriptedModel(replies)

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            model.keys.append(self.headers["authorization"])
            reply = model.reply_to(json.loads(body))
            failed = isinstance(reply, Failure)
            status = reply.status if failed else 200
            answer = {"error": {"message": reply.message}} if failed else completion(reply)
            payload = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(payload)))
            self.send_header("retry-after-ms", "1")
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *args: Any) -> None:
            """Tests read what was asked from `requests`."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        model.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        try:
            yield model
        finally:
            server.shutdown()
            thread.join()


def completion(reply: Any) -> dict[str, Any]:
    """The response body for a text or a list of calls; arguments given as text go out as they
    are, also when they are no JSON."""
    message: dict[str, Any] = {"role": "assistant", "content": reply}
    if isinstance(reply, list):
        calls = [
            {
                "id": f"call_{n}",
                "type": "function",
                "function": {
                    "name": name,
                    "arguments": args if isinstance(args, str) else json.dumps(args),
                },
            }
            for n, (name, args) in enumerate(reply)
        ]
        message = {"role": "assistant", "content": None, "tool_calls": calls}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": "scripted",
        "choices": [choice],
        "usage": usage,
    }
