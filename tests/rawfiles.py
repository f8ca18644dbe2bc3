"""Reads the raw files of the public catalogs, for judging a run without the program's readers."""

import csv
import gzip
import html
import json
import re
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Row:
    """One product as its file has it. Where a file leaves the price open, all it may mean."""

    title: str
    prices: frozenset[Decimal | None]
    fields: dict[str, Any]


@dataclass(frozen=True)
class Catalog:
    rows: dict[str, Row]
    currency: str | None
    sign: str
    reviews: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


@cache
def read_catalog(data_dir: Path, name: str) -> Catalog:
    return {"icecat": read_icecat, "toys": read_toys, "webshop": read_webshop}[name](data_dir)


def read_icecat(data_dir: Path) -> Catalog:
    rows: dict[str, Row] = {}
    for path in sorted((data_dir / "icecat").glob("products-*.json.gz")):
        for raw in json.loads(gzip.decompress(path.read_bytes())):
            cents = Decimal(raw["price"]) / 100
            lines = {name: _in_lines(value) for name, value in raw.items()}
            rows[str(raw["id"])] = Row(raw["title"], frozenset({cents}), lines)
    return Catalog(rows, None, "")


def _in_lines(value: Any) -> Any:
    """The vendor writes a new line as a backslash and an n."""
    return value.replace("\\n", "\n") if isinstance(value, str) else value


def read_toys(data_dir: Path) -> Catalog:
    rows: dict[str, Row] = {}
    reviews: dict[str, list[dict[str, Any]]] = {}
    with (data_dir / "toys" / "products.csv").open(encoding="utf-8", newline="") as file:
        for raw in csv.DictReader(file):
            text = raw["price"].replace("£", "").replace(",", "").strip()
            price = Decimal(text) if text else None
            rows[raw["product_id"]] = Row(raw["product_name"], frozenset({price}), raw)
    for line in (data_dir / "toys" / "reviews.jsonl").read_text(encoding="utf-8").splitlines():
        review = json.loads(line)
        reviews.setdefault(review["product_id"], []).append(review)
    return Catalog(rows, "GBP", "£", reviews)


def read_webshop(data_dir: Path) -> Catalog:
    rows: dict[str, Row] = {}
    packed = (data_dir / "webshop" / "products.jsonl.gz").read_bytes()
    for line in gzip.decompress(packed).decode("utf-8").splitlines():
        raw = json.loads(line)
        amounts = [Decimal(n) for n in re.findall(r"\d+(?:\.\d+)?", raw["Price"])]
        prices: set[Decimal | None] = set(amounts) or {None}
        # A range names no one price, and 100.0 stands where none was known.
        if len(amounts) != 1 or amounts == [100]:
            prices.add(None)
        rows[raw["asin"]] = Row(raw["name"], frozenset(prices), raw)
    return Catalog(rows, "USD", "$")


_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def fold(text: str) -> str:
    """Text with its white space folded, and without the characters nobody sees."""
    return " ".join(_INVISIBLE.sub("", html.unescape(text)).split())


def texts_of(row: Row) -> str:
    """All the words of a row, one text."""
    texts: list[str] = []
    for each in row.fields.values():
        texts += [str(part) for part in each] if isinstance(each, list) else []
        texts += [each] if isinstance(each, str) else []
    return fold("\n".join(texts))
