"""What search_catalog costs over what the protocol costs anyway.

Both are asked through an MCP session in memory, in turns: search_catalog of our server, and an
empty FastMCP tool that returns the very same bytes and structured result out of a dict (without
an output schema, so that nobody checks them; and again with ours, which the client checks). The
index alone is timed in the same turns: Index.search of the call, and all that the call asks of
the index (near misses, unverified, suggestions too), one after the other.

    python benchmarks/search.py                                20,000 generated products
    python benchmarks/search.py --catalog FILE... --mapping M --queries ratings.csv
"""

import asyncio
import logging
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

from fastmcp import Client, FastMCP
from fastmcp.tools.base import Tool, ToolResult

from benchmarks import generated
from benchmarks.judged import read_ratings
from benchmarks.measure import parser, percentile, show, table
from servers.answers.searching import product_filters
from servers.app import build_app
from servers.embedded.index import open_index
from servers.embedded.writer import open_writer
from servers.index import Index, Match, Query
from servers.records import AnyRecord
from servers.sources.reading import read_all

_GOAL = 2.5
_GENERATED = 20_000
_QUERIES = 60
_TOOL = "search_catalog"
_BARE, _BARE_SCHEMA = "empty", "empty_with_schema"

Arguments = Mapping[str, Any]


@dataclass
class Times:
    """Seconds of each call, by what was called; one entry a call and round."""

    ours: list[float] = field(default_factory=list[float])
    empty: list[float] = field(default_factory=list[float])
    empty_schema: list[float] = field(default_factory=list[float])
    search: list[float] = field(default_factory=list[float])
    engine: list[float] = field(default_factory=list[float])

    @property
    def ratio(self) -> float:
        return median(self.ours) / median(self.empty)

    def add(self, other: "Times") -> None:
        for name, values in vars(other).items():
            getattr(self, name).extend(values)


class Empty:
    """A server whose tools return what was put in, whatever they are asked."""

    def __init__(self, schema: dict[str, Any] | None) -> None:
        self.result = ToolResult(content=[])
        self.server = FastMCP("empty")
        for name, output in ((_BARE, None), (_BARE_SCHEMA, schema)):
            self.server.add_tool(Tool.from_function(self.answer, name=name, output_schema=output))

    async def answer(
        self,
        query: str = "",
        brand: str | None = None,
        price_max: float | None = None,
        cursor: str | None = None,
    ) -> ToolResult:
        return self.result


async def measured(index: Index, texts: Sequence[str], rounds: int) -> dict[str, Times]:
    """By kind of call."""
    async with Client(build_app(index)) as ours:
        tools = {tool.name: tool for tool in await ours.list_tools()}
        empty = Empty(tools[_TOOL].output_schema)
        async with Client(empty.server) as bare:
            await bare.list_tools()
            cases = await _cases(ours, texts)
            times = {kind: Times() for kind in cases}
            for number in range(rounds + 1):
                for kind, calls in cases.items():
                    for arguments in calls:
                        one = await _one(index, ours, bare, empty, arguments)
                        if number:  # the first round warms everything up
                            times[kind].add(one)
    return times


async def _cases(client: Client[Any], texts: Iterable[str]) -> dict[str, list[Arguments]]:
    """Filters are such that some products meet them and some do not."""
    cases: dict[str, list[Arguments]] = {
        "words, facets": [],
        "next page, no facets": [],
        "one filter, facets": [],
        "two filters, facets": [],
    }
    for text in texts:
        found = await _found(client, text)
        prices = sorted(each["price"] for each in found["products"] if each["price"] is not None)
        brands = [each["value"] for each in found["facets"]["brand"]]
        cases["words, facets"].append({"query": text})
        if found["next_cursor"]:
            asked = {"query": text, "cursor": found["next_cursor"]}
            cases["next page, no facets"].append(asked)
        if prices:
            priced = {"query": text, "price_max": prices[len(prices) // 2]}
            cases["one filter, facets"].append(priced)
            if brands:
                cases["two filters, facets"].append({**priced, "brand": brands[0]})
    return cases


async def _found(client: Client[Any], text: str) -> dict[str, Any]:
    result = await client.call_tool_mcp(_TOOL, {"query": text})
    if result.structured_content is None:
        raise SystemExit(f"search_catalog refused {text!r}: {result.content}")
    return result.structured_content


async def _one(
    index: Index, ours: Client[Any], bare: Client[Any], empty: Empty, arguments: Arguments
) -> Times:
    sent = dict(arguments)
    start = time.perf_counter()
    result = await ours.call_tool_mcp(_TOOL, sent)
    took = time.perf_counter() - start
    if result.is_error:
        raise SystemExit(f"search_catalog refused {sent}: {result.content}")
    empty.result = ToolResult(
        content=list(result.content), structured_content=result.structured_content
    )
    query = _query(arguments)
    return Times(
        [took],
        [await _timed(lambda: bare.call_tool_mcp(_BARE, sent))],
        [await _timed(lambda: bare.call_tool_mcp(_BARE_SCHEMA, sent))],
        [await _timed(lambda: asyncio.to_thread(index.search, query))],
        [await _timed(lambda: asyncio.to_thread(_all_of_one_call, index, query))],
    )


async def _timed(call: Callable[[], Awaitable[object]]) -> float:
    start = time.perf_counter()
    await call()
    return time.perf_counter() - start


def _query(arguments: Arguments) -> Query:
    filters = product_filters(
        type=None,
        category=None,
        brand=arguments.get("brand"),
        price_min=None,
        price_max=arguments.get("price_max"),
        rating_min=None,
        in_stock=None,
    )
    cursor = arguments.get("cursor")
    return Query("product", arguments["query"], filters, cursor=cursor, facets=not cursor)


def _all_of_one_call(index: Index, query: Query) -> None:
    index.search(query)
    if query.cursor is None:
        index.suggest(query.text)
        for match, limit in ((Match.NEAR, 5), (Match.UNVERIFIED, 10)) if query.filters else ():
            index.search(replace(query, match=match, limit=limit, facets=False))


# What is printed


_HEADER = (
    "search_catalog",
    "calls",
    "p50 ms",
    "p99 ms",
    "empty p50",
    "empty p99",
    "ratio p50",
    "ratio to empty with schema",
    "Index.search p50",
    "share",
    "index, whole call p50",
    "share",
)


def _row(kind: str, times: Times) -> list[str]:
    p50 = median(times.ours)
    return [
        kind,
        str(len(times.ours)),
        _ms(p50),
        _ms(percentile(times.ours, 0.99)),
        _ms(median(times.empty)),
        _ms(percentile(times.empty, 0.99)),
        f"{times.ratio:.2f}",
        f"{p50 / median(times.empty_schema):.2f}",
        _ms(median(times.search)),
        f"{median(times.search) / p50:.0%}",
        _ms(median(times.engine)),
        f"{median(times.engine) / p50:.0%}",
    ]


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f}"


def _figures(times: Times) -> dict[str, Any]:
    figures: dict[str, Any] = {
        name: {"p50": percentile(values, 0.5), "p99": percentile(values, 0.99)}
        for name, values in vars(times).items()
    }
    return {"calls": len(times.ours), "ratio": times.ratio, "seconds": figures}


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--catalog", nargs="+", default=[], metavar="FILE", help="product files")
    options.add_argument("--mapping", help="how to read them: a name or a TOML file")
    options.add_argument(
        "--queries", metavar="FILE", help="CSV with a column query (ratings will do)"
    )
    options.add_argument("--rounds", type=int, default=3, help="over all queries (default: 3)")
    args = options.parse_args()
    logging.disable(logging.WARNING)
    records: Iterable[AnyRecord] = generated.products(_GENERATED)
    if args.catalog:
        records = read_all(args.catalog, mapping=args.mapping)
    texts = list(read_ratings(args.queries)) if args.queries else generated.queries(_QUERIES)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as place:
        writer = open_writer(Path(place) / "index")
        writer.add(records)
        writer.commit()
        with closing(open_index(Path(place) / "index")) as index:
            products = index.counts()["product"]
            times = asyncio.run(measured(index, texts, args.rounds))
    whole = Times()
    for one in times.values():
        whole.add(one)
    times["all"] = whole
    rows = [_row(kind, one) for kind, one in times.items()]
    text = (
        f"{products} products, {len(texts)} queries, concise results, {args.rounds} rounds\n\n"
        f"{table(_HEADER, rows)}\n\nratio at p50: {whole.ratio:.2f} (goal {_GOAL} or less)"
    )
    figures = {kind: _figures(one) for kind, one in times.items()}
    show({"products": products, "goal": _GOAL, **figures}, text, as_json=args.json)


if __name__ == "__main__":
    main()
