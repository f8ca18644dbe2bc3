"""Many documents sent in order, a few megabytes at a time; a busy cluster is waited for."""

from collections.abc import Iterable
from typing import Any, cast

from elasticsearch import Elasticsearch
from elasticsearch.helpers import streaming_bulk

from servers.elastic.mapping import Json
from servers.index import IndexUnreadable

_DOCUMENTS = 1_000
_BYTES = 8_000_000
_TRIES = 8
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0
"""Seconds, doubled each time."""


def send(client: Elasticsearch, index: str, actions: Iterable[Json]) -> None:
    """Raises IndexUnreadable, with the reason, where a document is refused for good."""
    results = streaming_bulk(
        client,
        actions,
        index=index,
        chunk_size=_DOCUMENTS,
        max_chunk_bytes=_BYTES,
        max_retries=_TRIES,
        initial_backoff=_FIRST_WAIT,
        max_backoff=_LONGEST_WAIT,
        raise_on_error=False,
        yield_ok=False,
    )
    for done, result in results:
        found = cast(dict[str, Any], next(iter(result.values())))
        if not done and not _is_missing_deletion(result):
            raise IndexUnreadable(
                f"Elasticsearch refuses the record {found.get('_id')!r}: {_reason(found)}. "
                "Nothing of this write is visible."
            )


def _is_missing_deletion(result: Any) -> bool:
    return "delete" in result and result["delete"].get("status") == 404


def _reason(found: dict[str, Any]) -> str:
    error = found.get("error")
    if not isinstance(error, dict):
        return str(error)
    stated = cast(dict[str, Any], error)
    cause: Any = stated.get("caused_by") or stated
    return str(cause.get("reason") or stated.get("type"))[:300]
