"""What Elasticsearch and the way to it raise, as errors that say what to do."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from elasticsearch import (
    ApiError,
    ConnectionTimeout,
    NotFoundError,
    SerializationError,
    SSLError,
    TransportError,
)
from elasticsearch import ConnectionError as NoConnection

from servers.elastic.connection import API_KEY, API_KEY_FILE, CA_FILE
from servers.index import IndexMissing, IndexUnreadable

_SAID_AT_MOST = 300
"""Characters of a reason: servers repeat the whole query in some."""


class Gone(IndexMissing):
    """An index of a generation is no longer there: a later write has replaced it."""


@contextmanager
def engine_errors(place: str, doing: str) -> Generator[None]:
    """Raises Gone, or IndexUnreadable with what to do. `place` is without credentials."""
    try:
        yield
    except NotFoundError as error:
        raise Gone(f"There is no index at {place} any more ({reason(error)}).") from error
    except (ApiError, TransportError, SerializationError) as error:
        raise IndexUnreadable(_explained(place, doing, error)) from error


def _explained(place: str, doing: str, error: Exception) -> str:
    match error:
        case SSLError():
            return (
                f"The certificate of {place} cannot be verified ({reason(error)}). Name the "
                f"certificate of its authority in {CA_FILE}."
            )
        case ConnectionTimeout():
            return f"{place} did not answer in time. Try again, or see to the cluster."
        case NoConnection():
            return f"{place} cannot be reached ({reason(error)}). Is Elasticsearch running there?"
        case ApiError(status_code=401):
            return (
                f"{place} does not know the key, or the key has expired. Set {API_KEY}, or"
                f" {API_KEY_FILE} to a file that holds it."
            )
        case ApiError(status_code=403) if "block" in reason(error):
            return f"{place} takes no writes ({reason(error)}). Is its disk full, or read-only?"
        case ApiError(status_code=403):
            return f"The key may not do this at {place} ({reason(error)})."
        case ApiError(status_code=429):
            return f"{place} is too busy. Try again later; nothing was changed."
        case _:
            return f"{doing.capitalize()} the index at {place} failed: {reason(error)}"


def reason(error: Exception) -> str:
    """The innermost reason that the server states, in one line."""
    said = str(error)
    body: Any = error.body if isinstance(error, ApiError) else None
    if isinstance(body, Mapping):  # what stands between may answer with a page instead
        stated = cast(Mapping[str, Any], body).get("error")
        said = innermost(cast(Mapping[str, Any], stated)) if isinstance(stated, Mapping) else said
    return " ".join(said.split())[:_SAID_AT_MOST]


def innermost(stated: Mapping[str, Any]) -> str:
    """The reason at the bottom of an error as Elasticsearch states it."""
    shards: list[Mapping[str, Any]] = stated.get("failed_shards") or []
    causes: list[Any] = [*(each.get("reason") for each in shards), stated.get("caused_by")]
    for cause in causes:
        if isinstance(cause, Mapping):
            return innermost(cast(Mapping[str, Any], cause))
    return str(stated.get("reason") or stated.get("type") or "no reason given")
