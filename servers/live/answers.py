"""What a server on the web answered, read within limits whatever it sends."""

import ssl
import zlib
from dataclasses import dataclass
from functools import cache

import httpx2

from servers.answers.hygiene import clean_line
from servers.index import ServersError


class WebFailed(ServersError):
    """A search or a page that could not be had; the text says why and what to do instead."""


AGENT = "productresearch"
"""What robots.txt may call us."""
HEADERS = {"user-agent": f"{AGENT}/0.1", "accept-encoding": "gzip"}
LONGEST_ADDRESS = 2000


@dataclass(frozen=True)
class Answer:
    status: int
    headers: httpx2.Headers
    body: bytes = b""
    whole: bool = True
    """False where the body went on beyond what is read."""

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_answer(response: httpx2.Response, most: int, who: str) -> Answer:
    """With at most `most` bytes of the body, counted after decompression. Raises WebFailed that
    begins with `who`."""
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise WebFailed(f"{who} answers in an encoding that was not asked for: {shown(encoding)}.")
    unzip = _Unzip() if "gzip" in encoding else None
    body, received = bytearray(), 0
    async for chunk in response.aiter_raw():
        received += len(chunk)
        try:
            body += unzip.more(chunk, most + 1 - len(body)) if unzip else chunk
        except zlib.error as error:
            raise WebFailed(f"{who} sent a damaged answer (no valid gzip).") from error
        if len(body) > most or received > most:
            return Answer(response.status_code, response.headers, bytes(body[:most]), False)
    return Answer(response.status_code, response.headers, bytes(body))


class _Unzip:
    """Gzip, never more of it at once than there is room for: a bomb is not unpacked."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)

    def more(self, packed: bytes, room: int) -> bytes:
        unpacked = bytearray()
        while packed and len(unpacked) < room:
            if self._member.eof:
                self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)
            unpacked += self._member.decompress(packed, room - len(unpacked))
            packed = self._member.unused_data or self._member.unconsumed_tail
        return bytes(unpacked)


@cache
def trusted() -> ssl.SSLContext:
    """The certificates that are trusted: loading them takes as long as a request."""
    return httpx2.create_ssl_context()


def shown(text: str) -> str:
    """An address or word of others, fit to stand in a message."""
    return clean_line(text)[:200]
