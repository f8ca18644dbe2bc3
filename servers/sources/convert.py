"""Rows of a file into records, by a mapping."""

import re
from collections.abc import Callable
from decimal import Decimal
from html import unescape
from typing import Any, cast

from pydantic import ValidationError

from servers.language.values import (
    Money,
    Unclear,
    parse_bool,
    parse_count,
    parse_date,
    parse_epoch,
    parse_minor_units,
    parse_money,
    parse_rating,
    parse_stock,
)
from servers.records import AnyRecord, stable_id
from servers.sources.attributes import AttributeReader, Row
from servers.sources.mapping import RECORDS, Mapping, Source

_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
OnUnclear = Callable[[str, str], None]
"""Called with our field's name and the reason when a value is left empty."""


class BadRow(ValueError):
    """The row makes no record. `field` is ours, where one is to blame."""

    def __init__(self, field: str | None, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


def look_up(row: Any, path: str) -> Any:
    """The value at "a.b[0].c", None where any step is missing."""
    for name, position in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
        if name:
            row = cast(Row, row).get(name) if isinstance(row, dict) else None
        else:
            items = cast(list[Any], row) if isinstance(row, list) else []
            row = items[int(position)] if int(position) < len(items) else None
    return row


def raw_value(row: Row, source: Source) -> Any:
    if source.column is not None:
        return row.get(source.column)
    if source.path is not None:
        return look_up(row, source.path)
    if source.first_of:
        found = (raw_value(row, part) for part in source.first_of)
        return next((value for value in found if value not in (None, "", [])), None)
    if source.join:
        parts = (text_of(raw_value(row, part), source.with_) for part in source.join)
        return source.with_.join(part for part in parts if part)
    if source.columns:
        return [row.get(column) for column in source.columns]
    if source.hash:
        return stable_id(raw_value(row, part) for part in source.hash)
    return source.const


def text_of(raw: Any, between: str = "\n") -> str:
    if isinstance(raw, list):
        return between.join(part for part in map(text_of, cast(list[Any], raw)) if part)
    if isinstance(raw, dict):
        raise Unclear("a JSON object where a text belongs")
    return "" if raw is None else str(raw).strip()


def id_of(raw: Any) -> str:
    """The id as text; white space inside it is written %20, so that a citation can hold it."""
    if isinstance(raw, bool | list | dict):
        raise Unclear("not a text or a number")
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    return re.sub(r"\s", "%20", text_of(raw))


def gtin_of(raw: Any) -> str | None:
    """The first trade item number (8, 12, 13 or 14 digits whose check digit is right)."""
    first = next(iter(cast(list[Any], raw)), None) if isinstance(raw, list) else raw
    digits = re.sub(r"[\s-]", "", id_of(first))
    if not digits:
        return None
    if not re.fullmatch(r"\d{8}|\d{12,14}", digits, re.ASCII):
        raise Unclear("not a GTIN (8, 12, 13 or 14 digits)")
    weighted = sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(digits[::-1]))
    if weighted % 10:
        raise Unclear("its check digit is wrong")
    return digits


def category_of(raw: Any, source: Source) -> tuple[str, ...]:
    if isinstance(raw, str) and source.separator:
        raw = re.split("|".join(re.escape(sign.strip() or sign) for sign in source.separator), raw)
    levels = cast(list[Any], raw) if isinstance(raw, list) else [raw]
    return tuple(text for text in map(text_of, levels) if text)


def _web_address(raw: Any) -> str | None:
    text = text_of(raw)
    if text and re.fullmatch(r"https?://[^\s/]+\S*", text) is None:
        raise Unclear("not an http(s) address")
    return text or None


def author_of(raw: Any) -> str | None:
    """A pseudonym for whatever names the author, since it may be a person's name."""
    text = text_of(raw)
    return stable_id(("author", text.casefold())) if text else None


class Converter:
    """Makes records of one kind; `currency` is the command line's, before the mapping's."""

    def __init__(self, mapping: Mapping, currency: str | None) -> None:
        self._mapping = mapping
        self._currency = currency or mapping.currency
        self._record = RECORDS[mapping.kind]
        self._attributes = AttributeReader(mapping) if mapping.attributes else None
        self._readers = {name: self._reader(name, src) for name, src in mapping.fields.items()}

    def record(self, row: Row, on_unclear: OnUnclear) -> AnyRecord:
        """BadRow if the row makes no record; a value that is unclear is left out and told."""
        try:
            made = self._values(row, on_unclear)
            self._complete(made)
            return self._record.model_validate(made)
        except ValidationError as error:
            raise _bad_row(error) from None
        except UnicodeEncodeError:
            raise BadRow(None, "holds half of a character (a lone surrogate)") from None

    def _values(self, row: Row, on_unclear: OnUnclear) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, read in self._readers.items():
            try:
                value = read(row)
            except Unclear as error:
                if name in ("id", "product_id"):
                    raise BadRow(name, error.reason) from None
                on_unclear(name, error.reason)
                continue
            if isinstance(value, Money):
                made[name] = value.amount
                if value.currency and "currency" not in made:
                    made["currency"] = value.currency
            elif value is not None:
                made[name] = value
        if self._attributes is not None:
            made["attributes"] = self._attributes.read(row, look_up)
        return made

    def _complete(self, made: dict[str, Any]) -> None:
        kind = self._mapping.kind
        if kind == "review":
            if not made.get("text") and not made.get("title") and made.get("rating") is None:
                raise BadRow("text", "the review has no text, title or rating")
            if "id" not in made:
                parts = ("product_id", "posted", "title", "text", "author")
                made["id"] = stable_id(made.get(part) for part in parts)
        elif kind == "page" and "id" not in made:
            made["id"] = stable_id((made.get("url"), made.get("title"), made.get("text")))
        if "currency" in made and made.get("price") is None:
            del made["currency"]

    def _reader(self, name: str, source: Source) -> Callable[[Row], Any]:
        if name == "price":
            return lambda row: self._price(row, source)
        if name == "category":
            return lambda row: category_of(raw_value(row, source), source) or None
        parse = self._parser(name, source)
        if source.column is not None:
            column = source.column
            return lambda row: parse(row.get(column))
        return lambda row: parse(raw_value(row, source))

    def _price(self, row: Row, source: Source) -> Money | None:
        raw = raw_value(row, source)
        stated = row.get(source.currency_column) if source.currency_column else None
        named = str(stated).strip().upper() if stated else None
        currency = named or source.currency or self._currency
        if source.minor_units:
            try:
                money = parse_minor_units(raw, currency)
            except ValueError as error:
                raise Unclear(str(error)) from None
        else:
            money = parse_money(raw, currency, source.decimal or self._mapping.decimal)
        if money is not None and any(Decimal(str(p)) == money.amount for p in source.placeholder):
            return None
        return money

    def _parser(self, name: str, source: Source) -> Callable[[Any], Any]:
        order = source.order or self._mapping.date_order
        match name:
            case "id" | "product_id" | "group":
                return lambda raw: id_of(raw) or None
            case "rating":
                return lambda raw: parse_rating(raw, source.scale)
            case "review_count" | "helpful":
                return parse_count
            case "in_stock":
                return parse_stock
            case "verified":
                return parse_bool
            case "as_of" | "posted" | "published":
                epoch = source.epoch
                return (
                    (lambda raw: parse_epoch(raw, epoch))
                    if epoch
                    else (lambda raw: parse_date(raw, order))
                )
            case "url" | "image_url":
                return _web_address
            case "gtin":
                return gtin_of
            case "author":
                return author_of
            case "currency":
                return lambda raw: text_of(raw).upper() or None
            case "title" | "brand" | "site":
                return lambda raw: " ".join((self._text(raw, source.html) or "").split()) or None
            case _:
                return lambda raw: self._text(raw, source.html)

    def _text(self, raw: Any, html: bool) -> str | None:
        text = text_of(raw)
        if html and ("<" in text or "&" in text):
            text = re.sub(r" {2,}", " ", unescape(_TAG.sub(" ", text)))
        if self._mapping.newline:
            text = text.replace(self._mapping.newline, "\n")
        return text or None


def _bad_row(error: ValidationError) -> BadRow:
    first = error.errors(include_url=False)[0]
    field = str(first["loc"][0]) if first["loc"] else None
    if first["type"] == "missing":
        return BadRow(field, "is empty, and a record needs it")
    return BadRow(field, first["msg"].removeprefix("Value error, "))
