"""Money, dates, counts and the like, read strictly from text as shops write it.

Each reader gives the value, `None` for an empty text, or raises `Unclear` where the text can be
read in more than one way or in none. Nothing is guessed: not the currency, nor the order of day
and month, nor whether a comma separates thousands or decimals.
"""

import math
import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Literal, NamedTuple

from servers.language.units import format_number, format_quantity, parse_quantity
from servers.records import Quantity, Value, Values

DateOrder = Literal["dmy", "mdy"]
Raw = str | int | float | Decimal | bool | None


class Unclear(ValueError):
    """The text has no one meaning. `reason` says why, for a person."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Money(NamedTuple):
    amount: Decimal
    currency: str | None
    """ISO 4217; None where nothing states it."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_EMPTY = frozenset({"", "-", "–", "—", "n/a", "n.a.", "na"})
_NOTHING = _EMPTY | {"none", "null", "nan", "unknown", "not available"}


def _text(raw: Raw, empty: frozenset[str] = _NOTHING) -> str | None:
    """The stripped text, or None where it says that there is nothing."""
    if raw is None:
        return None
    if isinstance(raw, float) and not math.isfinite(raw):
        raise Unclear(f"{raw} is no number")
    text = (repr(raw) if isinstance(raw, float) else str(raw)).replace("\u00a0", " ").strip()
    return None if text.lower() in empty else text


# Money

_SIGNS = {
    "£": "GBP",
    "€": "EUR",
    "₹": "INR",
    "₩": "KRW",
    "₽": "RUB",
    "₺": "TRY",
    "₪": "ILS",
    "zł": "PLN",
    "Kč": "CZK",
    "US$": "USD",
    "CA$": "CAD",
    "C$": "CAD",
    "A$": "AUD",
    "AU$": "AUD",
    "NZ$": "NZD",
    "HK$": "HKD",
    "S$": "SGD",
    "R$": "BRL",
}
_SHARED_SIGNS = {
    "$": _words("USD CAD AUD NZD HKD SGD MXN CLP COP ARS TWD"),
    "¥": frozenset({"JPY", "CNY"}),
    "kr": frozenset({"SEK", "NOK", "DKK", "ISK"}),
}
_COMMA_GROUPS = _words("GBP USD CAD AUD NZD HKD SGD JPY CNY INR KRW ILS TWD")
"""Currencies of places where a comma separates thousands and never decimals."""

_SIGN_PATTERN = "|".join(
    re.escape(sign) for sign in sorted((*_SIGNS, *_SHARED_SIGNS), key=len, reverse=True)
)
_MONEY = re.compile(
    rf"(?P<before>{_SIGN_PATTERN}|[A-Za-z]{{3}})?\s?(?P<number>\d[\d.,' ]*|\.\d+)"
    rf"\s?(?P<after>{_SIGN_PATTERN}|[A-Za-z]{{3}})?\.?"
)
_RANGE = re.compile(r"\d[^\d]*\s*(?:-|–|—|\bto\b|\.\.|…)\s*[^\d]*\d", re.IGNORECASE)


@cache
def currency_digits(currency: str) -> int:
    """Decimals of a currency's minor unit: EUR 2, JPY 0, KWD 3. ValueError if not ISO 4217."""
    from babel.numbers import get_currency_precision, list_currencies

    if currency not in list_currencies():
        raise ValueError(f"{currency!r} is no ISO 4217 currency code")
    return get_currency_precision(currency)


def _currency(sign: str, default: str | None) -> str | None:
    if sign in _SIGNS:
        return _SIGNS[sign]
    if sign in _SHARED_SIGNS:
        return default if default in _SHARED_SIGNS[sign] else None
    try:
        currency_digits(sign.upper())
    except ValueError:
        raise Unclear(f"{sign!r} is no currency") from None
    return sign.upper()


def parse_money(
    raw: Raw, default_currency: str | None = None, decimal: Literal[".", ","] | None = None
) -> Money | None:
    """A price in major units: "£12.99", "1.299,00 EUR", "$877.8", 12.5.

    `default_currency` stands where the text names none, and settles whose "$" it is; a "$" that
    nothing settles keeps its amount and no currency. `decimal` states the decimal sign of the
    whole source; without it, "1.299" and "1,299" are unclear unless the sign before them belongs
    to a place that groups by commas ("£1,299"). Ranges, "from 12.99", "None", NaN, infinity and
    negative amounts are unclear.
    """
    if isinstance(raw, bool):
        raise Unclear("a yes or no where a price belongs")
    text = _text(raw, _EMPTY)
    if text is None:
        return None
    if not isinstance(raw, str):
        return Money(_amount(text), default_currency)
    if re.match(r"[^\d.]*[-−]\s*[^\d]*\d", text):
        raise Unclear("a negative price")
    if _RANGE.search(text):
        raise Unclear("a range of prices")
    match = _MONEY.fullmatch(text)
    if match is None:
        raise Unclear("no price can be read from it")
    signs = [sign for sign in (match["before"], match["after"]) if sign]
    named = {_currency(sign, default_currency) for sign in signs} - {None}
    if len(named) > 1:
        raise Unclear("two currencies")
    currency = named.pop() if named else None if signs else default_currency
    groups = "$" in signs or (bool(signs) and currency in _COMMA_GROUPS)
    return Money(_amount(_plain_number(match["number"].strip(), decimal, groups)), currency)


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise Unclear("no price can be read from it") from None
    if not amount.is_finite():
        raise Unclear(f"{text} is no number")
    if amount < 0:
        raise Unclear("a negative price")
    if amount >= 10**13:
        raise Unclear("too large for a price")
    if amount.as_tuple().exponent < -6:  # pyright: ignore[reportOperatorIssue] - it is finite
        amount = Decimal(f"{amount:.6f}".rstrip("0").rstrip("."))  # 19.990000000000002
    return amount


def _plain_number(text: str, decimal: Literal[".", ","] | None, comma_groups: bool) -> str:
    """The digits with "." before the decimals, once it is clear which sign does what."""
    compact = re.sub(r"(?<=\d)[' ](?=\d{3}(?!\d))", "", text)
    if re.fullmatch(r"\d*[.,]?\d+", compact) is None:
        return _grouped_number(compact)
    separator = next((sign for sign in ".," if sign in compact), None)
    if separator is None:
        return compact
    whole, _, tail = compact.partition(separator)
    if decimal is not None:
        if separator == decimal:
            return f"{whole or 0}.{tail}"
        if len(tail) == 3 and 1 <= len(whole) <= 3:
            return whole + tail
        raise Unclear(f"{separator!r} is not the decimal sign here and groups no thousands")
    if len(tail) == 3 and 1 <= len(whole) <= 3 and whole.strip("0"):
        if separator == "," and comma_groups:
            return whole + tail
        raise Unclear(f"{separator!r} may separate thousands or decimals")
    return f"{whole or 0}.{tail}"


def _grouped_number(text: str) -> str:
    for group, point in ((",", "."), (".", ",")):
        pattern = rf"\d{{1,3}}(?:{re.escape(group)}\d{{3}})+(?:{re.escape(point)}\d+)?"
        if re.fullmatch(pattern, text):
            return text.replace(group, "").replace(point, ".")
    raise Unclear("no number can be read from it")


def parse_minor_units(raw: Raw, currency: str | None) -> Money | None:
    """A price in whole minor units: 9495 with EUR is 94.95, with JPY 9495, with KWD 9.495.

    Without a currency there are two decimals, as in most. Anything but a whole number is unclear.
    """
    text = _text(raw, _EMPTY)
    if text is None:
        return None
    if isinstance(raw, bool) or re.fullmatch(r"\d{1,15}(?:\.0+)?", text) is None:
        raise Unclear("not a whole number of minor units")
    digits = 2 if currency is None else currency_digits(currency)
    return Money(_amount(text.partition(".")[0]).scaleb(-digits), currency)


# Dates

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan", "february feb", "march mar", "april apr", "may", "june jun",
            "july jul", "august aug", "september sep sept", "october oct", "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_ISO_DATE = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"
    r"(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s?(?:Z|UTC|[+-]\d{2}:?\d{2})?)?"
)
_DAY_MONTH = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[ -]([A-Za-z]{3,9})\.?,?[ -](\d{4})")
_MONTH_DAY = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})")
_NUMERIC_DATE = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})")


def parse_date(raw: Raw, order: DateOrder | None = None) -> date | None:
    """The day that a text names: ISO, "4 Jan. 2013", "July 29, 2015", "25/12/2024".

    A time of day is dropped, the day is kept as written. "02/03/2025" is unclear unless `order`
    says which comes first; a number alone (an epoch) is unclear: see `parse_epoch`.
    """
    text = _text(raw)
    if text is None:
        return None
    if match := _ISO_DATE.fullmatch(text):
        return _day(match[1], match[2], match[3])
    if match := _DAY_MONTH.fullmatch(text):
        return _day(match[3], _month(match[2]), match[1])
    if match := _MONTH_DAY.fullmatch(text):
        return _day(match[3], _month(match[1]), match[2])
    if match := _NUMERIC_DATE.fullmatch(text):
        return _numeric_day(int(match[1]), int(match[3]), int(match[4]), order)
    raise Unclear("no date can be read from it")


def _month(name: str) -> int:
    try:
        return _MONTHS[name.lower()]
    except KeyError:
        raise Unclear(f"{name!r} is no month") from None


def _numeric_day(first: int, second: int, year: int, order: DateOrder | None) -> date:
    if order == "dmy" or first > 12 or first == second:
        return _day(year, second, first)
    if order == "mdy" or second > 12:
        return _day(year, first, second)
    raise Unclear("day and month may stand either way round")


def _day(year: str | int, month: str | int, day: str | int) -> date:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise Unclear("no such day") from None


def parse_epoch(raw: Raw, unit: Literal["s", "ms"]) -> date | None:
    """The UTC day of a number of seconds or milliseconds since 1970."""
    text = _text(raw)
    if text is None:
        return None
    try:
        seconds = float(text) / (1 if unit == "s" else 1000)
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise Unclear("no epoch time can be read from it") from None
    if not 1970 <= moment.year < 2100:
        raise Unclear(f"an epoch in {unit!r} would be the year {moment.year}")
    return moment.date()


# Numbers, ratings, stock, yes and no


def parse_count(raw: Raw) -> int | None:
    """A whole number that is not negative: "18", "1,234" (groups of three), 18.0."""
    text = _text(raw)
    if text is None:
        return None
    plain = text.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+", text) else text
    if isinstance(raw, bool) or re.fullmatch(r"\d{1,15}(\.0+)?", plain) is None:
        raise Unclear("not a whole number of things")
    return int(plain.partition(".")[0])


_RATING = re.compile(r"(\d+(?:[.,]\d+)?)(?:\s*(?:out of|/|of)\s*(\d+))?(?:\s*stars?)?")


def parse_rating(raw: Raw, scale: float = 5.0) -> float | None:
    """A rating on a scale that ends at 5: "4.5", "4,6", "4.5 out of 5 stars".

    `scale` is where the source's scale ends; a scale that the text itself states goes before it.
    """
    text = _text(raw)
    if text is None:
        return None
    match = None if isinstance(raw, bool) else _RATING.fullmatch(text)
    if match is None:
        raise Unclear("no rating can be read from it")
    top = float(match[2]) if match[2] else scale
    rating = float(match[1].replace(",", "."))
    if not top or rating > top:
        raise Unclear(f"a rating of {format_number(rating)} on a scale to {format_number(top)}")
    return rating if top == 5 else round(rating * 5 / top, 4)


_IN_STOCK = _words(
    "instock available limitedavailability limitedstock lowstock onlineonly instoreonly yes true y"
)
_NOT_IN_STOCK = _words(
    "outofstock soldout preorder backorder onbackorder discontinued unavailable "
    "currentlyunavailable no false n"
)


def parse_stock(raw: Raw) -> bool | None:
    """Whether it can be had now: "5 new", "18", "in stock", "InStock"; "0", "preorder" are not."""
    if isinstance(raw, bool):
        return raw
    text = _text(raw)
    if text is None:
        return None
    if match := re.fullmatch(
        r"(-?\d+)(?:\.0+)?(?:\s+(?:new|used|collectible|refurbished|left|in stock))?", text, re.I
    ):
        return int(match[1]) > 0
    word = re.sub(r"[\s_-]", "", re.sub(r"^https?://schema\.org/", "", text)).lower()
    if word in _IN_STOCK or word in _NOT_IN_STOCK:
        return word in _IN_STOCK
    raise Unclear("does not say whether it is in stock")


def parse_bool(raw: Raw) -> bool | None:
    """yes, true, y, 1 and no, false, n, 0 in any case."""
    if isinstance(raw, bool):
        return raw
    text = _text(raw)
    if text is None:
        return None
    match text.lower():
        case "yes" | "true" | "y" | "1" | "1.0":
            return True
        case "no" | "false" | "n" | "0" | "0.0":
            return False
        case _:
            raise Unclear("neither yes nor no")


_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,9})?")


def parse_number(raw: Raw) -> float | None:
    """A number with a decimal point and no separators: "17", "-2.5"."""
    text = _text(raw)
    if text is None:
        return None
    if isinstance(raw, bool):
        raise Unclear("a yes or no where a number belongs")
    if isinstance(raw, str) and _PLAIN_NUMBER.fullmatch(text) is None:
        raise Unclear("no plain number")
    return float(text)


def read_value(text: str) -> Value:
    """What an attribute's text states: yes or no, a number, a quantity, else the text itself.

    Digits that a number would not give back as written ("0042", "2.0", "1,299") stay text.
    """
    stripped = text.strip()
    if stripped.lower() in ("yes", "true", "no", "false"):
        return stripped.lower() in ("yes", "true")
    if _PLAIN_NUMBER.fullmatch(stripped) and format_number(float(stripped)) == stripped:
        return float(stripped)
    return parse_quantity(stripped) or stripped


# Writing


def format_value(value: Value) -> str:
    """ "yes", "no", "24 in", "A3", "31"."""
    match value:
        case bool():
            return "yes" if value else "no"
        case Quantity():
            return format_quantity(value.value, value.unit)
        case int() | float():
            return format_number(value)
        case str():
            return value


def format_values(values: Values) -> str:
    """All values of one attribute: "yes, 130 mm"."""
    return ", ".join(format_value(value) for value in values)
