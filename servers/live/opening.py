"""The live web as the settings have it."""

from pathlib import Path

from servers.live.brave import Brave
from servers.live.fetching import Fetcher
from servers.live.keeping import Kept
from servers.live.search import Provider
from servers.live.searxng import SearXNG
from servers.live.tavily import Tavily
from servers.live.web import LiveWeb
from servers.settings import BadSettings, WebMode, WebSettings

FOLDER = "web"
"""Inside the index: what was searched and fetched."""
SET_UP = (
    "set PRODUCTRESEARCH_SEARXNG_URL to the address of a SearXNG, or BRAVE_API_KEY, or"
    " TAVILY_API_KEY"
)


def open_web(
    mode: WebMode, index: Path, settings: WebSettings, *, any_address: bool = False
) -> LiveWeb | None:
    """None for the modes that stay within the index. Raises BadSettings, IndexUnreadable."""
    if mode == "live":
        provider = provider_of(settings)
        if provider is None:
            raise BadSettings(f"--web live: no search service is configured; {SET_UP}.")
        return LiveWeb(Kept(index / FOLDER), provider, Fetcher(), any_address)
    return LiveWeb(Kept(index / FOLDER)) if mode == "replay" else None


def provider_of(settings: WebSettings) -> Provider | None:
    """None where none is set up. Raises BadSettings where the one that is named lacks a setting."""
    match settings.provider:
        case "searxng":
            return SearXNG(_needed(settings.searxng_url, "searxng", "PRODUCTRESEARCH_SEARXNG_URL"))
        case "brave":
            return Brave(_needed(settings.brave_key, "brave", "BRAVE_API_KEY"))
        case "tavily":
            return Tavily(_needed(settings.tavily_key, "tavily", "TAVILY_API_KEY"))
        case None:
            return None


def _needed(value: str | None, provider: str, variable: str) -> str:
    if value is None:
        raise BadSettings(f"The web provider {provider} needs {variable}, which is not set.")
    return value
