"""How a record lies in the embedded index: fields, and the facts a product states.

Text is analysed in Python (`servers.language.words`) and stored as words joined by spaces, so
that every engine sees the same words. An attribute's values are terms of one field, `facts`, as
`KEY US TYPED-VALUE`: the distinct values of one attribute are one prefix of the term dictionary,
can be listed in a fraction of a millisecond, and are judged by the same code that judges a single
product. What facets are counted from lies apart, as columns of one JSON field: counting a dozen
attributes from the terms took ten times as long.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import tantivy

from servers.language.words import analyze, analyze_lines, normal
from servers.records import Kind, Page, Product, Quantity, Record, Review, Value

SEPARATOR = "\x1f"
CONCEPT_MARK = "@"
UNCLEAR_MARK = "?"
DIGEST_FIELDS = ("digest0", "digest1", "digest2", "digest3")
"""24 bits each: sums of them stay exact in the engine's float arithmetic up to 2**29 records."""

_LONGEST_TERM = 2_000
"""Characters of one term; longer values stay different from one another by a digest."""


def _schema(
    texts: Iterable[str], names: Iterable[str], numbers: Iterable[str], terms: Iterable[str] = ()
) -> tantivy.Schema:
    """`names` can be counted and sorted by; `terms` only be looked up and listed."""
    builder = tantivy.SchemaBuilder()
    for field in texts:
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="position")
    for field in ("id", *names):
        stored = field == "id"
        builder.add_text_field(
            field, stored=stored, fast=True, tokenizer_name="raw", index_option="basic"
        )
    for field in terms:
        builder.add_text_field(field, tokenizer_name="raw", index_option="basic")
    for field in numbers:
        builder.add_float_field(field, indexed=True, fast=True)
    for field in DIGEST_FIELDS:
        builder.add_unsigned_field(field, fast=True)
    builder.add_bytes_field("record", stored=True)
    if terms:
        builder.add_json_field("facets", fast=True, tokenizer_name="raw", index_option="basic")
    return builder.build()


SCHEMAS: Mapping[Kind, tantivy.Schema] = {
    "product": _schema(
        ("text", "attribute_text"),
        ("brand", "category", "type", "group"),
        ("price", "rating", "review_count", "in_stock", "as_of"),
        ("facts", "stated"),
    ),
    "review": _schema(("text",), ("product_id",), ("rating", "verified", "posted", "helpful")),
    "page": _schema(("text",), ("site",), ("published",)),
}


# Facts


def attribute_key(name: str) -> str:
    return _fitting(normal(name))


def concept_key(name: str) -> str:
    return CONCEPT_MARK + attribute_key(name)


def unclear_key(concept: str) -> str:
    """The mark, in `stated`, of a product whose figure for the concept cannot be read."""
    return UNCLEAR_MARK + concept_key(concept)


def fact(key: str, value: Value) -> str:
    return key + SEPARATOR + _encoded(value)


def fact_value(term: str) -> Value:
    """The value in a term of `facts`."""
    return decoded(term.partition(SEPARATOR)[2])


@lru_cache(maxsize=100_000)
def decoded(text: str) -> Value:
    """What `fact` made of a value, after the key."""
    rest = text[1:]
    match text[0]:
        case "b":
            return rest == "1"
        case "n":
            return float(rest)
        case "q":
            number, _, unit = rest.partition(" ")
            return Quantity(value=float(number), unit=unit)
        case _:
            return rest


def _encoded(value: Value) -> str:
    if isinstance(value, bool):
        return "b1" if value else "b0"
    if isinstance(value, str):
        return "t" + _fitting(value)
    if isinstance(value, Quantity):
        return f"q{value.value!r} {value.unit}"
    return f"n{float(value)!r}"


def _fitting(text: str) -> str:
    if len(text) <= _LONGEST_TERM:
        return text
    digest = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
    return f"{text[:_LONGEST_TERM]}…{digest}"


# Facets

STATED = "stated"
"""The column of the keys that a product states, each as a number: the engine counts numbers many
times as fast as names."""


def facet_columns(key: str, values: Iterable[Value]) -> str:
    """What facets are counted from, of what is stated under one key: members of a JSON object."""
    columns: dict[str, dict[str | float, None]] = {}
    for value in values:
        if isinstance(value, str | bool):
            columns.setdefault(text_column(key), {})[_encoded(value)] = None
        else:
            number, unit = _number(value)
            column = columns.setdefault(number_column(key, unit), {})
            column[float(f"{number:.15g}")] = None  # of more digits the engine reads no last one
    return json.dumps({name: list(each) for name, each in columns.items()})[1:-1]


def _number(value: float | Quantity) -> tuple[float, str | None]:
    return (value.value, value.unit) if isinstance(value, Quantity) else (value, None)


def key_number(key: str) -> int:
    """Below 2**48, so that it comes back exactly."""
    return int.from_bytes(_digest(key), "big")


@lru_cache(maxsize=100_000)
def text_column(key: str) -> str:
    """Of what is stated under a key and is no number, encoded as in `facts`."""
    return _digest(key).hex()


@lru_cache(maxsize=100_000)
def number_column(key: str, unit: str | None) -> str:
    return _digest(f"{key}{SEPARATOR}{unit or ''}").hex()


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=6).digest()


# Documents


@dataclass(frozen=True, slots=True)
class Prepared:
    """A record as the fields of its document: (field, value) pairs, and the record itself."""

    id: str
    texts: tuple[tuple[str, str], ...]
    numbers: tuple[tuple[str, float], ...]
    record: bytes
    facets: str | None = None
    """Columns by name, as JSON."""


def document(prepared: Prepared, extra: Iterable[tuple[str, str]] = ()) -> tantivy.Document:
    doc = tantivy.Document()
    add_text = doc.add_text
    add_text("id", prepared.id)
    for field, text in prepared.texts:
        add_text(field, text)
    for field, text in extra:
        add_text(field, text)
    for field, number in prepared.numbers:
        doc.add_float(field, number)
    digest = hashlib.blake2b(prepared.record, digest_size=12).digest()
    for at, field in enumerate(DIGEST_FIELDS):
        doc.add_unsigned(field, int.from_bytes(digest[at * 3 : at * 3 + 3], "big"))
    doc.add_bytes("record", prepared.record)
    if prepared.facets is not None:
        doc.add_json("facets", prepared.facets)
    return doc


def _stored(record: Record) -> bytes:
    return record.__pydantic_serializer__.to_json(record, exclude_defaults=True)


def _numbers(**fields: float | None) -> tuple[tuple[str, float], ...]:
    return tuple((name, float(value)) for name, value in fields.items() if value is not None)


def prepare_product(product: Product, attribute_text: str) -> Prepared:
    """All but its facts, which products share (`servers.embedded.statements`)."""
    texts = [("text", " ".join(analyze_lines(_product_lines(product))))]
    if product.brand:
        texts.append(("brand", product.brand))
    texts.extend(("category", level) for level in dict.fromkeys(product.category))
    if product.group:
        texts.append(("group", product.group))
    texts.append(("attribute_text", attribute_text))
    numbers = _numbers(
        price=None if product.price is None else float(product.price),
        rating=product.rating,
        review_count=product.review_count,
        in_stock=product.in_stock,
        as_of=product.as_of and product.as_of.toordinal(),
    )
    return Prepared(product.id, tuple(texts), numbers, _stored(product))


def prepare_review(review: Review) -> Prepared:
    numbers = _numbers(
        rating=review.rating,
        verified=review.verified,
        posted=review.posted and review.posted.toordinal(),
        helpful=review.helpful,
    )
    texts = (("text", words(review_text(review))), ("product_id", review.product_id))
    return Prepared(review.id, texts, numbers, _stored(review))


def prepare_page(page: Page) -> Prepared:
    texts = [("text", words(page_text(page)))]
    if page.site:
        texts.append(("site", page.site))
    published = page.published and page.published.toordinal()
    return Prepared(page.id, tuple(texts), _numbers(published=published), _stored(page))


def product_text(product: Product) -> str:
    return "\n".join(_product_lines(product))


def _product_lines(product: Product) -> tuple[str, ...]:
    return (product.title, product.brand or "", product.description, *product.category)


def review_text(review: Review) -> str:
    return f"{review.title}\n{review.text}"


def page_text(page: Page) -> str:
    return f"{page.title}\n{page.text}"


def words(text: str) -> str:
    return " ".join(analyze(text))
