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
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import tantivy

from benchmarks import generated
from benchmarks.measure import in_fresh_process, parser, peak_megabytes, percentile, show, table
from servers.embedded import schema
from servers.embedded import writer as embedded_writer
from servers.embedded.index import open_index
from servers.embedded.products import Learned, ProductSpool
from servers.index import Query
from servers.language.catalog_statistics import CatalogStatistics
from servers.language.concepts import Concepts
from servers.language.producttypes import TypeModel
from servers.records import Product
from servers.sources.reading import read_all

_GOAL = 0.5
_GENERATED = 20_000
_THREADS = min(4, os.cpu_count() or 1)
_BUFFER = 48_000_000 * _THREADS

Fields = tuple[Sequence[tuple[str, str]], Sequence[tuple[str, float]], Sequence[int], bytes, str]
"""Of one document: texts, numbers, the digest's parts, the record, columns of facets."""


@dataclass(frozen=True)
class Written:
    """One catalog written once."""

    products: int
    seconds: float
    cpu_seconds: float
    """Of all threads; on a busy machine it says more than `seconds`."""
    held_mb: float
    """Peak memory before writing began: the interpreter and the input."""
    peak_mb: float
    folder_mb: float
    analysing: float = 0.0
    """Part of `seconds`, ours only: words, facts and concepts of each product."""
    typing: float = 0.0
    """The same: what kind of thing each product is, and what such products state."""


@dataclass(frozen=True)
class Prepared:
    products: int
    reading_seconds: float


# One process each


def prepare(catalog: Sequence[str], mapping: str | None, folder: Path) -> Prepared:
    """Writes the records, and the same as fields of documents."""
    start = time.perf_counter()
    records = list(_records(catalog, mapping))
    reading = time.perf_counter() - start
    with closing(ProductSpool(folder / "spool", Concepts.load())) as spool:
        for record in records:
            spool.put(record)
        fields = [_fields(*one) for one in spool.typed(Learned(spool.types(), CatalogStatistics()))]
    (folder / "records").write_bytes(pickle.dumps(records, 5))
    (folder / "fields").write_bytes(pickle.dumps(fields, 5))
    return Prepared(len(records), reading)


def _records(catalog: Sequence[str], mapping: str | None) -> Iterator[Product]:
    if not catalog:
        yield from generated.products(_GENERATED)
        return
    for record in read_all(catalog, mapping=mapping):
        if isinstance(record, Product):
            yield record


def _fields(prepared: schema.Prepared, kind: str | None) -> Fields:
    texts = [("id", prepared.id), *prepared.texts, *([("type", kind)] if kind else [])]
    digest = hashlib.blake2b(prepared.record, digest_size=12).digest()
    parts = [int.from_bytes(digest[at : at + 3], "big") for at in range(0, 12, 3)]
    return texts, prepared.numbers, parts, prepared.record, prepared.facets or "{}"


class _TimedSpool(ProductSpool):
    """What makes the fields in our writer, with a clock."""

    analysing = typing = 0.0

    def put(self, product: Product) -> None:
        start = time.perf_counter()
        super().put(product)
        _TimedSpool.analysing += time.perf_counter() - start

    def types(self) -> TypeModel:
        start = time.perf_counter()
        found = super().types()
        _TimedSpool.typing += time.perf_counter() - start
        return found

    def typed(self, learned: Learned) -> Iterator[tuple[schema.Prepared, str | None]]:
        typed = super().typed(learned)
        while True:
            start = time.perf_counter()
            one = next(typed, None)
            _TimedSpool.typing += time.perf_counter() - start
            if one is None:
                return
            yield one


def write_ours(folder: Path) -> Written:
    embedded_writer.ProductSpool = _TimedSpool
    records: list[Product] = pickle.loads((folder / "records").read_bytes())
    written = _written(len(records), folder, lambda into: _add(records, into))
    return replace(written, analysing=_TimedSpool.analysing, typing=_TimedSpool.typing)


def _add(records: Iterable[Product], into: Path) -> None:
    writer = embedded_writer.open_writer(into)
    writer.add(records)
    writer.commit()


def write_bare(folder: Path) -> Written:
    documents: list[Fields] = pickle.loads((folder / "fields").read_bytes())
    return _written(len(documents), folder, lambda into: _add_bare(documents, into))


def _add_bare(documents: Iterable[Fields], into: Path) -> None:
    into.mkdir()
    writer = tantivy.Index(schema.SCHEMAS["product"], str(into)).writer(_BUFFER, _THREADS)
    for texts, numbers, digest, record, facets in documents:
        doc = tantivy.Document()
        for name, text in texts:
            doc.add_text(name, text)
        for name, number in numbers:
            doc.add_float(name, number)
        for name, part in zip(schema.DIGEST_FIELDS, digest, strict=True):
            doc.add_unsigned(name, part)
        doc.add_bytes("record", record)
        doc.add_json("facets", facets)
        writer.add_document(doc)
    writer.commit()
    writer.wait_merging_threads()


def _written(count: int, folder: Path, write: Callable[[Path], None]) -> Written:
    with tempfile.TemporaryDirectory(dir=folder) as place:
        held, start, worked = peak_megabytes(), time.perf_counter(), time.process_time()
        write(into := Path(place) / "index")
        seconds, cpu = time.perf_counter() - start, time.process_time() - worked
        size = sum(file.stat().st_size for file in into.rglob("*") if file.is_file())
    return Written(count, seconds, cpu, held, peak_megabytes(), size / 1e6)


# Side by side


def compared(args: argparse.Namespace) -> tuple[dict[str, Any], str]:
    with tempfile.TemporaryDirectory(prefix="benchmark-") as place:
        folder = Path(place)
        made = in_fresh_process(prepare, args.catalog, args.mapping, folder)
        ours, bare = list[Written](), list[Written]()
        for _ in range(args.rounds):
            bare.append(in_fresh_process(write_bare, folder))
            ours.append(in_fresh_process(write_ours, folder))
    ratio = median(b.seconds / o.seconds for b, o in zip(bare, ours, strict=True))
    figures = {
        **asdict(made),
        "ours": [asdict(one) for one in ours],
        "bare": [asdict(one) for one in bare],
        "ratio": ratio,
        "goal": _GOAL,
    }
    return figures, _shown(made, ours, bare, ratio)


def _shown(made: Prepared, ours: Sequence[Written], bare: Sequence[Written], ratio: float) -> str:
    middle = sorted(ours, key=lambda one: one.seconds)[len(ours) // 2]
    writing = middle.seconds - middle.analysing - middle.typing
    floor = median(one.seconds for one in bare)
    return (
        f"{made.products} products, read in {made.reading_seconds:.1f} s"
        f" ({made.products / made.reading_seconds:.0f} a second), which is not counted;"
        f" {len(ours)} rounds\n\n"
        f"{table(_HEADER, [_row('bare tantivy', bare), _row('ours', ours)])}\n\n"
        f"ours / bare, documents a second: {ratio:.2f} (median of the rounds; goal {_GOAL:.2f}"
        " or more)\n"
        f"the same of its writing alone, given the fields: {floor / writing:.2f}\n"
        f"where ours spends its {middle.seconds:.1f} s: words, facts and concepts"
        f" {middle.analysing:.1f} s; types and statistics {middle.typing:.1f} s;\n"
        f"writing, which is all that bare does in {floor:.1f} s: {writing:.1f} s"
    )


_HEADER = (
    "writer",
    "documents / s",
    "seconds",
    "CPU seconds",
    "peak MB",
    "of it input MB",
    "index MB",
)


def _row(name: str, runs: Sequence[Written]) -> list[str]:
    return [
        name,
        f"{median(one.products / one.seconds for one in runs):.0f}",
        f"{median(one.seconds for one in runs):.2f}",
        f"{median(one.cpu_seconds for one in runs):.2f}",
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
