"""Bytes of a file as numbered lines of text: gzip, BOM, encodings, lines without end."""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from servers.index import BadSource
from servers.sources.rejects import OnReject, Reject

MAX_LINE = 8 * 2**20
"""Bytes of one line (or one JSON object) at most; a longer one is rejected, not held in memory."""
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_WIDE_BOMS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Text:
    """A file opened for reading; `name` is what errors call it."""

    path: Path
    encoding: str = "utf-8"

    @property
    def name(self) -> str:
        return str(self.path)

    def open(self) -> IO[bytes]:
        """Unzipped where it is gzip. BadSource if it cannot be opened, is empty or is no text."""
        try:
            with self._open() as probe:
                head = probe.read(8192)
            self._check(head)
            stream = self._open()
            stream.seek(len(_BOM) if head.startswith(_BOM) else 0)
        except (OSError, EOFError, zlib.error) as error:
            raise BadSource(f"{self.name}: cannot be read ({_cause(error)})") from error
        return stream

    def _open(self) -> IO[bytes]:
        with self.path.open("rb") as raw:
            zipped = raw.read(2) == _GZIP
        return cast(IO[bytes], gzip.open(self.path)) if zipped else self.path.open("rb")

    def _check(self, head: bytes) -> None:
        if not head.strip():
            raise BadSource(f"{self.name}: the file is empty")
        if head.startswith(_WIDE_BOMS):
            raise BadSource(f"{self.name}: the file is UTF-16; save it as UTF-8")
        if b"\0" in head:
            raise BadSource(f"{self.name}: the file is binary, not CSV, JSON or text")

    def first(self) -> str:
        """The first character that is no white space."""
        with self.open() as stream:
            while chunk := stream.read(8192):
                if start := chunk.strip():
                    return start[:1].decode("latin-1")
        return ""

    def lines(self, on_reject: OnReject) -> Iterator[tuple[int, str]]:
        """(line number, line with its end). Lines too long or in another encoding are rejected."""
        number = 0
        with self.open() as stream:
            while line := self._read(stream):
                number += 1
                if len(line) > MAX_LINE:
                    self._skip_line(stream)
                    on_reject(self._reject(number, f"the line is longer than {MAX_LINE} bytes"))
                    continue
                try:
                    yield number, line.decode(self.encoding)
                except UnicodeDecodeError as error:
                    on_reject(self._reject(number, self.not_decodable(error)))

    def _read(self, stream: IO[bytes]) -> bytes:
        try:
            return stream.readline(MAX_LINE + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise BadSource(f"{self.name}: broken off ({_cause(error)})") from error

    def _skip_line(self, stream: IO[bytes]) -> None:
        while (rest := self._read(stream)) and not rest.endswith(b"\n"):
            pass

    def _reject(self, number: int, reason: str) -> Reject:
        return Reject(self.name, number, None, reason)

    def not_decodable(self, error: UnicodeDecodeError) -> str:
        hint = 'if the file is Windows text, a mapping with encoding = "cp1252" reads it'
        return f"byte {error.start + 1} of the line is not {self.encoding}; {hint}"


def _cause(error: BaseException) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
