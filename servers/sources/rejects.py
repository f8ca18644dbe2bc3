"""What could not be read, and how much was: rejected rows, unclear values, counts."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from servers.records import Kind

EXCERPT = 300
"""Characters of a row kept beside its reject: enough to find it, too few to copy the file."""
EXAMPLES = 5


@dataclass(frozen=True)
class Reject:
    file: str
    line: int | None
    """Counted from 1; of a CSV row over several lines, the last; None for a whole file."""
    field: str | None
    reason: str
    severity: Literal["rejected", "unclear"] = "rejected"
    """`rejected`: the row (or file) is not indexed. `unclear`: only this value is left empty."""
    excerpt: str = ""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {f'{self.field}: ' if self.field else ''}{self.reason}"


OnReject = Callable[[Reject], None]


def excerpt(raw: object) -> str:
    text = raw if isinstance(raw, str) else json.dumps(raw, ensure_ascii=False, default=str)
    return text if len(text) <= EXCERPT else text[: EXCERPT - 1] + "…"


@dataclass
class Counts:
    """Filled while records are drawn from `read_all`; complete once it is exhausted."""

    read: Counter[Kind] = field(default_factory=Counter[Kind])
    """Records yielded, by kind; a repeated id counts each time."""
    rejected: int = 0
    """Rows, or whole pages, that are not in the records."""
    unclear: Counter[str] = field(default_factory=Counter[str])
    """Values left empty because they have no one meaning, by field."""
    duplicates: int = 0
    """Records whose kind and id were read before: the last one wins in the index."""
    examples: list[Reject] = field(default_factory=list[Reject])
    """The first few of each kind of trouble (severity and field)."""
    _seen: Counter[tuple[str, str | None]] = field(
        default_factory=Counter[tuple[str, str | None]], repr=False
    )

    def note(self, reject: Reject) -> None:
        if reject.severity == "rejected":
            self.rejected += 1
        else:
            self.unclear[reject.field or ""] += 1
        self._seen[reject.severity, reject.field] += 1
        if self._seen[reject.severity, reject.field] <= EXAMPLES:
            self.examples.append(reject)


class RejectsFile:
    """Writes rejects as JSON lines; the file appears with the first one.

    An older file of that name is replaced, or removed where there is nothing to reject.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stream = None

    def __call__(self, reject: Reject) -> None:
        if self._stream is None:
            self._stream = self.path.open("w", encoding="utf-8", errors="backslashreplace")
        self._stream.write(json.dumps(asdict(reject), ensure_ascii=False) + "\n")

    def __enter__(self) -> Self:
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._stream is not None:
            self._stream.close()
