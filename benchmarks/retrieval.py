"""How good the ranking is, by human ratings, against BM25 over one field.

The baseline is made here from the records alone: title, name, brand and description as one
tantivy field with its English stemmer, any word matches. Ours is Index.search; then ours with one
part of its score switched off. Differences come with paired bootstrap intervals over the queries.

    python benchmarks/retrieval.py --catalog FILE... --mapping M --ratings FILE [--worst N]
"""

import argparse
import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import tantivy

from benchmarks import judged
from benchmarks.judged import DEPTH, K, Ratings, Scores, read_ratings, score
from benchmarks.measure import Interval, bootstrap, parser, show, table
from servers.embedded import text as embedded_text
from servers.embedded.index import open_index
from servers.embedded.writer import open_writer
from servers.index import Index, Query
from servers.records import Product
from servers.sources.reading import read_all

_BASELINE = "one-field BM25"
_OURS = "ours"
_NAME_ATTRIBUTES = ("name", "part number", "model name")
"""Where catalogs keep the maker's name of a product."""

# The engine has no switches: a part is off when its weight is 0.
PARTS: Mapping[str, Sequence[str]] = {
    "all words held first": ("EVERY_TERM",),
    "phrases": ("PHRASE",),
    "attributes' text": ("ATTRIBUTES",),
    "other types last": ("NO_OTHER_TYPE",),
    "asked type first": ("ASKED_TYPE",),
    "all of these": (
        "EVERY_TERM",
        "PHRASE",
        "ATTRIBUTES",
        "NO_OTHER_TYPE",
        "ASKED_TYPE",
    ),
}

Search = Callable[[str], Sequence[str]]
"""Ids of the first DEPTH products for a query, best first."""


# Systems


def one_field(products: Sequence[Product], folder: Path) -> Search:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw")
    builder.add_text_field("text", tokenizer_name="en_stem")
    folder.mkdir()
    index = tantivy.Index(builder.build(), str(folder))
    writer = index.writer(50_000_000, 1)
    for product in products:
        writer.add_document(tantivy.Document(id=product.id, text=_text(product)))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def search(text: str) -> Sequence[str]:
        query, _ = index.parse_query_lenient(text, ["text"])
        hits = searcher.search(query, limit=DEPTH).hits
        return [str(searcher.doc(address).get_first("id")) for _, address in hits]

    return search


def _text(product: Product) -> str:
    names = (str(value) for name in _NAME_ATTRIBUTES for value in product.attributes.get(name, ()))
    return "\n".join([product.title, *names, product.brand or "", product.description])


def searching(index: Index) -> Search:
    def search(text: str) -> Sequence[str]:
        return [hit.record.id for hit in index.search(Query("product", text, limit=DEPTH)).hits]

    return search


@contextmanager
def without(weights: Sequence[str]) -> Generator[None]:
    """The engine, with these weights at 0."""
    before = {name: getattr(embedded_text, name) for name in weights}
    try:
        for name in weights:
            setattr(embedded_text, name, 0.0)
        yield
    finally:
        for name, value in before.items():
            setattr(embedded_text, name, value)


# Scores


@dataclass(frozen=True)
class Ranked:
    """One system: its rankings and their scores, in the order of the queries."""

    rankings: Sequence[Sequence[str]]
    scores: Sequence[Scores]


def ranked(search: Search, rated: Mapping[str, Ratings]) -> Ranked:
    rankings = [search(query) for query in rated]
    scores = [score(ranking, by) for ranking, by in zip(rankings, rated.values(), strict=True)]
    return Ranked(rankings, scores)


def difference(one: Ranked, other: Ranked, figure: str) -> Interval:
    pairs = zip(one.scores, other.scores, strict=True)
    return bootstrap([getattr(a, figure) - getattr(b, figure) for a, b in pairs])


def systems(
    products: Sequence[Product], rated: Mapping[str, Ratings], place: Path
) -> dict[str, Ranked]:
    found = {_BASELINE: ranked(one_field(products, place / "baseline"), rated)}
    writer = open_writer(place / "index")
    writer.add(products)
    writer.commit()
    with closing(open_index(place / "index")) as index:
        search = searching(index)
        found[_OURS] = ranked(search, rated)
        for part, weights in PARTS.items():
            if all(hasattr(embedded_text, weight) for weight in weights):
                with without(weights):
                    found[f"ours without {part}"] = ranked(search, rated)
    return found


# What is printed


_HEADER = (
    "system",
    f"NDCG@{K}",
    f"judged@{K}",
    f"condensed NDCG@{K}",
    "NDCG - baseline [95 %]",
    "condensed - baseline [95 %]",
    "NDCG - ours [95 %]",
)


def _row(name: str, found: Mapping[str, Ranked]) -> list[str]:
    one, baseline, ours = found[name], found[_BASELINE], found[_OURS]
    means = [
        f"{fmean(getattr(each, figure) for each in one.scores):.3f}"
        for figure in ("ndcg", "judged", "condensed")
    ]
    against = (
        ["", ""]
        if name == _BASELINE
        else [str(difference(one, baseline, figure)) for figure in ("ndcg", "condensed")]
    )
    part = name not in (_BASELINE, _OURS)
    return [name, *means, *against, str(difference(one, ours, "ndcg")) if part else ""]


def losers(
    found: Mapping[str, Ranked],
    rated: Mapping[str, Ratings],
    titles: Mapping[str, str],
    most: int,
) -> str:
    """The queries where ours falls furthest behind, with what stands in the first ten places."""
    baseline, ours = found[_BASELINE], found[_OURS]
    lost = [a.ndcg - b.ndcg for a, b in zip(ours.scores, baseline.scores, strict=True)]
    queries = list(rated)
    blocks: list[str] = []
    for at in sorted(range(len(queries)), key=lambda at: lost[at])[:most]:
        block = [f"{queries[at]!r}: ours {lost[at]:+.3f} against the baseline in NDCG@{K}"]
        for name, one in ((_BASELINE, baseline), (_OURS, ours)):
            scores = one.scores[at]
            block.append(f"  {name}: NDCG {scores.ndcg:.3f}, condensed {scores.condensed:.3f}")
            for found_id in one.rankings[at][:K]:
                rating = rated[queries[at]].get(found_id)
                shown = "-" if rating is None else f"{rating:g}"
                block.append(f"    {shown}  {found_id}  {titles.get(found_id, '')[:90]}")
        blocks.append("\n".join(block))
    return "\n\n".join(blocks)


def _products(args: argparse.Namespace) -> list[Product]:
    records = read_all(args.catalog, mapping=args.mapping)
    return [record for record in records if isinstance(record, Product)]


def _figures(one: Ranked, found: Mapping[str, Ranked]) -> dict[str, Any]:
    return {
        **{
            figure: fmean(getattr(each, figure) for each in one.scores)
            for figure in ("ndcg", "judged", "condensed")
        },
        "ndcg_against_baseline": asdict(difference(one, found[_BASELINE], "ndcg")),
        "condensed_against_baseline": asdict(difference(one, found[_BASELINE], "condensed")),
    }


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--catalog", nargs="+", required=True, metavar="FILE")
    options.add_argument("--mapping", help="how to read them: a name or a TOML file")
    options.add_argument("--ratings", required=True, metavar="FILE", help="query,docid,rating")
    options.add_argument(
        "--worst", type=int, default=0, metavar="N", help="show N queries lost to the baseline"
    )
    args = options.parse_args()
    rated, products = read_ratings(args.ratings), _products(args)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as place:
        found = systems(products, rated, Path(place))
    rows = [_row(name, found) for name in found]
    text = (
        f"{len(products)} products, {len(rated)} queries with a rating above 0\n\n"
        f"{judged.__doc__}\n{table(_HEADER, rows)}\n\n"
        "goal: ours at least the baseline in NDCG and in condensed NDCG"
    )
    if args.worst:
        titles = {product.id: product.title for product in products}
        text += f"\n\n{losers(found, rated, titles, args.worst)}"
    figures = {name: _figures(one, found) for name, one in found.items()}
    show({"queries": len(rated), "systems": figures}, text, as_json=args.json)


if __name__ == "__main__":
    main()
