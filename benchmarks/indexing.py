"""How fast a catalog becomes an index, and in how much memory.

Ours against a bare tantivy writer that is given the same prepared fields (same schema, threads
and buffer), each in a process of its own, in turns; reading the files is timed apart.

    python benchmarks/indexing.py                                  20,000 generated products
    python benchmarks/indexing.py --catalog FILE... --mapping M    a real catalog
    python benchmarks/indexing.py --products 1000000               ours alone, streaming: the
        products are generated one by one, never all in memory; then queries are answered
"""

import argparse
import hashlib
import os
import pickle
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import tantivy

from benchmarks import generated
from benchmarks.measure import in_fresh_process, parser, peak_megabytes, percentile, show, table
from servers.catalog_statistics import CatalogStatistics
from servers.concepts import Concepts
from servers.embedded import open_index
from servers.embedded_products import Learned, ProductSpool
from servers.embedded_schema import DIGEST_FIELDS, SCHEMAS
from servers.embedded_writer import open_writer
from servers.index import Query
from servers.records import Product
from servers.sources.reading import read_all

_GOAL = 0.5
_GENERATED = 20_000
_THREADS = min(4, os.cpu_count() or 1)
_BUFFER = 48_000_000 * _THREADS

Fields = tuple[Sequence[tuple[str, str]], Sequence[tuple[str, float]], Sequence[int], bytes]
"""Of one document: texts, numbers, the digest's parts, the record."""


@dataclass(frozen=True)
class Written:
    """One catalog written once."""

    products: int
    seconds: float
    held_mb: float
    """Peak memory before writing began: the interpreter and the input."""
    peak_mb: float
    folder_mb: float


# One process each


def prepare(catalog: Sequence[str], mapping: str | None, folder: Path) -> tuple[int, float]:
    """Writes the records, and the same as fields of documents; (products, seconds of reading)."""
    start = time.perf_counter()
    records = list(_records(catalog, mapping))
    seconds = time.perf_counter() - start
    (folder / "records").write_bytes(pickle.dumps(records, 5))
    (folder / "fields").write_bytes(pickle.dumps(list(_fields(records, folder)), 5))
    return len(records), seconds


def _records(catalog: Sequence[str], mapping: str | None) -> Iterator[Product]:
    if not catalog:
        yield from generated.products(_GENERATED)
        return
    for record in read_all(catalog, mapping=mapping):
        if isinstance(record, Product):
            yield record


def _fields(records: Iterable[Product], folder: Path) -> Iterator[Fields]:
    with closing(ProductSpool(folder / "spool", Concepts.load())) as spool:
        for record in records:
            spool.put(record)
        for prepared, kind in spool.typed(Learned(spool.types(), CatalogStatistics())):
            texts = [("id", prepared.id), *prepared.texts, *([("type", kind)] if kind else [])]
            digest = hashlib.blake2b(prepared.record, digest_size=12).digest()
            parts = [int.from_bytes(digest[at : at + 3], "big") for at in range(0, 12, 3)]
            yield texts, prepared.numbers, parts, prepared.record


def write_ours(folder: Path) -> Written:
    records: list[Product] = pickle.loads((folder / "records").read_bytes())
    return _written(len(records), folder, lambda into: _add(records, into))


def _add(records: Iterable[Product], into: Path) -> None:
    writer = open_writer(into)
    writer.add(records)
    writer.commit()


def write_bare(folder: Path) -> Written:
    documents: list[Fields] = pickle.loads((folder / "fields").read_bytes())
    return _written(len(documents), folder, lambda into: _add_bare(documents, into))


def _add_bare(documents: Iterable[Fields], into: Path) -> None:
    into.mkdir()
    writer = tantivy.Index(SCHEMAS["product"], str(into)).writer(_BUFFER, _THREADS)
    for texts, numbers, digest, record in documents:
        doc = tantivy.Document()
        for name, text in texts:
            doc.add_text(name, text)
        for name, number in numbers:
            doc.add_float(name, number)
        for name, part in zip(DIGEST_FIELDS, digest, strict=True):
            doc.add_unsigned(name, part)
        doc.add_bytes("record", record)
        writer.add_document(doc)
    writer.commit()
    writer.wait_merging_threads()


def _written(count: int, folder: Path, write: Callable[[Path], None]) -> Written:
    with tempfile.TemporaryDirectory(dir=folder) as place:
        held, start = peak_megabytes(), time.perf_counter()
        write(into := Path(place) / "index")
        seconds = time.perf_counter() - start
        size = sum(file.stat().st_size for file in into.rglob("*") if file.is_file())
    return Written(count, seconds, held, peak_megabytes(), size / 1e6)


# Side by side


def compared(args: argparse.Namespace) -> tuple[dict[str, Any], str]:
    with tempfile.TemporaryDirectory(prefix="benchmark-") as place:
        folder = Path(place)
        count, reading = in_fresh_process(prepare, args.catalog, args.mapping, folder)
        ours, bare = list[Written](), list[Written]()
        for _ in range(args.rounds):
            bare.append(in_fresh_process(write_bare, folder))
            ours.append(in_fresh_process(write_ours, folder))
    ratio = median(b.seconds / o.seconds for b, o in zip(bare, ours, strict=True))
    rows = [_row("bare tantivy", bare), _row("ours", ours)]
    text = (
        f"{count} products, read in {reading:.1f} s ({count / reading:.0f} a second), apart;"
        f" {args.rounds} rounds\n\n{table(_HEADER, rows)}\n\n"
        f"ours / bare, documents a second: {ratio:.2f} (median of the rounds; goal {_GOAL:.2f}"
        " or more)"
    )
    figures = {
        "products": count,
        "reading_seconds": reading,
        "ours": [asdict(one) for one in ours],
        "bare": [asdict(one) for one in bare],
        "ratio": ratio,
        "goal": _GOAL,
    }
    return figures, text


_HEADER = ("writer", "documents / s", "seconds", "peak MB", "of it input MB", "index MB")


def _row(name: str, runs: Sequence[Written]) -> list[str]:
    return [
        name,
        f"{median(one.products / one.seconds for one in runs):.0f}",
        f"{median(one.seconds for one in runs):.2f}",
        f"{max(one.peak_mb for one in runs):.0f}",
        f"{median(one.held_mb for one in runs):.0f}",
        f"{median(one.folder_mb for one in runs):.1f}",
    ]


# At scale


@dataclass(frozen=True)
class Streamed:
    products: int
    seconds: float
    generating_seconds: float
    """Part of `seconds`."""
    peak_mb: float
    folder_mb: float


@dataclass(frozen=True)
class Answered:
    opening_seconds: float
    milliseconds: list[float]
    milliseconds_with_facets: list[float]
    found: float
    """Matches of the median query."""
    peak_mb: float


class _Timed:
    """An iterator that knows how long it took to make its items."""

    def __init__(self, products: Iterator[Product]) -> None:
        self._products = products
        self.seconds = 0.0

    def __iter__(self) -> Iterator[Product]:
        while True:
            start = time.perf_counter()
            made = list(islice(self._products, 100))
            self.seconds += time.perf_counter() - start
            if not made:
                return
            yield from made


def stream(count: int, into: Path) -> Streamed:
    products, start = _Timed(generated.products(count)), time.perf_counter()
    _add(products, into)
    seconds = time.perf_counter() - start
    size = sum(file.stat().st_size for file in into.rglob("*") if file.is_file())
    return Streamed(count, seconds, products.seconds, peak_megabytes(), size / 1e6)


def answer(into: Path, texts: Sequence[str]) -> Answered:
    start = time.perf_counter()
    with closing(open_index(into)) as index:
        index.search(Query("product", texts[0], facets=True))
        opening = time.perf_counter() - start
        plain, faceted, found = list[float](), list[float](), list[float]()
        for text in texts:
            for facets, times in ((False, plain), (True, faceted)):
                start = time.perf_counter()
                results = index.search(Query("product", text, facets=facets))
                times.append((time.perf_counter() - start) * 1000)
            found.append(results.total)
    return Answered(opening, plain, faceted, median(found), peak_megabytes())


def at_scale(args: argparse.Namespace) -> tuple[dict[str, Any], str]:
    with tempfile.TemporaryDirectory(prefix="benchmark-") as place:
        written = in_fresh_process(stream, args.products, Path(place) / "index")
        answered = in_fresh_process(answer, Path(place) / "index", generated.queries(args.queries))
    own = written.seconds - written.generating_seconds
    rows = [
        ("products", written.products),
        ("indexing, seconds (generating them taken off)", f"{own:.0f}"),
        ("documents / s", f"{written.products / own:.0f}"),
        ("index, MB", f"{written.folder_mb:.0f}"),
        ("indexing, peak MB", f"{written.peak_mb:.0f}"),
        ("opening and first answer, seconds", f"{answered.opening_seconds:.1f}"),
        ("answering, peak MB", f"{answered.peak_mb:.0f}"),
        (f"Index.search, p50 ms ({args.queries} queries)", _ms(answered.milliseconds, 0.5)),
        ("Index.search, p99 ms", _ms(answered.milliseconds, 0.99)),
        ("with facets, p50 ms", _ms(answered.milliseconds_with_facets, 0.5)),
        ("with facets, p99 ms", _ms(answered.milliseconds_with_facets, 0.99)),
        ("matches of the median query", f"{answered.found:.0f}"),
    ]
    figures = {"indexing": asdict(written), "answering": asdict(answered)}
    return figures, f"{table(('at scale', 'figure'), rows)}\n\ngoal: peaks below 2000 MB"


def _ms(values: Sequence[float], share: float) -> str:
    return f"{percentile(values, share):.1f}"


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--catalog", nargs="+", default=[], metavar="FILE", help="product files")
    options.add_argument("--mapping", help="how to read them: a name or a TOML file")
    options.add_argument("--rounds", type=int, default=3, help="of both writers (default: 3)")
    options.add_argument("--products", type=int, help="generate so many and stream them")
    options.add_argument("--queries", type=int, default=200, help="with --products (default: 200)")
    args = options.parse_args()
    figures, text = at_scale(args) if args.products else compared(args)
    show(figures, text, as_json=args.json)


if __name__ == "__main__":
    main()
