"""Tavily's search API."""

from typing import Any

from servers.live.search import Asked, Service, WebResult, request, results

KEY = "TAVILY_API_KEY"
_FIELDS = {"snippet": "content", "published": "published_date"}
_MOST = 20
_MOST_CHARACTERS = 400


class Tavily:
    name = "Tavily"

    def __init__(
        self, key: str, url: str = "https://api.tavily.com", seconds: float = 15.0
    ) -> None:
        self._key = key
        self._url = f"{url}/search"
        self._service = Service(
            self.name,
            refused=f"Tell the user to check {KEY}; go on without the web.",
            no_json="Try again later.",
            seconds=seconds,
        )

    async def search(self, asked: Asked) -> list[WebResult]:
        body: dict[str, Any] = {
            "query": asked.query[:_MOST_CHARACTERS],
            "max_results": min(asked.limit, _MOST),
        }
        if asked.since:
            body["start_date"] = asked.since.isoformat()
        if asked.site:
            body["include_domains"] = [asked.site]
        headers = {"authorization": f"Bearer {self._key}"}
        found = await self._service.ask(request("POST", self._url, json=body, headers=headers))
        return results(found.get("results"), _FIELDS)
