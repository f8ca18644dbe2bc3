"""The three servers as one, over stdio or streamable HTTP."""

import hmac
import os
import socket
import stat
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import uvicorn
from fastmcp import FastMCP
from fastmcp.server.auth.auth import AccessToken, TokenVerifier
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from servers import catalog, reviews, web
from servers.answers.completions import add_completions
from servers.answers.prompts import add_prompt
from servers.answers.tools import new_server
from servers.index import Index, ServersError
from servers.live.web import LiveWeb

Part = Literal["catalog", "reviews", "web"]
PARTS: tuple[Part, ...] = ("catalog", "reviews", "web")
_MODULES = {"catalog": catalog, "reviews": reviews, "web": web}

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_LARGEST_REQUEST = 1_000_000
_SHORTEST_TOKEN = 16


class RefusedToServe(ServersError):
    """A way of serving that would leave the index open to others."""


def build_app(index: Index, which: Sequence[Part] = PARTS, live: LiveWeb | None = None) -> FastMCP:
    """One server with the tools of `which`, the prompt and the completions. `live`: the web
    beyond the index, if it is to be searched and read."""
    parts = [part for part in PARTS if part in which]
    instructions = " ".join(_MODULES[part].INSTRUCTIONS for part in parts)
    server = new_server("productresearch", instructions)
    for part in parts:
        if part == "web":
            web.add_to(server, index, live)
        else:
            _MODULES[part].add_to(server, index)
    if "catalog" in parts:
        add_prompt(server)
        add_completions(server, index)
    return server


def serve_stdio(server: FastMCP) -> None:
    """Until the client closes stdin. Nothing but the protocol goes to stdout."""
    server.run("stdio", show_banner=False, log_level="WARNING")


def serve_http(server: FastMCP, host: str, port: int, token_file: Path | None) -> None:
    """Until interrupted; requests under way are finished first. Raises RefusedToServe."""
    token = None if token_file is None else read_token(token_file)
    if token is None and host not in LOOPBACK:
        raise RefusedToServe(
            f"Serving on {host} opens the index to the network: give --token-file FILE"
            " (a secret of 16 characters or more), or leave --host at 127.0.0.1."
        )
    config = uvicorn.Config(
        http_app(server, host, token),
        log_level="warning",
        timeout_graceful_shutdown=5,
        server_header=False,
        ws="none",
    )
    with _listening(host, port) as listening:
        _Announced(config).run([listening])


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else error
        raise RefusedToServe(
            f"Cannot listen on {host} port {port}: {why}. Choose another --port."
        ) from error


class _Announced(uvicorn.Server):
    """Says on stderr where it answers, once it does."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for one in sockets or ():
            host, port = one.getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            print(
                f"serving on http://{shown}:{port}/mcp (Ctrl+C stops)", file=sys.stderr, flush=True
            )


def http_app(server: FastMCP, host: str, token: str | None = None) -> ASGIApp:
    """The ASGI application at /mcp; Host and Origin are checked where it is served locally, so
    that no web page can reach it through a name that resolves to this machine."""
    if token is not None:
        server.auth = _OneToken(token)
    return server.http_app(
        middleware=[Middleware(_LimitRequests)],
        host_origin_protection="auto",
        allowed_hosts=[host] if host in LOOPBACK else None,
    )


class _OneToken(TokenVerifier):
    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = token.encode()

    async def verify_token(self, token: str) -> AccessToken | None:
        if not hmac.compare_digest(token.encode(), self._token):
            return None
        return AccessToken(token=token, client_id="productresearch", scopes=[])


def read_token(path: Path) -> str:
    """Raises RefusedToServe for a file that others may read, or that holds no secret."""
    try:
        found = path.stat()
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedToServe(f"{path}: the token cannot be read: {error}") from error
    if os.name == "posix" and found.st_mode & (stat.S_IRGRP | stat.S_IROTH):
        raise RefusedToServe(f"{path} can be read by others. Run: chmod 600 {path}")
    if len(text) < _SHORTEST_TOKEN or any(not " " < char <= "~" for char in text):
        raise RefusedToServe(
            f"{path} must hold one token of at least {_SHORTEST_TOKEN} visible ASCII characters"
            " and nothing else."
        )
    return text


class _LimitRequests:
    """Refuses a body above the limit before it is read into memory."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > _LARGEST_REQUEST:
            await _too_large(send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > _LARGEST_REQUEST:
                return {"type": "http.disconnect"}
            return message

        await self._app(scope, counted, send)


async def _too_large(send: Send) -> None:
    body = f"The request is larger than {_LARGEST_REQUEST} bytes.".encode()
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
