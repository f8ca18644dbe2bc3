"""Where a model is asked, with which key, and what it means where that fails."""

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import httpx2
import openai

from client.chat.models import ModelSettings, is_address
from client.chat.streaming import Told
from client.errors import ModelFailed

OPENAI = "https://api.openai.com/v1"
_CONNECT_SECONDS = 10.0


@dataclass(frozen=True)
class Endpoint:
    url: str
    key: str = field(repr=False)
    """Empty where none is sent."""
    set_by: str
    """What to check where the endpoint does not answer."""
    key_set_by: str
    withheld: tuple[str, ...] = ()
    """Headers that the client library would send of itself, meant for another endpoint."""


def endpoint_of(
    name: str, settings: ModelSettings, environment: Mapping[str, str] | None = None
) -> Endpoint:
    """A key goes to the endpoint that it was given for, and to no other. Raises ModelFailed."""
    environment = os.environ if environment is None else environment
    if settings.base_url:
        return _configured(name, settings.base_url, settings.key_env, environment)
    url, key = environment.get("OPENAI_BASE_URL"), _key("OPENAI_API_KEY", environment)
    if not key and not url:
        raise ModelFailed(
            f"no model endpoint for {name!r}: set OPENAI_API_KEY, or OPENAI_BASE_URL for a"
            " server of your own; --model rules needs neither"
        )
    if url and not is_address(url):
        raise ModelFailed("OPENAI_BASE_URL must start with http:// or https:// and name a host")
    return Endpoint(url or OPENAI, key, "OPENAI_BASE_URL", "OPENAI_API_KEY")


def _configured(
    name: str, url: str, variable: str | None, environment: Mapping[str, str]
) -> Endpoint:
    key = _key(variable, environment) if variable else ""
    if variable and not key:
        raise ModelFailed(f"no key for {name!r}: set {variable}")
    custom = environment.get("OPENAI_CUSTOM_HEADERS", "").splitlines()
    names = [line.partition(":")[0].strip() for line in custom]
    withheld = ("OpenAI-Organization", "OpenAI-Project", *names)
    where = variable or "key_env in models.toml"
    return Endpoint(url, key, "base_url in models.toml", where, withheld)


def _key(variable: str, environment: Mapping[str, str]) -> str:
    key = environment.get(variable, "").strip()
    if not (key.isascii() and key.isprintable()):
        raise ModelFailed(f"{variable} holds characters that no key has; set it again")
    return key


def connected(endpoint: Endpoint) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(
        api_key="none",  # The library insists on one; `headers` says what is sent.
        base_url=endpoint.url,
        max_retries=0,
        http_client=openai.DefaultAsyncHttpxClient(
            timeout=openai.Timeout(None, connect=_CONNECT_SECONDS),
            follow_redirects=False,
            verify=_trusted(),
        ),
    )


@cache
def _trusted() -> ssl.SSLContext:
    """Read once: it takes longer than a request, and a megabyte."""
    return httpx2.create_ssl_context()


def headers(endpoint: Endpoint) -> dict[str, str | openai.Omit]:
    key = f"Bearer {endpoint.key}" if endpoint.key else openai.omit
    return {**dict.fromkeys(endpoint.withheld, openai.omit), "Authorization": key}


def said_of(error: Exception, endpoint: Endpoint) -> str:
    """For the person who runs it; the key may still stand in it."""
    match error:
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            return f"the endpoint refused the key; check {endpoint.key_set_by}"
        case openai.NotFoundError():
            return f"the endpoint does not know this model; check the name and {endpoint.set_by}"
        case openai.APIConnectionError():
            return f"no connection to {httpx2.URL(endpoint.url).host}; check {endpoint.set_by}"
        case openai.APIStatusError(status_code=status) if status < 400:
            return f"the endpoint redirects elsewhere; check {endpoint.set_by}"
        case openai.APIStatusError(status_code=status, message=message):
            return f"the endpoint answered {status}: {message}"
        case Told():
            return f"the endpoint answered with an error: {error}"
        case _:
            return str(error)
