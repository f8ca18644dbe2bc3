"""Brave Search's web search API."""

from datetime import date
from typing import Any

from servers.live.search import Asked, Service, WebResult, objects, request, results

KEY = "BRAVE_API_KEY"
_FIELDS = {"snippet": "description", "published": "page_age"}
_MOST = 20
_MOST_CHARACTERS, _MOST_WORDS = 400, 50


class Brave:
    name = "Brave Search"

    def __init__(
        self, key: str, url: str = "https://api.search.brave.com", seconds: float = 15.0
    ) -> None:
        self._key = key
        self._url = f"{url}/res/v1/web/search"
        self._service = Service(
            self.name,
            refused=f"Tell the user to check {KEY}; go on without the web.",
            no_json="Try again later.",
            seconds=seconds,
        )

    async def search(self, asked: Asked) -> list[WebResult]:
        site = f" site:{asked.site}" if asked.site else ""
        words = " ".join(asked.query.split()[: _MOST_WORDS - 1])[: _MOST_CHARACTERS - len(site)]
        params: dict[str, Any] = {
            "q": words + site,
            "count": min(asked.limit, _MOST),
            "result_filter": "web",
            "text_decorations": "false",
        }
        if asked.since:
            params["freshness"] = f"{asked.since}to{date.today()}"
        # The key goes into a header: addresses end up in logs.
        headers = {"x-subscription-token": self._key}
        found = await self._service.ask(request("GET", self._url, params=params, headers=headers))
        return [
            page
            for part in objects([found.get("web")])
            for page in results(part.get("results"), _FIELDS)
        ]
