"""Fetching a page that strangers named, from servers that strangers run.

Each hop of a redirect passes the same gate: http or https, no password, a usual port, a name
that is resolved once, every address of it public, the connection made to that very address, and
robots.txt. No cookies, no proxy (it would resolve names itself), no connection used twice.
"""

import ssl
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass

import anyio
import httpx2

from servers.live.addresses import Resolve, is_public, resolve
from servers.live.answers import (
    HEADERS,
    LONGEST_ADDRESS,
    Answer,
    WebFailed,
    read_answer,
    shown,
    trusted,
)
from servers.live.robots import Robots

_PORTS = frozenset({80, 443, 8080, 8443})
_MOST_ADDRESSES = 4
_RESOLVED_SECONDS = 60.0
_MOST_NAMES = 1000
_ROBOTS_BYTES = 512_000
_MOVED = frozenset({301, 302, 303, 307, 308})
_ACCEPT = "text/html, application/xhtml+xml, text/markdown, text/plain, application/pdf;q=0.9"
_KINDS = {
    "text/html": "html", "application/xhtml+xml": "html",
    "text/plain": "text", "text/markdown": "markdown", "text/x-markdown": "markdown",
    "application/pdf": "pdf", "application/x-pdf": "pdf",
}  # fmt: skip


@dataclass(frozen=True)
class Limits:
    seconds: float = 20.0
    """For everything: robots.txt, all redirects, the whole body."""
    size: int = 10_000_000
    """Bytes after decompression."""
    redirects: int = 5


@dataclass(frozen=True)
class Fetched:
    url: str
    """Where it was in the end."""
    kind: str
    """html, text, markdown or pdf."""
    charset: str | None
    body: bytes


class Fetcher:
    """`allowed`: pairs (address, port) that are connected to though they are not public; for
    tests, and never set by a flag, a variable or a file."""

    def __init__(
        self,
        *,
        resolve: Resolve = resolve,
        limits: Limits = Limits(),
        allowed: Collection[tuple[str, int]] = (),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._resolve = resolve
        self._limits = limits
        self._allowed = frozenset(allowed)
        self._tls = tls
        self._robots = Robots(self._robots_txt)
        self._resolved: dict[tuple[str, int], tuple[float, list[str]]] = {}

    async def fetch(self, url: str) -> Fetched:
        """Raises WebFailed with the reason, for a model to read."""
        try:
            with anyio.fail_after(self._limits.seconds):
                return await self._fetch(url)
        except TimeoutError:
            raise WebFailed(
                f"{shown(url)} did not answer in whole within {self._limits.seconds:g} seconds."
                " Read another page."
            ) from None
        except httpx2.HTTPError as error:
            raise WebFailed(
                f"{shown(url)} cannot be read ({_reason(error)}). Read another page."
            ) from error

    async def _fetch(self, url: str) -> Fetched:
        at, answer = await self._follow(_checked(url), self._limits.size, page=True)
        kind = _kind(at, answer)
        if not answer.whole:
            raise WebFailed(
                f"{shown(str(at))} is longer than {self._limits.size // 1_000_000} MB, too long"
                " to read. Read another page."
            )
        charset = answer.headers.get("content-type", "").lower().partition("charset=")[2]
        return Fetched(str(at), kind, charset.partition(";")[0].strip("\"' ") or None, answer.body)

    async def _robots_txt(self, site: httpx2.URL) -> Answer:
        _, answer = await self._follow(site, _ROBOTS_BYTES, page=False)
        return answer

    async def _follow(self, url: httpx2.URL, most: int, *, page: bool) -> tuple[httpx2.URL, Answer]:
        """(where it was, the answer) after at most `redirects` redirects."""
        before: httpx2.URL | None = None
        for _ in range(self._limits.redirects + 1):
            if page:
                await self._robots.admit(url, before)
            answer = await self._hop(url, most, page)
            target = answer.headers.get("location")
            if answer.status not in _MOVED or not target:
                return url, answer
            before, url = url, _checked(target, url)
        raise WebFailed(
            f"{shown(str(url))} redirects more than {self._limits.redirects} times. Read another"
            " page."
        )

    async def _hop(self, url: httpx2.URL, most: int, page: bool) -> Answer:
        *others, last = await self._addresses(url)
        for address in others:
            with suppress(httpx2.ConnectError, httpx2.ConnectTimeout):
                return await self._ask(url, address, most, page)
        return await self._ask(url, last, most, page)

    async def _addresses(self, url: httpx2.URL) -> list[str]:
        """Of the host, each checked; resolved once for robots.txt, the page and its redirects."""
        place = url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80)
        until, found = self._resolved.get(place, (0.0, []))
        if until < time.monotonic():
            found = await self._checked_addresses(url, *place)
            if len(self._resolved) >= _MOST_NAMES:
                self._resolved.clear()
            self._resolved[place] = time.monotonic() + _RESOLVED_SECONDS, found
        return found

    async def _checked_addresses(self, url: httpx2.URL, host: str, port: int) -> list[str]:
        """One address that is not public condemns the name."""
        try:
            found = list(await self._resolve(host, port))
        except (OSError, UnicodeError) as error:
            raise WebFailed(
                f"There is no host named {shown(url.host)!r}. Use an address that search_web"
                " returned."
            ) from error
        strange = [address for address in found if (address, port) not in self._allowed]
        if not all(map(is_public, strange)):
            raise WebFailed(
                f"{shown(url.host)} is not on the public web (its address is private or reserved)"
                " and is not read. Read another page."
            )
        if strange and port not in _PORTS:
            raise WebFailed(
                f"{shown(url.host)} is asked for at port {port}, where no web pages are; it is not"
                " read."
            )
        if not found:
            raise WebFailed(f"The host {shown(url.host)!r} has no address.")
        return found[:_MOST_ADDRESSES]

    async def _ask(self, url: httpx2.URL, address: str, most: int, page: bool) -> Answer:
        """Over one connection to `address`; name and certificate stay those of the host."""
        headers = {**HEADERS, "accept": _ACCEPT, "host": url.netloc.decode("ascii")}
        host = url.raw_host.decode("ascii")
        async with (
            httpx2.AsyncClient(
                verify=self._tls or trusted(),
                trust_env=False,
                follow_redirects=False,
                timeout=_TIMEOUTS,
            ) as client,
            client.stream(
                "GET",
                url.copy_with(host=address, fragment=None),
                headers=headers,
                extensions={"sni_hostname": host},
            ) as response,
        ):
            if response.status_code in _MOVED:
                return Answer(response.status_code, response.headers)
            if page:
                _refuse_unreadable(url, Answer(response.status_code, response.headers))
            return await read_answer(response, most, shown(str(url)))


_TIMEOUTS = httpx2.Timeout(15.0, connect=5.0)


def _checked(url: str, base: httpx2.URL | None = None) -> httpx2.URL:
    """Raises WebFailed for what is no plain web address."""
    try:
        found = base.join(url) if base else httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError) as error:
        raise WebFailed(f"{shown(url)!r} is no web address.") from error
    if found.scheme not in ("http", "https") or not found.host:
        raise WebFailed(f"{shown(url)!r} is no http or https address, and nothing else is read.")
    if len(str(found)) > LONGEST_ADDRESS:
        raise WebFailed(f"An address of more than {LONGEST_ADDRESS} characters is not read.")
    if found.userinfo:
        raise WebFailed("An address with a user name or password in it is not read.")
    return found.copy_with(fragment=None)


def _refuse_unreadable(url: httpx2.URL, answer: Answer) -> None:
    """Before its body is read."""
    if answer.status != 200:
        raise WebFailed(
            f"{shown(str(url))} answered HTTP {answer.status}{_MEANING.get(answer.status, '')}."
            " Read another page."
        )
    if answer.content_type not in (*_KINDS, "application/octet-stream"):
        raise WebFailed(
            f"{shown(str(url))} is {shown(answer.content_type) or 'of no stated type'}; only HTML,"
            " plain text, Markdown and PDF are read. Read another page."
        )


_MEANING = {
    401: " (it asks for a login)",
    403: " (it refuses programs or this address)",
    404: " (there is no such page)",
    410: " (the page is gone)",
    429: " (it asks for a pause)",
    451: " (withheld for legal reasons)",
}


def _kind(url: httpx2.URL, answer: Answer) -> str:
    if answer.body.startswith(b"%PDF-"):
        return "pdf"
    kind = _KINDS.get(answer.content_type)
    if kind is None:
        raise WebFailed(f"{shown(str(url))} is a file to download, no page. Read another page.")
    return kind


def _reason(error: httpx2.HTTPError) -> str:
    return shown(str(error)) or type(error).__name__
