from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servers.language.values import (
    Money,
    Unclear,
    format_value,
    format_values,
    parse_bool,
    parse_count,
    parse_date,
    parse_epoch,
    parse_minor_units,
    parse_money,
    parse_number,
    parse_rating,
    parse_stock,
    read_value,
)
from servers.records import Quantity


@pytest.mark.parametrize(
    ("raw", "amount", "currency"),
    [
        ("£12.99", "12.99", "GBP"),
        ("$877.8", "877.8", None),
        ("15.00 USD", "15.00", "USD"),
        ("EUR 5", "5", "EUR"),
        ("1,299.00", "1299.00", None),
        ("1.299,00", "1299.00", None),
        ("1 299,00 €", "1299.00", "EUR"),
        ("1'299.00", "1299.00", None),
        ("1,234,567", "1234567", None),
        ("£1,299", "1299", "GBP"),
        ("$1,299", "1299", None),
        ("12,50", "12.50", None),
        ("0.125", "0.125", None),
        (".99", "0.99", None),
        ("¥500", "500", None),
        (12.5, "12.5", None),
        (1299, "1299", None),
        ("0", "0", None),
    ],
)
def test_a_clear_price_is_read(raw: Any, amount: str, currency: str | None) -> None:
    assert parse_money(raw) == Money(Decimal(amount), currency)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("1.299", "thousands or decimals"),
        ("1,299", "thousands or decimals"),
        ("€1,299", "thousands or decimals"),
        ("12.99 - 15.99", "range"),
        ("$9.99 to $12.99", "range"),
        ("from 12.99", "no price"),
        ("None", "no price"),
        ("NaN", "no price"),
        (float("nan"), "no number"),
        (float("inf"), "no number"),
        ("-3", "negative"),
        ("£-3", "negative"),
        (-1, "negative"),
        ("XYZ 5", "no currency"),
        ("1.2.3", "no number"),
        (True, "yes or no"),
        ("9" * 30, "too large"),
    ],
)
def test_a_price_that_is_not_clear_says_why(raw: Any, reason: str) -> None:
    with pytest.raises(Unclear, match=reason):
        parse_money(raw)


def test_a_default_currency_settles_only_what_it_can() -> None:
    assert parse_money("5", "GBP") == Money(Decimal(5), "GBP")
    assert parse_money("$5", "CAD") == Money(Decimal(5), "CAD")
    assert parse_money("$5", "EUR") == Money(Decimal(5), None)
    assert parse_money("£5", "EUR") == Money(Decimal(5), "GBP")


def test_a_stated_decimal_sign_settles_what_a_separator_means() -> None:
    assert parse_money("1.299", decimal=",") == Money(Decimal(1299), None)
    assert parse_money("1,299", decimal=",") == Money(Decimal("1.299"), None)
    with pytest.raises(Unclear, match="not the decimal sign"):
        parse_money("1.29", decimal=",")


def test_an_empty_text_is_no_value_and_no_fault() -> None:
    assert parse_money("") is parse_money(None) is parse_money("N/A") is None
    assert parse_date("") is parse_count(None) is parse_rating("N.A.") is parse_stock(" ") is None


@given(
    st.decimals(0, 10**9, places=2),
    st.sampled_from(["GBP", "USD", "EUR", "JPY"]),
    st.sampled_from(["{n} {c}", "{c} {n}", "{c}{n}", "{g} {c}"]),
)
def test_a_written_price_reads_back_as_itself(amount: Decimal, code: str, form: str) -> None:
    text = form.format(n=f"{amount:f}", g=f"{amount:,f}", c=code)
    assert parse_money(text) == Money(amount, code)


@given(st.one_of(st.text(max_size=40), st.floats(), st.integers()))
def test_a_price_is_never_negative_whatever_stands_there(raw: Any) -> None:
    try:
        money = parse_money(raw)
    except Unclear:
        return
    assert money is None or (money.amount.is_finite() and money.amount >= 0)


def test_minor_units_have_their_currencys_decimals() -> None:
    assert parse_minor_units("9495", "EUR") == Money(Decimal("94.95"), "EUR")
    assert parse_minor_units(9495, None) == Money(Decimal("94.95"), None)
    assert parse_minor_units("9495", "JPY") == Money(Decimal(9495), "JPY")
    assert parse_minor_units("9495", "KWD") == Money(Decimal("9.495"), "KWD")
    with pytest.raises(Unclear, match="whole number of minor units"):
        parse_minor_units("94.95", "EUR")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("4 Jan. 2013", date(2013, 1, 4)),
        ("27 Dec. 2014", date(2014, 12, 27)),
        ("29 July 2015", date(2015, 7, 29)),
        ("12 Sept. 2012", date(2012, 9, 12)),
        ("July 29, 2015", date(2015, 7, 29)),
        ("3rd May 2020", date(2020, 5, 3)),
        ("2009-12-10T00:00:00Z", date(2009, 12, 10)),
        ("2025-03-02 10:12:00 UTC", date(2025, 3, 2)),
        ("25/12/2024", date(2024, 12, 25)),
        ("12/25/2024", date(2024, 12, 25)),
        ("02/02/2025", date(2025, 2, 2)),
    ],
)
def test_a_clear_date_is_read(text: str, day: date) -> None:
    assert parse_date(text) == day


@pytest.mark.parametrize(
    "text",
    ["02/03/2025", "Reviewed on 3 March 2020", "31/02/2024", "1700000000", "2013", "4 Foo 2013",
     "3/4/21", "yesterday"],
)  # fmt: skip
def test_a_date_that_is_not_clear_is_not_guessed(text: str) -> None:
    with pytest.raises(Unclear):
        parse_date(text)


def test_a_stated_order_settles_day_and_month() -> None:
    assert parse_date("02/03/2025", "dmy") == date(2025, 3, 2)
    assert parse_date("02/03/2025", "mdy") == date(2025, 2, 3)


@given(st.dates(date(1900, 1, 1)), st.sampled_from(["%Y-%m-%d", "%d %B %Y", "%d %b. %Y"]))
def test_a_written_date_reads_back_as_itself(day: date, form: str) -> None:
    assert parse_date(day.strftime(form)) == day


def test_epochs_are_read_only_in_the_unit_that_is_stated() -> None:
    assert parse_epoch(1700000000, "s") == parse_epoch("1700000000000", "ms") == date(2023, 11, 14)
    with pytest.raises(Unclear):
        parse_epoch(1700000000000, "s")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("5 new", True), ("18", True), ("0", False), ("in stock", True), ("in_stock", True),
     ("https://schema.org/OutOfStock", False), ("preorder", False), (True, True), ("-1", False)],
)  # fmt: skip
def test_stock_texts_say_whether_it_can_be_had(raw: Any, expected: bool) -> None:
    assert parse_stock(raw) is expected


def test_ratings_end_at_five_whatever_scale_the_source_has() -> None:
    assert parse_rating("4.5 out of 5 stars") == 4.5
    assert parse_rating("4,6") == 4.6
    assert parse_rating("90/100") == 4.5
    assert parse_rating("8", scale=10) == 4
    with pytest.raises(Unclear, match="a rating of 6 on a scale to 5"):
        parse_rating("6")


def test_counts_are_whole_numbers() -> None:
    assert [parse_count(raw) for raw in ("18", "1,234", 18.0, "12,345,678")] == [
        18, 1234, 18, 12345678
    ]  # fmt: skip
    for text in ("12,34", "1.234", "-1", "many"):
        with pytest.raises(Unclear):
            parse_count(text)


def test_yes_and_no_in_their_usual_spellings() -> None:
    assert [parse_bool(raw) for raw in ("Yes", "TRUE", "1", "n", "False", "0")] == (
        [True] * 3 + [False] * 3
    )
    with pytest.raises(Unclear):
        parse_bool("maybe")
    with pytest.raises(Unclear):
        parse_number("1,5")


def test_an_attributes_text_is_read_as_what_it_states() -> None:
    texts = ["Yes", "31", "2.5", "1.2 Kg", "0042", "2.0", "1,299", "3 years and up", " A3 "]
    assert [read_value(text) for text in texts] == [
        True, 31.0, 2.5, Quantity(value=1.2, unit="kg"), "0042", "2.0", "1,299", "3 years and up",
        "A3",
    ]  # fmt: skip


@given(st.one_of(st.from_regex(r"[0-9]{1,8}(\.[0-9]{1,4})?", fullmatch=True), st.text(max_size=30)))
def test_a_text_that_is_read_as_a_number_is_shown_as_it_was_written(text: str) -> None:
    value = read_value(text)
    if isinstance(value, float):
        assert format_value(value) == text.strip()


def test_values_are_written_for_people() -> None:
    values = (True, Quantity(value=130, unit="mm"), 31.0, "A3", False)
    assert format_values(values) == "yes, 130 mm, 31, A3, no"
