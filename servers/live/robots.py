"""What a site's robots.txt lets us read (RFC 9309), and how soon after one another."""

import time
from collections.abc import Awaitable, Callable

import httpx2
from protego import Protego

from servers.live.answers import AGENT, Answer, WebFailed, shown

Ask = Callable[[httpx2.URL], Awaitable[Answer]]
_KEPT_SECONDS = 3600.0
_MOST_SITES = 1000
_LONGEST_DELAY = 60.0
"""Seconds. A site that asks for longer pauses is read as if it asked for this one."""


class Robots:
    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._rules: dict[httpx2.URL, tuple[float, Protego]] = {}
        self._free_at: dict[httpx2.URL, float] = {}

    async def admit(self, url: httpx2.URL, before: httpx2.URL | None = None) -> None:
        """Raises WebFailed where the site's owner does not want the page read, or not yet.
        `before`: the address that redirects to this one; within a site both are one visit."""
        site = _robots_txt(url)
        rules = await self._rules_of(site)
        if not rules.can_fetch(str(url), AGENT):
            raise WebFailed(
                f"{shown(str(url))} is not read: the site's robots.txt asks programs to leave it"
                " alone. Read another page."
            )
        if before is None or _robots_txt(before) != site:
            self._take_turn(site, rules.crawl_delay(AGENT) or 0.0)

    async def _rules_of(self, site: httpx2.URL) -> Protego:
        now = time.monotonic()
        expires, rules = self._rules.get(site, (0.0, None))
        if rules is None or expires < now:
            rules = _rules(site, await self._ask(site))
            if len(self._rules) >= _MOST_SITES:
                self._rules.clear()
            self._rules[site] = now + _KEPT_SECONDS, rules
        return rules

    def _take_turn(self, site: httpx2.URL, delay: float) -> None:
        """A pause that a site asks for is not slept through: a model can read elsewhere."""
        now = time.monotonic()
        wait = self._free_at.get(site, now) - now
        if wait > 0:
            raise WebFailed(
                f"{shown(site.host)} asks for {delay:g} seconds between two pages: read this one"
                f" again in {wait:.0f} seconds, or another site's."
            )
        if len(self._free_at) >= _MOST_SITES:
            self._free_at.clear()
        self._free_at[site] = now + min(delay, _LONGEST_DELAY)


def _robots_txt(url: httpx2.URL) -> httpx2.URL:
    return url.copy_with(raw_path=b"/robots.txt", fragment=None)


def _rules(site: httpx2.URL, answer: Answer) -> Protego:
    if answer.status == 429 or answer.status >= 500:
        raise WebFailed(
            f"{shown(site.host)} is not read now: its robots.txt cannot be had (HTTP"
            f" {answer.status}), so its owner's wishes are unknown. Try later or read another page."
        )
    found = answer.status == 200
    return Protego.parse(answer.body.decode("utf-8", "replace") if found else "")
