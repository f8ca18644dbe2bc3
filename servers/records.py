"""What is indexed: products, reviews and pages.

Values are as the source states them. What a source leaves out is `None` (or empty),
never a guess, so that "not stated" can be told from "no" and from 0.
"""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal, cast
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

Kind = Literal["product", "review", "page"]

SCHEMA_VERSION = 1


class Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


Number = Annotated[float, Field(allow_inf_nan=False)]


class Quantity(Record):
    """A number with its unit: `unit` is one of the names in `servers.language.units`."""

    value: Number
    unit: str


Value = bool | Number | str | Quantity
"""One attribute value. `float` is a number whose unit the source does not state."""


def _values(raw: object) -> object:
    return cast(object, raw) if isinstance(raw, list | tuple) else (raw,)


Values = Annotated[tuple[Value, ...], BeforeValidator(_values)]
"""All values stated under one attribute name; a source's scalar becomes a tuple of one."""


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError("not an http(s) address")
    return text


WebAddress = Annotated[str, AfterValidator(_web_address)]
Id = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\s\x00-\x1f]+$")]
Price = Annotated[Decimal, Field(ge=0, allow_inf_nan=False, max_digits=15)]
Rating = Annotated[float, Field(ge=0, le=5, allow_inf_nan=False)]


class Product(Record):
    id: Id
    title: Annotated[str, Field(min_length=1)]
    brand: str | None = None
    category: tuple[str, ...] = ()
    """Path from the broadest level to the narrowest."""
    description: str = ""
    price: Price | None = None
    """In major units (12.99), of `currency` where the source states one."""
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] | None = None
    rating: Rating | None = None
    """Mean of the shoppers' ratings on a scale that ends at 5."""
    review_count: Annotated[int, Field(ge=0)] | None = None
    in_stock: bool | None = None
    as_of: date | None = None
    """The day on which price and stock were true."""
    url: WebAddress | None = None
    image_url: WebAddress | None = None
    gtin: str | None = None
    group: str | None = None
    """Products that share it are variants of one another (sizes, colours)."""
    attributes: dict[str, Values] = {}


class Review(Record):
    id: Id
    product_id: Id
    rating: Rating | None = None
    title: str = ""
    text: str = ""
    posted: date | None = None
    verified: bool | None = None
    helpful: Annotated[int, Field(ge=0)] | None = None
    author: str | None = None
    """A pseudonym that is the same for all reviews of one person; never a name or an e-mail."""


class Page(Record):
    id: Id
    title: str
    text: str
    """Markdown."""
    url: WebAddress | None = None
    site: str | None = None
    """Host of the url, or the name of the folder that the page came from."""
    published: date | None = None
    fetched: datetime | None = None
    """When it was read from the web; None for what was indexed from files."""


AnyRecord = Product | Review | Page


def kind_of(record: AnyRecord) -> Kind:
    match record:
        case Product():
            return "product"
        case Review():
            return "review"
        case Page():
            return "page"


def stable_id(parts: Iterable[object]) -> str:
    """An id for a record whose source gives none: the same content, the same id."""
    text = "\x1f".join("" if part is None else str(part) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
