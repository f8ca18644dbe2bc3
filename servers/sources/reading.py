"""Files and folders that people have, as records: `read_all` is what `productresearch index` uses.

    counts = Counts()
    with RejectsFile(Path("rejects.jsonl")) as rejects:
        for record in read_all(paths, mapping="icecat", currency=None,
                               counts=counts, on_reject=rejects):
            ...
    counts.read, counts.rejected, counts.unclear, counts.duplicates, counts.examples

What is what:
- with `mapping` (one or several), each data file goes through the one whose columns it has;
- JSON lines with a key `kind` (product, review or page) are records in our own layout;
- other CSV, TSV, JSON lines and JSON arrays work without a mapping if their columns have our
  names or close ones (name -> title, manufacturer -> brand, ...); the rest become attributes;
- Markdown and HTML files are pages. A folder is read whole, hidden folders aside.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from servers.index import BadSource
from servers.language.values import currency_digits
from servers.records import AnyRecord, Kind, kind_of
from servers.sources.convert import BadRow, Converter
from servers.sources.files import Text
from servers.sources.mapping import RECORDS, Mapping, load_mapping, nearest
from servers.sources.pages import SUFFIXES, page_files, read_pages
from servers.sources.plain import kind_of_columns, plain_mapping
from servers.sources.rejects import Counts, OnReject, Reject, excerpt
from servers.sources.tabular import Row, rows

_SAMPLE = 20
"""Rows that show what a file is: sparse JSON rows lack many of its columns."""
DATA_SUFFIXES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson")


def read_all(
    paths: Sequence[Path | str],
    *,
    mapping: str | Sequence[str] | None = None,
    currency: str | None = None,
    counts: Counts | None = None,
    on_reject: OnReject | None = None,
) -> Iterator[AnyRecord]:
    """Every record of `paths`, as a stream; `counts` is complete when it ends.

    `mapping`: names of shipped mappings or paths of TOML files. `currency`: ISO code of prices
    that name none. `on_reject` gets each rejected row and each unclear value as it is met.
    BadSource: a mapping or a named path that cannot be read at all. A file found inside a folder
    that cannot be read is a reject. Where an id comes twice both records are yielded, so that an
    index, which replaces by id, keeps the last; `counts.duplicates` says how often.
    """
    totals = counts if counts is not None else Counts()
    if currency is not None:
        currency = currency.upper()
        try:
            currency_digits(currency)
        except ValueError as error:
            raise BadSource(f"currency: {error}") from None

    def note(reject: Reject) -> None:
        totals.note(reject)
        if on_reject is not None:
            on_reject(reject)

    names = [mapping] if isinstance(mapping, str) else list(mapping or ())
    reader = _Reader([(name, load_mapping(name)) for name in names], currency, note)
    return _counted(reader.read(paths), totals)


def _counted(records: Iterator[AnyRecord], counts: Counts) -> Iterator[AnyRecord]:
    seen: set[int] = set()  # hashes, since a million ids would take more room than the rest
    for record in records:
        kind = kind_of(record)
        key = hash((kind, record.id))
        counts.duplicates += key in seen
        seen.add(key)
        counts.read[kind] += 1
        yield record


@dataclass
class _Reader:
    mappings: list[tuple[str, Mapping]]
    currency: str | None
    note: OnReject

    def read(self, paths: Sequence[Path | str]) -> Iterator[AnyRecord]:
        for path in map(Path, paths):
            if path.is_dir():
                yield from self._folder(path)
            elif path.suffix.lower() in SUFFIXES:
                yield from read_pages(path, self.note)
            else:
                yield from self._file(path)

    def _folder(self, folder: Path) -> Iterator[AnyRecord]:
        data = data_files(folder)
        # with a mapping, a README beside the data is no page of the shop
        pages = page_files(folder) if not (self.mappings and data) else []
        if not data and not pages:
            raise BadSource(
                f"{folder}: no file in it ends in "
                f"{', '.join((*DATA_SUFFIXES, *sorted(SUFFIXES)))} (or .gz)"
            )
        if pages:
            yield from read_pages(folder, self.note)
        for path in data:
            try:
                yield from self._file(path)
            except BadSource as error:
                self.note(Reject(str(path), None, None, str(error)))

    def _file(self, path: Path) -> Iterator[AnyRecord]:
        if not path.exists():
            raise BadSource(f"{path}: no such file or folder")
        named = self._fitting(path) if self.mappings else None
        text = Text(path, named[1].encoding if named else "utf-8")
        source = rows(text, named[1].delimiter if named else None, self.note)
        head = list(islice(source, _SAMPLE))
        if not head:
            return  # only a header, or every row was rejected
        convert = self._converter(text, named, [row for _, row in head])
        for numbered in chain(head, source):
            yield from self._records(text, convert, numbered)

    def _fitting(self, path: Path) -> tuple[str, Mapping]:
        """Of several mappings, the one that names most of the file's columns."""
        if len(self.mappings) == 1:
            return self.mappings[0]

        def fit(named: tuple[str, Mapping]) -> int:
            text = Text(path, named[1].encoding)
            first = next(rows(text, named[1].delimiter, lambda _: None), None)
            return len(_present(named[1], list(first[1]))) if first else 0

        return max(self.mappings, key=fit)

    def _converter(
        self, text: Text, named: tuple[str, Mapping] | None, head: list[Row]
    ) -> "_Convert":
        columns = list(dict.fromkeys(column for row in head for column in row))
        if named is None:
            own = any(row.get("kind") in RECORDS for row in head)
            return _own_record if own else _Plain(columns, text.name, self.currency).record
        if not _present(named[1], columns):
            raise BadSource(_no_fit(text, named, columns))
        missing = _missing_needed(named[1], columns)
        if missing and not _is_json(text):
            raise BadSource(
                f"{text.name}: mapping {named[0]}: there is no column {missing!r}"
                f"{nearest(missing, columns)}"
            )
        return Converter(named[1], self.currency).record

    def _records(
        self, text: Text, convert: "_Convert", numbered: tuple[int, Row]
    ) -> Iterator[AnyRecord]:
        line, row = numbered

        def on_unclear(field: str, reason: str) -> None:
            self.note(Reject(text.name, line, field, reason, "unclear", excerpt(row)))

        try:
            record = convert(row, on_unclear)
        except BadRow as error:
            bad = Reject(text.name, line, error.field, error.reason, excerpt=excerpt(row))
            self.note(bad)
            return
        yield record


class _Plain:
    """Reads by the columns' own names; JSON rows may bring new columns at any time."""

    def __init__(self, columns: list[str], name: str, currency: str | None) -> None:
        self._kind: Kind = kind_of_columns(columns)
        self._name = name
        self._currency = currency
        self._learn(columns)

    def _learn(self, columns: list[str]) -> None:
        self._columns = dict.fromkeys(columns)
        mapping = plain_mapping(columns, self._kind, self._name)
        self._converter = Converter(mapping, self._currency)

    def record(self, row: Row, on_unclear: Callable[[str, str], None]) -> AnyRecord:
        if not row.keys() <= self._columns.keys():
            self._learn([*self._columns, *(key for key in row if key not in self._columns)])
        return self._converter.record(row, on_unclear)


_Convert = Callable[[Row, Callable[[str, str], None]], AnyRecord]


def data_files(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.name.lower().removesuffix(".gz").endswith(DATA_SUFFIXES)
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    )


def _own_record(row: Row, on_unclear: Callable[[str, str], None]) -> AnyRecord:
    """A record in our own layout, exactly: its `kind` beside the fields of servers.records."""
    kind = row.get("kind")
    record = RECORDS.get(cast(Any, kind)) if isinstance(kind, str) else None
    if record is None:
        raise BadRow("kind", f"is not one of {', '.join(RECORDS)}")
    try:
        return record.model_validate({key: row[key] for key in row if key != "kind"})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"][:2])
        hint = ""
        if first["type"] == "extra_forbidden":
            hint = nearest(field, set(record.model_fields))
        reason = first["msg"].removeprefix("Value error, ") + hint
        raise BadRow(field or None, reason) from None


def _present(mapping: Mapping, columns: list[str]) -> list[str]:
    named = set(mapping.column_names())
    prefixes = tuple(rule.prefix for rule in mapping.attributes if rule.prefix)
    return [
        column
        for column in columns
        if column in named or (prefixes and column.startswith(prefixes))
    ]


def _missing_needed(mapping: Mapping, columns: list[str]) -> str | None:
    """A column of the id or title (product_id of a review) that the file does not have."""
    for field in ("id", "product_id", "title") if mapping.kind != "review" else ("product_id",):
        source = mapping.fields.get(field)
        names = list(source.column_names()) if source else []
        if names and not any(name in columns for name in names):
            return names[0]
    return None


def _is_json(text: Text) -> bool:
    return text.first() in "[{"


def _no_fit(text: Text, best: tuple[str, Mapping], columns: list[str]) -> str:
    wanted = best[1].column_names()
    close = next((name for name in wanted if "mean" in nearest(name, columns)), wanted[0])
    return (
        f"{text.name}: mapping {best[0]} names none of its columns. The file has: "
        f"{', '.join(columns[:30])}. The mapping wants {close!r}{nearest(close, columns)}"
    )
