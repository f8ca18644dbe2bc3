"""What read_page returns of a page: the passages that matter to a query, within a budget."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from servers.answers import shapes
from servers.answers.budget import cost, estimate
from servers.answers.hygiene import DATA, clean, clean_line
from servers.answers.passages import Section, relevance, sections
from servers.index import BadCursor
from servers.records import Page, stable_id

_PIECE_TOKENS = 300
_LONGEST_PIECE = 8 * _PIECE_TOKENS
"""Characters: more than any words of so many tokens have."""
_LONGEST_HEADING = 300


def read_text(page: Page, query: str, max_tokens: int, cursor: str | None) -> shapes.PageText:
    """From `cursor` on, if there is one. Raises BadCursor."""
    order = _reading_order(sections(clean(page.text)), query)
    start = _offset(cursor, page, query) if cursor else 0
    result = shapes.PageText(
        id=page.id,
        url=page.url,
        title=clean_line(page.title),
        published=None if page.published is None else page.published.isoformat(),
        site=page.site,
        fetched=None if page.fetched is None else f"{page.fetched:%Y-%m-%dT%H:%M:%SZ}",
        passages=[],
    )
    room = max_tokens - cost(result) - 120
    taken = _that_fit(order[start:], room)
    end = start + len(taken)
    passages = sorted(taken, key=lambda one: one.place)
    more = end < len(order)
    return result.model_copy(
        update={
            "passages": [shapes.Passage(text=one.text, heading=one.heading) for one in passages],
            "next_cursor": _cursor(page, query, end) if more else None,
            "note": _note(query, taken, len(order) - end),
        }
    )


@dataclass(frozen=True)
class _Piece:
    text: str
    heading: str | None
    place: int
    """Where it stands in the page."""
    score: float = 0.0
    """How much it speaks to the query."""


def _reading_order(found: Sequence[Section], query: str) -> list[_Piece]:
    """Pieces as they stand; with a query, those that speak to it first."""
    pieces: list[_Piece] = []
    for section in found:
        heading = section.heading and section.heading[:_LONGEST_HEADING]
        for text in _cut(section.paragraphs):
            pieces.append(_Piece(text, heading, len(pieces)))
    texts = [f"{one.heading or ''}\n{one.text}" for one in pieces]
    scored = [
        replace(piece, score=score)
        for piece, score in zip(pieces, relevance(texts, query), strict=True)
    ]
    return sorted(scored, key=lambda one: (-one.score, one.place))


def _cut(paragraphs: Sequence[str]) -> list[str]:
    """Paragraphs, cut where one is too long to be a passage of its own."""
    parts: list[str] = []
    for paragraph in paragraphs:
        # Looked at a stretch at a time: a page may be one paragraph of half a million characters.
        while (tokens := estimate(start := paragraph[:_LONGEST_PIECE])) > _PIECE_TOKENS or (
            len(start) < len(paragraph)
        ):
            longest = min(len(start), len(start) * _PIECE_TOKENS // (tokens + 1))
            cut = max(paragraph.rfind(mark, 1, longest) for mark in ("\n", ". ", " "))
            cut = cut + 1 if cut > longest // 2 else max(1, longest)
            parts.append(paragraph[:cut].rstrip())
            paragraph = paragraph[cut:].lstrip()
        parts.append(paragraph)
    return [part for part in parts if part]


def _that_fit(pieces: Sequence[_Piece], room: int) -> list[_Piece]:
    """Those that speak to the query as far as they fit, or else those that do not; at least
    one, so that reading on always gets further."""
    taken: list[_Piece] = []
    for piece in pieces:
        room -= estimate(json.dumps([piece.text, piece.heading], ensure_ascii=False)) + 12
        if taken and (room < 0 or (piece.score == 0 and taken[0].score > 0)):
            break
        taken.append(piece)
    return taken


def _note(query: str, taken: Sequence[_Piece], left: int) -> str:
    parts = [DATA]
    if query.strip() and taken and taken[0].score == 0:
        parts.append("No passage here holds the words of the query; this is the page as it stands.")
    if left:
        parts.append(f"{left} more passages: next_cursor leads on.")
    return " ".join(parts)


def _cursor(page: Page, query: str, offset: int) -> str:
    text = json.dumps([_mark(page, query), stable_id([page.text]), offset])
    return base64.urlsafe_b64encode(text.encode()).decode()


def _mark(page: Page, query: str) -> str:
    return stable_id([page.id, query])


def _offset(cursor: str, page: Page, query: str) -> int:
    again = "Read the page again without it."
    try:
        mark, seen, offset = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        offset = int(offset)
    except (ValueError, TypeError):
        raise BadCursor(f"`cursor` is not one that read_page gave. {again}") from None
    if mark != _mark(page, query):
        raise BadCursor(f"`cursor` is of another page or query. {again}")
    if seen != stable_id([page.text]):
        raise BadCursor(f"The page has changed since `cursor` was given. {again}")
    return max(0, offset)
