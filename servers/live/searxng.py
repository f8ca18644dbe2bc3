"""SearXNG: a search engine that one runs oneself. No key."""

from datetime import date
from urllib.parse import urlsplit

from servers.live.answers import WebFailed, shown
from servers.live.search import Asked, Service, WebResult, listed, request, results

_FIELDS = {"snippet": "content", "published": "publishedDate"}
_RANGES = ((1, "day"), (31, "month"), (366, "year"))
_MOST_ENGINES = 5


class SearXNG:
    def __init__(self, url: str, seconds: float = 15.0) -> None:
        parts = urlsplit(url)
        self.name = f"SearXNG at {parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self._url = f"{url.rstrip('/')}/search"
        mend = "In its settings.yml, `search: formats:` must list json, and its limiter let us in."
        self._service = Service(self.name, refused=mend, no_json=mend, seconds=seconds)

    async def search(self, asked: Asked) -> list[WebResult]:
        words = f"{asked.query} site:{asked.site}" if asked.site else asked.query
        params = {"q": words, "format": "json"}
        if asked.since and (time_range := _time_range(asked.since)):
            params["time_range"] = time_range
        found = await self._service.ask(request("GET", self._url, params=params))
        if not isinstance(found.get("results"), list):
            raise WebFailed(f"{self.name} answered JSON without results: is it a SearXNG?")
        pages = results(found["results"], _FIELDS)
        if not pages and (silent := _silent(found.get("unresponsive_engines"))):
            raise WebFailed(f"{self.name}: none of its engines answered ({silent}). Try later.")
        return pages


def _time_range(since: date) -> str | None:
    """Only coarse ones are known: the narrowest that holds every day since."""
    days = (date.today() - since).days
    return next((name for most, name in _RANGES if days <= most), None)


def _silent(raw: object) -> str:
    """[[engine, reason], ...] in words."""
    named = [shown(": ".join(map(str, listed(pair)))) for pair in listed(raw)]
    return "; ".join(named[:_MOST_ENGINES])
