"""The web beyond the index: searched and read live, or replayed from what was kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import anyio
from anyio import to_thread

from servers.index import AnyOf, Between, Query, UnknownField
from servers.live.answers import WebFailed, shown
from servers.live.fetching import Fetcher
from servers.live.keeping import Kept, web_id
from servers.live.reading import read
from servers.live.search import Asked, Provider, WebResult
from servers.records import Page

_FRESH = timedelta(hours=1)
"""A page kept for less is not fetched again: a model reads on in what it has begun."""
_AT_ONCE = 4
_ASKED_FOR = 20
"""Results asked of a service, whatever the limit: a replay may ask for more than was shown."""


@dataclass(frozen=True)
class Found:
    results: Sequence[WebResult] = ()
    pages: Sequence[Page] = ()
    """Kept pages, where a replay has no such search."""
    note: str = ""


@dataclass(frozen=True)
class LiveWeb:
    """`provider` and `fetcher` are None in a replay. Every failure is a WebFailed whose text a
    model reads."""

    kept: Kept
    provider: Provider | None = None
    fetcher: Fetcher | None = None
    any_address: bool = False
    """Whether addresses that no search returned are fetched as well."""
    _room: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(_AT_ONCE))

    async def search(self, asked: Asked) -> Found:
        if self.provider is None:
            return await to_thread.run_sync(self._replayed, asked)
        wanted = Asked(asked.query, asked.site, asked.since, max(asked.limit, _ASKED_FOR))
        results = [one for one in await self.provider.search(wanted) if _meets(one, asked)]
        await to_thread.run_sync(self.kept.put_search, asked, results)
        return _first(results, asked)

    def _replayed(self, asked: Asked) -> Found:
        kept = self.kept.search(asked)
        if kept is not None:
            return _first(kept[1], asked, f"As the web answered on {kept[0]:%Y-%m-%d %H:%M} UTC.")
        filters = [AnyOf("site", (asked.site,))] if asked.site else []
        if asked.since is not None:
            filters = [*filters, Between("published", low=asked.since.toordinal())]
        try:
            pages = self.kept.pages(Query("page", asked.query, tuple(filters), limit=asked.limit))
        except UnknownField:
            pages = []
        note = "This search was not made while the web was live; these pages were read then."
        return Found(pages=pages, note=note if pages else "This search was not made before.")

    async def page(self, id: str | None, url: str | None) -> Page | None:
        """By id or address; None for an id that is not of the web."""
        wanted = id or web_id(url or "")
        kept = await to_thread.run_sync(self.kept.page, wanted)
        address = await to_thread.run_sync(self.kept.returned, wanted)
        if kept is not None and (self.fetcher is None or _age(kept) < _FRESH):
            return kept
        address = address or (kept and kept.url)
        if address is None and url is not None and self.any_address:
            address = url
        if address is None:
            return None
        if self.fetcher is None:
            raise WebFailed(
                f"{shown(address)} was not read while the web was live, and the network is not"
                " used now. Read another page."
            )
        return await self._read(self.fetcher, address, wanted)

    async def _read(self, fetcher: Fetcher, address: str, id: str) -> Page:
        async with self._room:
            page = await read(await fetcher.fetch(address), id)
        await to_thread.run_sync(self.kept.put_page, page)
        return page


def host(url: str) -> str | None:
    return urlsplit(url).hostname


def _first(results: Sequence[WebResult], asked: Asked, note: str = "") -> Found:
    first = results[: asked.limit]
    undated = sum(one.published is None for one in first) if asked.since else 0
    if undated:
        note = f"{note} {undated} of these state no date.".strip()
    return Found(results=first, note=note)


def _meets(one: WebResult, asked: Asked) -> bool:
    """Services take site and date as wishes. An undated page may be new enough."""
    if asked.since and one.published and one.published < asked.since:
        return False
    site = (asked.site or "").lower()
    found = host(one.url) or ""
    return not site or found == site or found.endswith(f".{site}")


def _age(page: Page) -> timedelta:
    return datetime.now(UTC) - page.fetched if page.fetched else timedelta.max
