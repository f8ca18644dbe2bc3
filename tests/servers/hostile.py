"""Web servers on loopback for tests: raw bytes, so that they may misbehave in any way."""

import gzip
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field

import anyio
from anyio.abc import ByteStream, SocketAttribute, TaskGroup
from anyio.streams.tls import TLSListener

Reply = bytes | Callable[[ByteStream], Awaitable[None]]

PAGE = (
    "<html><head><title>Quiet drills</title><meta property='article:published_time'"
    " content='2026-05-04T10:00:00Z'></head><body><article><h1>Quiet drills</h1>"
    "<p>Below 75 dB(A) is quiet for a drill, and most brushless models stay there when they are"
    " driven slowly through soft wood.</p><p>Look for a keyless chuck as well.</p></article>"
    "</body></html>"
)


@dataclass
class Site:
    """What a server answers by path; `asked` is what it was asked, in order."""

    port: int = 0
    replies: dict[str, Reply] = field(default_factory=dict[str, Reply])
    asked: list[str] = field(default_factory=list[str])
    heads: list[str] = field(default_factory=list[str])
    """The head of each request as it came."""
    bodies: list[bytes] = field(default_factory=list[bytes])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def place(self) -> tuple[str, int]:
        return "127.0.0.1", self.port

    async def answer(self, stream: ByteStream) -> None:
        async with stream:
            head, body = await _request(stream)
            path = head.split(" ")[1]
            self.asked.append(path)
            self.heads.append(head)
            self.bodies.append(body)
            reply = self.replies.get(path, self.replies.get(path.partition("?")[0]))
            if reply is None:
                reply = http(b"nothing here", status=404)
            with suppress(anyio.BrokenResourceError):  # the reader had enough
                await (stream.send(reply) if isinstance(reply, bytes) else reply(stream))


async def _request(stream: ByteStream) -> tuple[str, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        data += await stream.receive()
    head, _, body = data.partition(b"\r\n\r\n")
    text = head.decode()
    length = text.lower().partition("content-length: ")[2].partition("\r\n")[0]
    while len(body) < int(length or 0):
        body += await stream.receive()
    return text, body


@asynccontextmanager
async def serving(*sites: Site, tls: ssl.SSLContext | None = None) -> AsyncIterator[TaskGroup]:
    """Answers until the block is left, each site at a free port."""
    async with AsyncExitStack() as open_ones, anyio.create_task_group() as group:
        for site in sites:
            listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
            await open_ones.enter_async_context(listener)
            site.port = listener.extra(SocketAttribute.local_port)
            secure = TLSListener(listener, tls, standard_compatible=False) if tls else listener
            group.start_soon(secure.serve, site.answer)
        try:
            yield group
        finally:
            group.cancel_scope.cancel()


def http(
    body: bytes | str = b"", status: int = 200, kind: str = "text/html", **headers: str
) -> bytes:
    body = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} Said", f"content-type: {kind}", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "connection: close", "", ""]).encode() + body


def moved(to: str, status: int = 302) -> bytes:
    return http(status=status, location=to)


def zipped(body: bytes, kind: str = "text/html") -> bytes:
    return http(gzip.compress(body), kind=kind, content_encoding="gzip")


def bomb(size: int) -> bytes:
    return zipped(b"<p>" + b"a" * size)


def endless(kind: str = "text/html") -> Reply:
    """As much as the reader takes."""

    async def send(stream: ByteStream) -> None:
        await stream.send(f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\n\r\n".encode())
        while True:
            await stream.send(b"word " * 20_000)

    return send


def dripping(started: bytes = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n") -> Reply:
    """A byte now and then, often enough for a time limit between bytes."""

    async def send(stream: ByteStream) -> None:
        await stream.send(started)
        while True:
            await anyio.sleep(0.02)
            await stream.send(b"a")

    return send
