"""Report markup: Markdown in which values and quotes stand as references to evidence.

`[p3]` cites, `[p3.price]` or `[p3.attributes.page yield]` stands for the value as observed,
`[r12 "exact words"]` quotes. What stands under the fixed level-2 headings is read by code.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, cast

from client.trajectory import Evidence

NeedStatus = Literal["met", "partly met", "not met", "could not verify"]

NEEDS = "needs"
RECOMMENDATION = "recommendation"
COMPARISON = "comparison"
NEAREST = "nearest"
UNVERIFIED = "unverified"
OWNERS = "what owners say"
TRADE_OFFS = "trade-offs"
COULD_NOT_VERIFY = "could not verify"

NOT_STATED = "not stated"

_MARK = re.compile(
    r'\[(?P<alias>[prw]\d+)(?:\.(?P<field>[^\]"\n]+)| "(?P<quote>(?:[^"\\\n]|\\.)+)")?\](?!\()'
)
_HEADING = re.compile(r"^##\s+(.+?)\s*#*$", re.MULTILINE)
_ITEM = re.compile(r"^(?P<indent>\s*)(?:[-*+]|\d+[.)])\s+(?P<text>.+)$")
_NEED = re.compile(
    r"^\((?P<kind>hard|soft)\)\s+(?P<text>.+):\s+"
    r"(?P<status>partly met|not met|met|could not verify)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Mark:
    """One reference in the markup; `start` and `end` are offsets in characters."""

    alias: str
    field: str | None
    quote: str | None
    start: int
    end: int


@dataclass(frozen=True)
class Item:
    """A top-level list item with the lines indented below it."""

    text: str
    below: tuple[str, ...] = ()

    @cached_property
    def alias(self) -> str | None:
        """The alias the item begins with, bold or not."""
        found = _MARK.match(self.text.lstrip("*_ "))
        return found["alias"] if found and not found["field"] else None

    @cached_property
    def rest(self) -> str:
        """The item's own text after its alias."""
        text = self.text.lstrip("*_ ")
        found = _MARK.match(text)
        return text[found.end() :].lstrip("*_ :,.–—-") if found and self.alias else self.text


@dataclass(frozen=True)
class NeedLine:
    text: str
    hard: bool
    status: NeedStatus


@dataclass(frozen=True)
class Row:
    """One need across the compared products; a cell's mark is None where not stated."""

    need: str
    cells: dict[str, Mark | None]


@dataclass(frozen=True)
class Parsed:
    markup: str
    sections: dict[str, str] = field(default_factory=dict[str, str])
    """Body by lower-case heading; "" holds what stands before the first."""

    @cached_property
    def marks(self) -> tuple[Mark, ...]:
        return tuple(marks(self.markup))

    @cached_property
    def needs(self) -> tuple[NeedLine, ...]:
        found = (_NEED.match(item.text) for item in self.items(NEEDS))
        return tuple(_need_line(match) for match in found if match)

    @cached_property
    def comparison(self) -> tuple[Row, ...]:
        return tuple(_rows(self.sections.get(COMPARISON, "")))

    def items(self, section: str) -> tuple[Item, ...]:
        return tuple(_items(self.sections.get(section, "")))

    def aliases(self, section: str) -> tuple[str, ...]:
        """Products that the section's items begin with, in order, each once."""
        named = (item.alias for item in self.items(section))
        return tuple(dict.fromkeys(alias for alias in named if alias))


def parse(markup: str) -> Parsed:
    pieces = _HEADING.split(markup)
    named = zip(pieces[1::2], pieces[2::2], strict=True)
    return Parsed(markup, {"": pieces[0]} | {head.lower(): body for head, body in named})


def marks(text: str) -> Iterator[Mark]:
    for found in _MARK.finditer(text):
        name = found["field"].strip() if found["field"] else None
        quote = unescape_quote(found["quote"]) if found["quote"] else None
        yield Mark(found["alias"], name, quote, found.start(), found.end())


def quote_mark(alias: str, words: str) -> str:
    """The markup that quotes `words`, on one line."""
    escaped = " ".join(words.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'[{alias} "{escaped}"]'


def unescape_quote(escaped: str) -> str:
    return re.sub(r"\\(.)", r"\1", escaped)


def _need_line(match: re.Match[str]) -> NeedLine:
    status = cast(NeedStatus, match["status"].lower())
    return NeedLine(match["text"].strip(), match["kind"].lower() == "hard", status)


def _items(body: str) -> Iterator[Item]:
    text: str | None = None
    below: list[str] = []
    for line in body.splitlines():
        found = _ITEM.match(line)
        if found and len(found["indent"]) < 2:
            if text is not None:
                yield Item(text, tuple(below))
            text, below = found["text"], []
        elif text is not None and line.strip():
            below.append(found["text"] if found else line.strip())
    if text is not None:
        yield Item(text, tuple(below))


def _rows(body: str) -> Iterator[Row]:
    lines = [line.strip() for line in body.splitlines() if line.strip().startswith("|")]
    if len(lines) < 3:
        return
    head = [next(marks(cell), None) for cell in split_row(lines[0])[1:]]
    for line in lines[2:]:
        need, *cells = split_row(line)
        pairs = zip(head, cells, strict=False)
        yield Row(need, {m.alias: next(marks(cell), None) for m, cell in pairs if m})


def split_row(line: str) -> list[str]:
    """The cells of a table row; an escaped bar stays in its cell."""
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


# Values


def value_of(evidence: Evidence, name: str) -> str | None:
    """The value as observed, in words for a reader; None where it is not stated."""
    fields = evidence.fields
    if name.startswith("attributes."):
        return _attribute(fields.get("attributes") or [], name.removeprefix("attributes."))
    value = _at(fields, name.split("."))
    if value is None or value == "" or value == []:
        return None
    match name, value:
        case "price", int() | float():
            return money(value, fields.get("currency"))
        case "in_stock", bool():
            return "in stock" if value else "out of stock"
        case _, list():
            return " > ".join(str(part) for part in cast(list[Any], value))
        case _, bool():
            return "yes" if value else "no"
        case _, float():
            return f"{value:g}"
        case _:
            return str(value)


def _at(value: Any, path: list[str]) -> Any:
    """The value under a dotted path; a step into a list goes by the entries' `name`."""
    for step in path:
        if isinstance(value, list):
            entries = cast(list[dict[str, Any]], value)
            value = next((e for e in entries if str(e.get("name")) == step), None)
        elif isinstance(value, dict):
            value = cast(dict[str, Any], value).get(step)
        else:
            return None
    return value


_LARGEST_PRICE = 1e15
"""Beyond it the library that sets money out fails; no price is."""


def money(amount: float, currency: str | None) -> str:
    """ "£63.99", "€429.95", "877.80" where the catalog states no currency."""
    if not currency or abs(amount) >= _LARGEST_PRICE:
        return " ".join(filter(None, (currency, f"{amount:.2f}")))
    from babel.numbers import format_currency  # late: it takes a tenth of a second to load

    return format_currency(amount, currency, locale="en", group_separator=False)


def _attribute(attributes: list[dict[str, Any]], name: str) -> str | None:
    wanted = name.casefold()
    for key in ("attribute", "name"):
        for entry in attributes:
            if str(entry.get(key) or "").casefold() == wanted and entry.get("value"):
                return str(entry["value"])
    return None


def quoted(evidence: Evidence, words: str) -> bool:
    """Whether the evidence holds these exact words, white space and emphasis aside."""
    wanted = unmarked(words)
    return bool(wanted) and any(wanted in text for text in _texts(evidence.fields))


def unmarked(text: str) -> str:
    """On one line, without Markdown's stars, backticks and heading signs."""
    return " ".join(re.sub(r"[*`]+|^#+ ", "", text, flags=re.MULTILINE).split())


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield unmarked(value)
    elif isinstance(value, list):
        for part in cast(list[Any], value):
            yield from _texts(part)
    elif isinstance(value, dict):
        for part in cast(dict[str, Any], value).values():
            yield from _texts(part)
