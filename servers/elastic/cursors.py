"""The opaque cursor: where the next page begins, of which query, in which snapshot.

A page begins after the sort values of the last hit. The indices of a snapshot never change, so
pages have no gaps and no repeats without a point in time that a server would have to keep.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from servers.embedded.order import query_digest
from servers.index import BadCursor, Query

Values = tuple[str | float, ...]
"""By which a hit was sorted."""


@dataclass(frozen=True)
class Position:
    seen: int = 0
    """Hits on the pages before."""
    after: Values = ()
    """Empty where pages are found by counting: near misses."""


def write_cursor(position: Position, query: Query, snapshot: str) -> str:
    said = [position.seen, position.after, query_digest(query), snapshot]
    state = json.dumps(said, separators=(",", ":"))
    return base64.urlsafe_b64encode(state.encode()).decode().rstrip("=")


def read_cursor(query: Query, snapshot: str, keys: int) -> Position:
    """`keys`: by how many values hits are sorted. Raises BadCursor."""
    if query.cursor is None:
        return Position()
    position, digest, of = _decoded(query.cursor)
    if of != snapshot:
        raise BadCursor(
            "The index has changed since this cursor was given. Search again without it."
        )
    if digest != query_digest(query):
        raise BadCursor(
            "This cursor belongs to another query. Repeat the query that gave it unchanged, or "
            "search without a cursor."
        )
    if len(position.after) != keys:
        raise not_ours()
    return position


def _decoded(cursor: str) -> tuple[Position, str, str]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        state: Sequence[object] = json.loads(base64.b64decode(padded, b"-_", validate=True))
        seen, after, digest, snapshot = state
    except (ValueError, TypeError, RecursionError):
        raise not_ours() from None
    if not isinstance(seen, int) or seen < 0 or not isinstance(after, list):
        raise not_ours()
    values = cast(list[object], after)
    if not all(isinstance(each, str | int | float) for each in values):
        raise not_ours()
    return Position(seen, cast(Values, tuple(values))), str(digest), str(snapshot)


def not_ours() -> BadCursor:
    return BadCursor("This is no cursor that a search gave. Search again without it.")
