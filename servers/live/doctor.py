"""Whether the live web can be searched, and how to make it so."""

from collections.abc import Iterator, Mapping

import anyio

from servers.index import ServersError
from servers.live.opening import SET_UP, provider_of
from servers.live.search import Asked
from servers.live.searxng import SearXNG
from servers.settings import web_settings
from servers.setup.health import FAIL, OK, WARN, Check

_NAME = "live web"
_USE = "To search it: productresearch serve --web live."


def live_web(environment: Mapping[str, str], seconds: float = 5.0) -> Iterator[Check]:
    """A SearXNG is asked; a service that counts searches is not. No key is ever shown."""
    try:
        settings = web_settings(environment)
        provider = provider_of(settings)
        if provider is None:
            yield Check(_NAME, OK, "no search service configured", f"To have one, {SET_UP}.")
        elif settings.searxng_url and isinstance(provider, SearXNG):
            found = anyio.run(SearXNG(settings.searxng_url, seconds).search, Asked("test"))
            state = OK if found else WARN
            yield Check(_NAME, state, f"{provider.name} gave {len(found)} results", _USE)
        else:
            yield Check(_NAME, OK, f"{provider.name}: a key is set (not tried)", _USE)
    except ServersError as error:
        yield Check(_NAME, FAIL, str(error), f"To mend it, {SET_UP}.")
