"""CSV, TSV, JSON lines and JSON arrays as numbered rows, read as a stream."""

import codecs
import csv
import json
import zlib
from collections.abc import Iterator
from typing import Any, cast

from servers.index import BadSource
from servers.sources.files import MAX_LINE, Text
from servers.sources.rejects import OnReject, Reject, excerpt

Row = dict[str, Any]
MAX_CELL = 2**20
"""Characters of one CSV cell at most: a quote that is never closed swallows no more than that."""
_CHUNK = 2**20
_DELIMITERS = ",;\t|"


def rows(text: Text, delimiter: str | None, on_reject: OnReject) -> Iterator[tuple[int, Row]]:
    """(line, row) of a file; CSV cells are text, JSON values keep their types.

    A row that cannot be parsed is rejected and the next one is read. BadSource where the file as
    a whole cannot be read.
    """
    match text.first():
        case "[":
            return json_array(text, on_reject)
        case "{":
            return json_lines(text, on_reject)
        case _:
            return csv_rows(text, delimiter, on_reject)


def sniff_delimiter(header: str) -> str:
    """The separator that the header has most often outside quotes."""
    outside = "".join(header.split('"')[::2])
    return max(_DELIMITERS, key=outside.count)


def csv_rows(text: Text, delimiter: str | None, on_reject: OnReject) -> Iterator[tuple[int, Row]]:
    csv.field_size_limit(MAX_CELL)
    lines = text.lines(on_reject)
    first = next(lines, None)
    if first is None:
        raise BadSource(f"{text.name}: the first line cannot be read")
    number = first[0]

    def source() -> Iterator[str]:
        nonlocal number
        yield first[1]
        for number, line in lines:  # noqa: B007 - the enclosing scope reads it
            yield line

    table = csv.reader(source(), delimiter=delimiter or sniff_delimiter(first[1]))
    header: list[str] | None = None
    while True:
        try:
            cells = next(table, None)
        except csv.Error as error:
            reason = f"{error}; is a quotation mark left open before?"
            on_reject(Reject(text.name, number, None, reason))
            continue
        if cells is None:
            return
        if header is None:
            header = _header(cells)
        elif len(cells) == len(header):
            yield number, dict(zip(header, cells, strict=True))
        elif any(cells):
            reason = f"the row has {len(cells)} cells, the header {len(header)}"
            on_reject(Reject(text.name, number, None, reason, excerpt=excerpt(cells)))


def _header(cells: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    names: list[str] = []
    for cell in cells:
        name = cell.strip()
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names


def json_lines(text: Text, on_reject: OnReject) -> Iterator[tuple[int, Row]]:
    for number, line in text.lines(on_reject):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            if number == 1 and line.strip() == "{":
                raise BadSource(
                    f"{text.name}: one JSON object over many lines; needed is an array of "
                    "objects, or one object a line"
                ) from None
            on_reject(_bad_json(text, number, error, line))
            continue
        if (row := _object(value, text, number, on_reject)) is not None:
            yield number, row


def _bad_json(text: Text, number: int, error: Exception, raw: str) -> Reject:
    reason = f"not JSON ({error.msg if isinstance(error, json.JSONDecodeError) else error})"
    return Reject(text.name, number, None, reason, excerpt=excerpt(raw.strip()[:1000]))


def _object(value: Any, text: Text, number: int, on_reject: OnReject) -> Row | None:
    if isinstance(value, dict):
        return cast(Row, value)
    reason = "not a JSON object with named fields"
    on_reject(Reject(text.name, number, None, reason, excerpt=excerpt(value)))
    return None


def json_array(text: Text, on_reject: OnReject) -> Iterator[tuple[int, Row]]:
    """The objects of one array, a chunk at a time.

    After a syntax error the rest of the array has no trustworthy boundaries: it is one reject.
    """
    number = 1
    for start_line, value in _array_values(text, on_reject):
        number = start_line
        if (row := _object(value, text, number, on_reject)) is not None:
            yield number, row


def _array_values(text: Text, on_reject: OnReject) -> Iterator[tuple[int, Any]]:
    window = _Window(text)
    window.skip("[")
    while True:
        window.skip(",")
        if window.peek() in ("]", ""):
            if window.peek() == "":
                on_reject(Reject(text.name, window.line, None, "the JSON array is broken off"))
            return
        line = window.line
        try:
            value = window.value()
        except (ValueError, RecursionError) as error:
            bad = _bad_json(text, line, error, window.ahead())
            reason = f"{bad.reason}; the rest of the file is not read"
            on_reject(Reject(text.name, line, None, reason, excerpt=bad.excerpt))
            return
        yield line, value


class _Window:
    """The part of a JSON text that is in memory: from the value being read on."""

    def __init__(self, text: Text) -> None:
        self.line = 1
        self._text = text
        self._chunks = _decoded(text)
        self._buffer = ""
        self._at = 0
        self._decode = json.JSONDecoder().raw_decode

    def _grow(self) -> bool:
        more = next(self._chunks, "")
        self._buffer = self._buffer[self._at :] + more
        self._at = 0
        return bool(more)

    def _move(self, to: int) -> None:
        self.line += self._buffer.count("\n", self._at, to)
        self._at = to

    def peek(self) -> str:
        """The next character that is no white space; "" at the end."""
        while True:
            at = self._at
            while at < len(self._buffer) and self._buffer[at] in " \t\r\n":
                at += 1
            self._move(at)
            if at < len(self._buffer):
                return self._buffer[at]
            if not self._grow():
                return ""

    def skip(self, sign: str) -> None:
        if self.peek() == sign:
            self._move(self._at + 1)

    def value(self) -> Any:
        while True:
            try:
                value, end = self._decode(self._buffer, self._at)
            except ValueError:
                if len(self._buffer) - self._at > MAX_LINE:
                    raise ValueError(f"no end within {MAX_LINE} characters") from None
                if not self._grow():
                    raise
                continue
            if end == len(self._buffer) and self._grow():
                continue  # a number may go on in the next chunk
            if end - self._at > MAX_LINE:
                raise ValueError(f"longer than {MAX_LINE} characters")
            self._move(end)
            return value

    def ahead(self) -> str:
        return self._buffer[self._at : self._at + 1000]


def _decoded(text: Text) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(text.encoding)()
    with text.open() as stream:
        while True:
            try:
                chunk = stream.read(_CHUNK)
                decoded = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                raise BadSource(f"{text.name}: {text.not_decodable(error)}") from error
            except (OSError, EOFError, zlib.error) as error:
                raise BadSource(f"{text.name}: broken off ({error})") from error
            if decoded:
                yield decoded
            if not chunk:
                return
