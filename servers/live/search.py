"""What every search service has in common: what it is asked, what it returns, how it fails."""

import html
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Any, Protocol, cast

import anyio
import httpx2
from pydantic import Field

from servers.language.values import Unclear, parse_date
from servers.live.answers import (
    HEADERS,
    LONGEST_ADDRESS,
    Answer,
    WebFailed,
    read_answer,
    shown,
    trusted,
)
from servers.records import Record, WebAddress

_SIZE = 3_000_000
_PATIENCE = 5.0
"""Seconds. A service that asks for a longer pause is not waited for."""

_USED_UP = frozenset({402, 432, 433})


@dataclass(frozen=True)
class Asked:
    query: str
    site: str | None = None
    since: date | None = None
    limit: int = 10


class WebResult(Record):
    """One page that a search returned. It is kept in a file: see `servers.live.keeping`."""

    url: Annotated[WebAddress, Field(max_length=LONGEST_ADDRESS)]
    title: str
    snippet: str = ""
    published: date | None = None


class Provider(Protocol):
    @property
    def name(self) -> str: ...

    async def search(self, asked: Asked) -> list[WebResult]:
        """The best first; perhaps more than the limit. Raises WebFailed."""
        ...


@dataclass(frozen=True)
class Service:
    """The HTTP side of a search service."""

    name: str
    refused: str
    """What to do where it refuses us (401, 403)."""
    no_json: str
    """What to do where it answers something else than JSON."""
    seconds: float = 15.0

    async def ask(self, request: httpx2.Request) -> dict[str, Any]:
        """Its JSON object. Raises WebFailed. Asked again once after a short Retry-After."""
        try:
            with anyio.fail_after(self.seconds):
                answer = await self._answer(request)
                wait = _retry_after(answer)
                if answer.status == 429 and wait is not None and wait <= _PATIENCE:
                    await anyio.sleep(wait)
                    answer = await self._answer(request)
        except TimeoutError:
            raise WebFailed(
                f"{self.name} did not answer in whole within {self.seconds:g} seconds. Try again,"
                " or go on without the web."
            ) from None
        except httpx2.HTTPError as error:
            raise WebFailed(
                f"{self.name} cannot be reached ({shown(str(error)) or type(error).__name__})."
                " Go on without the web."
            ) from error
        return self._object(answer)

    async def _answer(self, request: httpx2.Request) -> Answer:
        async with httpx2.AsyncClient(
            verify=trusted(), trust_env=False, follow_redirects=False, timeout=self.seconds
        ) as client:
            response = await client.send(request, stream=True)
            try:
                return await read_answer(response, _SIZE, self.name)
            finally:
                await response.aclose()

    def _object(self, answer: Answer) -> dict[str, Any]:
        if answer.status == 429:
            wait = _retry_after(answer)
            pause = f" It asks to wait {wait:.0f} seconds." if wait else ""
            raise WebFailed(
                f"{self.name} takes no more searches now (HTTP 429).{pause} Read what was found"
                " already, or search later."
            )
        if answer.status in (401, 403) or b"SUBSCRIPTION_TOKEN_INVALID" in answer.body[:2000]:
            raise WebFailed(f"{self.name} refused us (HTTP {answer.status}). {self.refused}")
        if answer.status != 200:
            used_up = ": its plan is used up" if answer.status in _USED_UP else ""
            raise WebFailed(f"{self.name} failed (HTTP {answer.status}){used_up}. Try again later.")
        if not answer.whole:
            raise WebFailed(f"{self.name} answered without end. Use fewer words, or try later.")
        try:
            found = json.loads(answer.body)
        except (ValueError, RecursionError):
            kind = shown(answer.content_type) or "something"
            raise WebFailed(
                f"{self.name} answered {kind} that is no JSON. {self.no_json}"
            ) from None
        if not isinstance(found, dict):
            raise WebFailed(f"{self.name} answered JSON of another shape. {self.no_json}")
        return cast(dict[str, Any], found)


def request(method: str, url: str, **parts: Any) -> httpx2.Request:
    headers = {**HEADERS, "accept": "application/json", **parts.pop("headers", {})}
    return httpx2.Request(method, url, headers=headers, **parts)


def results(found: object, fields: Mapping[str, str]) -> list[WebResult]:
    """Those with a web address, each once. `fields`: snippet and published -> the service's own
    names."""
    by_url: dict[str, WebResult] = {}
    for one in objects(found):
        try:
            url = str(httpx2.URL(one["url"]))  # escaped: an address is no place for sentences
            result = WebResult(
                url=url,
                title=html.unescape(str(one.get("title") or url)),
                snippet=html.unescape(str(one.get(fields["snippet"]) or "")),
                published=_day(one.get(fields["published"])),
            )
        except (KeyError, TypeError, ValueError, httpx2.InvalidURL):
            continue
        by_url.setdefault(result.url, result)
    return list(by_url.values())


def objects(found: object) -> Iterable[dict[str, Any]]:
    return (cast(dict[str, Any], one) for one in listed(found) if isinstance(one, dict))


def listed(found: object) -> list[Any]:
    return cast(list[Any], found) if isinstance(found, list) else []


def _day(raw: object) -> date | None:
    """ISO, or as mail headers write it; what cannot be read is not stated."""
    if not isinstance(raw, str):
        return None
    try:
        return parse_date(raw)
    except Unclear:
        pass
    try:
        return parsedate_to_datetime(raw).date()
    except ValueError:
        return None


def _retry_after(answer: Answer) -> float | None:
    """Seconds."""
    raw = answer.headers.get("retry-after", "").strip()
    if raw.isdigit():
        return float(raw)
    try:
        until = parsedate_to_datetime(raw)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
